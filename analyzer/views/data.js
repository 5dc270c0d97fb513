// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Reads the data that pack.c embeds in a page: base64 of raw deflate of a "pack", a row of named
// sections (pack.h draws them). What is unknown is skipped, so an old page script reads a newer
// pack as far as it can. Nothing here touches the page: Node's tests load this file as it is.
"use strict";
const thag = {};
globalThis.thag = thag;

thag.data = (() => {
	function fromBase64(text)
	{
		if (Uint8Array.fromBase64)
			return Uint8Array.fromBase64(text);
		const binary = atob(text);
		const bytes = new Uint8Array(binary.length);
		for (let i = 0; i < bytes.length; i++)
			bytes[i] = binary.charCodeAt(i);
		return bytes;
	}

	// Canonical Huffman decoding (RFC 1951, 3.2.2): how many codes there are of each length, and
	// the symbols in the order of their codes.
	function huffman(lengths)
	{
		const counts = new Uint16Array(16);
		for (const length of lengths)
			counts[length]++;
		counts[0] = 0;
		const next = new Uint16Array(17);
		for (let i = 1; i < 16; i++)
			next[i + 1] = next[i] + counts[i];
		const symbols = new Uint16Array(lengths.length);
		lengths.forEach((length, symbol) => {
			if (length)
				symbols[next[length]++] = symbol;
		});
		return {counts, symbols};
	}

	// Extra bits and bases of match lengths and distances (RFC 1951, 3.2.5).
	const LENGTH_BITS = [];
	const LENGTH_BASE = [];
	const DISTANCE_BITS = [];
	const DISTANCE_BASE = [];
	for (let i = 0, base = 3; i < 28; i++) {
		LENGTH_BITS[i] = i < 8 ? 0 : (i >> 2) - 1;
		LENGTH_BASE[i] = base;
		base += 1 << LENGTH_BITS[i];
	}
	LENGTH_BITS[28] = 0;
	LENGTH_BASE[28] = 258;
	for (let i = 0, base = 1; i < 30; i++) {
		DISTANCE_BITS[i] = i < 4 ? 0 : (i >> 1) - 1;
		DISTANCE_BASE[i] = base;
		base += 1 << DISTANCE_BITS[i];
	}
	const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

	// Raw deflate (RFC 1951) for browsers without DecompressionStream. `size` is the size of the
	// result, which the page states.
	function inflate(input, size)
	{
		const output = new Uint8Array(size);
		let inAt = 0, outAt = 0, hold = 0, held = 0;

		function bits(count)
		{
			while (held < count) {
				if (inAt >= input.length)
					throw new Error("the embedded profile is cut short");
				hold |= input[inAt++] << held;
				held += 8;
			}
			const value = hold & ((1 << count) - 1);
			hold >>>= count;
			held -= count;
			return value;
		}

		function symbol(code)
		{
			let value = 0, first = 0, index = 0;
			for (let length = 1; length < 16; length++) {
				value |= bits(1);
				const count = code.counts[length];
				if (value - count < first)
					return code.symbols[index + value - first];
				index += count;
				first = (first + count) << 1;
				value <<= 1;
			}
			throw new Error("the embedded profile is damaged");
		}

		function stored()
		{
			hold = held = 0;
			const length = input[inAt] | input[inAt + 1] << 8;
			inAt += 4;
			output.set(input.subarray(inAt, inAt + length), outAt);
			inAt += length;
			outAt += length;
		}

		function codes()
		{
			const literals = bits(5) + 257, distances = bits(5) + 1, count = bits(4) + 4;
			const small = new Array(19).fill(0);
			for (let i = 0; i < count; i++)
				small[CODE_ORDER[i]] = bits(3);
			const code = huffman(small);
			const lengths = [];
			while (lengths.length < literals + distances) {
				const value = symbol(code);
				if (value < 16) {
					lengths.push(value);
					continue;
				}
				const what = value === 16 ? lengths[lengths.length - 1] : 0;
				let repeat = value === 16 ? 3 + bits(2) : value === 17 ? 3 + bits(3) : 11 + bits(7);
				while (repeat--)
					lengths.push(what);
			}
			return [huffman(lengths.slice(0, literals)), huffman(lengths.slice(literals))];
		}

		function fixedCodes()
		{
			const lengths = [];
			for (let i = 0; i < 288; i++)
				lengths.push(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
			return [huffman(lengths), huffman(new Array(30).fill(5))];
		}

		function compressed([literal, distance])
		{
			for (;;) {
				const value = symbol(literal);
				if (value < 256) {
					output[outAt++] = value;
				} else if (value === 256) {
					return;
				} else {
					let length = LENGTH_BASE[value - 257] + bits(LENGTH_BITS[value - 257]);
					const far = symbol(distance);
					let from = outAt - DISTANCE_BASE[far] - bits(DISTANCE_BITS[far]);
					while (length--)
						output[outAt++] = output[from++];
				}
			}
		}

		for (let last = 0; !last;) {
			last = bits(1);
			const kind = bits(2);
			if (kind === 3)
				throw new Error("the embedded profile is damaged");
			if (kind === 0)
				stored();
			else
				compressed(kind === 1 ? fixedCodes() : codes());
		}
		return output;
	}

	async function inflateNatively(input)
	{
		const stream = new Blob([input]).stream().pipeThrough(
			new DecompressionStream("deflate-raw"));
		return new Uint8Array(await new Response(stream).arrayBuffer());
	}

	// The text of the page's data element -> the bytes of the pack.
	async function unwrap(text)
	{
		const [size, base64] = text.trim().split(/\s+/);
		const input = fromBase64(base64);
		if (typeof DecompressionStream === "function") {
			try {
				return await inflateNatively(input);
			} catch (error) {
				// a browser that knows the class but not this format
			}
		}
		return inflate(input, Number(size));
	}

	class Reader {
		constructor(bytes)
		{
			this.bytes = bytes;
			this.at = 0;
		}

		// Little endian base 128; exact up to 2^53, which is 9 PB or 104 days in ns.
		varint()
		{
			const bytes = this.bytes;
			let byte = bytes[this.at++];
			if (byte < 128)
				return byte;
			let value = byte & 127, scale = 128;
			do {
				byte = bytes[this.at++];
				value += (byte & 127) * scale;
				scale *= 128;
			} while (byte >= 128);
			return value;
		}

		signed()
		{
			const value = this.varint();
			return value % 2 ? -(value + 1) / 2 : value / 2;
		}

		take(length)
		{
			this.at += length;
			return this.bytes.subarray(this.at - length, this.at);
		}

		column(Kind, count)
		{
			const values = new Kind(count);
			for (let i = 0; i < count; i++)
				values[i] = this.varint();
			return values;
		}

		signedColumn(count)
		{
			const values = new Float64Array(count);
			for (let i = 0; i < count; i++)
				values[i] = this.signed();
			return values;
		}
	}

	const utf8 = new TextDecoder();

	function strings(reader)
	{
		const list = new Array(reader.varint());
		for (let i = 0; i < list.length; i++)
			list[i] = utf8.decode(reader.take(reader.varint()));
		return list;
	}

	function sections(bytes)
	{
		const found = new Map();
		const reader = new Reader(bytes);
		while (reader.at < bytes.length) {
			const name = utf8.decode(reader.take(reader.varint()));
			found.set(name, reader.take(reader.varint()));
		}
		return found;
	}

	// Of a comparison: metrics are pairs, {self: A's, other: B's}.
	function pair(pack)
	{
		const pairs = [];
		for (let i = 0; i + 1 < pack.metrics.length; i += 2)
			pairs.push({...pack.metrics[i], other: pack.metrics[i + 1].self});
		pack.metrics = pairs;
	}

	// The bytes of a pack -> an object of columns:
	//	meta		Map of texts (title, subtitle, kind ...)
	//	strings		texts, [0] is ""
	//	frames		count and columns function, file, module (indices of strings), line
	//	metrics		[{name, unit, countName, self}]; of comparisons self is A's, other B's
	//	count		boxes, in pre-order; each frame[], pops[] (how many levels it lies above
	//			the child place of its predecessor)
	//	lead, rest	charts: what stands before a box (since its elder sibling's end or its
	//			parent's start), and its duration without that of its children; ns
	function decode(bytes)
	{
		const found = sections(bytes);
		const open = (name) => new Reader(found.get(name) || new Uint8Array([0]));
		const pack = {meta: new Map(), strings: strings(open("strings"))};
		const pairs = strings(open("meta"));
		for (let i = 0; i + 1 < pairs.length; i += 2)
			pack.meta.set(pairs[i], pairs[i + 1]);
		pack.schemes = pairs.length ? pack.meta.get("schemes") || "" : "";

		const frames = open("frames");
		const frameCount = frames.varint();
		pack.frames = {count: frameCount};
		for (const column of ["function", "file", "line", "module"])
			pack.frames[column] = frames.column(Uint32Array, frameCount);

		const shape = open("shape");
		pack.count = shape.varint();
		pack.pops = shape.column(Uint32Array, pack.count);
		pack.frame = open("frame").column(Int32Array, pack.count);
		pack.metrics = [];
		for (let i = 0; found.has("self" + i); i++) {
			const reader = open("self" + i);
			const [name, unit, countName] = strings(reader);
			pack.metrics.push({name, unit, countName,
					   self: reader.column(Float64Array, pack.count)});
		}
		if (pack.meta.has("a"))
			pair(pack);
		if (found.has("lead")) {
			pack.lead = open("lead").signedColumn(pack.count);
			pack.rest = open("rest").signedColumn(pack.count);
		}
		return pack;
	}

	return {fromBase64, inflate, unwrap, decode, sections, strings, Reader};
})();

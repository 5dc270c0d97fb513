// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The sections of a report's pack that pictures do not have (html_pack.h), as columns.
"use strict";

thag.reportData = (() => {
	const TIMELINE = ["live", "liveMax", "blocks", "mapped", "rss", "allocations", "allocated",
			  "frees", "freed", "cpu"];
	const SOURCE_STATES = ["whole", "newer", "missing", "big", "left out"];

	function columns(reader, names)
	{
		const count = reader.varint();
		const table = {count};
		for (const name of names)
			table[name] = reader.column(Float64Array, count);
		return table;
	}

	function spans(reader)
	{
		const count = reader.varint();
		const node = reader.column(Uint32Array, count);
		for (let i = 1; i < count; i++)
			node[i] += node[i - 1];
		const table = {count, node, born: reader.column(Uint8Array, count),
			       gone: reader.column(Uint8Array, count),
			       blocks: reader.column(Float64Array, count),
			       bytes: reader.column(Float64Array, count),
			       temporary: reader.column(Float64Array, count)};
		// From when on blocks are not live: those that were never freed are as long as their process.
		table.end = reader.column(Uint8Array, count).map((end, i) => end ? end - 1 : table.gone[i]);
		return table;
	}

	function moments(reader)
	{
		const count = reader.varint();
		const node = reader.column(Uint32Array, count);
		for (let i = 1; i < count; i++)
			node[i] += node[i - 1];
		const table = {count, node, born: reader.column(Uint8Array, count)};
		for (const name of ["cpu", "wall", "self", "calls", "kernel"])
			table[name] = reader.varint() ? reader.column(Float64Array, count) : new Float64Array(count);
		return table;
	}

	const utf8 = new TextDecoder();

	function text(reader)
	{
		return utf8.decode(reader.take(reader.varint()));
	}

	function sources(reader, strings)
	{
		const list = [];
		for (let left = reader.varint(); left > 0; left--) {
			const path = strings[reader.varint()];
			const state = SOURCE_STATES[reader.varint()] || "missing";
			list.push({path, state, text: text(reader)});
		}
		return list;
	}

	function decode(bytes)
	{
		const pack = thag.data.decode(bytes);
		const found = thag.data.sections(bytes);
		const open = (name) => new thag.data.Reader(found.get(name) || new Uint8Array(1));
		return {pack, info: JSON.parse(text(open("report"))),
			allocator: found.get("allocator") || new Uint8Array(pack.frames.count),
			timeline: columns(open("timeline"), TIMELINE),
			spans: spans(open("spans")),
			moments: moments(open("moments")),
			sizes: columns(open("sizes"), ["blocks", "bytes"]),
			lifetimes: columns(open("lifetimes"), ["blocks", "bytes"]),
			sources: sources(open("sources"), pack.strings)};
	}

	return {decode};
})();

// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The sections of a report's pack that pictures do not have (html_pack.h), as columns.
"use strict";

thag.reportData = (() => {
	const TIMELINE = ["live", "liveMax", "blocks", "mapped", "rss", "allocations", "allocated",
			  "frees", "freed"];
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
		return {count, node, born: reader.column(Uint8Array, count),
			gone: reader.column(Uint8Array, count),
			blocks: reader.column(Float64Array, count),
			bytes: reader.column(Float64Array, count)};
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
			sizes: columns(open("sizes"), ["blocks", "bytes"]),
			lifetimes: columns(open("lifetimes"), ["blocks", "bytes"]),
			sources: sources(open("sources"), pack.strings)};
	}

	return {decode};
})();

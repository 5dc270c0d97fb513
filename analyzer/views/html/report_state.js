// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// What a reader of the report has chosen. It shares the page's #hash with the flamegraph, whose
// fields (state.js) pass through here as they are; so one Back undoes one step, wherever it was made.
"use strict";

thag.reportState = (() => {
	const FIELDS = [
		["tab", "tab", "overview"],
		["metric", "metric", ""],	// "": the first
		["range", "range", ""],		// "first-last" of the intervals, "": the whole run
		["mode", "tree", "down"],	// down, up, sandwich
		["fn", "fn", ""],		// of the sandwich: its name
		["find", "find", ""],		// what tables are filtered by
		["order", "order", ""],		// "column" or "-column" of the tab's table
		["file", "file", ""],		// of the source
	];
	const OWN = new Set(FIELDS.map(([, key]) => key));

	function defaults()
	{
		return Object.fromEntries(FIELDS.map(([field, , value]) => [field, value]));
	}

	function parse(text)
	{
		const given = new URLSearchParams(text);
		return Object.fromEntries(FIELDS.map(([field, key, value]) =>
			[field, given.has(key) ? given.get(key) : value]));
	}

	// `flame`: the text of the flamegraph's own fields.
	function emit(state, flame)
	{
		const text = new URLSearchParams();
		for (const [field, key, value] of FIELDS) {
			if (state[field] !== value)
				text.set(key, state[field]);
		}
		return [text.toString(), flame].filter(Boolean).join("&");
	}

	// What of a hash is the flamegraph's.
	function flamePart(text)
	{
		const given = new URLSearchParams(text), rest = new URLSearchParams();
		for (const [key, value] of given) {
			if (!OWN.has(key))
				rest.append(key, value);
		}
		return rest.toString();
	}

	function range(state, spanCount)
	{
		const found = /^(\d+)-(\d+)$/.exec(state.range);
		if (!found || !spanCount)
			return null;
		const [first, last] = found.slice(1).map((text) => Math.min(Number(text), spanCount - 1));
		return first <= last ? [first, last] : null;
	}

	return {defaults, parse, emit, flamePart, range};
})();

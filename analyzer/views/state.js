// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// What a reader has chosen, as one flat object that is never changed in place; its text is the
// page's #hash, so a link holds the view, and the browser's own Back and Forward are undo and redo.
"use strict";

thag.state = (() => {
	// Short names, because people paste these links.
	const FIELDS = [
		["zoom", "z", "number"],	// box (in the arranged tree), -1: everything
		["window", "w", "pair"],	// or a free window "low,high"
		["query", "q", "text"],
		["only", "only", "flag"],	// only the paths that match
		["flipped", "flip", "flag"],	// differs from the page's own direction
		["reversed", "rev", "flag"],
		["collapsed", "rec", "flag"],	// recursion folded into one box
		["sort", "sort", "text"],
		["scheme", "colour", "text"],
		["metric", "m", "number"],
		["width", "width", "text"],	// comparisons: union, before, after, change, sides
		["scaled", "norm", "number"],	// A is scaled to B's whole: 0 or 1
		["noise", "noise", "number"],	// a share of the whole
		["group", "by", "text"],
		["focus", "focus", "text"],
		["hide", "hide", "list"],
		["drop", "drop", "list"],
	];

	const PARSE = {
		number: (values) => Number(values[0]) || 0,
		pair: (values) => {
			const [low, high] = values[0].split(",").map(Number);
			return high > low ? [low, high] : null;
		},
		text: (values) => values[0],
		flag: () => true,
		list: (values) => values,
	};

	function parse(hash, defaults)
	{
		const state = {...defaults};
		const given = new URLSearchParams(hash.replace(/^#/, ""));
		for (const [field, key, kind] of FIELDS) {
			const values = given.getAll(key);
			if (values.length)
				state[field] = PARSE[kind](values);
		}
		return state;
	}

	// Only what differs from the defaults.
	function emit(state, defaults)
	{
		const text = new URLSearchParams();
		for (const [field, key, kind] of FIELDS) {
			const value = state[field];
			if (kind === "list")
				value.forEach((item) => text.append(key, item));
			else if (kind === "pair" ? value : value !== defaults[field])
				text.set(key, kind === "flag" ? "1" : String(value));
		}
		return text.toString();
	}

	// The steps of this page, kept beside the browser's history so that undo never leaves it.
	class History {
		constructor(apply)
		{
			this.steps = [location.hash.slice(1)];
			this.at = 0;
			this.apply = apply;
			addEventListener("hashchange", () => this.arrived());
		}

		push(text)
		{
			if (text === this.steps[this.at])
				return;
			this.steps.length = ++this.at;
			this.steps.push(text);
			location.hash = "#" + text;
		}

		// For what changes with every key: the last step becomes another.
		replace(text)
		{
			this.steps[this.at] = text;
			try {
				history.replaceState(null, "", "#" + text);
			} catch (error) {
				location.replace("#" + text);
			}
		}

		arrived()
		{
			const text = location.hash.slice(1);
			if (text === this.steps[this.at])
				return;
			if (text === this.steps[this.at - 1]) {
				this.at--;
			} else if (text === this.steps[this.at + 1]) {
				this.at++;
			} else {
				this.steps.length = ++this.at;
				this.steps.push(text);
			}
			this.apply(text);
		}

		get canUndo()
		{
			return this.at > 0;
		}

		get canRedo()
		{
			return this.at < this.steps.length - 1;
		}

		undo()
		{
			if (this.canUndo)
				history.back();
		}

		redo()
		{
			if (this.canRedo)
				history.forward();
		}
	}

	return {parse, emit, History};
})();

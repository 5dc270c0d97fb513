// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// A pack seen through a state: names and colours of its frames, the tree after all that was chosen,
// what a search matches. No page here: Node's tests and the report use it as it is.
"use strict";

thag.model = (() => {
	const REVERSE_LEAST = 1e-5;	// of the whole; callers of less are counted, not listed
	const REVERSE_MOST = 1000000;	// boxes
	const TREE_FIELDS = ["metric", "width", "scaled", "group", "hide", "drop", "focus", "collapsed", "reversed", "sort",
			     "only"];

	class Model {
		constructor(pack)
		{
			this.pack = pack;
			this.chart = Boolean(pack.lead);
			this.compare = pack.meta.has("a");
			this.pinned = pack.frames.count;
			if (this.compare)
				this.addSides();
			this.rootName = pack.meta.get("root") || "all";
			this.schemes = thag.colour.parseSchemes(pack.meta.get("schemes") || "");
			this.bases = new Map();
			this.groups = new Map();
			this.treeKey = null;
			this.tree = null;
			this.ranks = null;
			this.lastMatch = {key: null, result: null};
			this.lastFills = {key: null, result: null};
		}

		// Two frames more, for the two sides beside one another.
		addSides()
		{
			const {frames, strings} = this.pack;
			for (const name of ["A, baseline", "B, new"])
				strings.push(name);
			for (const column of ["function", "file", "line", "module"]) {
				const longer = new Uint32Array(frames.count + 2);
				longer.set(frames[column]);
				frames[column] = longer;
			}
			frames.function.set([strings.length - 2, strings.length - 1], frames.count);
			frames.count += 2;
		}

		defaults()
		{
			const {meta} = this.pack;
			return {zoom: -1, window: null, query: "", only: false, flipped: false,
				reversed: false, collapsed: false, sort: "name",
				scheme: meta.get("scheme") || "Hot", metric: 0, group: "function",
				width: meta.get("sides") === "1" ? "sides" : "union",
				scaled: meta.get("normalised") === "1" ? 1 : 0,
				noise: Number(meta.get("noise")) || 0,
				focus: "", hide: [], drop: []};
		}

		metric(state)
		{
			return this.pack.metrics[state.metric] || this.pack.metrics[0] ||
			       {name: "time", unit: "ns", countName: "ns"};
		}

		base(metric, width = "union", scaled = 0)
		{
			const key = this.compare ? metric + width + scaled : metric;
			if (!this.bases.has(key)) {
				this.bases.clear();	// one at a time: each is tens of bytes per box
				this.bases.set(key, this.compare
					? thag.tree.fromPair(this.pack, metric, width, this.scale(metric, scaled))
					: thag.tree.fromPack(this.pack, metric));
			}
			return this.bases.get(key);
		}

		// What A is multiplied by.
		scale(metric, scaled)
		{
			const add = (column) => column.reduce((sum, value) => sum + value, 0);
			const {self, other} = this.pack.metrics[metric];
			const a = scaled ? add(self) : 0;
			return a ? add(other) / a : 1;
		}

		// What became of a box: its values, the colour's step (0 within the noise), in words.
		change(tree, node, state)
		{
			// Side by side the root holds everything twice.
			const share = node === 0 && state.width === "sides" ? 0.5 : 1;
			const a = tree.totalA[node] * share, b = tree.totalB[node] * share;
			const whole = Math.max(tree.totalA[0], tree.totalB[0]) * (state.width === "sides" ? 0.5 : 1);
			const still = a === b || Math.abs(b - a) <= state.noise * whole;
			const step = still ? 0 : thag.colour.changeStep(a, b);
			const percent = 100 * (b - a) / a;
			const text = still ? (a === b ? "no change" : "within the noise")
				: a === 0 ? "new" : b === 0 ? "gone"
				: (percent > 0 ? "+" : "−") + Math.abs(percent).toFixed(1) + " %";
			return {a, b, step, text};
		}

		// By box: the colour of its change, and the sign before its name.
		changes(tree, state, dark)
		{
			const key = [state.noise, state.width, dark].join();
			if (this.lastChanges?.tree !== tree || this.lastChanges.key !== key) {
				const steps = new Int8Array(tree.count);
				for (let i = 0; i < tree.count; i++)
					steps[i] = this.change(tree, i, state).step;
				const colours = [];
				for (let step = -thag.colour.CHANGES; step <= thag.colour.CHANGES; step++)
					colours.push(thag.colour.changeColour(step, dark));
				this.lastChanges = {tree, key, steps, colours};
			}
			return this.lastChanges;
		}

		// For each frame the one that stands for it, and the name its boxes carry.
		group(kind)
		{
			let group = this.groups.get(kind);
			if (group)
				return group;
			const {frames, strings} = this.pack;
			const key = {
				function: (f) => strings[frames.function[f]] + "\0" + strings[frames.module[f]],
				line: (f) => strings[frames.function[f]] + "\0" + strings[frames.file[f]] + "\0" +
					     frames.line[f] + "\0" + strings[frames.module[f]],
				file: (f) => strings[frames.file[f]],
				module: (f) => strings[frames.module[f]],
			}[kind] || ((f) => f);
			const name = {
				line: (f) => frames.line[f] ? strings[frames.function[f]] + ":" + frames.line[f]
							    : strings[frames.function[f]],
				file: (f) => strings[frames.file[f]] || "(file not known)",
				module: (f) => strings[frames.module[f]] || "(module not known)",
			}[kind] || ((f) => strings[frames.function[f]]);
			const own = (f) => f >= this.pinned ? "\0" + f : key(f);
			const first = new Map();
			const frameOf = new Int32Array(frames.count);
			const names = new Array(frames.count);
			for (let f = 0; f < frames.count; f++) {
				const text = own(f);
				if (!first.has(text))
					first.set(text, f);
				frameOf[f] = first.get(text);
				names[f] = f >= this.pinned ? strings[frames.function[f]] : name(f);
			}
			const plain = first.size === frames.count;
			group = {frameOf, names, plain};
			this.groups.set(kind, group);
			return group;
		}

		name(frame, state)
		{
			return frame < 0 ? this.rootName : this.group(state.group).names[frame];
		}

		frameFlags(names, state)
		{
			const wanted = new Set(names);
			const list = this.group(state.group).names;
			return Uint8Array.from(list, (name) => wanted.has(name) ? 1 : 0);
		}

		// The tree of a state; the last one is remembered.
		treeOf(state)
		{
			const key = JSON.stringify([...TREE_FIELDS.map((field) => state[field]),
						    state.only ? state.query : ""]);
			if (key !== this.treeKey) {
				this.tree = this.build(state);
				this.treeKey = key;
			}
			return this.tree;
		}

		build(state)
		{
			const group = this.group(state.group);
			let tree = this.base(state.metric, state.width, state.scaled);
			const wide = state.group === "file" || state.group === "module";
			const rules = {
				frameOf: group.plain ? null : group.frameOf,
				hide: state.hide.length ? this.frameFlags(state.hide, state) : null,
				drop: state.drop.length ? this.frameFlags(state.drop, state) : null,
				focus: state.focus ? this.frameFlags([state.focus], state) : null,
				keep: null,
				collapse: state.collapsed || wide,
				pinned: this.compare ? this.pinned : Infinity,
			};
			const matcher = state.only && state.query ? this.match(state) : null;
			if (matcher && matcher.flags)
				rules.keep = thag.tree.onMatchingPaths(tree, matcher.flags);
			const {pinned, ...others} = rules;
			const changed = Object.values(others).some(Boolean);
			if (changed)
				tree = thag.tree.transform(tree, rules);
			if (this.chart)
				return changed ? thag.tree.arrange(tree, thag.tree.orderAsIs(tree)) : tree;
			if (state.reversed) {
				if (changed)
					tree = thag.tree.arrange(tree, thag.tree.orderAsIs(tree));
				tree = thag.tree.reverse(tree, REVERSE_LEAST, REVERSE_MOST);
			}
			if (state.sort === "weight")
				return thag.tree.arrange(tree, thag.tree.orderByWeight(tree));
			if (!changed && !state.reversed)
				return tree;	// the writer has sorted it by name
			const ranks = this.rank(state.group);
			return thag.tree.arrange(tree, thag.tree.orderByRank(tree, ranks, ranks.length));
		}

		rank(kind)
		{
			if (!this.ranks || this.ranks.kind !== kind) {
				const {names} = this.group(kind);
				const order = Uint32Array.from(names.keys()).sort((a, b) =>
					names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : a - b);
				const ranks = new Uint32Array(names.length);
				order.forEach((frame, rank) => ranks[frame] = rank);
				this.ranks = {kind, ranks};
			}
			return this.ranks.ranks;
		}

		// A query: text found anywhere in a name, capital or not; "/text/" or "/text/i" a regular
		// expression; "file:" or "module:" before it look there.
		// -> {flags (by frame, null without a query), error (text or null)}
		match(state)
		{
			const key = state.group + "\0" + state.query;
			if (this.lastMatch.key !== key)
				this.lastMatch = {key, result: this.findMatches(state)};
			return this.lastMatch.result;
		}

		findMatches(state)
		{
			const {frames, strings} = this.pack;
			let query = state.query;
			if (!query)
				return {flags: null, error: null};
			let text = (frame) => this.name(frame, state);
			const field = /^(file|module):\s*/.exec(query);
			if (field) {
				const column = frames[field[1]];
				text = (frame) => strings[column[frame]];
				query = query.slice(field[0].length);
			}
			let test;
			const regex = /^\/(.*)\/([imsu]*)$/.exec(query);
			if (regex) {
				try {
					const expression = new RegExp(regex[1], regex[2]);
					test = (name) => expression.test(name);
				} catch (error) {
					return {flags: new Uint8Array(frames.count), error: error.message};
				}
			} else {
				const wanted = query.toLowerCase();
				test = (name) => name.toLowerCase().includes(wanted);
			}
			const flags = new Uint8Array(frames.count);
			for (let frame = 0; frame < flags.length; frame++)
				flags[frame] = test(text(frame)) ? 1 : 0;
			return {flags, error: null};
		}

		// The colour of each frame.
		fills(state, dark)
		{
			const key = state.scheme + "\0" + state.group + "\0" + dark;
			if (this.lastFills.key !== key)
				this.lastFills = {key, result: this.makeFills(state, dark)};
			return this.lastFills.result;
		}

		makeFills(state, dark)
		{
			const {names} = this.group(state.group);
			if (state.scheme === "module")
				return this.moduleFills(dark);
			const scheme = this.schemes.find((one) => one.name === state.scheme) || this.schemes[0];
			const slots = thag.colour.slots(scheme, dark);
			return names.map((name) => slots[thag.colour.hash(name) % slots.length]);
		}

		moduleFills(dark)
		{
			const {frames, strings} = this.pack;
			const weight = new Map();
			const tree = this.base(0);
			for (let i = 0; i < tree.count; i++) {
				if (tree.frame[i] >= 0 && tree.frame[i] < this.pinned) {
					const module = frames.module[tree.frame[i]];
					weight.set(module, (weight.get(module) || 0) + tree.self[i]);
				}
			}
			const rank = new Map([...weight.entries()]
				.sort((a, b) => b[1] - a[1] || (strings[a[0]] < strings[b[0]] ? -1 : 1))
				.map(([module], at) => [module, at]));
			return Array.from(frames.module, (module) => module === 0
				? thag.colour.hex(dark ? 0.4 : 0.86, 0.005, 260)
				: thag.colour.moduleColour(rank.get(module) || 0, dark));
		}
	}

	return {Model};
})();

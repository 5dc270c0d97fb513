// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Call trees that open where the reader looks: a line is all the places of the profile that it stands
// for, and its children are made when it is opened.
//
//	down	places are nodes; children are what these nodes called, by function
//	up	places are pairs (node, node whose value comes up to it); children are callers
//
// "Top-down" starts at the root, "bottom-up" at the functions where the value arises, a sandwich at
// the outermost places of one function, in both directions.
"use strict";

thag.callTree = (() => {
	const {element} = thag.page;
	const CHAIN = 0.9;		// an only child of this share opens with its parent
	const CHAIN_MOST = 5000;
	const FIRST = 0.3;		// at first the heaviest path opens while it keeps this much of all
	const FIRST_MOST = 60;
	const INDENT_MOST = 28;		// levels; deeper ones say their number

	// The lines of one tree in one metric. `start`: see the makers below.
	class Lines {
		constructor(sums, metric, start)
		{
			this.sums = sums;
			this.self = sums.self(metric);
			this.total = sums.total(metric);
			this.up = start.up;
			this.roots = start.lines(this);
		}

		line(fn, level, places, value, self)
		{
			return {fn, level, places, value, self, children: null};
		}

		children(line)
		{
			if (!line.children) {
				line.children = this.up ? this.callers(line) : this.callees(line);
				line.children.sort((a, b) => b.value - a.value || a.fn - b.fn);
			}
			return line.children;
		}

		callees(line)
		{
			const {end, fn} = this.sums.shape;
			const groups = new Map();
			for (const place of line.places) {
				for (let i = place + 1; i < end[place]; i = end[i]) {
					if (!this.total[i])
						continue;
					let group = groups.get(fn[i]);
					if (!group)
						groups.set(fn[i], group = this.line(fn[i], line.level + 1, [], 0, 0));
					group.places.push(i);
					group.value += this.total[i];
					group.self += this.self[i];
				}
			}
			return [...groups.values()];
		}

		// Of a pair the second node's value; for a sandwich that is a total.
		callers(line)
		{
			const {parent, fn} = this.sums.shape;
			const groups = new Map();
			for (let k = 0; k < line.places.length; k += 2) {
				const caller = parent[line.places[k]], from = line.places[k + 1];
				if (caller <= 0)
					continue;
				let group = groups.get(fn[caller]);
				if (!group)
					groups.set(fn[caller], group = this.line(fn[caller], line.level + 1, [], 0, 0));
				group.places.push(caller, from);
				group.value += this.weight[from];
			}
			return [...groups.values()];
		}

		isLeaf(line)
		{
			if (line.children)
				return !line.children.length;
			const {end, parent} = this.sums.shape, {places} = line;
			for (let k = 0; k < places.length; k += this.up ? 2 : 1) {
				if (this.up ? parent[places[k]] > 0 : end[places[k]] > places[k] + 1)
					return false;
			}
			return true;
		}
	}

	const fromRoot = {up: false, lines: (tree) => {
		const root = tree.line(-1, 1, [0], tree.total[0], tree.self[0]);
		return [root];
	}};

	const fromLeaves = {up: true, lines: (tree) => {
		const {fn, count} = tree.sums.shape;
		const lines = new Map();
		tree.weight = tree.self;
		for (let i = 1; i < count; i++) {
			if (!tree.self[i])
				continue;
			let line = lines.get(fn[i]);
			if (!line)
				lines.set(fn[i], line = tree.line(fn[i], 1, [], 0, 0));
			line.places.push(i, i);
			line.value += tree.self[i];
			line.self += tree.self[i];
		}
		return [...lines.values()].sort((a, b) => b.value - a.value || a.fn - b.fn);
	}};

	function fromFunction(wanted, up)
	{
		return {up, lines: (tree) => {
			const {fn, outermost, count} = tree.sums.shape;
			const line = tree.line(wanted, 1, [], 0, 0);
			tree.weight = tree.total;
			for (let i = 1; i < count; i++) {
				if (fn[i] !== wanted)
					continue;
				line.self += tree.self[i];
				if (!outermost[i])
					continue;
				line.places.push(i);
				if (up)
					line.places.push(i);
				line.value += tree.total[i];
			}
			return [line];
		}};
	}

	// One tree on the page.
	class Tree {
		constructor(report, {label, start, chooseFunction})
		{
			this.report = report;
			this.start = start;
			this.chooseFunction = chooseFunction;
			this.opened = new Map();	// by function, and so on below: what is open
			this.lines = [];
			this.columns = this.makeColumns();
			this.rows = new thag.rows.Rows(this.columns, {
				label, tree: true,
				cell: (i, column) => column.cell(this.lines[i]),
				row: (i) => this.facts(this.lines[i]),
				activate: (i) => this.toggle(i),
				click: (i, event) => event.target.closest(".twist") && this.toggle(i),
				key: (event, i) => this.key(event, i),
			});
			this.host = this.rows.host;
			this.update();
		}

		makeColumns()
		{
			const {format} = thag;
			return [
				{key: "value", title: "Total", width: "96px", number: true,
				 cell: (line) => format.value(line.value, this.metric)},
				{key: "share", title: "of all", width: "112px", number: true,
				 cell: (line) => thag.rows.bar(format.share(line.value, this.whole), this.whole ? line.value / this.whole : 0)},
				...this.start.up ? [] : [{key: "self", title: "Self", width: "96px", number: true,
				 cell: (line) => line.self ? format.value(line.self, this.metric) : ""}],
				{key: "name", title: this.start.up ? "Function, called from" : "Function, what it calls",
				 kind: "name", cell: (line) => this.nameCell(line)},
				{key: "module", title: "Module", width: "minmax(60px, 150px)", kind: "dim",
				 cell: (line) => line.fn < 0 ? "" : base(this.sums.fns.modules[line.fn])},
			];
		}

		update()
		{
			this.sums = this.report.sums;
			this.metric = this.report.metric();
			this.whole = this.sums.whole(this.metric);
			this.tree = new Lines(this.sums, this.metric, this.start);
			const first = !this.opened.size;
			this.lines = [];
			this.spread(this.tree.roots, this.opened, this.lines);
			if (first && this.tree.roots.length && !this.start.roots)
				this.openHeaviest();
			this.rows.note.textContent = "Nothing to show in this metric" + (this.sums.range ? " and range." : ".");
			this.rows.setCount(this.lines.length, true);
		}

		// Lines and, below those that are open, theirs; into `into`. Deep trees need no deep stack.
		spread(lines, opened, into)
		{
			const stack = [];
			for (let k = lines.length - 1; k >= 0; k--)
				stack.push([lines[k], opened]);
			while (stack.length) {
				const [line, around] = stack.pop();
				into.push(line);
				line.around = around;
				const below = around.get(line.fn);
				if (!below)
					continue;
				const children = this.tree.children(line);
				for (let k = children.length - 1; k >= 0; k--)
					stack.push([children[k], below]);
			}
		}

		isOpen(line)
		{
			return line.around.has(line.fn);
		}

		// Opens a line and, while there is nothing to choose, what is below it.
		openChain(i)
		{
			let line = this.lines[i];
			let around = line.around;
			for (let n = 0; n < CHAIN_MOST && !this.tree.isLeaf(line); n++) {
				if (!around.has(line.fn))
					around.set(line.fn, new Map());
				around = around.get(line.fn);
				const [heaviest] = this.tree.children(line);
				if (!heaviest || heaviest.value < line.value * CHAIN)
					break;
				line = heaviest;
			}
			this.replace(i);
		}

		openHeaviest()
		{
			let line = this.lines[0];
			let around = line.around;
			for (let n = 0; line && n < FIRST_MOST && line.value >= this.whole * FIRST && !this.tree.isLeaf(line); n++) {
				around.set(line.fn, new Map());
				around = around.get(line.fn);
				[line] = this.tree.children(line);
			}
			this.replace(0);
		}

		// The lines below line i are made again.
		replace(i)
		{
			let next = i + 1;
			while (next < this.lines.length && this.lines[next].level > this.lines[i].level)
				next++;
			const made = [];
			this.spread([this.lines[i]], this.lines[i].around, made);
			this.lines = this.lines.slice(0, i).concat(made, this.lines.slice(next));
		}

		toggle(i)
		{
			const line = this.lines[i];
			if (this.isOpen(line)) {
				line.around.delete(line.fn);
				this.replace(i);
			} else {
				this.openChain(i);
			}
			this.rows.setCount(this.lines.length, true);
		}

		key(event, i)
		{
			const line = this.lines[i];
			if (!line)
				return false;
			const acts = {
				ArrowRight: () => !this.isOpen(line) ? this.tree.isLeaf(line) || this.toggle(i) : this.rows.moveTo(i + 1),
				ArrowLeft: () => this.isOpen(line) ? this.toggle(i) : this.rows.moveTo(this.parentRow(i)),
				s: () => line.fn >= 0 && this.chooseFunction(line.fn),
				f: () => line.fn >= 0 && this.report.showInFlame(line.fn),
			};
			if (!acts[event.key])
				return false;
			acts[event.key]();
			return true;
		}

		parentRow(i)
		{
			const {level} = this.lines[i];
			while (i > 0 && this.lines[i].level >= level)
				i--;
			return i;
		}

		name(line)
		{
			return line.fn < 0 ? this.sums.nameOf(0) : this.sums.fns.names[line.fn];
		}

		nameCell(line)
		{
			const leaf = this.tree.isLeaf(line);
			const deep = line.level - 1 > INDENT_MOST;
			const twist = element("span", {class: "twist" + (leaf ? " leaf" : ""), "aria-hidden": "true"},
				leaf ? "·" : this.isOpen(line) ? "▾" : "▸");
			const cell = element("span", {class: "tree-name"},
				deep ? element("span", {class: "deep"}, String(line.level)) : null, twist,
				element("span", {class: "label"}, this.name(line)));
			cell.style.paddingLeft = Math.min(line.level - 1, INDENT_MOST) * 12 + "px";
			return cell;
		}

		facts(line)
		{
			const {format} = thag;
			const parts = [this.name(line), format.value(line.value, this.metric),
				       format.share(line.value, this.whole) + " of all"];
			if (line.self && !this.start.up)
				parts.push(format.value(line.self, this.metric) + " self");
			const where = line.fn < 0 ? "" : this.sums.fns.files[line.fn];
			return {label: parts.join(", "), level: line.level,
				title: [this.name(line), where, line.fn < 0 ? "" : this.sums.fns.modules[line.fn]].filter(Boolean).join("\n"),
				expanded: this.tree.isLeaf(line) ? null : this.isOpen(line)};
		}

		csv()
		{
			return [["level", this.metric.name, "self", "function", "module"],
				...this.lines.map((line) => [line.level, line.value, line.self, this.name(line),
					line.fn < 0 ? "" : this.sums.fns.modules[line.fn]])];
		}
	}

	function base(path)
	{
		return path.slice(path.lastIndexOf("/") + 1);
	}

	// The tab: one tree, or a sandwich of two.
	class View {
		constructor(report)
		{
			this.report = report;
			const button = (mode, text, help) => element("button", {type: "button", "data-mode": mode, title: help,
				click: () => report.go({mode})}, text);
			this.modes = element("span", {class: "group", role: "group", "aria-label": "Direction"},
				button("down", "Top-down", "From the start of the program to what it calls"),
				button("up", "Bottom-up", "From the functions where the value arises to their callers"),
				button("sandwich", "Callers and callees", "All callers and all callees of one function"));
			this.choice = element("input", {type: "search", list: "thag-functions", placeholder: "Function",
				"aria-label": "Function", spellcheck: "false", autocomplete: "off",
				change: () => report.go({fn: this.choice.value})});
			this.list = element("datalist", {id: "thag-functions"});
			this.summary = element("span", {class: "found"});
			this.stage = element("div", {class: "stack"});
			this.host = element("section", {class: "pane", "aria-label": "Call tree"},
				element("div", {class: "tools"}, this.modes, this.choice, this.list, this.summary,
					element("span", {class: "spring"}),
					element("span", {class: "hint"}, "← → open and close · s callers and callees · f flamegraph"),
					element("button", {type: "button", "data-do": "csv", click: () => this.copy()}, "Copy CSV")),
				this.stage);
			this.key = null;
			this.trees = [];
			this.update();
		}

		update()
		{
			const {state, sums} = this.report;
			const fn = state.mode === "sandwich" ? this.wantedFunction() : -1;
			const key = state.mode + " " + fn;
			for (const button of this.modes.children)
				button.setAttribute("aria-pressed", String(button.getAttribute("data-mode") === state.mode));
			this.choice.hidden = this.summary.hidden = state.mode !== "sandwich";
			if (key !== this.key)
				this.build(state.mode, fn);
			else
				this.trees.forEach((tree) => tree.update());
			this.key = key;
			if (state.mode !== "sandwich")
				return;
			const metric = this.report.metric(), {self, total} = sums.byFunction(metric);
			this.choice.value = fn >= 0 ? sums.fns.names[fn] : "";
			this.summary.textContent = fn < 0 ? "" : thag.format.value(total[fn], metric) + " in all, " +
				thag.format.share(total[fn], sums.whole(metric)) + "; " + thag.format.value(self[fn], metric) + " self";
			const order = Array.from(total.keys()).sort((a, b) => total[b] - total[a]).slice(0, 300);
			this.list.replaceChildren(...order.map((one) => element("option", {value: sums.fns.names[one]})));
		}

		// The function of the state, or the one that costs most by itself.
		wantedFunction()
		{
			const {state, sums} = this.report;
			const {self, total} = sums.byFunction(this.report.metric());
			let best = -1;
			for (let fn = 0; fn < sums.fns.count; fn++) {
				if (state.fn ? sums.fns.names[fn] === state.fn && (best < 0 || total[fn] > total[best])
					     : best < 0 || self[fn] > self[best])
					best = fn;
			}
			return best;
		}

		build(mode, fn)
		{
			const choose = (one) => this.report.go({mode: "sandwich", fn: this.report.sums.fns.names[one]});
			const make = (label, start) => new Tree(this.report, {label, start, chooseFunction: choose});
			if (mode === "sandwich" && fn < 0)
				this.trees = [];
			else if (mode === "sandwich")
				this.trees = [make("Callers", fromFunction(fn, true)), make("Callees", fromFunction(fn, false))];
			else
				this.trees = [make("Call tree", mode === "up" ? {...fromLeaves, roots: true} : fromRoot)];
			if (!this.trees.length)
				this.stage.replaceChildren(element("div", {class: "nothing"}, "No function of that name was recorded."));
			else
				this.stage.replaceChildren(...mode !== "sandwich" ? this.trees.map((tree) => tree.host)
				: this.trees.flatMap((tree, at) => [element("h2", {}, at ? "What it calls" : "Who calls it"), tree.host]));
		}

		async copy()
		{
			const lines = this.trees.flatMap((tree) => tree.csv());
			const done = await thag.rows.copy(thag.rows.csv(lines));
			this.report.say(done ? "tree copied as it is open" : "the browser does not allow copying here");
		}

		focus()
		{
			if (this.trees.length)
				this.trees[0].rows.body.focus({preventScroll: true, focusVisible: false});
		}
	}

	return {View, Tree, Lines, fromRoot, fromLeaves, fromFunction, base};
})();

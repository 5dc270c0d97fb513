// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The interactive picture: puts a model on the page and lets the reader move in it by mouse, touch
// and keys. One way for everything: an action makes a new state, the state is shown; so undo, links
// and the browser's Back work for each of them.
"use strict";

thag.flame = (() => {
	const XHTML = "http://www.w3.org/1999/xhtml";
	const ZOOM_MS = 140;
	const CHEAP_MS = 9;	// a frame drawn faster than this may be animated
	const DRAG_PIXELS = 4;

	function element(name, attributes, ...children)
	{
		const node = document.createElementNS(XHTML, name);
		for (const [key, value] of Object.entries(attributes || {})) {
			if (typeof value === "function")
				node.addEventListener(key, value);
			else if (value !== false && value !== null)
				node.setAttribute(key, value === true ? "" : value);
		}
		node.append(...children.filter((child) => child !== null));
		return node;
	}

	// One row of this table is an action: its keys, what help and menus call it, what it does.
	const ACTIONS = [
		["zoom", "Enter", "Zoom to the box", (view, node) => view.zoomTo(node)],
		["parent", "Backspace", "Zoom out to the caller", (view) => view.zoomOut()],
		["reset", "Home", "Whole picture", (view) => view.go({zoom: -1, window: null})],
		["undo", "Alt+←", "Undo", (view) => view.history.undo()],
		["redo", "Alt+→", "Redo", (view) => view.history.redo()],
		["search", "/", "Search", (view) => view.startSearch()],
		["next", "n", "Next match", (view) => view.stepMatch(1)],
		["previous", "N", "Previous match", (view) => view.stepMatch(-1)],
		["only", "m", "Only matching stacks", (view) => view.toggle("only")],
		["focus", "f", "Focus on this function", (view, node) => view.focusOn(node)],
		["hide", "h", "Hide it (callees move up)", (view, node) => view.add("hide", node)],
		["drop", "d", "Drop it with all it calls", (view, node) => view.add("drop", node)],
		["find", "e", "Mark all of this function", (view, node) => view.findSame(node)],
		["copy", "y", "Copy its name", (view, node) => view.copyName(node)],
		["invert", "i", "Flames up or icicles down", (view) => view.toggle("flipped")],
		["reverse", "r", "Callers instead of callees", (view) => view.reverse()],
		["sort", "s", "Sort by name or weight", (view) => view.toggleSort()],
		["recursion", "c", "Fold recursion", (view) => view.toggle("collapsed")],
		["colour", "k", "Next colour scheme", (view) => view.nextScheme()],
		["help", "?", "This help", (view) => view.showHelp()],
	];
	const ON_BOX = ["zoom", "focus", "hide", "drop", "find", "copy"];
	const NOT_IN_CHARTS = ["reverse", "sort"];

	class View {
		// host: an element to fill; model: what to show; options: flipped (row 0 at the top)
		constructor(host, model, options)
		{
			this.host = host;
			this.model = model;
			this.options = options;
			this.defaults = model.defaults();
			this.state = thag.state.parse(location.hash, this.defaults);
			this.selected = -1;
			this.hovered = -1;
			this.typing = false;
			this.drawMs = 0;
			this.range = null;
			this.build();
			this.painter = new thag.draw.Painter(this.canvas);
			this.history = new thag.state.History((text) => {
				this.state = thag.state.parse(text, this.defaults);
				this.show(true);
			});
			this.listen();
			this.readTheme();
			this.resize();
			this.show(false);
			this.scrollToRoot();
		}

		// ---- the page -------------------------------------------------------------------

		build()
		{
			const {meta} = this.model.pack;
			const button = (action, text, title) => {
				const [name, key, help, act] = ACTIONS.find((one) => one[0] === action);
				const node = element("button", {type: "button", "data-action": name,
					title: (title || help) + "  (" + key + ")", "aria-keyshortcuts": key,
					click: () => act(this, this.selected)}, text);
				return node;
			};
			const choice = (field, text, entries) => {
				const select = element("select", {"data-field": field, "aria-label": text,
					change: () => this.choose(field, select.value)},
					...entries.map(([value, label]) => element("option", {value}, label)));
				return element("span", {class: "group"}, element("label", {}, text), select);
			};
			const {chart, pack} = this.model;

			this.search = element("input", {type: "search", placeholder: "Search: name or /regex/",
				"aria-label": "Search for functions", spellcheck: "false", autocomplete: "off",
				input: () => this.typed(), keydown: (event) => this.searchKey(event),
				blur: () => this.typing = false});
			this.found = element("span", {class: "found"});
			this.crumbs = element("nav", {"aria-label": "Zoom path"});
			this.canvas = element("canvas", {"aria-hidden": "true"});
			this.spacer = element("div");
			this.item = element("div", {role: "treeitem", id: "thag-item", class: "unseen"});
			this.scroll = element("div", {class: "scroll", role: "tree", tabindex: "0",
				"aria-label": meta.get("title") || "flamegraph",
				"aria-activedescendant": "thag-item",
				"aria-describedby": "thag-keys"}, this.spacer, this.item);
			this.emptyNote = element("div", {class: "empty", hidden: true});
			this.stage = element("main", {class: "stage"}, this.canvas, this.scroll, this.emptyNote);
			this.details = element("span", {class: "details"});
			this.notice = element("span", {class: "notice"});
			this.live = element("div", {class: "unseen", role: "status", "aria-live": "polite"});
			this.tip = element("div", {class: "tip", role: "tooltip", hidden: true});
			this.menu = element("div", {class: "menu", role: "menu", hidden: true});
			this.veil = element("div", {class: "veil", hidden: true, click: () => this.closeHelp()});
			this.help = this.buildHelp();
			const schemes = this.model.schemes.map(({name}) => [name, name]);

			this.host.classList.add("thag");
			this.host.append(
				element("header", {},
					element("div", {class: "titles"},
						element("h1", {}, meta.get("title") || "Flamegraph"),
						meta.get("subtitle")
							? element("div", {class: "subtitle"}, meta.get("subtitle"))
							: null),
					element("div", {class: "search", role: "search"}, this.found, this.search,
						button("previous", "‹"), button("next", "›"),
						button("only", "Only these"))),
				element("div", {class: "bar", role: "toolbar", "aria-label": "View"},
					element("span", {class: "group"}, button("undo", "↶"),
						button("redo", "↷"), button("reset", "Whole picture")),
					pack.metrics.length > 1
						? choice("metric", "Show", pack.metrics.map(({name}, at) => [at, name]))
						: null,
					element("span", {class: "group"},
						button("invert", this.options.flipped ? "Flames up" : "Icicles down"),
						chart ? null : button("reverse", "Callers"),
						button("recursion", "Fold recursion")),
					choice("group", "Boxes", [["function", "functions"], ["line", "lines"],
								  ["file", "files"], ["module", "modules"]]),
					chart ? null : choice("sort", "Order", [["name", "by name"],
										["weight", "by weight"]]),
					choice("scheme", "Colours", [...schemes, ["module", "by module"]]),
					button("help", "?", "Keys")),
				this.crumbs, this.stage,
				element("footer", {}, this.details, this.notice),
				this.live, this.tip, this.menu, this.veil, this.help,
				element("div", {class: "unseen", id: "thag-keys"},
					"Arrow keys move between boxes, Enter zooms, question mark lists all keys."));
		}

		buildHelp()
		{
			const list = element("dl");
			const add = (key, text) => list.append(
				element("dt", {}, element("kbd", {}, key)), element("dd", {}, text));
			add("← → ↑ ↓", "Move between boxes");
			for (const [name, key, text] of ACTIONS) {
				if (!this.model.chart || !NOT_IN_CHARTS.includes(name))
					add(key, text);
			}
			add("+ −", "Zoom in or out in steps");
			add("Esc", "Close, then clear search, then whole picture");
			return element("div", {class: "help", role: "dialog", "aria-modal": "true",
				"aria-label": "Keys", tabindex: "-1", hidden: true},
				element("h2", {}, "Keys and mouse"), list,
				element("p", {}, "Click a box to zoom; right-click for more. Drag to move, Ctrl and " +
					"wheel to zoom freely, Shift and wheel to move sideways. In the search box, " +
					"file: and module: look there instead of in names. The address of the page " +
					"holds all you see: copy it to share the view."));
		}

		listen()
		{
			const on = (target, type, handler, options) =>
				target.addEventListener(type, handler, options);
			on(this.scroll, "scroll", () => this.schedule());
			on(this.scroll, "pointerdown", (event) => this.pointerDown(event));
			on(this.scroll, "pointermove", (event) => this.pointerMove(event));
			on(this.scroll, "pointerup", (event) => this.pointerUp(event));
			on(this.scroll, "pointercancel", () => this.drag = null);
			on(this.scroll, "pointerleave", () => this.point(-1));
			on(this.scroll, "contextmenu", (event) => this.openMenu(event));
			on(this.scroll, "wheel", (event) => this.wheel(event), {passive: false});
			on(document, "keydown", (event) => this.key(event));
			on(document, "pointerdown", (event) => {
				if (!this.menu.contains(event.target))
					this.menu.hidden = true;
			});
			new ResizeObserver(() => {
				this.resize();
				this.draw();
			}).observe(this.stage);
			for (const query of ["(prefers-color-scheme: dark)", "print"]) {
				on(matchMedia(query), "change", () => {
					this.readTheme();
					this.show(true);
				});
			}
		}

		readTheme()
		{
			const style = getComputedStyle(this.host);
			const get = (name) => style.getPropertyValue("--" + name).trim();
			this.dark = matchMedia("(prefers-color-scheme: dark)").matches && !matchMedia("print").matches;
			this.theme = {background: get("background"), text: get("box-text"), muted: get("muted"),
				grid: get("grid"), root: get("root"), shade: get("shade"), match: get("match"),
				matchText: get("match-text"), select: get("accent"), hover: get("hover")};
		}

		resize()
		{
			const box = this.stage.getBoundingClientRect();
			const width = this.scroll.clientWidth || box.width;
			this.painter.resize(Math.floor(width), Math.floor(box.height), window.devicePixelRatio || 1);
		}

		// ---- state ----------------------------------------------------------------------

		// Makes and shows a new state. A zoom survives what changes the tree as far as its path does.
		go(change, typing)
		{
			const before = this.state;
			const next = {...before, ...change};
			const old = this.model.treeOf(before);
			const keepPath = before.zoom >= 0 && !("zoom" in change) && before.zoom < old.count &&
					 next.reversed === before.reversed;
			const frames = keepPath ? thag.tree.path(old, before.zoom).map((i) => old.frame[i]) : null;
			this.state = next;
			const tree = this.model.treeOf(next);
			if (tree !== old) {
				this.selected = this.hovered = -1;
				if (!("zoom" in change))
					next.zoom = frames ? Math.max(0, thag.tree.follow(tree, frames)) || -1 : -1;
				if (!this.model.chart && !("window" in change))
					next.window = null;
			}
			const text = thag.state.emit(next, this.defaults);
			if (typing && this.typing)
				this.history.replace(text);
			else
				this.history.push(text);
			this.typing = Boolean(typing);
			this.show(true);
		}

		choose(field, value)
		{
			this.go({[field]: field === "metric" ? Number(value) : value,
				 ...(field === "group" ? {hide: [], drop: [], focus: ""} : {})});
			this.say(field + ": " + value);
		}

		toggle(field)
		{
			this.go({[field]: !this.state[field]});
			if (field === "flipped")
				this.scrollToRoot();
			this.draw();
		}

		reverse()
		{
			if (!this.model.chart)
				this.go({reversed: !this.state.reversed, zoom: -1, window: null});
		}

		toggleSort()
		{
			if (!this.model.chart)
				this.go({sort: this.state.sort === "name" ? "weight" : "name"});
		}

		nextScheme()
		{
			const names = [...this.model.schemes.map(({name}) => name), "module"];
			const next = names[(names.indexOf(this.state.scheme) + 1) % names.length];
			this.go({scheme: next});
			this.say("colours: " + next);
		}

		nameOf(node)
		{
			return this.model.name(this.tree.frame[node], this.state);
		}

		isBox(node)
		{
			return node >= 0 && node < this.tree.count && this.tree.frame[node] >= 0;
		}

		focusOn(node)
		{
			if (this.isBox(node))
				this.go({focus: this.nameOf(node), zoom: -1, window: null});
		}

		add(list, node)
		{
			if (!this.isBox(node))
				return;
			const name = this.nameOf(node);
			const inZoom = this.state.zoom >= 0 &&
				       thag.tree.path(this.tree, this.state.zoom).some((i) => this.isBox(i) && this.nameOf(i) === name);
			this.go({[list]: [...this.state[list], name], ...(inZoom ? {zoom: -1, window: null} : {})});
			this.say(name + (list === "hide" ? " hidden" : " dropped"));
		}

		findSame(node)
		{
			if (this.isBox(node)) {
				const literal = this.nameOf(node).replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
				this.go({query: "/^" + literal + "$/"});
			}
		}

		async copyName(node)
		{
			if (!this.isBox(node))
				return;
			try {
				await navigator.clipboard.writeText(this.nameOf(node));
				this.say("name copied");
			} catch (error) {
				this.say("the browser does not allow copying here");
			}
		}

		// ---- zoom -----------------------------------------------------------------------

		whole()
		{
			return [this.tree.low, this.tree.high];
		}

		wanted()
		{
			const {zoom, window: free} = this.state;
			if (free)
				return free;
			if (zoom >= 0 && zoom < this.tree.count && this.tree.width[zoom] > 0)
				return [this.tree.x[zoom], this.tree.x[zoom] + this.tree.width[zoom]];
			return this.whole();
		}

		zoomTo(node)
		{
			if (node < 0 || node >= this.tree.count || !(this.tree.width[node] > 0))
				return;
			this.selected = node;
			this.go({zoom: this.tree.parent[node] < 0 && !this.model.chart ? -1 : node, window: null});
			this.reveal(node);
			this.say("zoomed to " + this.nameOf(node));
		}

		zoomOut()
		{
			const {zoom} = this.state;
			if (this.state.window)
				this.go({window: null});
			else if (zoom >= 0)
				this.zoomTo(this.tree.parent[zoom] >= 0 ? this.tree.parent[zoom] : 0);
		}

		// A free window, kept within the picture. One step of undo for one movement.
		setWindow(low, high)
		{
			const [first, last] = this.whole();
			const span = Math.min(high - low, last - first);
			if (!(span > 0) || span < (last - first) / 1e12)
				return;
			low = Math.min(Math.max(low, first), last - span);
			const free = span >= last - first ? null : [low, low + span];
			this.moving = true;
			this.range = free || [first, last];
			this.state = {...this.state, window: free, zoom: free ? this.state.zoom : -1};
			clearTimeout(this.settle);
			this.settle = setTimeout(() => {
				this.moving = false;
				this.go({window: free});
			}, 250);
			this.schedule();
		}

		zoomAround(at, factor)
		{
			const [low, high] = this.range;
			const centre = low + (high - low) * at;
			this.setWindow(centre - (centre - low) * factor, centre + (high - centre) * factor);
		}

		// ---- showing --------------------------------------------------------------------

		show(animate)
		{
			const {state, model} = this;
			this.tree = model.treeOf(state);
			this.match = model.match(state);
			this.fills = model.fills(state, this.dark);
			if (this.selected >= this.tree.count)
				this.selected = -1;
			this.point(-1);
			this.nameItem();
			this.controls();
			this.showCrumbs();
			this.showFound();
			this.spacer.style.height = this.painter.contentHeight(this.scene()) + (model.chart ? thag.draw.AXIS : 0) + "px";
			const nothing = !(this.tree.high > this.tree.low);
			this.emptyNote.hidden = !nothing;
			if (nothing)
				this.emptyNote.textContent = model.pack.count === 0
					? "This profile is empty: nothing was recorded."
					: "Nothing is left to show. Undo, or take one of the filters away.";
			this.moveTo(this.wanted(), animate);
		}

		moveTo(goal, animate)
		{
			cancelAnimationFrame(this.animation);
			const from = this.range;
			const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
			if (!animate || !from || still || this.drawMs > CHEAP_MS || this.tree !== this.rangeTree) {
				this.rangeTree = this.tree;
				this.range = goal;
				this.draw();
				return;
			}
			const begin = performance.now();
			const frame = (now) => {
				const part = Math.min(1, Math.max(0, (now - begin) / ZOOM_MS));
				const eased = 1 - (1 - part) ** 3;
				this.range = [from[0] + (goal[0] - from[0]) * eased,
					      from[1] + (goal[1] - from[1]) * eased];
				if (part === 1)
					this.range = goal;
				this.draw();
				if (part < 1)
					this.animation = requestAnimationFrame(frame);
			};
			this.animation = requestAnimationFrame(frame);
		}

		isFlipped()
		{
			return this.options.flipped !== this.state.flipped;
		}

		scene()
		{
			const [low, high] = this.range || this.whole();
			const {state, model} = this;
			const metric = {unit: "ns"};
			return {tree: this.tree, low, high, scrollTop: this.scroll.scrollTop,
				flipped: this.isFlipped(), axisHeight: model.chart ? thag.draw.AXIS : 0,
				name: (frame) => model.name(frame, state), fill: this.fills, match: this.match.flags,
				selected: this.selected, hovered: this.hovered,
				zoomed: model.chart ? -1 : state.zoom, theme: this.theme,
				tickLabel: (t, step) => tickLabel(t, step, metric)};
		}

		schedule()
		{
			if (!this.scheduled) {
				this.scheduled = requestAnimationFrame(() => {
					this.scheduled = 0;
					this.draw();
				});
			}
		}

		draw()
		{
			const begin = performance.now();
			this.drawn = this.painter.paint(this.scene());
			this.drawMs = performance.now() - begin;
			this.showNotice();
			this.showDetails();
		}

		showNotice()
		{
			const parts = [];
			const {hidden} = this.drawn;
			if (hidden)
				parts.push(thag.format.count(hidden) + (hidden === 1 ? " box" : " boxes") +
					   " narrower than " + thag.draw.MIN_WIDTH + " px not drawn until zoomed");
			if (this.tree.unexpanded)
				parts.push("callers of " + thag.format.count(this.tree.unexpanded) +
					   " boxes below 0.001 % not listed");
			this.notice.textContent = parts.join("; ");
			this.notice.title = this.notice.textContent;
		}

		controls()
		{
			const {state, model, host, history} = this;
			const pressed = {invert: state.flipped, reverse: state.reversed, only: state.only,
					 recursion: state.collapsed};
			for (const node of host.querySelectorAll("button[data-action]")) {
				const action = node.getAttribute("data-action");
				if (action in pressed)
					node.setAttribute("aria-pressed", String(pressed[action]));
			}
			const enable = (action, yes) => {
				for (const node of host.querySelectorAll(`button[data-action=${action}]`))
					node.disabled = !yes;
			};
			enable("undo", history && history.canUndo);
			enable("redo", history && history.canRedo);
			enable("reset", state.zoom >= 0 || state.window);
			enable("next", this.match.flags);
			enable("previous", this.match.flags);
			enable("only", this.match.flags || state.only);
			for (const select of host.querySelectorAll("select"))
				select.value = state[select.getAttribute("data-field")];
			if (this.search.value !== state.query)
				this.search.value = state.query;
			document.title = model.pack.meta.get("title") || "flamegraph";
		}

		showCrumbs()
		{
			const {state, tree} = this;
			const parts = [];
			const zoom = state.zoom >= 0 && state.zoom < tree.count ? state.zoom : this.model.chart ? -1 : 0;
			const nodes = zoom >= 0 && tree.count ? thag.tree.path(tree, zoom) : [];
			if (this.model.chart)
				parts.push(element("button", {type: "button", click: () => this.go({zoom: -1, window: null})},
						   "all threads"));
			// A long path keeps its ends; the rest is one click on a neighbour away.
			const shown = nodes.length > 14 ? [...nodes.slice(0, 3), -1, ...nodes.slice(-9)] : nodes;
			for (const node of shown) {
				if (parts.length)
					parts.push(element("span", {class: "step", "aria-hidden": "true"}, "›"));
				if (node < 0) {
					parts.push(element("span", {class: "step"},
							   `… ${nodes.length - 12} more …`));
					continue;
				}
				parts.push(element("button", {type: "button", title: this.nameOf(node),
					"aria-current": node === zoom && "location",
					click: () => this.zoomTo(node)}, this.nameOf(node)));
			}
			const chip = (text, change, title) => parts.push(element("button", {type: "button",
				class: "chip", title, click: () => this.go(change)}, text));
			if (state.focus)
				chip("only below " + state.focus, {focus: "", zoom: -1}, "Show everything again");
			for (const list of ["hide", "drop"]) {
				state[list].forEach((name, at) => chip((list === "hide" ? "hidden: " : "dropped: ") + name,
					{[list]: state[list].filter((_, other) => other !== at)}, "Show it again"));
			}
			this.crumbs.replaceChildren(...parts);
			this.crumbs.scrollLeft = this.crumbs.scrollWidth;
		}

		// ---- search ---------------------------------------------------------------------

		shares()
		{
			const {tree} = this;
			const {flags} = this.match;
			const [low, high] = this.wanted();
			const lanes = this.model.chart ? threadsWithin(tree, low, high) : high - low;
			const all = this.model.chart ? threadsWithin(tree, tree.low, tree.high) : tree.high - tree.low;
			return {all: [thag.tree.union(tree, flags, tree.low, tree.high), all],
				zoom: [thag.tree.union(tree, flags, low, high), lanes]};
		}

		matches()
		{
			const {tree} = this;
			const nodes = [];
			for (let i = 0; i < tree.count; i++) {
				if (tree.frame[i] >= 0 && this.match.flags[tree.frame[i]] && tree.width[i] > 0)
					nodes.push(i);
			}
			return nodes;
		}

		showFound()
		{
			const {flags, error} = this.match;
			this.found.classList.toggle("bad", Boolean(error));
			this.matchList = flags && !error ? this.matches() : [];
			this.found.title = "";
			if (!flags) {
				this.found.textContent = "";
				return;
			}
			if (error) {
				this.found.textContent = "not a regular expression";
				this.found.title = error;
				return;
			}
			const {all, zoom} = this.shares();
			const zoomed = this.state.zoom >= 0 || this.state.window;
			this.found.textContent = this.matchList.length === 0 ? "no match"
				: thag.format.count(this.matchList.length) +
				  (this.matchList.length === 1 ? " match · " : " matches · ") +
				  thag.format.share(...all) + (zoomed ? " of all · " + thag.format.share(...zoom) + " of zoom" : "");
			this.found.title = "Share of the picture that lies in matches, nested ones counted once";
			this.say(this.found.textContent);
		}

		startSearch()
		{
			this.search.focus();
			this.search.select();
		}

		typed()
		{
			const whole = this.search.value ? {} : {only: false};
			this.go({query: this.search.value, ...whole}, true);
		}

		searchKey(event)
		{
			if (event.key === "Enter") {
				event.preventDefault();
				this.stepMatch(event.shiftKey ? -1 : 1);
			} else if (event.key === "Escape" && this.search.value === "") {
				event.preventDefault();
				event.stopPropagation();
				this.scroll.focus();
			}
		}

		// Selects the next match and makes sure that it can be seen.
		stepMatch(direction)
		{
			const list = this.matchList;
			if (!list.length)
				return;
			let at = list.findIndex((node) => node >= this.selected);
			if (this.selected < 0)
				at = direction > 0 ? 0 : list.length - 1;
			else if (at < 0)
				at = direction > 0 ? 0 : list.length - 1;
			else if (direction < 0)
				at = (at + list.length - 1) % list.length;
			else if (list[at] === this.selected)
				at = (at + 1) % list.length;
			const node = list[at];
			const [low, high] = this.wanted();
			const {tree} = this;
			const pixels = tree.width[node] / (high - low) * this.painter.width;
			if (tree.x[node] < low || tree.x[node] + tree.width[node] > high || pixels < 3) {
				let outer = node;
				while (tree.parent[outer] >= 0 &&
				       tree.width[node] / tree.width[tree.parent[outer]] * this.painter.width >= 40)
					outer = tree.parent[outer];
				this.go({zoom: outer === 0 && !this.model.chart ? -1 : outer, window: null});
			}
			this.select(node);
			this.say(`match ${at + 1} of ${list.length}: ` + this.describe(node));
		}

		// ---- selection ------------------------------------------------------------------

		firstVisible()
		{
			return this.state.zoom >= 0 ? this.state.zoom : 0;
		}

		select(node)
		{
			this.selected = node;
			this.point(-1);
			this.reveal(node);
			this.draw();
			this.nameItem();
		}

		// What a screen reader is told to be selected; where nothing is, where arrows would begin.
		nameItem()
		{
			const {tree, item} = this;
			const node = this.selected >= 0 ? this.selected : this.firstVisible();
			if (node >= tree.count)
				return;
			const above = tree.parent[node];
			const siblings = above >= 0 ? thag.tree.children(tree, above) : [node];
			item.setAttribute("aria-level", tree.depth[node] + 1);
			item.setAttribute("aria-setsize", siblings.length);
			item.setAttribute("aria-posinset", siblings.indexOf(node) + 1);
			item.setAttribute("aria-selected", "true");
			if (tree.end[node] > node + 1)
				item.setAttribute("aria-expanded", "true");
			else
				item.removeAttribute("aria-expanded");
			item.setAttribute("aria-label", this.describe(node));
		}

		reveal(node)
		{
			if (node < 0)
				return;
			const scene = this.scene();
			const y = this.painter.top(this.tree.row[node], scene);
			const {ROW} = thag.draw;
			if (y < scene.axisHeight)
				this.scroll.scrollTop += y - scene.axisHeight - ROW;
			else if (y + ROW > this.painter.height)
				this.scroll.scrollTop += y + 2 * ROW - this.painter.height;
		}

		scrollToRoot()
		{
			this.scroll.scrollTop = this.isFlipped() ? 0 : this.scroll.scrollHeight;
			this.draw();
		}

		// Left and right along a row, in and out along a stack. All boxes are reached, also those
		// too narrow to be drawn: the picture follows.
		move(key)
		{
			const {tree} = this;
			if (this.selected < 0 || this.selected >= tree.count)
				return this.select(this.firstVisible());
			const deeper = this.isFlipped() ? "ArrowDown" : "ArrowUp";
			let to = -1;
			if (key === "ArrowLeft" || key === "ArrowRight")
				to = beside(tree, this.selected, key === "ArrowRight" ? 1 : -1);
			else if (key === deeper)
				to = widestChild(tree, this.selected);
			else
				to = tree.parent[this.selected];
			if (to < 0)
				return;
			const [low, high] = this.wanted();
			if (tree.x[to] + tree.width[to] <= low || tree.x[to] >= high ||
			    tree.width[to] / (high - low) * this.painter.width < 1)
				this.go({zoom: tree.parent[to] > 0 || (this.model.chart && tree.parent[to] === 0)
					? tree.parent[to] : -1, window: null});
			this.select(to);
		}

		point(node, event)
		{
			if (node !== this.hovered) {
				this.hovered = node;
				this.scroll.classList.toggle("pointing", node >= 0);
				this.schedule();
				this.fillTip(node);
			}
			if (node >= 0 && event)
				this.placeTip(event.clientX, event.clientY);
		}

		// ---- what a box is --------------------------------------------------------------

		facts(node)
		{
			const {tree, model, state} = this;
			const {frames, strings} = model.pack;
			const metric = model.metric(state);
			const frame = tree.frame[node], above = tree.parent[node];
			const file = frame >= 0 ? strings[frames.file[frame]] : "";
			const line = frame >= 0 ? frames.line[frame] : 0;
			const whole = model.chart ? tree.total[path0(tree, node)] : tree.total[0];
			return {name: this.nameOf(node), metric,
				where: file ? file + (line && state.group !== "file" ? ":" + line : "") : "",
				module: frame >= 0 ? strings[frames.module[frame]] : "",
				total: tree.total[node], self: tree.self[node], whole,
				above: above >= 0 ? tree.total[above] : 0, hasParent: above >= 0,
				zoom: !model.chart && state.zoom > 0 && node > state.zoom &&
				      node < tree.end[state.zoom] ? tree.total[state.zoom] : 0,
				start: tree.start ? tree.start[node] : null,
				duration: tree.start ? tree.duration[node] : null};
		}

		describe(node)
		{
			const facts = this.facts(node);
			const parts = [facts.name, thag.format.value(facts.total, facts.metric),
				       thag.format.share(facts.total, facts.whole) + " of " + (this.model.chart ? "its thread" : "all")];
			if (facts.hasParent)
				parts.push(thag.format.share(facts.total, facts.above) + " of its caller");
			if (facts.where)
				parts.push(facts.where);
			if (facts.module)
				parts.push(facts.module);
			return parts.join(", ");
		}

		showDetails()
		{
			const node = this.hovered >= 0 ? this.hovered : this.selected;
			this.details.textContent = node >= 0 && node < this.tree.count ? this.describe(node)
				: this.tree.count && !this.model.chart
					? thag.format.value(this.tree.total[0], this.model.metric(this.state)) + " in all"
					: "";
		}

		fillTip(node)
		{
			this.tip.hidden = node < 0;
			if (node < 0)
				return;
			const facts = this.facts(node);
			const {format} = thag;
			const list = element("dl");
			const add = (name, text) => list.append(element("dt", {}, name), element("dd", {}, text));
			const amount = (value) => {
				const exact = format.exact(value, facts.metric);
				return format.value(value, facts.metric) + (exact ? "  (" + exact + ")" : "");
			};
			const time = {unit: "ns", countName: "ns"};
			if (facts.start !== null && facts.metric.name !== "time") {
				add("duration", format.value(facts.duration, time));
			}
			add(facts.metric.name, amount(facts.total));
			add("of that self", amount(facts.self));
			add(this.model.chart ? "of its thread" : "of all", format.share(facts.total, facts.whole));
			if (facts.zoom)
				add("of the zoom", format.share(facts.total, facts.zoom));
			if (facts.hasParent)
				add(this.state.reversed ? "of its callee" : "of its caller", format.share(facts.total, facts.above));
			if (facts.start !== null)
				add("starts at", format.value(facts.start, time));
			this.tip.replaceChildren(...[element("b", {}, facts.name),
				facts.where ? element("div", {class: "where"}, facts.where) : null,
				facts.module ? element("div", {class: "where"}, facts.module) : null,
				list].filter(Boolean));
		}

		placeTip(x, y)
		{
			const {offsetWidth: width, offsetHeight: height} = this.tip;
			const left = x + 16 + width > innerWidth ? Math.max(4, x - width - 12) : x + 16;
			const top = y + 18 + height > innerHeight ? Math.max(4, y - height - 12) : y + 18;
			this.tip.style.left = left + "px";
			this.tip.style.top = top + "px";
		}

		say(text)
		{
			this.live.textContent = text;
		}

		// ---- mouse and touch ------------------------------------------------------------

		nodeUnder(event)
		{
			const box = this.canvas.getBoundingClientRect();
			return this.painter.at(event.clientX - box.left, event.clientY - box.top, this.scene());
		}

		pointerDown(event)
		{
			if (event.button === 0 && event.offsetX <= this.painter.width)
				this.drag = {x: event.clientX, y: event.clientY, range: this.range,
					     top: this.scroll.scrollTop, moved: false};
		}

		pointerMove(event)
		{
			const {drag} = this;
			if (!drag) {
				this.point(this.nodeUnder(event), event);
				return;
			}
			const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
			if (!drag.moved && Math.hypot(dx, dy) < DRAG_PIXELS)
				return;
			if (!drag.moved) {
				drag.moved = true;
				this.scroll.setPointerCapture(event.pointerId);
				this.scroll.classList.add("dragging");
				this.point(-1);
			}
			if (event.pointerType === "mouse")
				this.scroll.scrollTop = drag.top - dy;
			const scale = (drag.range[1] - drag.range[0]) / this.painter.width;
			if (this.state.window || this.state.zoom >= 0)
				this.setWindow(drag.range[0] - dx * scale, drag.range[1] - dx * scale);
		}

		pointerUp(event)
		{
			const {drag} = this;
			this.drag = null;
			this.scroll.classList.remove("dragging");
			if (drag && !drag.moved) {
				const node = this.nodeUnder(event);
				if (node >= 0)
					this.zoomTo(node);
			}
		}

		wheel(event)
		{
			const box = this.canvas.getBoundingClientRect();
			const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
			const fits = this.scroll.scrollHeight <= this.scroll.clientHeight + 1;
			if (event.ctrlKey || event.metaKey || (this.model.chart && fits && !sideways)) {
				event.preventDefault();
				this.zoomAround((event.clientX - box.left) / this.painter.width,
						Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.005));
			} else if (sideways && this.range && (this.state.window || this.state.zoom >= 0)) {
				event.preventDefault();
				const by = sideways * (this.range[1] - this.range[0]) / this.painter.width;
				this.setWindow(this.range[0] + by, this.range[1] + by);
			}
			this.point(-1);
		}

		openMenu(event)
		{
			const node = this.nodeUnder(event);
			if (!this.isBox(node))
				return;
			event.preventDefault();
			this.drag = null;
			this.point(-1);
			this.select(node);
			const entries = ON_BOX.map((name) => {
				const [, key, text, act] = ACTIONS.find((one) => one[0] === name);
				return element("button", {type: "button", role: "menuitem", "data-do": name, click: () => {
					this.menu.hidden = true;
					this.scroll.focus();
					act(this, node);
				}}, text, element("kbd", {}, key));
			});
			this.menu.replaceChildren(...entries);
			this.menu.hidden = false;
			this.menu.style.left = Math.min(event.clientX, innerWidth - this.menu.offsetWidth - 6) + "px";
			this.menu.style.top = Math.min(event.clientY, innerHeight - this.menu.offsetHeight - 6) + "px";
			entries[0].focus();
		}

		menuKey(event)
		{
			const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
			if (step) {
				const entries = [...this.menu.children];
				const at = entries.indexOf(document.activeElement);
				entries[(at + step + entries.length) % entries.length].focus();
				event.preventDefault();
			}
			return Boolean(step) || event.key === "Enter" || event.key === " ";
		}

		showHelp()
		{
			this.point(-1);
			this.veil.hidden = this.help.hidden = false;
			this.help.focus();
		}

		closeHelp()
		{
			this.veil.hidden = this.help.hidden = true;
			this.scroll.focus();
		}

		// ---- keys -----------------------------------------------------------------------

		key(event)
		{
			if (event.defaultPrevented)
				return;
			if (event.key === "Escape")
				return this.escape(event);
			if (event.altKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
				event.preventDefault();
				return event.key === "ArrowLeft" ? this.history.undo() : this.history.redo();
			}
			if (!this.menu.hidden && this.menuKey(event))
				return;
			if (event.ctrlKey || event.metaKey || event.altKey)
				return;
			const target = event.target.localName;
			if (target === "input" || target === "select")
				return;
			if (event.key.startsWith("Arrow")) {
				event.preventDefault();
				return this.move(event.key);
			}
			if (event.key === "+" || event.key === "=" || event.key === "-")
				return this.zoomAround(0.5, event.key === "-" ? 1.6 : 1 / 1.6);
			if (target === "button" && (event.key === "Enter" || event.key === " "))
				return;
			const action = ACTIONS.find(([, key]) => key === event.key);
			if (action && !(this.model.chart && NOT_IN_CHARTS.includes(action[0]))) {
				event.preventDefault();
				action[3](this, this.hovered >= 0 ? this.hovered : this.selected);
			}
		}

		escape(event)
		{
			event.preventDefault();
			if (!this.help.hidden)
				this.closeHelp();
			else if (!this.menu.hidden)
				this.menu.hidden = true;
			else if (this.state.query)
				this.go({query: "", only: false});
			else if (this.state.zoom >= 0 || this.state.window)
				this.go({zoom: -1, window: null});
			else
				this.go({focus: "", hide: [], drop: [], reversed: false, collapsed: false});
			this.scroll.focus();
		}
	}

	function tickLabel(t, step, metric)
	{
		const [name, size] = thag.format.SCALES[metric.unit].filter(([, one]) => step >= one * 0.999 || one === 1).pop();
		// A step of 200 ms reads as 0.2 s once the times are seconds.
		const [unit, scale] = Math.abs(t) >= 1e9 && size < 1e9 && step >= 1e6 ? ["s", 1e9] : [name, size];
		const digits = Math.max(0, -Math.floor(Math.log10(step / scale) + 1e-9));
		return (t / scale).toFixed(digits) + " " + unit;
	}

	function threadsWithin(tree, low, high)
	{
		let sum = 0;
		for (let i = 0; i < tree.count; i = tree.end[i])
			sum += Math.max(0, Math.min(high, tree.x[i] + tree.width[i]) - Math.max(low, tree.x[i]));
		return sum;
	}

	function path0(tree, node)
	{
		while (tree.parent[node] >= 0)
			node = tree.parent[node];
		return node;
	}

	function widestChild(tree, node)
	{
		let best = -1;
		for (let i = node + 1; i < tree.end[node]; i = tree.end[i]) {
			if (tree.width[i] > 0 && (best < 0 || tree.width[i] > tree.width[best]))
				best = i;
		}
		return best;
	}

	// The nearest box with a width in the same row.
	function beside(tree, node, step)
	{
		for (let i = node + step; i >= 0 && i < tree.count; i += step) {
			if (tree.row[i] === tree.row[node] && tree.width[i] > 0)
				return i;
		}
		return -1;
	}

	// Starts the picture in a document made by flame_svg.c: an SVG whose static drawing stays until
	// the data is read, then gives way to a page that fills the window.
	async function start()
	{
		const svg = document.documentElement;
		try {
			const text = document.getElementById("thag-data").textContent;
			const pack = thag.data.decode(await thag.data.unwrap(text));
			const model = new thag.model.Model(pack);
			const host = element("div", {});
			const frame = document.createElementNS("http://www.w3.org/2000/svg", "foreignObject");
			for (const [key, value] of Object.entries({x: 0, y: 0, width: "100%", height: "100%"}))
				frame.setAttribute(key, value);
			frame.append(host);
			document.getElementById("thag-static").setAttribute("display", "none");
			for (const key of ["viewBox", "role", "aria-labelledby"])
				svg.removeAttribute(key);
			svg.setAttribute("width", "100%");
			svg.setAttribute("height", "100%");
			svg.append(frame);
			thag.view = new View(host, model, {flipped: pack.meta.get("flipped") === "1"});
			thag.view.scroll.focus({focusVisible: false, preventScroll: true});
		} catch (error) {
			// The static picture stays, and the reader is told why it does not answer.
			const note = document.getElementById("thag-note");
			if (note)
				note.textContent = "Not interactive: " + error.message;
			console.error(error);
			thag.failed = error;
		}
	}

	return {View, start};
})();

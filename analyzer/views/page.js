// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The elements of the page around the picture, and what they show of a state. First of the layers
// of a view: Page < Details < Search < Pointer < Keys < View (flame.js), each in a file of its own.
"use strict";

thag.page = (() => {
	const XHTML = "http://www.w3.org/1999/xhtml";

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

	const WIDTHS = [["union", "the larger of A and B"], ["before", "A"], ["after", "B"],
			["change", "the change"], ["sides", "A and B side by side"]];

	class Page {
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
						this.model.compare ? this.buildBanner() : null,
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
					this.model.compare ? choice("width", "Width", WIDTHS) : null,
					this.model.compare
						? choice("scaled", "A", [[0, "as it is"], [1, "scaled to B"]]) : null,
					choice("scheme", "Colours", [
						...(this.model.compare ? [["change", "by change"]] : []),
						...schemes, ["module", "by module"]]),
					button("help", "?", "Keys")),
				this.crumbs, this.stage,
				element("footer", {}, this.details, this.notice),
				this.live, this.tip, this.menu, this.veil, this.help,
				element("div", {class: "unseen", id: "thag-keys"},
					"Arrow keys move between boxes, Enter zooms, question mark lists all keys."));
		}

		// Which is which, and what the colours mean.
		buildBanner()
		{
			const {meta} = this.model.pack;
			const dark = matchMedia("(prefers-color-scheme: dark)").matches;
			const swatch = (step, text) => element("span", {class: "swatch",
				style: "background:" + thag.colour.changeColour(step, dark)}, text);
			return element("div", {class: "subtitle banner"},
				"A = baseline: " + meta.get("a") + "  ·  B = new: " + meta.get("b") + "  ",
				swatch(-thag.colour.CHANGES, "− less in B"), swatch(0, "the same"),
				swatch(thag.colour.CHANGES, "+ more in B"));
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
			on(this.scroll, "pointercancel", (event) => {
				this.finger(event);
				this.drag = null;
			});
			on(this.scroll, "pointerleave", () => this.point(-1));
			on(this.scroll, "contextmenu", (event) => this.openMenu(event));
			on(this.scroll, "wheel", (event) => this.wheel(event), {passive: false});
			on(document, "keydown", (event) => this.isActive() && this.key(event));
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
			if (!this.options.embedded)
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
	}

	return {Page, element, ACTIONS, ON_BOX, NOT_IN_CHARTS};
})();

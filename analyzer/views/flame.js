// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The interactive picture: puts a model on the page and lets the reader move in it by mouse, touch
// and keys. One way for everything: an action makes a new state, the state is shown; so undo, links
// and the browser's Back work for each of them.
"use strict";

thag.flame = (() => {
	const {element} = thag.page;
	const ZOOM_MS = 140;
	const CHEAP_MS = 9;	// a frame drawn faster than this may be animated

	class View extends thag.keys.Keys {
		// host: an element to fill; model: what to show; options: flipped (row 0 at the top);
		// embedded, in a page that has more than the picture: {hash(), the picture's part of the
		// page's; active(), whether keys are for it; history(arrived), what it takes for its History}
		constructor(host, model, options)
		{
			super();
			this.host = host;
			this.model = model;
			this.options = options;
			this.defaults = model.defaults();
			const page = options.embedded || {hash: () => location.hash, active: () => true,
				history: (arrived) => new thag.state.History(arrived)};
			this.isActive = page.active;
			this.state = thag.state.parse(page.hash(), this.defaults);
			this.selected = -1;
			this.hovered = -1;
			this.typing = false;
			this.drawMs = 0;
			this.range = null;
			this.build();
			this.painter = new thag.draw.Painter(this.canvas);
			this.history = page.history((text) => {
				this.state = thag.state.parse(text, this.defaults);
				this.show(true);
			});
			this.listen();
			this.readTheme();
			this.resize();
			this.show(false);
			this.scrollToRoot();
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
			this.go({[field]: ["metric", "scaled"].includes(field) ? Number(value) : value,
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
			const names = [...this.model.schemes.map(({name}) => name), "module",
				       ...(this.model.compare ? ["change"] : [])];
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
			this.tint = model.compare && state.scheme === "change"
				? model.changes(this.tree, state, this.dark) : null;
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
				name: (frame) => model.name(frame, state), fill: this.fills, tint: this.tint, match: this.match.flags,
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
					   " small boxes not listed");
			this.notice.textContent = parts.join("; ");
			this.notice.title = this.notice.textContent;
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

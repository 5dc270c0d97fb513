// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// What one box is, in the tooltip, in the status line and for screen readers; which box is selected,
// and how the arrow keys move from it.
"use strict";

thag.details = (() => {
	const {element} = thag.page;

	class Details extends thag.page.Page {
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
				above: above >= 0 ? tree.total[above] : 0,
				hasParent: above >= 0 && tree.frame[above] >= 0,
				parentName: state.reversed ? "of its callee" : "of its caller",
				zoom: !model.chart && state.zoom > 0 && node > state.zoom &&
				      node < tree.end[state.zoom] ? tree.total[state.zoom] : 0,
				change: model.compare ? model.change(tree, node, state) : null,
				start: tree.start ? tree.start[node] : null,
				duration: tree.start ? tree.duration[node] : null};
		}

		describe(node)
		{
			const facts = this.facts(node);
			const parts = [facts.name, thag.format.value(facts.total, facts.metric),
				       thag.format.share(facts.total, facts.whole) + " of " + (this.model.chart ? "its thread" : "all")];
			if (facts.hasParent)
				parts.push(thag.format.share(facts.total, facts.above) + " " + facts.parentName);
			if (facts.change)
				parts.splice(1, parts.length - 1, ...changeParts(facts));
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
				: this.tree.count && this.model.compare
					? changeParts({change: this.model.change(this.tree, 0, this.state),
						       metric: this.model.metric(this.state)}).join(", ") + " in all"
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
			if (facts.change) {
				add("A", amount(facts.change.a));
				add("B", amount(facts.change.b));
				add("change", signed(facts));
			} else {
				add(facts.metric.name, amount(facts.total));
				add("of that self", amount(facts.self));
			}
			add(this.model.chart ? "of its thread" : "of all", format.share(facts.total, facts.whole));
			if (facts.zoom)
				add("of the zoom", format.share(facts.total, facts.zoom));
			if (facts.hasParent)
				add(facts.parentName, format.share(facts.total, facts.above));
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
	}

	function signed({change, metric})
	{
		const by = change.b - change.a;
		return by ? (by > 0 ? "+" : "−") + thag.format.value(Math.abs(by), metric) + " (" + change.text + ")"
			  : change.text;
	}

	function changeParts(facts)
	{
		const {change, metric} = facts;
		return ["A " + thag.format.value(change.a, metric), "B " + thag.format.value(change.b, metric),
			signed(facts)];
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

	return {Details};
})();

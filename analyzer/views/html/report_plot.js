// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The run over time, on one canvas as large as its place: lanes one above the other on one time axis.
// Dragging chooses a range, in whole intervals of the profile; so do Shift and the arrow keys.
//
//	bins	of the timeline, what is drawn: [i * bin_ns, (i + 1) * bin_ns)
//	spans	the intervals of the profile, what can be chosen
"use strict";

thag.plot = (() => {
	const {element} = thag.page;
	const AXIS = 22, LEFT = 12, TITLE = 20;
	const DRAG_PIXELS = 4;

	// A row is a lane: its series, from behind to the front. `rate`: per second. `measured`: now and then,
	// so that nothing is known after the last time.
	const LANES = [
		{key: "heap", title: "Live heap", unit: "bytes", series: [
			{column: "liveMax", name: "live heap", style: "area", colour: "one"}]},
		{key: "memory", title: "Resident memory and mappings", unit: "bytes", series: [
			{column: "rss", name: "resident (RSS)", style: "line", colour: "two"},
			{column: "mapped", name: "mapped by the program", style: "line", colour: "three"}]},
		{key: "rate", title: "Allocation rate", unit: "count", rate: true, series: [
			{column: "allocations", name: "allocations", style: "bars", colour: "four"}]},
		{key: "bytes", title: "Allocated per second", unit: "bytes", rate: true, series: [
			{column: "allocated", name: "allocated", style: "bars", colour: "one"}]},
		{key: "cpu", title: "CPU in use", unit: "percent", rate: true, series: [
			{column: "cpu", name: "CPU", style: "area", colour: "two", measured: true}]},
	];

	class Plot {
		// options: lanes (keys), strip (small, always the whole run)
		constructor(report, {lanes, strip})
		{
			this.report = report;
			this.strip = strip;
			const {timeline, info} = report.data;
			this.timeline = timeline;
			this.binNs = info.bin_ns;
			// Nothing can be seen after the last process: it is waiting for results.
			this.endNs = info.processes.reduce((most, one) => Math.max(most, one.end_ns), 0) ||
				     Math.max(info.run.duration_ns, 1);
			this.lanes = LANES.filter((lane) => lanes.includes(lane.key) &&
				lane.series.some(({column}) => timeline[column] && timeline[column].some(Boolean)));
			if (strip)
				this.lanes.length = Math.min(1, this.lanes.length);
			this.cursor = -1;
			this.drag = null;
			this.canvas = element("canvas", {"aria-hidden": "true"});
			this.tip = element("div", {class: "plot-tip", hidden: true});
			this.host = element("div", {class: "plot" + (strip ? " strip" : ""), tabindex: "0", role: "application",
				"aria-roledescription": "timeline",
				"aria-label": "Timeline. Arrow keys read values, Shift and arrow keys choose a range, Escape takes it away.",
				keydown: (event) => this.key(event),
				pointerdown: (event) => this.down(event), pointermove: (event) => this.move(event),
				pointerup: (event) => this.up(event), pointercancel: () => this.drag = null,
				pointerleave: () => this.point(-1),
				dblclick: () => report.setRange(null)}, this.canvas, this.tip);
			new ResizeObserver(() => this.draw()).observe(this.host);
		}

		// ---- time and place -------------------------------------------------------------

		window()
		{
			const {range} = this.report.sums;
			if (this.strip || !range)
				return [0, this.endNs];
			const [from, to] = this.times(range);
			const margin = (to - from) * 0.08;
			return [Math.max(0, from - margin), Math.min(this.endNs, to + margin)];
		}

		times([first, last])
		{
			const {spanNs} = this.report.sums;
			return [first * spanNs, Math.min(this.endNs, (last + 1) * spanNs)];
		}

		x(ns)
		{
			const [low, high] = this.window();
			return LEFT + (ns - low) / (high - low) * this.room;
		}

		ns(x)
		{
			const [low, high] = this.window();
			return low + Math.max(0, Math.min(1, (x - LEFT) / this.room)) * (high - low);
		}

		span(ns)
		{
			const {spanNs, spanCount} = this.report.sums;
			return Math.max(0, Math.min(spanCount - 1, Math.floor(ns / spanNs)));
		}

		// ---- drawing --------------------------------------------------------------------

		draw()
		{
			const {clientWidth: width, clientHeight: height} = this.host;
			if (!width || !height)
				return;
			const ratio = window.devicePixelRatio || 1;
			this.canvas.width = Math.round(width * ratio);
			this.canvas.height = Math.round(height * ratio);
			this.canvas.style.width = width + "px";
			this.canvas.style.height = height + "px";
			this.width = width;
			this.room = Math.max(1, width - 2 * LEFT);
			this.theme = theme(this.host);
			const context = this.context = this.canvas.getContext("2d");
			context.setTransform(ratio, 0, 0, ratio, 0, 0);
			context.clearRect(0, 0, width, height);
			context.font = "11px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
			context.textBaseline = "middle";
			const each = (height - AXIS) / Math.max(1, this.lanes.length);
			this.drawRange(height - AXIS);
			this.drawAxis(height);
			this.lanes.forEach((lane, at) => this.drawLane(lane, at * each, each));
			if (!this.lanes.length) {
				context.fillStyle = this.theme.muted;
				context.fillText("No timeline was recorded.", LEFT, height / 2);
			}
			this.drawCursor(height - AXIS);
		}

		drawAxis(height)
		{
			const {context, theme: colours} = this;
			const [low, high] = this.window();
			const step = thag.format.step(high - low, Math.max(2, this.room / 200));
			context.fillStyle = colours.line;
			context.fillRect(0, height - AXIS, this.width, 1);
			for (let t = Math.ceil(low / step) * step; t <= high; t += step) {
				const x = Math.round(this.x(t));
				context.fillStyle = colours.grid;
				context.fillRect(x, 0, 1, height - AXIS);
				context.fillStyle = colours.muted;
				const text = timeText(t, step);
				const wide = context.measureText(text).width;
				if (x + 4 + wide < this.width)
					context.fillText(text, x + 4, height - AXIS / 2);
			}
		}

		perSecond(lane, value)
		{
			if (lane.unit === "percent")
				return 100 * value / this.binNs;
			return lane.rate ? value / this.binNs * 1e9 : value;
		}

		text(lane, value)
		{
			if (lane.unit === "percent")
				return Math.round(value) + " %";
			return thag.format.value(value, {unit: lane.unit, countName: ""}).trim() + (lane.rate ? "/s" : "");
		}

		// The values of a series by pixel: the largest of its bins, or per second.
		values(lane, series)
		{
			const column = this.timeline[series.column];
			const {count} = this.timeline;
			const pixels = Math.ceil(this.room);
			const list = new Float64Array(pixels);
			for (let p = 0; p < pixels; p++) {
				const from = this.ns(LEFT + p) / this.binNs, to = this.ns(LEFT + p + 1) / this.binNs;
				let value = 0;
				const last = Math.min(count, Math.max(Math.floor(from) + 1, Math.ceil(to)));
				for (let i = Math.floor(from); i < last; i++)
					value = Math.max(value, column[i]);
				list[p] = this.perSecond(lane, value);
			}
			return list;
		}

		drawLane(lane, top, height)
		{
			const {context, theme: colours, strip} = this;
			const shown = lane.series.filter(({column}) => this.timeline[column].some(Boolean));
			const all = shown.map((series) => this.values(lane, series));
			const most = Math.max(1e-9, ...all.map((values) => values.reduce((a, b) => Math.max(a, b), 0)));
			const base = top + height - 1, room = height - (strip ? 6 : TITLE + 8);
			shown.forEach((series, at) => {
				const known = series.measured ? all[at].subarray(0, all[at].findLastIndex(Boolean) + 1) : all[at];
				this.drawSeries(series, known, (value) => base - value / most * room, base);
			});
			if (top > 0) {
				context.fillStyle = colours.line;
				context.fillRect(0, Math.round(top), this.width, 1);
			}
			this.drawTitle(lane, shown, top, most);
		}

		drawTitle(lane, shown, top, most)
		{
			const {context, theme: colours, strip} = this;
			const text = this.text(lane, most);
			const y = Math.round(top) + (strip ? 9 : TITLE / 2 + 3);
			let x = LEFT;
			const put = (what, colour, bold) => {
				context.fillStyle = colour;
				context.font = (bold ? "600 " : "") + context.font.replace(/^600 /, "");
				context.fillText(what, x, y);
				x += context.measureText(what).width + 8;
			};
			context.save();
			put(lane.title, colours.text, true);
			put("at most " + text, colours.muted, false);
			if (lane.series.length > 1) {
				for (const series of shown) {
					context.fillStyle = colours[series.colour];
					context.fillRect(x + 4, y - 1, 12, 3);
					x += 20;
					put(series.name, colours.muted, false);
				}
			}
			context.restore();
		}

		drawSeries(series, values, y, base)
		{
			const {context, theme: colours} = this;
			const colour = colours[series.colour];
			if (series.style === "bars") {
				context.fillStyle = colour;
				for (let p = 0; p < values.length; p++) {
					if (values[p])
						context.fillRect(LEFT + p, Math.min(y(values[p]), base - 1), 1, Math.max(1, base - y(values[p])));
				}
				return;
			}
			context.beginPath();
			values.forEach((value, p) => p ? context.lineTo(LEFT + p + 0.5, y(value)) : context.moveTo(LEFT + 0.5, y(value)));
			context.strokeStyle = colour;
			context.lineWidth = 1.5;
			context.lineJoin = "round";
			context.stroke();
			if (series.style === "area") {
				context.lineTo(LEFT + values.length - 0.5, base);
				context.lineTo(LEFT + 0.5, base);
				context.globalAlpha = 0.22;
				context.fillStyle = colour;
				context.fill();
				context.globalAlpha = 1;
			}
		}

		drawRange(height)
		{
			const range = this.drag && this.drag.range || this.report.sums.range;
			if (!range)
				return;
			const [from, to] = this.times(range).map((ns) => this.x(ns));
			this.context.fillStyle = this.theme.chosen;
			this.context.fillRect(from, 0, to - from, height);
			this.context.fillStyle = this.theme.accent;
			this.context.fillRect(Math.round(from), 0, 1, height);
			this.context.fillRect(Math.round(to) - 1, 0, 1, height);
		}

		drawCursor(height)
		{
			if (this.cursor < 0)
				return;
			this.context.fillStyle = this.theme.muted;
			this.context.fillRect(Math.round(this.x((this.cursor + 0.5) * this.binNs)), 0, 1, height);
		}

		// ---- reading --------------------------------------------------------------------

		describe(bin)
		{
			const parts = [timeText(bin * this.binNs, this.binNs)];
			for (const lane of this.lanes) {
				for (const {column, name} of lane.series) {
					const value = this.timeline[column][bin] || 0;
					parts.push(name + " " + this.text(lane, this.perSecond(lane, value)));
				}
			}
			return parts;
		}

		point(bin, x)
		{
			this.cursor = bin;
			this.tip.hidden = bin < 0;
			if (bin >= 0) {
				const [time, ...rest] = this.describe(bin);
				this.tip.replaceChildren(element("b", {}, time), ...rest.map((text) => element("div", {}, text)));
				const wide = this.tip.offsetWidth;
				this.tip.style.left = (x + 14 + wide > this.width ? x - 14 - wide : x + 14) + "px";
			}
			this.draw();
		}

		binAt(x)
		{
			return Math.max(0, Math.min(this.timeline.count - 1, Math.floor(this.ns(x) / this.binNs)));
		}

		// ---- mouse and touch ------------------------------------------------------------

		place(event)
		{
			return event.clientX - this.host.getBoundingClientRect().left;
		}

		down(event)
		{
			if (event.button !== 0 || !this.report.sums.spanCount)
				return;
			this.drag = {x: this.place(event), range: null};
			this.host.setPointerCapture(event.pointerId);
		}

		move(event)
		{
			const x = this.place(event);
			if (!this.drag) {
				if (this.timeline.count)
					this.point(this.binAt(x), x);
				return;
			}
			if (this.drag.range || Math.abs(x - this.drag.x) >= DRAG_PIXELS) {
				const ends = [this.span(this.ns(this.drag.x)), this.span(this.ns(x))].sort((a, b) => a - b);
				this.drag.range = ends;
				this.draw();
			}
		}

		up()
		{
			const range = this.drag && this.drag.range;
			this.drag = null;
			if (range)
				this.report.setRange(range);
		}

		// ---- keys -----------------------------------------------------------------------

		key(event)
		{
			const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
			if (event.altKey || event.ctrlKey || event.metaKey)
				return;
			if (event.key === "Escape" && this.report.sums.range)
				this.report.setRange(null);
			else if (step && event.shiftKey)
				this.extend(step);
			else if (step)
				this.step(step);
			else
				return;
			event.preventDefault();
			event.stopPropagation();
		}

		step(by)
		{
			const bin = Math.max(0, Math.min(this.timeline.count - 1, this.cursor + by * Math.max(1, Math.round(this.timeline.count / 100))));
			if (!this.timeline.count)
				return;
			this.point(bin, this.x((bin + 0.5) * this.binNs));
			this.report.say(this.describe(bin).join(", "));
		}

		extend(by)
		{
			const {spanCount, range} = this.report.sums;
			if (!spanCount)
				return;
			const at = this.cursor < 0 ? 0 : this.span((this.cursor + 0.5) * this.binNs);
			const [first, last] = range || [at, at];
			this.report.setRange(range ? [first, Math.max(first, Math.min(spanCount - 1, last + by))] : [first, last]);
		}
	}

	function theme(host)
	{
		const style = getComputedStyle(host);
		const get = (name) => style.getPropertyValue("--" + name).trim();
		return {text: get("text"), muted: get("muted"), line: get("line"), grid: get("grid"), accent: get("accent"),
			chosen: get("chosen"), one: get("plot-one"), two: get("plot-two"), three: get("plot-three"),
			four: get("plot-four")};
	}

	// A time with as many digits as its neighbours need to differ.
	function timeText(ns, step)
	{
		const [unit, size] = ns >= 1e9 || step >= 1e8 ? ["s", 1e9] : ns >= 1e6 || step >= 1e5 ? ["ms", 1e6] : ["µs", 1e3];
		const digits = Math.max(0, Math.min(6, -Math.floor(Math.log10(step / size) + 1e-9)));
		return (ns / size).toFixed(digits) + " " + unit;
	}

	// "1.20 s to 1.45 s"
	function rangeText(sums, range, endNs)
	{
		const from = range[0] * sums.spanNs, to = Math.min(endNs, (range[1] + 1) * sums.spanNs);
		return timeText(from, sums.spanNs) + " to " + timeText(to, sums.spanNs);
	}

	return {Plot, LANES, timeText, rangeText};
})();

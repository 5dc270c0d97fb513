// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Draws the visible part of a tree on a canvas that is never larger than the window, and knows
// afterwards which box is where. The cost follows what is visible: subtrees outside of the window
// or narrower than MIN_WIDTH are stepped over as a whole.
//
//	    low                    high       the window, in values or ns
//	     |<---- width pixels --->|
//	     +-----------------------+ 0
//	     | axis (charts)         |
//	     +-----------------------+ axisHeight
//	     | rows, from scrollTop  |        flipped: row 0 at the top (icicle)
//	     +-----------------------+ height  else: row 0 at the bottom (flame)
"use strict";

thag.draw = (() => {
	const ROW = 19;			// pixels from row to row
	const BOX = 18;			// of which this many are painted
	const AXIS = 26;
	const MIN_WIDTH = 0.4;		// pixels; narrower boxes are counted, not drawn
	const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

	const SIGNS = ["− ", "", "+ "];	// what the colour of a change says, for whoever does not see it

	class Painter {
		constructor(canvas)
		{
			this.canvas = canvas;
			this.context = canvas.getContext("2d", {alpha: false});
			this.letters = null;
			this.spellings = new Map();
			this.hits = [];
		}

		resize(width, height, ratio)
		{
			this.width = width;
			this.height = height;
			this.ratio = ratio;
			this.canvas.width = Math.max(1, Math.round(width * ratio));
			this.canvas.height = Math.max(1, Math.round(height * ratio));
			this.canvas.style.width = width + "px";
			this.canvas.style.height = height + "px";
			this.letters = null;
		}

		measure(text)
		{
			if (!this.letters) {
				this.letters = new Float32Array(128);
				for (let code = 32; code < 127; code++) {
					this.letters[code] =
						this.context.measureText(String.fromCharCode(code)).width;
				}
			}
			let width = 0;
			for (let i = 0; i < text.length; i++) {
				const code = text.charCodeAt(i);
				if (code > 127)
					return this.context.measureText(text).width;
				width += this.letters[code];
			}
			return width;
		}

		// The longest spelling of a name that fits, shortened with an ellipsis at the worst.
		fit(name, room)
		{
			if (room < 14)
				return "";
			let list = this.spellings.get(name);
			if (!list) {
				list = thag.format.spellings(name).map((text) => [text, this.measure(text)]);
				this.spellings.set(name, list);
			}
			for (const [text, width] of list) {
				if (width <= room)
					return text;
			}
			const [text, width] = list[list.length - 1];
			const letters = Array.from(text.slice(0, 400));
			const dots = this.measure("…");
			let keep = Math.min(letters.length, Math.ceil(letters.length * room / width) + 2);
			while (keep > 0 && this.measure(letters.slice(0, keep).join("")) + dots > room)
				keep--;
			return keep >= 2 ? letters.slice(0, keep).join("") + "…" : "";
		}

		top(row, scene)
		{
			const y = scene.flipped ? row * ROW : this.contentHeight(scene) - (row + 1) * ROW;
			return y - scene.scrollTop + scene.axisHeight;
		}

		// Few rows stand at the lower end of a flamegraph, as flames do.
		contentHeight(scene)
		{
			const least = this.height - scene.axisHeight;
			return Math.max(least, scene.tree.rows * ROW + (scene.tree.start ? 8 : 2));
		}

		// scene: tree, low, high, scrollTop, flipped, axisHeight, name(frame), fill[frame], match
		// (Uint8Array by frame, or null), tint (comparisons: {steps[node], colours}), selected, zoomed (node or -1), theme.
		// Returns how much was drawn and how much was too narrow.
		paint(scene)
		{
			const {context, width, height, ratio} = this;
			const {tree, low, high, theme} = scene;
			const scale = width / (high - low);
			const firstRow = [], boxes = {drawn: 0, hidden: 0};
			const edges = new Int32Array(tree.rows).fill(-1);
			const labels = [];
			this.hits = firstRow;
			context.setTransform(ratio, 0, 0, ratio, 0, 0);
			context.font = FONT;
			context.textBaseline = "middle";
			context.fillStyle = theme.background;
			context.fillRect(0, 0, width, height);
			if (!(high > low))
				return boxes;
			if (scene.axisHeight)
				this.gridLines(scene, scale);

			let style = "";
			for (let i = 0; i < tree.count;) {
				const from = (tree.x[i] - low) * scale;
				const wide = tree.width[i] * scale;
				if (from >= width || from + wide <= 0 || wide <= 0) {
					i = tree.end[i];
					continue;
				}
				const row = tree.row[i];
				const y = this.top(row, scene);
				const outside = y + BOX <= scene.axisHeight || y >= height;
				if (wide < MIN_WIDTH) {
					boxes.hidden += tree.end[i] - i;
					// What is left out still shows as a shade where it stands.
					const pixel = Math.floor(from);
					if (!outside && edges[row] < pixel) {
						edges[row] = pixel;
						if (style !== theme.shade)
							context.fillStyle = style = theme.shade;
						context.fillRect(pixel, y, 1, BOX);
					}
					i = tree.end[i];
					continue;
				}
				if (outside) {
					// Below the window of a chart's band there may be more; in a graph all
					// that follows in this subtree is further out.
					const beyond = scene.flipped ? y >= height : y + BOX <= scene.axisHeight;
					i = beyond ? tree.end[i] : i + 1;
					continue;
				}
				const left = Math.max(0, from);
				const right = Math.min(width, from + wide);
				const gap = right - left > 3 ? 1 : right - left > 1.5 ? 0.5 : 0;
				const frame = tree.frame[i];
				const matched = scene.match !== null && frame >= 0 && scene.match[frame];
				const fill = matched ? theme.match : frame < 0 ? theme.root
					: scene.tint ? scene.tint.colours[scene.tint.steps[i] + thag.colour.CHANGES]
					: scene.fill[frame];
				const faded = scene.match !== null && !matched;
				const alpha = faded ? 0.42 : i < scene.zoomed ? 0.62 : 1;
				if (context.globalAlpha !== alpha)
					context.globalAlpha = alpha;
				if (style !== fill)
					context.fillStyle = style = fill;
				context.fillRect(left, y, Math.max(right - left - gap, 0.4), BOX);
				edges[row] = Math.max(edges[row], Math.floor(right - 0.01));
				(firstRow[row] || (firstRow[row] = [])).push(i, left, right);
				boxes.drawn++;
				if (right - left > 24)
					labels.push(i, left, right - left - gap, y, matched ? 1 : 0);
				i++;
			}
			this.paintLabels(scene, labels);
			context.globalAlpha = 1;
			this.outline(scene, scale);
			if (scene.axisHeight)
				this.paintAxis(scene, scale);
			return boxes;
		}

		paintLabels(scene, labels)
		{
			const {context} = this;
			const faded = scene.match !== null;
			for (let k = 0; k < labels.length; k += 5) {
				const node = labels[k], matched = labels[k + 4];
				const sign = scene.tint ? SIGNS[Math.sign(scene.tint.steps[node]) + 1] : "";
				const text = this.fit(scene.name(scene.tree.frame[node]),
						      labels[k + 2] - 9 - (sign ? this.measure(sign) : 0));
				if (!text && !sign)
					continue;
				context.globalAlpha = faded && !matched ? 0.75 : node < scene.zoomed ? 0.8 : 1;
				context.fillStyle = matched ? scene.theme.matchText : scene.theme.text;
				context.fillText(sign + text, labels[k + 1] + 5, labels[k + 3] + BOX / 2 + 0.5);
			}
		}

		outline(scene, scale)
		{
			const {context} = this;
			for (const [node, colour, line] of [[scene.hovered, scene.theme.hover, 1.5],
							     [scene.selected, scene.theme.select, 2]]) {
				if (node < 0 || node >= scene.tree.count)
					continue;
				const from = (scene.tree.x[node] - scene.low) * scale;
				const to = from + scene.tree.width[node] * scale;
				const y = this.top(scene.tree.row[node], scene);
				if (to < 0 || from > this.width || y < scene.axisHeight - BOX)
					continue;
				const left = Math.max(from, 0), right = Math.min(to, this.width);
				context.strokeStyle = colour;
				context.lineWidth = line;
				context.strokeRect(left + line / 2, y + line / 2,
						   Math.max(right - left - line - 1, 1), BOX - line);
			}
		}

		ticks(scene)
		{
			const span = scene.high - scene.low;
			const step = thag.format.step(span, Math.max(2, this.width / 190));
			const list = [];
			for (let t = Math.ceil(scene.low / step) * step; t <= scene.high; t += step)
				list.push(t);
			return {step, list};
		}

		gridLines(scene, scale)
		{
			this.context.fillStyle = scene.theme.grid;
			for (const t of this.ticks(scene).list)
				this.context.fillRect(Math.round((t - scene.low) * scale), 0, 1, this.height);
		}

		paintAxis(scene, scale)
		{
			const {context, width} = this;
			const {theme} = scene;
			context.fillStyle = theme.background;
			context.fillRect(0, 0, width, AXIS);
			context.fillStyle = theme.grid;
			context.fillRect(0, AXIS - 1, width, 1);
			const {step, list} = this.ticks(scene);
			for (const t of list) {
				const x = Math.round((t - scene.low) * scale);
				context.fillStyle = theme.grid;
				context.fillRect(x, 0, 1, AXIS);
				context.fillStyle = theme.muted;
				context.fillText(scene.tickLabel(t, step), x + 5, AXIS / 2);
			}
		}

		// The box at a point of the canvas, or -1.
		at(x, y, scene)
		{
			if (y < scene.axisHeight)
				return -1;
			const down = y - scene.axisHeight + scene.scrollTop;
			const row = Math.floor((scene.flipped ? down : this.contentHeight(scene) - down) / ROW);
			const boxes = this.hits[row] || [];
			for (let k = 0; k < boxes.length; k += 3) {
				if (x >= boxes[k + 1] && x < boxes[k + 2])
					return boxes[k];
			}
			return -1;
		}
	}

	return {Painter, ROW, BOX, AXIS, MIN_WIDTH};
})();

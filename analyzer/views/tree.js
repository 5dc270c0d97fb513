// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The call tree behind a picture, and all that can be done to it. A tree is a struct of arrays in
// pre-order: the boxes below box i are i + 1 .. end[i] - 1. So sums are one pass backwards, places
// one pass forwards, a subtree is skipped by one assignment, and nothing recurses: a stack of
// 100,000 frames is like any other.
//
//	parent, depth, frame	frame -1: the root "all" that holds a graph together
//	self, total		in the metric's unit
//	a, b, totalA, totalB	of comparisons: self and total of either side; else null
//	end			see above
//	x, width		where it is drawn: in values (graph) or ns (chart)
//	row, rows		graph: row = depth. chart: threads (depth 0) have bands of rows
//
// Operations return new trees; the one read from the page is kept for undo.
"use strict";

thag.tree = (() => {
	function allocate(count, compared)
	{
		return {
			a: compared ? new Float64Array(count) : null,
			b: compared ? new Float64Array(count) : null,
			count,
			parent: new Int32Array(count),
			depth: new Uint32Array(count),
			frame: new Int32Array(count),
			self: new Float64Array(count),
			start: null,
			duration: null,
			unexpanded: 0,
		};
	}

	function addUp(parent, self)
	{
		const total = Float64Array.from(self);
		for (let i = total.length - 1; i > 0; i--) {
			if (parent[i] >= 0)
				total[parent[i]] += total[i];
		}
		return total;
	}

	// total and end, from parent and self.
	function sum(tree)
	{
		const {count, parent, self} = tree;
		const total = Float64Array.from(self);
		const end = new Uint32Array(count);
		for (let i = count - 1; i >= 0; i--) {
			if (end[i] === 0)
				end[i] = i + 1;
			const above = parent[i];
			if (above >= 0) {
				total[above] += total[i];
				if (end[above] === 0)
					end[above] = end[i];
			}
		}
		tree.total = total;
		tree.end = end;
		tree.totalA = tree.a && addUp(parent, tree.a);
		tree.totalB = tree.b && addUp(parent, tree.b);
		return tree;
	}

	// x, width, row and rows, from all else.
	function place(tree)
	{
		if (tree.start)
			placeChart(tree);
		else
			placeGraph(tree);
		return tree;
	}

	function placeGraph(tree)
	{
		const {count, parent, depth, total} = tree;
		const x = new Float64Array(count);
		const cursor = new Float64Array(count);
		let rows = 0;
		for (let i = 0; i < count; i++) {
			const above = parent[i];
			if (above >= 0) {
				x[i] = cursor[above];
				cursor[above] += total[i];
			}
			cursor[i] = x[i];
			if (depth[i] >= rows)
				rows = depth[i] + 1;
		}
		Object.assign(tree, {x, width: total, row: depth, rows, low: 0,
				     high: count ? total[0] : 0});
	}

	function placeChart(tree)
	{
		const {count, depth, start, duration} = tree;
		const row = new Uint32Array(count);
		let top = 0, next = 0, low = Infinity, high = -Infinity;
		for (let i = 0; i < count; i++) {
			if (depth[i] === 0) {
				// one empty row between threads
				top = next ? next + 1 : 0;
				low = Math.min(low, start[i]);
				high = Math.max(high, start[i] + duration[i]);
			}
			row[i] = top + depth[i];
			if (row[i] >= next)
				next = row[i] + 1;
		}
		if (!(high > low))
			low = high = 0;
		Object.assign(tree, {x: start, width: duration, row, rows: next, low, high});
	}

	// What a box of a comparison is worth: as wide as the larger side, so that what is gone shows
	// too, or as one side, or as the change.
	const WIDTHS = {
		union: (a, b) => Math.max(a, b),
		before: (a) => a,
		after: (a, b) => b,
		change: (a, b) => Math.abs(b - a),
	};

	// A comparison. `scale` is what A's values are multiplied by. Side by side, the root has two
	// boxes, whose frames are the last two, with all of A under one and all of B under the other;
	// every box knows both of its values.
	function fromPair(pack, metric, width, scale)
	{
		const {self, other} = pack.metrics[metric];
		const sides = width === "sides";
		const tree = allocate(sides ? 2 * pack.count + 3 : pack.count + 1, true);
		const worth = WIDTHS[width] || WIDTHS.union;
		tree.parent[0] = -1;
		tree.frame[0] = -1;
		for (let side = 0; side < (sides ? 2 : 1); side++) {
			const first = sides ? 1 + side * (pack.count + 1) : 0;
			const at = sides ? [0, first] : [0];
			if (sides) {
				tree.parent[first] = 0;
				tree.depth[first] = 1;
				tree.frame[first] = pack.frames.count - 2 + side;
			}
			for (let i = 0; i < pack.count; i++) {
				const node = first + 1 + i;
				at.length -= Math.min(pack.pops[i], at.length - (sides ? 2 : 1));
				tree.parent[node] = at[at.length - 1];
				tree.depth[node] = at.length;
				tree.frame[node] = pack.frame[i];
				const a = self[i] * scale, b = other[i];
				tree.a[node] = a;
				tree.b[node] = b;
				tree.self[node] = sides ? (side ? b : a) : worth(a, b);
				at.push(node);
			}
		}
		return place(sum(tree));
	}

	// A graph gets a root; a chart's boxes of depth 0 are its threads.
	function fromPack(pack, metric)
	{
		const chart = Boolean(pack.lead);
		const shift = chart ? 0 : 1;
		const tree = allocate(pack.count + shift);
		const self = metric < pack.metrics.length ? pack.metrics[metric].self : null;
		const at = [-1];
		if (!chart) {
			tree.parent[0] = -1;
			tree.frame[0] = -1;
			at.push(0);
		}
		for (let i = 0; i < pack.count; i++) {
			const node = i + shift;
			at.length -= Math.min(pack.pops[i], at.length - 1);
			tree.parent[node] = at[at.length - 1];
			tree.depth[node] = at.length - 1;
			tree.frame[node] = pack.frame[i];
			if (self)
				tree.self[node] = self[i];
			at.push(node);
		}
		if (chart)
			times(tree, pack);
		return place(sum(tree));
	}

	function times(tree, pack)
	{
		const {count, parent} = tree;
		const duration = Float64Array.from(pack.rest);
		const start = new Float64Array(count);
		const cursor = new Float64Array(count);
		for (let i = count - 1; i >= 0; i--) {
			if (parent[i] >= 0)
				duration[parent[i]] += duration[i];
		}
		for (let i = 0; i < count; i++) {
			const above = parent[i];
			start[i] = (above >= 0 ? cursor[above] : 0) + pack.lead[i];
			if (above >= 0)
				cursor[above] = start[i] + duration[i];
			cursor[i] = start[i];
		}
		tree.start = start;
		tree.duration = duration;
		// Without a metric of its own a chart is about its time.
		if (pack.metrics.length === 0)
			tree.self = Float64Array.from(pack.rest);
	}

	// Children by (parent, frame), for merging equal call paths. Open addressing; entries are
	// node numbers plus one.
	class Children {
		constructor(tree, expected)
		{
			let size = 1024;
			while (size < expected * 2)
				size *= 2;
			this.slots = new Int32Array(size);
			this.mask = size - 1;
			this.tree = tree;
		}

		slot(parent, frame)
		{
			const {slots, mask, tree} = this;
			let hash = Math.imul(parent + 1, 0x9e3779b1) ^ Math.imul(frame + 7, 0x85ebca6b);
			hash ^= hash >>> 15;
			let at = hash & mask;
			while (slots[at]) {
				const node = slots[at] - 1;
				if (tree.parent[node] === parent && tree.frame[node] === frame)
					break;
				at = (at + 1) & mask;
			}
			return at;
		}
	}

	// What rules make of a tree. `rules`:
	//	frameOf[frame]	the frame that stands for a frame (grouping); or null
	//	hide[frame]	its value goes to its caller, its callees move up
	//	drop[frame]	goes with all it calls
	//	focus[frame]	only what runs below it, all its places merged; or null
	//	keep[node]	0: goes with all it calls. 1, 3: stays. 2: stays for what it calls,
	//			without a value of its own. Or null
	//	collapse	a frame that calls itself directly is one box
	//	pinned		frames from this number on stay, whatever the rules say of what is above
	// Graphs merge equal paths again; charts keep each box at its time. The result is not in
	// pre-order until arrange() has been called.
	function transform(tree, rules)
	{
		const chart = Boolean(tree.start);
		const out = allocate(tree.count, Boolean(tree.a));
		const made = chart ? null : new Children(out, tree.count);
		// Where the value of a node goes: -1 nowhere. NONE: dropped with all below.
		const target = new Int32Array(tree.count);
		const inside = new Uint8Array(tree.count);
		let count = 0;

		if (chart) {
			out.start = new Float64Array(tree.count);
			out.duration = new Float64Array(tree.count);
		} else if (tree.count) {
			out.parent[0] = -1;
			out.frame[0] = -1;
			count = 1;
		}

		function child(above, frame, node)
		{
			let slot = 0;
			if (made) {
				slot = made.slot(above, frame);
				if (made.slots[slot])
					return made.slots[slot] - 1;
				made.slots[slot] = count + 1;
			} else {
				out.start[count] = tree.start[node];
				out.duration[count] = tree.duration[node];
			}
			out.parent[count] = above;
			out.frame[count] = frame;
			out.depth[count] = above >= 0 ? out.depth[above] + 1 : 0;
			return count++;
		}

		for (let i = 0; i < tree.count;) {
			const from = tree.parent[i];
			const above = from >= 0 ? target[from] : -1;
			const root = from < 0;
			const frame = tree.frame[i] >= 0 && rules.frameOf ? rules.frameOf[tree.frame[i]] : tree.frame[i];
			inside[i] = !rules.focus || (from >= 0 && inside[from]) ||
				    (frame >= 0 && rules.focus[frame]) ? 1 : 0;
			if ((frame >= 0 && rules.drop && rules.drop[frame]) || (rules.keep && !rules.keep[i])) {
				i = tree.end[i];
				continue;
			}
			if (root && !chart) {
				target[i] = 0;
			} else if (root && chart) {
				target[i] = child(-1, frame, i);
			} else if (frame >= rules.pinned) {
				target[i] = child(above, frame, i);
			} else if (!inside[i] || (rules.hide && rules.hide[frame]) ||
				   (rules.collapse && out.frame[above] === frame && out.parent[above] >= 0)) {
				target[i] = above;
			} else {
				target[i] = child(above, frame, i);
			}
			if (inside[i] && (!rules.keep || rules.keep[i] & 1)) {
				out.self[target[i]] += tree.self[i];
				if (out.a) {
					out.a[target[i]] += tree.a[i];
					out.b[target[i]] += tree.b[i];
				}
			}
			i++;
		}
		return shrink(out, count);
	}

	function shrink(tree, count)
	{
		for (const column of ["parent", "depth", "frame", "self", "a", "b", "start", "duration"]) {
			if (tree[column])
				tree[column] = tree[column].slice(0, count);
		}
		tree.count = count;
		return tree;
	}

	// Puts nodes (each after its parent) in pre-order. `order`: all nodes, in the order in which
	// siblings are to appear.
	function arrange(tree, order)
	{
		const {count} = tree;
		const first = new Int32Array(count).fill(-1);
		const next = new Int32Array(count).fill(-1);
		let roots = -1;
		for (let k = count - 1; k >= 0; k--) {
			const node = order[k], above = tree.parent[node];
			if (above >= 0) {
				next[node] = first[above];
				first[above] = node;
			} else {
				next[node] = roots;
				roots = node;
			}
		}
		const out = allocate(count, Boolean(tree.a));
		const chart = Boolean(tree.start);
		if (chart) {
			out.start = new Float64Array(count);
			out.duration = new Float64Array(count);
		}
		out.unexpanded = tree.unexpanded;
		const place = new Int32Array(count);
		for (let node = roots, at = 0; node >= 0; at++) {
			const above = tree.parent[node];
			place[node] = at;
			out.parent[at] = above >= 0 ? place[above] : -1;
			out.depth[at] = above >= 0 ? out.depth[out.parent[at]] + 1 : 0;
			out.frame[at] = tree.frame[node];
			out.self[at] = tree.self[node];
			if (out.a) {
				out.a[at] = tree.a[node];
				out.b[at] = tree.b[node];
			}
			if (chart) {
				out.start[at] = tree.start[node];
				out.duration[at] = tree.duration[node];
			}
			if (first[node] >= 0) {
				node = first[node];
			} else {
				while (node >= 0 && next[node] < 0)
					node = tree.parent[node];
				node = node >= 0 ? next[node] : -1;
			}
		}
		return place_(out);
	}

	function place_(tree)
	{
		return place(sum(tree));
	}

	// Nodes by the rank of their frames' names: a counting sort.
	function orderByRank(tree, rank, rankCount)
	{
		const start = new Uint32Array(rankCount + 2);
		const rankOf = (node) => tree.frame[node] < 0 ? 0 : rank[tree.frame[node]] + 1;
		for (let i = 0; i < tree.count; i++)
			start[rankOf(i) + 1]++;
		for (let i = 0; i <= rankCount; i++)
			start[i + 1] += start[i];
		const order = new Uint32Array(tree.count);
		for (let i = 0; i < tree.count; i++)
			order[start[rankOf(i)]++] = i;
		return order;
	}

	function orderByWeight(tree)
	{
		// Totals of a tree that is not in pre-order yet: parents come before children.
		const total = Float64Array.from(tree.self);
		for (let i = tree.count - 1; i > 0; i--) {
			if (tree.parent[i] >= 0)
				total[tree.parent[i]] += total[i];
		}
		return Uint32Array.from(total.keys()).sort((a, b) => total[b] - total[a] || a - b);
	}

	function orderAsIs(tree)
	{
		return Uint32Array.from(tree.self.keys());
	}

	// Callers instead of callees: the functions where the value arises stand next to the root, and
	// above each the ones that called it. Grows level by level, group by group; a group is all the
	// places in `tree` that one box stands for. Groups below `least` of the value, and all from
	// `most` boxes on, are left closed and counted in `unexpanded`.
	function reverse(tree, least, most)
	{
		const compared = Boolean(tree.a);
		const out = {parent: [-1], frame: [-1], self: [tree.count ? tree.self[0] : 0],
			     a: [compared ? tree.a[0] : 0], b: [compared ? tree.b[0] : 0]};
		let whole = 0, unexpanded = 0;
		const leaves = [];
		for (let i = 0; i < tree.count; i++) {
			whole += tree.self[i];
			if (i > 0 && tree.self[i] > 0)
				leaves.push(i, i);
		}
		// [box, [place, leaf, place, leaf ...]]: the leaf's value has come up to the place.
		let level = [[0, leaves]];
		while (level.length) {
			const further = [];
			for (const [above, places] of level) {
				for (const [frame, group] of byFrame(tree, places)) {
					const node = out.parent.length;
					const {value, ended, callers, sides} = climb(tree, group);
					const open = callers.length && value >= whole * least && node < most;
					out.parent.push(above);
					out.frame.push(frame);
					out.self.push(open ? ended : value);
					out.a.push(open ? sides.endedA : sides.a);
					out.b.push(open ? sides.endedB : sides.b);
					if (open)
						further.push([node, callers]);
					else if (callers.length)
						unexpanded++;
				}
			}
			level = further;
		}
		const result = allocate(out.parent.length, compared);
		result.parent.set(out.parent);
		result.frame.set(out.frame);
		result.self.set(out.self);
		if (compared) {
			result.a.set(out.a);
			result.b.set(out.b);
		}
		result.unexpanded = unexpanded;
		return result;
	}

	function byFrame(tree, places)
	{
		const groups = new Map();
		for (let k = 0; k < places.length; k += 2) {
			const frame = tree.frame[places[k]];
			const group = groups.get(frame);
			if (group)
				group.push(places[k], places[k + 1]);
			else
				groups.set(frame, [places[k], places[k + 1]]);
		}
		return groups;
	}

	// One step towards the root for all places of a group; `ended`: what has arrived there.
	function climb(tree, group)
	{
		const callers = [];
		const sides = {a: 0, b: 0, endedA: 0, endedB: 0};
		let value = 0, ended = 0;
		for (let k = 0; k < group.length; k += 2) {
			const caller = tree.parent[group[k]], leaf = group[k + 1], worth = tree.self[leaf];
			const a = tree.a ? tree.a[leaf] : 0, b = tree.b ? tree.b[leaf] : 0;
			value += worth;
			sides.a += a;
			sides.b += b;
			if (caller > 0) {
				callers.push(caller, leaf);
			} else {
				ended += worth;
				sides.endedA += a;
				sides.endedB += b;
			}
		}
		return {value, ended, callers, sides};
	}

	// matched[frame] -> which nodes lie on a path with a match: 1 at or below one, 2 above one, 3
	// both, 0 neither.
	function onMatchingPaths(tree, matched)
	{
		const keep = new Uint8Array(tree.count);
		for (let i = 0; i < tree.count; i++) {
			const frame = tree.frame[i], above = tree.parent[i];
			keep[i] = (frame >= 0 && matched[frame]) || (above >= 0 && keep[above]) ? 1 : 0;
		}
		for (let i = tree.count - 1; i > 0; i--) {
			if (keep[i] && tree.parent[i] >= 0)
				keep[tree.parent[i]] |= 2;
		}
		return keep;
	}

	// The part of [low, high) covered by matches, each place counted once however often matches
	// are nested. In a chart, threads are added up.
	function union(tree, matched, low, high)
	{
		let covered = 0;
		for (let i = 0; i < tree.count;) {
			const from = tree.x[i], to = from + tree.width[i];
			if (to <= low || from >= high) {
				i = tree.end[i];
			} else if (tree.frame[i] >= 0 && matched[tree.frame[i]]) {
				covered += Math.min(to, high) - Math.max(from, low);
				i = tree.end[i];
			} else {
				i++;
			}
		}
		return covered;
	}

	function path(tree, node)
	{
		const nodes = [];
		for (; node >= 0; node = tree.parent[node])
			nodes.push(node);
		return nodes.reverse();
	}

	function children(tree, node)
	{
		const nodes = [];
		for (let i = node + 1; i < tree.end[node]; i = tree.end[i])
			nodes.push(i);
		return nodes;
	}

	// The node at the end of the same frames in another tree, or as far as they go; -1: not even
	// the first.
	function follow(tree, frames)
	{
		let node = tree.count && tree.frame[0] === frames[0] ? 0 : -1;
		for (let k = 1; node >= 0 && k < frames.length; k++) {
			const below = children(tree, node).find((i) => tree.frame[i] === frames[k]);
			if (below === undefined)
				break;
			node = below;
		}
		return node;
	}

	return {fromPack, fromPair, transform, arrange, orderByRank, orderByWeight, orderAsIs, reverse,
		onMatchingPaths, union, path, children, follow};
})();

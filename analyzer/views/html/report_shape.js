// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The call tree without its values: made once, so that another metric or another range of time costs
// one pass of additions and no more. Two of them:
//
//	fine	a node per call path of places (function, file, line), as the profile has it
//	plain	a node per call path of functions; `nodeOf` of fine nodes
//
// Both are in pre-order with node 0 as the root: parents stand before children, and what lies below
// node i is i + 1 .. end[i] - 1. Nothing recurses, whatever the depth.
"use strict";

thag.shape = (() => {
	// Columns by function, and fnOf[frame].
	function functions(pack)
	{
		const {frames, strings} = pack;
		const fnOf = new Uint32Array(frames.count);
		const known = new Map();
		const first = [];
		for (let f = 0; f < frames.count; f++) {
			const key = frames.function[f] * 0x100000000 + frames.module[f];
			let fn = known.get(key);
			if (fn === undefined) {
				fn = first.length;
				known.set(key, fn);
				first.push(f);
			}
			fnOf[f] = fn;
		}
		return {count: first.length, fnOf, frame: Int32Array.from(first),
			names: first.map((f) => strings[frames.function[f]]),
			modules: first.map((f) => strings[frames.module[f]]),
			files: first.map((f) => strings[frames.file[f]])};
	}

	function fine(pack)
	{
		const count = pack.count + 1;
		const shape = {count, parent: new Int32Array(count), depth: new Uint32Array(count),
			       frame: new Int32Array(count)};
		const way = [0];	// nodes from the root to the latest one
		shape.parent[0] = shape.frame[0] = -1;
		for (let i = 0; i < pack.count; i++) {
			way.length -= Math.min(pack.pops[i], way.length - 1);
			shape.parent[i + 1] = way[way.length - 1];
			shape.depth[i + 1] = way.length;
			shape.frame[i + 1] = pack.frame[i];
			way.push(i + 1);
		}
		return finish(shape);
	}

	// Adds `end` and `rows`.
	function finish(shape)
	{
		const {count, parent, depth} = shape;
		const end = new Uint32Array(count);
		let rows = 1;
		for (let i = count - 1; i >= 0; i--) {
			if (!end[i])
				end[i] = i + 1;
			if (i && !end[parent[i]])
				end[parent[i]] = end[i];
			if (depth[i] >= rows)
				rows = depth[i] + 1;
		}
		return Object.assign(shape, {end, rows});
	}

	// Nodes of one parent with one function become one. Returns what is not in pre-order yet.
	function join(base, fns)
	{
		const {count} = base;
		const joined = {count: 1, parent: new Int32Array(count), fn: new Int32Array(count)};
		const target = new Int32Array(count);
		let size = 1024;
		while (size < count * 2)
			size *= 2;
		const slots = new Int32Array(size);
		joined.parent[0] = joined.fn[0] = -1;
		for (let i = 1; i < count; i++) {
			const above = target[base.parent[i]], fn = fns.fnOf[base.frame[i]];
			let hash = Math.imul(above + 1, 0x9e3779b1) ^ Math.imul(fn + 7, 0x85ebca6b);
			hash = (hash ^ hash >>> 15) & size - 1;
			while (slots[hash] && (joined.parent[slots[hash]] !== above || joined.fn[slots[hash]] !== fn))
				hash = hash + 1 & size - 1;
			if (!slots[hash]) {
				slots[hash] = joined.count;
				joined.parent[joined.count] = above;
				joined.fn[joined.count++] = fn;
			}
			target[i] = slots[hash];
		}
		return {joined, target};
	}

	// Siblings stay in the order in which they came, which the profile's writer made that of names.
	function plain(base, fns)
	{
		const {joined, target} = join(base, fns);
		const {count} = joined;
		const first = new Int32Array(count).fill(-1), next = new Int32Array(count).fill(-1);
		for (let i = count - 1; i > 0; i--) {
			next[i] = first[joined.parent[i]];
			first[joined.parent[i]] = i;
		}
		const place = new Int32Array(count);
		const shape = {count, parent: new Int32Array(count), depth: new Uint32Array(count),
			       fn: new Int32Array(count), frame: new Int32Array(count)};
		for (let node = 0, at = 0; node >= 0; at++) {
			place[node] = at;
			shape.parent[at] = node ? place[joined.parent[node]] : -1;
			shape.depth[at] = node ? shape.depth[shape.parent[at]] + 1 : 0;
			shape.fn[at] = joined.fn[node];
			shape.frame[at] = node ? fns.frame[joined.fn[node]] : -1;
			if (first[node] >= 0) {
				node = first[node];
			} else {
				while (node >= 0 && next[node] < 0)
					node = joined.parent[node];
				node = node >= 0 ? next[node] : -1;
			}
		}
		for (let i = 0; i < target.length; i++)
			target[i] = place[target[i]];
		shape.nodeOf = target;
		shape.outermost = outermost(shape, shape.fn, fns.count);
		return finish(shape);
	}

	// By node: 1 where no node above has its key (an index below `keys`; -1: none).
	function outermost(shape, key, keys)
	{
		const open = new Int32Array(keys);
		const flags = new Uint8Array(shape.count);
		for (let node = 1, top = 0; node < shape.count; node++) {
			for (; top !== shape.parent[node]; top = shape.parent[top]) {
				if (key[top] >= 0)
					open[key[top]]--;
			}
			if (key[node] >= 0)
				flags[node] = open[key[node]]++ === 0 ? 1 : 0;
			top = node;
		}
		return flags;
	}

	function totals(shape, self)
	{
		const total = Float64Array.from(self);
		for (let i = shape.count - 1; i > 0; i--)
			total[shape.parent[i]] += total[i];
		return total;
	}

	// A tree as thag.draw and thag.tree know it.
	function picture(shape, self, total)
	{
		const {count, parent} = shape;
		const x = new Float64Array(count), cursor = new Float64Array(count);
		for (let i = 1; i < count; i++) {
			cursor[i] = x[i] = cursor[parent[i]];
			cursor[parent[i]] += total[i];
		}
		return {count, parent, depth: shape.depth, frame: shape.frame, self, total, end: shape.end,
			x, width: total, row: shape.depth, rows: shape.rows, low: 0, high: total[0],
			start: null, duration: null, unexpanded: 0};
	}

	return {functions, fine, plain, outermost, totals, picture};
})();

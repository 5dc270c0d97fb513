// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The numbers of a report: by node, by function, by call path, by line; for the whole run or for a
// range of time. A range is [first, last] of the profile's intervals: what was allocated in it and
// what of that was still live at its end, what was live when most was, what ran. All are made when they are asked for and kept until the
// range changes. No page here: Node's tests load it.
"use strict";

thag.sums = (() => {
	// What of the rows of spans or moments counts for the range from..to: `at` is the end of the
	// interval of it at which most was live.
	const WHEN = {
		born: (rows, i, {from, to}) => rows.born[i] >= from && rows.born[i] <= to,
		gone: (rows, i, {from, to}) => rows.gone[i] >= from && rows.gone[i] <= to,
		live: (rows, i, {from, to}) => rows.born[i] >= from && rows.born[i] <= to && rows.gone[i] > to,
		peak: (rows, i, {at}) => rows.born[i] <= at && rows.end[i] > at,
	};

	// What a metric is called for a range, and which numbers of which rows it adds up.
	const IN_RANGE = {
		peak: {name: "Live at the range's peak", short: "At peak", rows: "spans", column: "bytes", when: WHEN.peak},
		bytes: {name: "Allocated bytes", short: "Allocated", rows: "spans", column: "bytes", when: WHEN.born},
		allocations: {name: "Allocations", short: "Allocations", rows: "spans", column: "blocks", when: WHEN.born},
		live: {name: "Bytes live at the range's end", short: "Live at end", rows: "spans", column: "bytes", when: WHEN.live},
		blocks: {name: "Blocks live at the range's end", short: "Blocks live", rows: "spans", column: "blocks", when: WHEN.live},
		temporary: {name: "Temporary allocations", short: "Temporary", rows: "spans", column: "temporary", when: WHEN.gone},
		self: {name: "Time in traced calls", short: "Time", rows: "moments", column: "self", when: WHEN.born},
		calls: {name: "Traced calls", short: "Calls", rows: "moments", column: "calls", when: WHEN.born},
		cpu: {name: "CPU time", short: "CPU time", rows: "moments", column: "cpu", when: WHEN.born},
		kernel: {name: "CPU time in the kernel", short: "In kernel", rows: "moments", column: "kernel", when: WHEN.born},
		wall: {name: "Wall time", short: "Wall time", rows: "moments", column: "wall", when: WHEN.born},
	};

	// A value without the name of what is counted, for columns that say it.
	function bare(value, metric)
	{
		return thag.format.value(value, {...metric, countName: ""}).trim();
	}

	class Sums {
		constructor(data)
		{
			const {pack, info} = data;
			this.data = data;
			this.pack = pack;
			this.fns = thag.shape.functions(pack);
			this.fine = thag.shape.fine(pack);
			this.shape = thag.shape.plain(this.fine, this.fns);
			this.all = pack.metrics.map((metric, at) => ({...metric, at, key: info.metrics[at].key,
				short: info.metrics[at].short,
				inRange: IN_RANGE[info.metrics[at].in_range] || null}));
			this.spanNs = info.span_ns;
			this.spanCount = this.spanNs && (data.spans.count || data.moments.count)
				? Math.min(255, Math.floor(info.run.duration_ns / this.spanNs) + 1) : 0;
			this.wholeRun = new Map();
			this.rowNodes = {};
			this.setRange(null);
		}

		setRange(range)
		{
			this.range = range;
			this.times = range && {from: range[0], to: range[1], at: this.highest(range)};
			this.kept = range ? new Map() : this.wholeRun;
			this.metrics = this.all.map((metric) => !range ? metric
				: metric.inRange && {...metric, ...metric.inRange}).filter(Boolean);
		}

		// The interval of a range at whose end most was live.
		highest([from, to])
		{
			if (!this.liveAt) {
				const {count, born, end, bytes} = this.data.spans;
				const change = new Float64Array(257);
				for (let i = 0; i < count; i++) {
					change[born[i]] += bytes[i];
					change[end[i]] -= bytes[i];
				}
				for (let i = 1; i < change.length; i++)
					change[i] += change[i - 1];
				this.liveAt = change;
			}
			let at = from;
			for (let i = from; i <= to; i++) {
				if (this.liveAt[i] > this.liveAt[at])
					at = i;
			}
			return at;
		}

		// The metric of that key, or what stands for it where a range does not know it.
		metric(key)
		{
			return this.metrics.find((one) => one.key === key) ||
			       this.metrics.find((one) => one.key === (this.range ? "leaked" : this.data.info.metric)) ||
			       this.metrics[0] || {key: "", name: "nothing", short: "", unit: "count", countName: "", self: []};
		}

		keep(key, make)
		{
			if (!this.kept.has(key))
				this.kept.set(key, make());
			return this.kept.get(key);
		}

		// By fine node.
		fineSelf(metric)
		{
			return this.keep("fine " + metric.key, () => {
				const self = new Float64Array(this.fine.count);
				if (this.range)
					this.addRows(metric.inRange, this.data[metric.inRange.rows].node, self);
				else
					self.set(metric.self, 1);
				return self;
			});
		}

		// `node`: of each row, in the tree that `self` belongs to.
		addRows(what, node, self)
		{
			const rows = this.data[what.rows], values = rows[what.column];
			const {times} = this;
			for (let i = 0; i < rows.count; i++) {
				if (what.when(rows, i, times))
					self[node[i]] += values[i];
			}
		}

		// Of the rows of spans or moments: nodes of functions.
		nodesOf(rows)
		{
			if (!this.rowNodes[rows])
				this.rowNodes[rows] = this.data[rows].node.map((node) => this.shape.nodeOf[node]);
			return this.rowNodes[rows];
		}

		// By node of functions.
		self(metric)
		{
			return this.keep("self " + metric.key, () => {
				const {nodeOf, count} = this.shape;
				const self = new Float64Array(count);
				if (this.range) {
					this.addRows(metric.inRange, this.nodesOf(metric.inRange.rows), self);
				} else {
					for (let i = 1; i < nodeOf.length; i++)
						self[nodeOf[i]] += metric.self[i - 1];
				}
				return self;
			});
		}

		total(metric)
		{
			return this.keep("total " + metric.key,
					 () => thag.shape.totals(this.shape, this.self(metric)));
		}

		whole(metric)
		{
			return this.total(metric)[0];
		}

		picture(metric)
		{
			return this.keep("picture " + metric.key, () =>
				thag.shape.picture(this.shape, this.self(metric), this.total(metric)));
		}

		finePicture(metric)
		{
			return this.keep("fine picture " + metric.key, () => {
				const self = this.fineSelf(metric);
				return thag.shape.picture(this.fine, self, thag.shape.totals(this.fine, self));
			});
		}

		// Columns by function; a recursive function's total is counted at its outermost place.
		byFunction(metric)
		{
			return this.keep("functions " + metric.key, () => {
				const {count, fn, outermost} = this.shape;
				const own = this.self(metric), below = this.total(metric);
				const self = new Float64Array(this.fns.count), total = new Float64Array(this.fns.count);
				for (let i = 1; i < count; i++) {
					self[fn[i]] += own[i];
					if (outermost[i])
						total[fn[i]] += below[i];
				}
				return {self, total};
			});
		}

		// By node: the nearest at or above it that is not the allocator's own, or itself.
		sites()
		{
			if (!this.siteOf) {
				const {count, parent, frame} = this.shape;
				const sites = new Int32Array(count);
				for (let i = 1; i < count; i++)
					sites[i] = this.data.allocator[frame[i]] ? sites[parent[i]] : i;
				this.siteOf = sites;
			}
			return this.siteOf;
		}

		// Values by who asked: at the site of each node.
		byPath(metric)
		{
			return this.keep("paths " + metric.key, () => {
				const sites = this.sites(), self = this.self(metric);
				const values = new Float64Array(this.shape.count);
				for (let i = 0; i < values.length; i++) {
					if (self[i])
						values[sites[i] || i] += self[i];
				}
				return values;
			});
		}

		// -> whether a node's call path has any function that passes
		through(test)
		{
			const {count, parent, fn} = this.shape;
			const passes = Uint8Array.from({length: this.fns.count}, (_, one) => test(one) ? 1 : 0);
			const any = new Uint8Array(count);
			for (let i = 1; i < count; i++)
				any[i] = any[parent[i]] | passes[fn[i]];
			return (node) => any[node] === 1;
		}

		// Nodes with a value of any metric.
		paths()
		{
			return this.keep("all paths", () => {
				const {count} = this.shape;
				const any = new Uint8Array(count);
				for (const metric of this.metrics) {
					const values = this.byPath(metric);
					for (let i = 0; i < count; i++)
						any[i] |= values[i] ? 1 : 0;
				}
				const nodes = new Uint32Array(count);
				let found = 0;
				for (let i = 0; i < count; i++) {
					if (any[i])
						nodes[found++] = i;
				}
				return nodes.slice(0, found);
			});
		}

		// The call paths with most of a metric, and how many have any: a pass, not a sort of all.
		topPaths(metric, most)
		{
			const values = this.byPath(metric);
			const nodes = [];
			let count = 0;
			for (let i = 0; i < values.length; i++) {
				if (!values[i])
					continue;
				count++;
				if (nodes.length === most && values[i] <= values[nodes[most - 1]])
					continue;
				let at = nodes.length;
				while (at > 0 && values[nodes[at - 1]] < values[i])
					at--;
				nodes.splice(at, 0, i);
				nodes.length = Math.min(nodes.length, most);
			}
			return {nodes, count};
		}

		// By file: what its functions cost with all that they called, each stack counted once.
		byFile(metric)
		{
			return this.keep("files " + metric.key, () => {
				const {frames} = this.pack;
				return this.byKey(metric, frames.file, this.pack.strings.length);
			});
		}

		// By line of a file (a number of strings): Map of line -> {self, total}.
		byLine(metric, file)
		{
			return this.keep("lines " + metric.key + " " + file, () => {
				const {frames} = this.pack;
				const key = Int32Array.from(frames.line,
					(line, f) => frames.file[f] === file ? line : -1);
				const most = key.reduce((a, b) => Math.max(a, b), 0);
				const {self, total} = this.byKey(metric, key, most + 1);
				const lines = new Map();
				for (let line = 0; line <= most; line++) {
					if (self[line] || total[line])
						lines.set(line, {self: self[line], total: total[line]});
				}
				return lines;
			});
		}

		byKey(metric, keyOf, keys)
		{
			const {count, frame} = this.fine;
			const key = new Int32Array(count).fill(-1);
			for (let i = 1; i < count; i++)
				key[i] = keyOf[frame[i]];
			const outermost = thag.shape.outermost(this.fine, key, keys);
			const own = this.fineSelf(metric), below = this.finePicture(metric).total;
			const self = new Float64Array(keys), total = new Float64Array(keys);
			for (let i = 1; i < count; i++) {
				if (key[i] < 0)
					continue;
				self[key[i]] += own[i];
				if (outermost[i])
					total[key[i]] += below[i];
			}
			return {self, total};
		}

		// Nodes from the outermost function to `node`.
		way(node)
		{
			const nodes = [];
			for (; node > 0; node = this.shape.parent[node])
				nodes.push(node);
			return nodes.reverse();
		}

		nameOf(node)
		{
			return node > 0 ? this.fns.names[this.shape.fn[node]] : this.pack.meta.get("root") || "all";
		}
	}

	return {Sums, IN_RANGE, bare};
})();

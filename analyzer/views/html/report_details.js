// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The tables: functions, call paths, processes and threads, distributions; and the timeline's tab.
"use strict";

thag.reportTables = (() => {
	const {element} = thag.page;
	const {format} = thag;
	const {bar} = thag.rows;
	const BYTES = {unit: "bytes"}, TIME = {unit: "ns"};

	// Columns of all metrics but the one that is shown in full.
	function otherMetrics(sums, shown, values)
	{
		return sums.metrics.filter((metric) => metric.key !== shown.key).map((metric) => {
			const column = values(metric);
			return {key: metric.key, title: metric.short, help: metric.name + ", total", width: "minmax(70px, 96px)", number: true,
				kind: "dim", value: (item) => column[item],
				text: (item) => column[item] ? thag.sums.bare(column[item], metric) : ""};
		});
	}

	function amounts(metric, total, whole)
	{
		return [
			{key: "total", title: "Total", help: metric.name + ", with what it calls", csvTitle: metric.name + " total", width: "92px", number: true,
			 value: (item) => total[item], text: (item) => thag.sums.bare(total[item], metric)},
			{key: "share", title: "of all", width: "104px", number: true, csv: null, sort: false,
			 value: (item) => total[item], text: (item) => bar(format.share(total[item], whole), whole ? total[item] / whole : 0)},
		];
	}

	function functions(report)
	{
		const {sums} = report, metric = report.metric();
		const {self, total} = sums.byFunction(metric);
		const {names, modules, files} = sums.fns;
		const others = otherMetrics(sums, metric, (one) => sums.byFunction(one).total);
		const items = [];
		for (let fn = 0; fn < sums.fns.count; fn++) {
			if (total[fn] || others.some((column) => column.value(fn)))
				items.push(fn);
		}
		return {label: "Functions", what: "functions", items, first: "total",
			columns: [...amounts(metric, total, sums.whole(metric)),
				{key: "self", title: "Self", help: metric.name + ", without what it calls", csvTitle: metric.name + " self", width: "92px", number: true,
				 value: (fn) => self[fn], text: (fn) => self[fn] ? thag.sums.bare(self[fn], metric) : ""},
				{key: "name", title: "Function", kind: "name", width: "minmax(180px, 1fr)", value: (fn) => names[fn]},
				{key: "module", title: "Module", kind: "dim", width: "minmax(60px, 160px)", value: (fn) => modules[fn],
				 text: (fn) => thag.callTree.base(modules[fn])},
				...others],
			find: (fn) => names[fn] + "\n" + modules[fn] + "\n" + files[fn],
			title: (fn) => [names[fn], files[fn], modules[fn]].filter(Boolean).join("\n"),
			open: (fn) => report.go({tab: "tree", mode: "sandwich", fn: names[fn]}),
			openHelp: "Enter: its callers and callees"};
	}

	function paths(report)
	{
		const {sums} = report, metric = report.metric();
		const values = sums.byPath(metric);
		const callers = (node) => sums.way(node).slice(0, -1).reverse().map((one) => sums.nameOf(one));
		const others = otherMetrics(sums, metric, (one) => sums.byPath(one));
		const [total, share] = amounts(metric, values, sums.whole(metric));
		return {label: "Call paths", what: "call paths", items: sums.paths(), first: "total",
			columns: [{...total, title: metric.unit === "count" ? "Count" : "Bytes", help: metric.name, csvTitle: metric.name}, share,
				{key: "name", title: "Who asked", kind: "name", width: "minmax(140px, 1fr)", value: (node) => sums.nameOf(node)},
				{key: "callers", title: "called from", kind: "dim", width: "minmax(140px, 2fr)", sort: false,
				 value: (node) => callers(node).join(" < "),
				 text: (node) => "‹ " + callers(node).slice(0, 12).join(" ‹ ")},
				...others],
			matches: (test) => sums.through((fn) => test(sums.fns.names[fn])),
			title: (node) => [sums.nameOf(node), ...callers(node)].slice(0, 40).join("\n"),
			open: (node) => report.go({tab: "tree", mode: "sandwich", fn: sums.nameOf(node)}),
			openHelp: "Enter: callers and callees"};
	}

	// A tab with one table, made again when its numbers change.
	class TableTab {
		constructor(report, define)
		{
			this.report = report;
			this.define = define;
			this.host = element("div", {class: "tab-body"});
			this.key = null;
			this.update();
		}

		update()
		{
			const key = JSON.stringify([this.report.metric().key, this.report.sums.range]);
			if (key === this.key) {
				this.table.update();
				return;
			}
			this.key = key;
			const place = this.host.contains(document.activeElement);
			this.table = new thag.table.Table(this.report, this.define(this.report));
			this.host.replaceChildren(this.table.host);
			if (place)
				this.focus();
		}

		focus()
		{
			this.table.rows.body.focus({preventScroll: true, focusVisible: false});
		}
	}

	// ---- timeline -----------------------------------------------------------------------

	class TimelineTab {
		constructor(report)
		{
			this.report = report;
			this.plot = new thag.plot.Plot(report, {lanes: ["heap", "memory", "rate", "bytes", "cpu"], strip: false});
			this.note = element("span", {class: "found", role: "status"});
			this.whole = element("button", {type: "button", click: () => report.setRange(null)}, "Whole run");
			this.top = element("div", {class: "tab-body half"});
			this.host = element("section", {class: "pane", "aria-label": "Timeline"},
				element("div", {class: "tools"}, this.note, element("span", {class: "spring"}), this.whole),
				this.plot.host, this.top);
			this.table = new TableTab(report, functions);
			this.top.append(this.table.host);
			this.update();
		}

		update()
		{
			const {sums, data} = this.report;
			this.whole.disabled = !sums.range;
			this.note.textContent = !sums.spanCount ? "This profile does not know what happened when: no range can be chosen."
				: sums.range ? "From " + thag.plot.rangeText(sums, sums.range, data.info.run.duration_ns) +
				  ": what was allocated in it, what of that was live at its end, what ran."
				: "Drag to choose a range; all views then show what happened in it. A range is whole intervals of " +
				  format.value(sums.spanNs, TIME) + ".";
			this.plot.draw();
			this.table.update();
		}

		focus()
		{
			this.plot.host.focus({preventScroll: true, focusVisible: false});
		}
	}

	// ---- distributions ------------------------------------------------------------------

	function bucketTexts(count, unit)
	{
		return Array.from({length: count}, (_, i) => {
			const upper = format.value(2 ** i, unit);
			return i === count - 1 ? "more" : i === 0 ? "up to " + format.value(1, unit) : "to " + upper;
		});
	}

	function histogram(title, about, table, unit, report)
	{
		const {blocks, bytes, count} = table;
		const texts = bucketTexts(count, unit);
		const all = blocks.reduce((a, b) => a + b, 0), allBytes = bytes.reduce((a, b) => a + b, 0);
		const used = [...blocks.keys()].filter((i) => blocks[i]);
		const most = blocks.reduce((a, b) => Math.max(a, b), 1), mostBytes = bytes.reduce((a, b) => Math.max(a, b), 1);
		const rows = [];
		for (let i = used[0]; used.length && i <= used[used.length - 1]; i++) {
			rows.push(element("tr", {}, element("th", {scope: "row"}, texts[i]),
				element("td", {class: "number"}, format.count(blocks[i])),
				element("td", {class: "wide"}, bar(format.share(blocks[i], all), blocks[i] / most)),
				element("td", {class: "number"}, format.value(bytes[i], BYTES)),
				element("td", {class: "wide"}, bar(format.share(bytes[i], allBytes), bytes[i] / mostBytes))));
		}
		const copy = async () => report.say(await thag.rows.copy(thag.rows.csv([["upper", "blocks", "bytes"],
			...used.map((i) => [2 ** i, blocks[i], bytes[i]])])) ? "table copied" : "the browser does not allow copying here");
		return element("section", {class: "card"}, element("h2", {}, title, element("span", {class: "muted"}, "  " + about),
				element("button", {type: "button", class: "right", "data-do": "csv", click: copy}, "Copy CSV")),
			rows.length ? element("table", {class: "plain histogram"},
				element("thead", {}, element("tr", {}, ...["", "Blocks", "", "Bytes", ""].map((text) => element("th", {scope: "col"}, text)))),
				element("tbody", {}, ...rows)) : element("p", {class: "muted"}, "Nothing was recorded."));
	}

	class DistributionTab {
		constructor(report)
		{
			const {data} = report;
			this.host = element("section", {class: "pane scrolls", tabindex: "0", "aria-label": "Distributions"},
				element("p", {class: "muted"}, "Of the whole run, all processes together."),
				histogram("Sizes", "of allocated blocks", data.sizes, BYTES, report),
				histogram("Lifetimes", "of freed blocks", data.lifetimes, TIME, report));
		}

		update()
		{
		}

		focus()
		{
			this.host.focus({preventScroll: true, focusVisible: false});
		}
	}

	// ---- threads and processes ----------------------------------------------------------

	function simple(title, heads, rows, report)
	{
		const copy = async () => report.say(await thag.rows.copy(thag.rows.csv([heads, ...rows.map((row) => row.map(([, raw]) => raw))]))
			? "table copied" : "the browser does not allow copying here");
		return element("section", {class: "card"}, element("h2", {}, title, element("button", {type: "button", class: "right", "data-do": "csv", click: copy}, "Copy CSV")),
			element("div", {class: "scroll-x"}, element("table", {class: "plain lines"},
				element("thead", {}, element("tr", {}, ...heads.map((text, at) => element("th", {scope: "col", class: typeof (rows[0] || [])[at]?.[1] === "number" ? "number" : ""}, text)))),
				element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(([text, raw]) =>
					element("td", {class: typeof raw === "number" ? "number" : "path", title: String(text)}, String(text)))))))));
	}

	const bytesCell = (value) => [value === null ? "not known" : format.value(value, BYTES), value === null ? "" : value];
	const countCell = (value) => [value === null ? "not known" : format.count(value), value === null ? "" : value];
	const timeCell = (value) => [format.value(value, TIME), value];

	// Of many in one row the program is said too: there is no command line.
	const name = (one) => one.together ? one.command + " of " + one.exe : one.command || one.exe;

	class ThreadTab {
		constructor(report)
		{
			const {processes, threads} = report.data.info;
			const most = 2000;
			// What stands for many is never cut off.
			const sums = processes.filter((one) => one.together);
			const single = processes.filter((one) => !one.together).sort((a, b) => (b.memory.bytes - a.memory.bytes) || (a.process - b.process));
			const shown = [...single.slice(0, most), ...sums];
			this.host = element("section", {class: "pane scrolls", tabindex: "0", "aria-label": "Processes and threads"},
				simple("Processes" + (single.length > most ? ", " + most + " of " + format.count(single.length) : "") + (processes.length > 1 ? ", who allocated most first" : ""),
					["PID", "Parent", "Command", "From", "To", "Own peak", "Peak resident", "Allocations", "Allocated", "Leaked", "Lost events"],
					shown.map((one) => [[one.pid || "", one.pid], [one.parent_pid || "", one.parent_pid], [name(one), name(one)],
						timeCell(one.start_ns), timeCell(one.end_ns), bytesCell(one.own_peak_bytes), bytesCell(one.rss_peak_bytes),
						countCell(one.memory.allocations), bytesCell(one.memory.bytes), bytesCell(one.memory.leaked_bytes), countCell(one.lost_events)]), report),
				simple("Threads" + (threads.length > most ? ", the first " + most : ""),
					["TID", "PID", "Name", "From", "To", "Allocations", "Allocated", "Temporary", "Share of peak", "Leaked"],
					threads.slice(0, most).map((one) => {
						const {pid} = processes[one.process - 1] || {pid: 0};
						return [[one.tid || "", one.tid], [pid, pid], [one.name || (one.tid === pid ? "main thread" : ""), one.name], timeCell(one.start_ns), timeCell(one.end_ns),
							countCell(one.memory.allocations), bytesCell(one.memory.bytes), countCell(one.memory.temporary),
							bytesCell(one.memory.peak_bytes), bytesCell(one.memory.leaked_bytes)];
					}), report));
		}

		update()
		{
		}

		focus()
		{
			this.host.focus({preventScroll: true, focusVisible: false});
		}
	}

	return {functions, paths, TableTab, TimelineTab, DistributionTab, ThreadTab};
})();

// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The first page: what ran, the numbers that matter, where they come from, what was lost.
"use strict";

thag.overview = (() => {
	const {element} = thag.page;
	const TOP = 6;

	function tile(name, value, note)
	{
		return element("div", {class: "tile"}, element("dt", {}, name),
			element("dd", {}, value), note ? element("div", {class: "note"}, note) : null);
	}

	const BYTES = {unit: "bytes"}, TIME = {unit: "ns"};

	const bytes = (value) => thag.format.value(value, BYTES);
	const known = (value, text) => value === null ? "not known" : text(value);

	function memoryTiles({memory, run})
	{
		const {format} = thag;
		const note = (value, text) => value === null ? "summary mode" : text();
		return [
			tile("Peak heap", known(memory.peak_bytes, bytes),
			     note(memory.peak_bytes, () => "after " + format.value(run.peak_ns, TIME))),
			tile("Leaked", known(memory.leaked_bytes, bytes),
			     note(memory.leaked_blocks, () => format.count(memory.leaked_blocks) + " blocks")),
			tile("Allocated", bytes(memory.bytes), format.count(memory.allocations) + " allocations"),
			tile("Temporary", known(memory.temporary, format.count),
			     note(memory.temporary, () => format.share(memory.temporary, memory.allocations) + " of allocations")),
		];
	}

	// CPU time says what of it was in the kernel; that has no tile of its own.
	function timeTiles(sums)
	{
		const kernel = sums.all.find(({key}) => key === "kernel");
		const text = (metric) => thag.format.value(sums.whole(metric), metric);
		return sums.all.filter((metric) => metric.unit === "ns" && metric !== kernel)
			.map((metric) => tile(metric.name, text(metric), metric.key === "cpu" && kernel ? text(kernel) + " in the kernel" : null));
	}

	// Time first where it was profiled; memory where it was.
	function tiles({info}, sums)
	{
		const {memory, run, lost, processes} = info;
		const {format} = thag;
		const count = processes.reduce((sum, one) => sum + (one.together || 1), 0);
		const rss = processes.reduce((most, one) => Math.max(most, one.rss_peak_bytes), 0);
		return element("dl", {class: "tiles"}, ...timeTiles(sums), ...memory.allocations ? memoryTiles(info) : [],
			rss ? tile("Peak resident", bytes(rss), processes.length > 1 ? "of the largest process" : "whole process") : null,
			tile("Duration", format.value(run.duration_ns, TIME), count === 1 ? "1 process" : format.count(count) + " processes"),
			tile("Lost", lost.events || lost.chunks ? format.count(lost.events) + " events" : "nothing",
			     run.complete ? "the profile is whole" : "the profile is partial"));
	}

	function exitText({exit_status: status, exit_signal: signal})
	{
		return signal !== null ? "ended by signal " + signal : status === null ? "not known" : "status " + status;
	}

	// What there is of each event, in a word.
	function recorded({run, memory}, sums)
	{
		const has = (key) => sums.all.some((metric) => metric.key === key);
		const events = [memory.allocations && "every allocation", has("time") && "every call"].filter(Boolean);
		if (run.mode !== "detail" && events.length)
			return memory.allocations ? "counts and bytes alone" : "sums alone";
		return [...events, (has("cpu") || has("wall")) && "samples"].filter(Boolean).join(", ");
	}

	function facts({info}, sums)
	{
		const {run} = info;
		const list = element("dl", {class: "facts"});
		const add = (name, text) => text && list.append(element("dt", {}, name), element("dd", {}, text));
		add("Command", run.command);
		add("Started", new Date(run.start_realtime_ns / 1e6).toLocaleString());
		add("Ended", exitText(run));
		add("Host", [run.host, run.cpu, run.kernel].filter(Boolean).join(", "));
		add("Recorded by", ["thag " + run.thag_version, recorded(info, sums)].filter(Boolean).join(", "));
		for (const line of run.cost.filter(Boolean))
			add("Cost", line);
		return list;
	}

	function warnings({info})
	{
		const {run} = info;
		const lines = run.incomplete.filter(Boolean);
		const bare = info.modules.filter((module) => module.complaint && module.self.bytes > 0);
		return [lines.length ? element("div", {class: "warning", role: "note"},
				element("b", {}, "This profile is partial: "), lines.join("; ")) : null,
			bare.length ? element("details", {class: "remark"},
				element("summary", {}, thag.format.count(bare.length) + (bare.length === 1 ? " module has" : " modules have") + " incomplete symbols"),
				element("ul", {}, ...bare.map((module) => element("li", {}, module.path + ": " + module.complaint)))) : null]
			.filter(Boolean);
	}

	// The call paths with most of a metric, each with its callers, and a way into the other views.
	function topPaths(report, metric)
	{
		const {sums} = report;
		const values = sums.byPath(metric), whole = sums.whole(metric);
		const {nodes, count} = sums.topPaths(metric, TOP);
		const rows = nodes.map((node) => {
			const [name, ...callers] = sums.way(node).reverse().map((one) => sums.nameOf(one));
			return element("tr", {},
				element("td", {class: "number"}, thag.sums.bare(values[node], metric)),
				element("td", {class: "share"}, thag.rows.bar(thag.format.share(values[node], whole), values[node] / whole)),
				element("td", {class: "path"},
					element("button", {type: "button", class: "link", title: "Callers and callees of " + name,
						click: () => report.go({tab: "tree", mode: "sandwich", fn: name, metric: metric.key})}, name),
					element("span", {class: "callers", title: callers.join("\n")}, callers.length ? " ‹ " + callers.slice(0, 6).join(" ‹ ") + (callers.length > 6 ? " ‹ …" : "") : "")));
		});
		return element("section", {class: "card"},
			element("h2", {}, metric.name, element("span", {class: "muted"}, "  " + thag.format.value(whole, metric))),
			rows.length ? element("table", {class: "plain"}, element("tbody", {}, ...rows))
				: element("p", {class: "muted"}, "Nothing."),
			count > TOP ? element("button", {type: "button", class: "link more",
				click: () => report.go({tab: "paths", metric: metric.key, order: ""})},
				"All " + thag.format.count(count) + " call paths") : null);
	}

	class Overview {
		constructor(report)
		{
			this.report = report;
			this.plot = new thag.plot.Plot(report, {lanes: ["heap", "memory", "cpu"], strip: false});
			this.paths = element("div", {class: "cards"});
			this.host = element("section", {class: "pane scrolls", tabindex: "0", "aria-label": "Overview"},
				...warnings(report.data), tiles(report.data, report.sums), this.plot.host, this.paths,
				element("section", {class: "card"}, element("h2", {}, "The run"), facts(report.data, report.sums)));
			this.update();
		}

		update()
		{
			const {metrics} = this.report.sums;
			const shown = ["peak", "leaked", "bytes", "temporary", "time", "cpu", "wall"].map((key) => metrics.find((one) => one.key === key)).filter(Boolean);
			this.paths.replaceChildren(...shown.map((metric) => topPaths(this.report, metric)));
			this.plot.draw();
		}

		focus()
		{
			this.host.focus({preventScroll: true, focusVisible: false});
		}
	}

	return {Overview};
})();

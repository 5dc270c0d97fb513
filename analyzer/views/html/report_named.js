// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// What the source named by thag.h: tables of sections, tasks, marks and counters, of the whole run.
"use strict";

thag.reportNamed = (() => {
	const {element} = thag.page;
	const {format} = thag;
	const BYTES = {unit: "bytes"}, TIME = {unit: "ns"};

	const base = (path) => path.slice(path.lastIndexOf("/") + 1);
	const place = (row) => row.file ? base(row.file) + ":" + row.line : "";

	// A column of a figure that may not be known; then it comes last. get(row) -> number or null
	function figure(rows, key, title, help, get, text)
	{
		return {key, title, help, csvTitle: help, width: "minmax(62px, 92px)", number: true,
			value: (i) => get(rows[i]) ?? -1, csv: (i) => get(rows[i]) ?? "",
			text: (i) => get(rows[i]) == null ? "" : text(get(rows[i]))};
	}

	const time = (value) => format.value(value, TIME);
	const bytes = (value) => format.value(value, BYTES);
	const count = (value) => format.count(value);
	const value = (number) => String(Number(number.toPrecision(6)));

	function named(rows, title, get)
	{
		return {key: "name", title, kind: "name", width: "minmax(140px, 1fr)", value: (i) => get(rows[i])};
	}

	function where(rows, get)
	{
		return {key: "where", title: "Where", kind: "dim", width: "minmax(100px, 1fr)", value: (i) => get(rows[i])};
	}

	function table(label, what, rows, first, columns, more)
	{
		return {label, what, items: [...rows.keys()], first, columns,
			find: (i) => rows[i].name + "\n" + (rows[i].function || "") + "\n" + (rows[i].file || ""),
			title: (i) => [rows[i].name, rows[i].file && rows[i].file + ":" + rows[i].line, rows[i].function].filter(Boolean).join("\n"),
			...more};
	}

	function sections(report)
	{
		const rows = report.data.info.sections;
		const times = rows.some((row) => row.total_ns);
		const of = (key, title, help, text) => figure(rows, key, title, help, (row) => row[key], text);
		const kinds = {section: "", profiled: "function", span: "span"};
		return table("Sections", "sections", rows, times ? "total_ns" : "bytes", [
			of("count", "Count", "How often it was entered", count),
			of("total_ns", "Total", "Time, with what is inside", time),
			of("self_ns", "Self", "Time, without what is inside", time),
			of("average_ns", "Average", "Average time", time),
			of("p50_ns", "p50", "Half of them took no longer", time),
			of("p99_ns", "p99", "99 of 100 took no longer", time),
			of("max_ns", "Longest", "The longest", time),
			named(rows, "Section", (row) => row.name),
			{key: "kind", title: "Kind", kind: "dim", width: "72px", value: (i) => kinds[rows[i].kind]},
			where(rows, (row) => place(row) + (row.places > 1 ? ", " + (row.places - 1) + " more" : "")),
			of("allocations", "Allocations", "Allocations inside", count),
			of("bytes", "Allocated", "Bytes allocated inside", bytes),
			of("leaked_bytes", "Leaked", "Bytes allocated inside and never freed", bytes),
			of("peak_bytes", "Peak in", "How much more was live in one than at its beginning", bytes),
		], {
			open: (i) => rows[i].kind !== "span" && report.go({tab: "tree", mode: "sandwich", fn: rows[i].name}),
			openHelp: "Enter: callers and callees",
		});
	}

	function tasks(report)
	{
		const rows = report.data.info.tasks;
		const of = (key, title, help, text) => figure(rows, key, title, help, (row) => row[key], text);
		const life = (key, title, help) => figure(rows, "life_" + key, title, help, (row) => row.life[key], time);
		return table("Tasks", "kinds of tasks", rows, "running_ns", [
			of("count", "Tasks", "How many there were", count),
			of("most_at_once", "At once", "The most that lived at once", count),
			of("resumes", "Resumed", "How often", count),
			of("running_ns", "Running", "Time that they ran", time),
			of("suspended_ns", "Waiting", "Time that they did not run", time),
			life("p50_ns", "Life p50", "Half of them lived no longer"),
			life("p99_ns", "Life p99", "99 of 100 lived no longer"),
			named(rows, "Task", (row) => row.name),
			where(rows, (row) => (row.made_by || []).slice(0, 6).join(" < ") || place(row)),
			of("bytes", "Allocated", "Bytes allocated while they ran", bytes),
			of("leaked_bytes", "Leaked", "Bytes that they allocated and nobody freed", bytes),
			of("peak_bytes", "Peak", "The most of that live at once", bytes),
		], {
			open: (i) => report.go({tab: "tree", mode: "sandwich", fn: rows[i].name}),
			openHelp: "Enter: callers and callees",
		});
	}

	// Marks and counters are one table: both have a first and a last, counters values too.
	function marks(report)
	{
		const {info} = report.data;
		const {threads} = info;
		const rows = [...info.marks.map((row) => ({...row, kind: "mark"})), ...info.counters.map((row) => ({...row, kind: "counter",
			first_ns: row.points.length ? row.points[0].time_ns : null, last_ns: row.points.length ? row.points[row.points.length - 1].end_ns : null}))];
		const of = (key, title, help, text) => figure(rows, key, title, help, (row) => row[key], text);
		const thread = (row) => {
			const one = row.tid === undefined ? null : threads.find(({tid}) => tid === row.tid);
			return one ? (one.name || "thread") + " (" + row.tid + ")" : "";
		};
		// Values may be below zero, and then come before those that have none.
		const amount = (key, title, help) => ({...of(key, title, help, value), value: (i) => rows[i][key] ?? -Number.MAX_VALUE});
		return table("Marks and counters", "marks and counters", rows, "count", [
			of("count", "Count", "How many there were", count),
			of("first_ns", "First", "Time of the first", time),
			of("last_ns", "Last", "Time of the last", time),
			named(rows, "Name", (row) => row.name),
			{key: "kind", title: "Kind", kind: "dim", width: "72px", value: (i) => rows[i].kind},
			where(rows, (row) => [place(row), thread(row)].filter(Boolean).join(", ")),
			amount("min", "Smallest", "Smallest value"),
			amount("max", "Largest", "Largest value"),
			amount("last", "Last value", "Value at the end"),
		], {});
	}

	// A tab with one table, which no metric or range changes.
	class NamedTab {
		constructor(report, define)
		{
			this.table = new thag.table.Table(report, define(report));
			this.host = element("div", {class: "tab-body"}, this.table.host);
		}

		update()
		{
			this.table.update();
		}

		focus()
		{
			this.table.rows.body.focus({preventScroll: true, focusVisible: false});
		}
	}

	return {sections, tasks, marks, NamedTab};
})();

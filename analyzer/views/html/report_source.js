// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Source files with what each line costs: lines that cost something alone where the text is not at
// hand, and why it is not.
"use strict";

thag.source = (() => {
	const {element} = thag.page;

	const WHY = {
		"whole": "",
		"newer": "The file has changed since the run began: lines may be off.",
		"missing": "The source was not at hand when this report was made: lines that cost something are shown by number.",
		"big": "The source was left out because of its size: lines that cost something are shown by number.",
		"left out": "Source was left out of this report by request: lines that cost something are shown by number.",
	};

	class SourceTab {
		constructor(report)
		{
			this.report = report;
			this.numbers = new Map(report.data.pack.strings.map((text, at) => [text, at]));
			this.files = element("div", {class: "files"});
			this.text = element("div", {class: "lines-pane"});
			this.host = element("section", {class: "pane", "aria-label": "Source"},
				element("div", {class: "split"}, this.files, this.text));
			this.key = null;
			this.update();
		}

		update()
		{
			const metric = this.report.metric();
			const key = JSON.stringify([metric.key, this.report.sums.range]);
			if (key !== this.key)
				this.showFiles(metric);
			else
				this.table.update();
			this.key = key;
			this.showLines(metric);
		}

		showFiles(metric)
		{
			const {sums, data} = this.report;
			const {self, total} = sums.byFile(metric);
			const items = data.sources.map((_, at) => at);
			const number = items.map((at) => this.numbers.get(data.sources[at].path));
			this.ranked = items.slice().sort((a, b) => self[number[b]] - self[number[a]] || total[number[b]] - total[number[a]]);
			const show = (value) => value ? thag.sums.bare(value, metric) : "";
			this.table = new thag.table.Table(this.report, {label: "Files", what: "files", items, first: "self",
				none: "No source lines are known: the program has no debug information.",
				columns: [{key: "self", title: "Self", width: "80px", number: true, value: (at) => self[number[at]], text: (at) => show(self[number[at]])},
					{key: "total", title: "Total", width: "80px", number: true, value: (at) => total[number[at]], text: (at) => show(total[number[at]])},
					{key: "name", title: "File", kind: "name", value: (at) => data.sources[at].path,
					 text: (at) => element("span", {class: data.sources[at].text ? "" : "muted"}, thag.callTree.base(data.sources[at].path))}],
				find: (at) => data.sources[at].path, title: (at) => data.sources[at].path,
				open: (at) => this.report.go({file: data.sources[at].path})});
			this.table.rows.view.click = (row) => this.report.go({file: data.sources[this.table.items[row]].path});
			this.files.replaceChildren(this.table.host);
		}

		showLines(metric)
		{
			const {state, sums, data} = this.report;
			const source = data.sources.find((one) => one.path === state.file) || data.sources[this.ranked[0]];
			if (!source) {
				this.text.replaceChildren(element("div", {class: "nothing"}, "No source lines are known: the program has no debug information."));
				return;
			}
			const costs = sums.byLine(metric, this.numbers.get(source.path));
			const texts = source.text ? source.text.replace(/\n$/, "").split("\n") : null;
			const most = [...costs.values()].reduce((best, one) => Math.max(best, one.total), 0);
			const items = texts ? texts.map((_, at) => at + 1) : [...costs.keys()].sort((a, b) => a - b);
			const show = (value) => value ? thag.sums.bare(value, metric) : "";
			const cost = (line) => costs.get(line) || {self: 0, total: 0};
			const columns = [{key: "self", title: "Self", width: "80px", number: true}, {key: "total", title: "Total", width: "108px", number: true},
				{key: "line", title: "Line", width: "52px", number: true, kind: "dim"}, {key: "text", title: source.text ? "Source" : "", kind: "code"}];
			const cells = {
				self: (line) => show(cost(line).self),
				total: (line) => cost(line).total ? thag.rows.bar(show(cost(line).total), most ? cost(line).total / most : 0) : "",
				line: (line) => line ? String(line) : "?",
				text: (line) => texts ? (texts[line - 1] || "").replaceAll("\t", "    ") : "",
			};
			this.lines = new thag.rows.Rows(columns, {label: source.path,
				cell: (i, column) => cells[column.key](items[i]),
				row: (i) => ({label: "line " + items[i] + ", " + (show(cost(items[i]).total) || "nothing") + ", " + (texts ? texts[items[i] - 1] : "")})});
			const copy = async () => this.report.say(await thag.rows.copy(thag.rows.csv([["line", metric.name + " self", metric.name + " total", "text"],
				...items.map((line) => [line, cost(line).self, cost(line).total, texts ? texts[line - 1] || "" : ""])])) ? "lines copied" : "the browser does not allow copying here");
			this.text.replaceChildren(element("div", {class: "tools"}, element("b", {class: "file-name", title: source.path}, source.path),
				element("span", {class: "spring"}), element("button", {type: "button", "data-do": "csv", click: copy}, "Copy CSV")),
				WHY[source.state] ? element("div", {class: "warning", role: "note"}, WHY[source.state]) : "", this.lines.host);
			this.lines.setCount(items.length);
			const heaviest = items.findIndex((line) => cost(line).total === most);
			requestAnimationFrame(() => {
				this.lines.moveTo(Math.min(items.length - 1, heaviest + 8));
				this.lines.moveTo(Math.max(0, heaviest));
			});
		}

		focus()
		{
			this.table.rows.body.focus({preventScroll: true, focusVisible: false});
		}
	}

	return {SourceTab};
})();

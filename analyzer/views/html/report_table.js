// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// A table that can be sorted by each column, filtered and copied: functions, call paths, files.
"use strict";

thag.table = (() => {
	const {element} = thag.page;

	// Text anywhere in a name, capital or not; "/text/" or "/text/i": a regular expression.
	// -> a test of texts; null without a query; {error} for a bad expression
	function matcher(query)
	{
		if (!query)
			return null;
		const regex = /^\/(.+)\/([imsu]*)$/.exec(query);
		if (!regex) {
			const wanted = query.toLowerCase();
			return (text) => text.toLowerCase().includes(wanted);
		}
		try {
			const expression = new RegExp(regex[1], regex[2]);
			return (text) => expression.test(text);
		} catch (error) {
			return {error: error.message};
		}
	}

	// definition:
	//	label, what	of the whole, and of its rows ("functions")
	//	items		numbers of its rows: an array
	//	columns		as for Rows, and value(item), a number or a text; text(item), what is
	//			shown (or a node); csv(item) where value() is not what to copy
	//	first		key of the column it is sorted by at first, descending for numbers
	//	find(item)	text that the filter looks at
	//	title(item)	tooltip; label(item)
	//	open(item)	Enter or a double click; openHelp says what that does
	class Table {
		constructor(report, definition)
		{
			this.report = report;
			this.definition = definition;
			this.items = definition.items;
			this.rows = new thag.rows.Rows(definition.columns, {
				label: definition.label,
				cell: (i, column) => column.text ? column.text(this.items[i]) : String(column.value(this.items[i])),
				row: (i) => ({title: definition.title && definition.title(this.items[i]),
					      label: definition.describe && definition.describe(this.items[i])}),
				activate: definition.open && ((i) => definition.open(this.items[i])),
				sort: (column) => this.sortBy(column),
				order: () => this.order(),
			});
			this.found = element("span", {class: "found", role: "status"});
			this.filter = element("input", {type: "search", placeholder: "Filter: text or /regex/", "data-find": true,
				"aria-label": "Filter " + definition.what, spellcheck: "false", autocomplete: "off",
				input: () => report.go({find: this.filter.value}, true)});
			this.host = element("section", {class: "pane", "aria-label": definition.label},
				element("div", {class: "tools"}, this.filter, this.found,
					element("span", {class: "spring"}),
					definition.openHelp ? element("span", {class: "hint"}, definition.openHelp) : null,
					element("button", {type: "button", "data-do": "csv", click: () => this.copy()}, "Copy CSV")),
				this.rows.host);
			this.update();
		}

		order()
		{
			const text = this.report.state.order;
			const key = text.replace(/^-/, "");
			if (this.definition.columns.some((column) => column.key === key))
				return {key, down: text.startsWith("-")};
			return {key: this.definition.first, down: true};
		}

		sortBy(column)
		{
			const now = this.order();
			const down = now.key === column.key ? !now.down : Boolean(column.number);
			this.report.go({order: (down ? "-" : "") + column.key});
		}

		update()
		{
			const {definition} = this;
			const {find} = this.report.state;
			const test = matcher(find);
			if (this.filter.value !== find)
				this.filter.value = find;
			const bad = test && test.error;
			this.found.classList.toggle("bad", Boolean(bad));
			this.items = bad ? [] : test ? Array.prototype.filter.call(definition.items, (item) => test(definition.find(item)))
				: Array.from(definition.items);
			this.sort();
			this.found.textContent = bad ? "not a regular expression: " + bad
				: (test ? thag.format.count(this.items.length) + " of " : "") +
				  thag.format.count(definition.items.length) + " " + definition.what;
			this.rows.note.textContent = test ? "Nothing matches the filter." : definition.none || "Nothing to show.";
			this.rows.setCount(this.items.length);
		}

		sort()
		{
			const {key, down} = this.order();
			const column = this.definition.columns.find((one) => one.key === key);
			const sign = down ? -1 : 1;
			const value = column.value;
			const {items} = this;
			// Keys once per row, not once per comparison.
			const keys = column.number ? Float64Array.from(items, value) : Array.from(items, value);
			const order = Uint32Array.from(keys.keys()).sort(column.number
				? (a, b) => sign * (keys[a] - keys[b]) || a - b
				: (a, b) => keys[a] === keys[b] ? a - b : keys[a] < keys[b] ? -sign : sign);
			this.items = order.map((at) => items[at]);
		}

		csv()
		{
			const columns = this.definition.columns.filter((column) => column.csv !== null);
			return thag.rows.csv([columns.map((column) => column.csvTitle || column.title),
				...Array.from(this.items, (item) => columns.map((column) => (column.csv || column.value)(item)))]);
		}

		async copy()
		{
			const done = await thag.rows.copy(this.csv());
			this.report.say(done ? thag.format.count(this.items.length) + " rows copied" : "the browser does not allow copying here");
		}
	}

	return {Table, matcher};
})();

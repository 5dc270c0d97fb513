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

	const MANY = 4096;	// keys from which on counting beats comparing
	const DIGIT = 11, DIGITS = 1 << DIGIT;

	// Numbers as unsigned integers of the same order, the low words first: themselves where they fit,
	// else their bits.
	function wordsOf(keys)
	{
		const small = Uint32Array.from(keys);
		if (keys.every((key, i) => key === small[i]))
			return [small];
		const low = new Uint32Array(keys.length), high = new Uint32Array(keys.length);
		const bits = new Uint32Array(Float64Array.from(keys).buffer);
		for (let i = 0; i < keys.length; i++) {
			const flip = bits[2 * i + 1] >> 31;
			low[i] = bits[2 * i] ^ flip;
			high[i] = bits[2 * i + 1] ^ (flip | 0x80000000);
		}
		return [low, high];
	}

	// Places of numbers in order, equal ones as they were: sorted digit by digit.
	function orderOfNumbers(keys, down)
	{
		const {length} = keys;
		const mask = down ? DIGITS - 1 : 0;
		let order = new Uint32Array(length), next = new Uint32Array(length);
		for (let i = 0; i < length; i++)
			order[i] = i;
		for (const words of wordsOf(keys)) {
			for (let from = 0; from < 32; from += DIGIT) {
				const place = new Uint32Array(DIGITS);
				const digit = (i) => (words[i] >>> from & DIGITS - 1) ^ (mask & 0xffffffff >>> from);
				for (let i = 0; i < length; i++)
					place[digit(i)]++;
				if (place[digit(0)] === length)
					continue;
				for (let at = 0, sum = 0; at < DIGITS; at++)
					[place[at], sum] = [sum, sum + place[at]];
				for (let k = 0; k < length; k++)
					next[place[digit(order[k])]++] = order[k];
				[order, next] = [next, order];
			}
		}
		return order;
	}

	// Texts as numbers of the same order: most come many times.
	function ranks(texts)
	{
		const rank = new Map();
		for (const text of texts)
			rank.set(text, 0);
		[...rank.keys()].sort((a, b) => a < b ? -1 : 1).forEach((text, at) => rank.set(text, at));
		return Float64Array.from(texts, (text) => rank.get(text));
	}

	// Places of keys in order; equal ones stay as they were in both directions.
	function orderOf(keys, down)
	{
		const numbers = typeof keys[0] === "number" ? keys : ranks(keys);
		if (numbers.length < MANY)
			return Uint32Array.from(numbers.keys()).sort((a, b) => (down ? numbers[b] - numbers[a] : numbers[a] - numbers[b]) || a - b);
		return orderOfNumbers(numbers, down);
	}

	// definition:
	//	label, what	of the whole, and of its rows ("functions")
	//	items		numbers of its rows: an array
	//	columns		as for Rows, and value(item), a number or a text; text(item), what is
	//			shown (or a node); csv(item) where value() is not what to copy
	//	first		key of the column it is sorted by at first, descending for numbers
	//	find(item)	text that the filter looks at; or
	//	matches(test)	what decides of an item, made once for all
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
			const wanted = !test || bad ? null : definition.matches ? definition.matches(test)
				: (item) => test(definition.find(item));
			this.items = bad ? [] : wanted ? definition.items.filter(wanted) : definition.items;
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
			const {items} = this;
			// Keys once per row, not once per comparison.
			const keys = column.number ? new Float64Array(items.length) : new Array(items.length);
			for (let i = 0; i < keys.length; i++)
				keys[i] = column.value(items[i]);
			const order = orderOf(keys, down);
			for (let i = 0; i < order.length; i++)
				order[i] = items[order[i]];
			this.items = order;
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

	return {Table, matcher, orderOf};
})();

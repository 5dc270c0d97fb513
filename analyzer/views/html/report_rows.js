// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Rows of which only the visible ones exist: the body of every table and tree. A million rows cost
// what a screenful costs. Beyond what browsers lay out (some 10 M pixels) the scroll bar is scaled.
"use strict";

thag.rows = (() => {
	const {element} = thag.page;
	const HEIGHT = 24;		// pixels of a row; the style sheet says the same
	const SPACE_MOST = 8000000;
	let serial = 0;

	// columns: [{key, title, width, number, sort}]
	// view:
	//	label		what assistive technology calls it
	//	tree		true: role tree; row() gives level and expanded then
	//	cell(i, column)	what stands in a cell: a node, a text, or null
	//	row(i)		{label, level, expanded, title}
	//	activate(i)	Enter, or a double click
	//	click(i, event)	may be missing
	//	key(event, i)	true where it knew what to do
	//	sort(column)	a head was pressed; order() gives {key, down}
	class Rows {
		constructor(columns, view)
		{
			this.columns = columns;
			this.view = view;
			this.count = 0;
			this.cursor = 0;
			this.id = "rows" + serial++;
			this.head = element("div", {class: "head", role: view.tree ? "presentation" : "row"});
			this.space = element("div", {class: "space", role: "presentation"});
			this.body = element("div", {class: "body", tabindex: "0", role: view.tree ? "tree" : "table",
				"aria-label": view.label, scroll: () => this.schedule(),
				keydown: (event) => this.key(event), click: (event) => this.clicked(event),
				dblclick: (event) => this.doubleClicked(event)}, this.space);
			this.note = element("div", {class: "nothing", hidden: true});
			this.host = element("div", {class: "grid"}, this.head, this.body, this.note);
			this.host.style.setProperty("--columns",
				columns.map((column) => column.width || "minmax(0, 1fr)").join(" "));
			this.observer = new ResizeObserver(() => this.draw());
			this.observer.observe(this.body);
			this.showHead();
		}

		showHead()
		{
			const order = this.view.order ? this.view.order() : null;
			this.head.replaceChildren(...this.columns.map((column) => {
				const sorted = order && order.key === column.key;
				const attributes = {class: "cell" + (column.number ? " number" : ""),
					title: column.help || column.title};
				if (!this.view.tree) {
					attributes.role = "columnheader";
					attributes["aria-sort"] = !sorted ? "none" : order.down ? "descending" : "ascending";
				}
				return element("div", attributes, column.sort === false || !this.view.sort
					? column.title
					: element("button", {type: "button", click: () => this.view.sort(column)},
						  column.title + (sorted ? order.down ? " ↓" : " ↑" : "")));
			}));
		}

		setCount(count, keepPlace)
		{
			this.count = count;
			this.cursor = Math.min(this.cursor, Math.max(0, count - 1));
			if (!keepPlace) {
				this.cursor = 0;
				this.body.scrollTop = 0;
			}
			this.space.style.height = Math.min(SPACE_MOST, count * HEIGHT) + "px";
			this.note.hidden = count > 0;
			if (!this.view.tree)
				this.body.setAttribute("aria-rowcount", count);
			this.showHead();
			this.draw();
		}

		schedule()
		{
			if (!this.scheduled) {
				this.scheduled = requestAnimationFrame(() => {
					this.scheduled = 0;
					this.draw();
				});
			}
		}

		// Pixels of content per pixel of scroll bar.
		scale()
		{
			const room = this.body.clientHeight, real = this.count * HEIGHT;
			return real <= SPACE_MOST || real <= room ? 1 : (real - room) / (SPACE_MOST - room);
		}

		draw()
		{
			const room = this.body.clientHeight, scrolled = this.body.scrollTop;
			if (!room)
				return;
			const top = scrolled * this.scale();
			const first = Math.max(0, Math.floor(top / HEIGHT));
			const last = Math.min(this.count, Math.ceil((top + room) / HEIGHT));
			const rows = [this.space];
			for (let i = first; i < last; i++)
				rows.push(this.makeRow(i, i * HEIGHT - top + scrolled));
			this.body.replaceChildren(...rows);
			if (this.count)
				this.body.setAttribute("aria-activedescendant", this.id + "-" + this.cursor);
			else
				this.body.removeAttribute("aria-activedescendant");
		}

		makeRow(i, y)
		{
			const {tree} = this.view;
			const facts = this.view.row ? this.view.row(i) : {};
			const row = element("div", {class: "row" + (i === this.cursor ? " current" : "") + (i % 2 ? " odd" : ""),
				role: tree ? "treeitem" : "row", id: this.id + "-" + i, "data-row": i,
				title: facts.title || false, "aria-label": facts.label || false,
				"aria-selected": i === this.cursor ? "true" : false,
				"aria-rowindex": tree ? false : String(i + 1),
				"aria-level": tree ? String(facts.level) : false,
				"aria-expanded": tree && facts.expanded !== null ? String(facts.expanded) : false});
			row.style.top = y + "px";
			for (const column of this.columns) {
				const cell = element("div", {class: "cell" + (column.number ? " number" : "") + (column.kind ? " " + column.kind : ""),
					role: tree ? "presentation" : "cell"});
				const content = this.view.cell(i, column);
				if (content !== null && content !== undefined)
					cell.append(content);
				row.append(cell);
			}
			return row;
		}

		rowOf(event)
		{
			const row = event.target.closest("[data-row]");
			return row ? Number(row.getAttribute("data-row")) : -1;
		}

		clicked(event)
		{
			const i = this.rowOf(event);
			if (i < 0)
				return;
			this.cursor = i;
			if (this.view.click)
				this.view.click(i, event);
			this.draw();
		}

		doubleClicked(event)
		{
			const i = this.rowOf(event);
			if (i >= 0 && this.view.activate)
				this.view.activate(i);
		}

		moveTo(i)
		{
			if (!this.count)
				return;
			this.cursor = Math.max(0, Math.min(this.count - 1, i));
			const scale = this.scale(), room = this.body.clientHeight;
			const y = this.cursor * HEIGHT, top = this.body.scrollTop * scale;
			if (y < top)
				this.body.scrollTop = y / scale;
			else if (y + HEIGHT > top + room)
				this.body.scrollTop = (y + HEIGHT - room) / scale;
			this.draw();
		}

		key(event)
		{
			if (event.altKey || event.ctrlKey || event.metaKey)
				return;
			if (this.view.key && this.view.key(event, this.cursor)) {
				event.preventDefault();
				event.stopPropagation();
				return;
			}
			const page = Math.max(1, Math.floor(this.body.clientHeight / HEIGHT) - 1);
			const to = {ArrowDown: this.cursor + 1, ArrowUp: this.cursor - 1, PageDown: this.cursor + page,
				    PageUp: this.cursor - page, Home: 0, End: this.count - 1}[event.key];
			if (to !== undefined)
				this.moveTo(to);
			else if (event.key === "Enter" && this.view.activate && this.count)
				this.view.activate(this.cursor);
			else
				return;
			event.preventDefault();
			event.stopPropagation();
		}
	}

	// A number with a bar behind it that shows its share.
	function bar(text, share)
	{
		const fill = element("span", {class: "fill"});
		fill.style.width = Math.max(0, Math.min(100, share * 100)) + "%";
		return element("span", {class: "bar-cell"}, fill, element("span", {class: "over"}, text));
	}

	function csv(lines)
	{
		const quote = (value) => {
			// A text that a spreadsheet would take for a formula stays a text.
			const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? "'" + value : String(value);
			return /[",\n\r]/.test(text) ? "\"" + text.replaceAll("\"", "\"\"") + "\"" : text;
		};
		return lines.map((line) => line.map(quote).join(",")).join("\n") + "\n";
	}

	async function copy(text)
	{
		try {
			await navigator.clipboard.writeText(text);
			return true;
		} catch (error) {
			// Pages from files may not use the clipboard in all browsers: the old way.
			const box = element("textarea", {class: "unseen"});
			box.value = text;
			document.body.append(box);
			box.select();
			const done = document.execCommand("copy");
			box.remove();
			return done;
		}
	}

	return {Rows, HEIGHT, bar, csv, copy};
})();

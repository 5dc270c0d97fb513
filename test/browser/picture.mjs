// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// What the tests of pictures share: making one with flame-draw (its path is the first argument),
// opening it, and asking it by call path: "main;eval;call".
import {execFileSync} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

export const drawer = process.argv[2];
export const here = dirname(fileURLToPath(import.meta.url));
export const folder = mkdtempSync(join(tmpdir(), "thag-pictures-"));
process.on("exit", () => rmSync(folder, {recursive: true, force: true}));

export const sample = readFileSync(join(here, "sample.folded"), "utf8");

export function draw(name, folded, ...options)
{
	const file = join(folder, name + ".svg");
	writeFileSync(file, execFileSync(drawer, options, {input: folded, maxBuffer: 1 << 28}));
	return file;
}

// Functions that run in the page, and their names for use there.
const IN_PAGE = `globalThis.test = {
	node(path) {
		const view = thag.view, names = path.split(";");
		let node = names[0] === "all" || view.model.chart ? 0 : -1;
		if (view.model.chart)
			for (node = 0; view.nameOf(node) !== names[0]; node = view.tree.end[node]);
		else
			node = 0;
		for (const name of view.model.chart ? names.slice(1) : names.filter((one) => one !== "all")) {
			const below = thag.tree.children(view.tree, node).find((i) => view.nameOf(i) === name);
			if (below === undefined)
				return -1;
			node = below;
		}
		return node;
	},
	place(path) {
		const view = thag.view, node = test.node(path);
		const box = view.canvas.getBoundingClientRect();
		for (const row of view.painter.hits) {
			for (let k = 0; row && k < row.length; k += 3) {
				if (row[k] === node)
					return {x: box.left + (row[k + 1] + row[k + 2]) / 2, left: row[k + 1], right: row[k + 2],
						y: box.top + view.painter.top(view.tree.row[node], view.scene()) + 9};
			}
		}
		return null;
	},
	tree() {
		const view = thag.view, tree = view.tree, paths = {};
		for (let i = 0; i < tree.count; i++)
			paths[thag.tree.path(tree, i).map((n) => view.nameOf(n)).join(";")] = [tree.total[i], tree.self[i]];
		return paths;
	},
	pixel(path, dx = 0) {
		const view = thag.view, place = test.place(path), box = view.canvas.getBoundingClientRect();
		return [...view.painter.context.getImageData(place.right - 4 + dx, place.y - box.top + 6, 1, 1).data];
	},
}`;

export class Picture {
	constructor(page)
	{
		this.page = page;
	}

	static async open(browser, file, options)
	{
		const page = await browser.open(file, options);
		if (options?.script !== false)
			await page.value(IN_PAGE + ";0");
		return new Picture(page);
	}

	value(expression)
	{
		return this.page.value(expression);
	}

	node(path)
	{
		return this.value(`test.node(${JSON.stringify(path)})`);
	}

	place(path)
	{
		return this.value(`test.place(${JSON.stringify(path)})`);
	}

	tree()
	{
		return this.value("test.tree()");
	}

	text(selector)
	{
		return this.value(`document.querySelector(${JSON.stringify(selector)}).textContent`);
	}

	shown(selector)
	{
		return this.value(`!document.querySelector(${JSON.stringify(selector)}).hidden`);
	}

	async click(path, button)
	{
		const {x, y} = await this.place(path);
		await this.page.click(x, y, button);
	}

	async hover(path)
	{
		const {x, y} = await this.place(path);
		await this.page.mouse("mouseMoved", x, y);
		await this.page.settled();
	}

	async clickOn(selector)
	{
		await this.value(`document.querySelector(${JSON.stringify(selector)}).click()`);
		await this.page.settled();
	}

	async choose(field, value)
	{
		await this.value(`(() => {
			const select = document.querySelector('select[data-field=${field}]');
			select.value = ${JSON.stringify(value)};
			select.dispatchEvent(new Event("change"));
		})()`);
		await this.page.settled();
	}

	// In place of what was searched for before.
	async search(text)
	{
		await this.value("thag.view.scroll.focus()");
		await this.page.press("/");
		await this.page.type(text);
	}

	async press(...keys)
	{
		for (const key of keys)
			await this.page.press(key);
	}

	selected()
	{
		return this.value("thag.view.selected < 0 ? null : thag.tree.path(thag.view.tree, thag.view.selected).map((n) => thag.view.nameOf(n)).join(';')");
	}

	zoomed()
	{
		return this.value("thag.view.state.zoom < 0 ? 'all' : thag.view.nameOf(thag.view.state.zoom)");
	}
}

// Totals by path, straight from the text: what every picture of it has to say.
export function totals(folded)
{
	const result = {all: 0};
	for (const line of folded.split("\n").filter(Boolean)) {
		const value = Number(line.slice(line.lastIndexOf(" ") + 1));
		const names = line.slice(0, line.lastIndexOf(" ")).split(";").map((name) => name.split("@")[0]);
		for (let depth = 0; depth <= names.length; depth++) {
			const path = ["all", ...names.slice(0, depth)].join(";");
			result[path] = (result[path] || 0) + value;
		}
	}
	return result;
}

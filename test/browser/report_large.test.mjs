// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Reports of large and deep profiles. The limits are those that users were promised, for a machine
// without a GPU that does nothing else; of CPU time here, as a test machine may be busy.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {mkdtempSync, openSync, closeSync, rmSync, statSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, test} from "node:test";
import {Browser, SLOWER_MACHINE} from "./browser.mjs";

const drawer = process.argv[3];
const folder = mkdtempSync(join(tmpdir(), "thag-large-"));
const browser = new Browser();
after(async () => {
	await browser.close();
	rmSync(folder, {recursive: true, force: true});
});

function make(nodes, deepest)
{
	const file = join(folder, nodes + ".html");
	const out = openSync(file, "w");
	execFileSync(drawer, [String(nodes), String(deepest)], {stdio: ["ignore", out, "inherit"]});
	closeSync(out);
	return file;
}

// What a reader does, one after the other. In these expressions: view, flame, tree, rows (of call paths).
const ACTIONS = [
	["first flamegraph", 'view.go({tab: "flame"})'],
	["zoom", 'flame.zoomTo(2)'],
	["zoom out", 'flame.go({zoom: -1})'],
	["search", 'flame.go({query: "Component77"})'],
	["no search", 'flame.go({query: ""})'],
	["metric", 'view.go({metric: "bytes"})'],
	["metric again", 'view.go({metric: "leaked"})'],
	["range", 'view.setRange([5, 20])'],
	["other range", 'view.setRange([5, 21])'],
	["whole", 'view.setRange(null)'],
	["tree", 'view.go({tab: "tree"})'],
	["close", 'tree.toggle(0)'],
	["open", 'tree.toggle(0)'],
	["bottom-up", 'view.go({mode: "up"})'],
	["sandwich", 'view.go({mode: "sandwich", fn: view.sums.fns.names[3]})'],
	["functions", 'view.go({tab: "functions"})'],
	["sort", 'view.go({order: "name"})'],
	["filter", 'view.go({find: "part3"})'],
	["source", 'view.go({tab: "source"})'],
	["paths", 'view.go({tab: "paths"})'],
	["scroll", 'rows.body.scrollTop = rows.body.scrollHeight; rows.draw()'],
];
const NAMES = `const view = thag.view, flame = view.tabs.get("flame")?.view, tree = view.tabs.get("tree")?.trees?.[0],
	rows = view.tabs.get("paths")?.table?.rows;`;

async function act(page)
{
	const time = {};
	for (const [name, action] of ACTIONS) {
		time[name] = await page.spent("{" + NAMES + action + "; view.host.getBoundingClientRect(); 0}");
		await page.settled();
	}
	return {time, ...await page.value(`(() => { ${NAMES} return {count: view.sums.fine.count, rows: rows.count,
		last: rows.body.querySelector("[data-row='" + (rows.count - 1) + "']") !== null}; })()`)};
}

// Opening and first use of a view may take longer than what follows.
const SLOWER = {"first flamegraph": 3, "bottom-up": 4, sandwich: 3, source: 10, paths: 20, tree: 3, functions: 6, filter: 2};

for (const [nodes, deepest, openMs, actMs] of [[100000, 60, 1500, 60], [1000000, 80, 3000, 100]]) {
	test(nodes + " call paths open and answer quickly", {timeout: 500000}, async () => {
		const file = make(nodes, deepest);
		const size = statSync(file).size;
		const page = await browser.open(file);
		const opened = await page.cpu();
		assert.equal(await page.value("thag.failed ? thag.failed.stack : ''"), "");
		const {time, count, rows, last} = await act(page);
		console.log("# " + nodes + ": open " + opened.toFixed(0) + " ms, " + (size / nodes).toFixed(1) + " bytes a node, " +
			    Object.entries(time).map(([name, ms]) => name + " " + ms.toFixed(0)).join(", "));
		assert.equal(count, nodes + 1);
		assert.ok(rows > nodes / 10 && last, "the last row is reached");
		assert.ok(opened < openMs * SLOWER_MACHINE, "open: " + opened + " ms");
		for (const [name, ms] of Object.entries(time))
			assert.ok(ms < actMs * (SLOWER[name] || 1) * SLOWER_MACHINE, name + ": " + ms + " ms");
		assert.ok(await page.value("Math.max(...[...document.querySelectorAll('canvas')].map((one) => one.height))") < 2000);
		assert.deepEqual(page.errors, []);
		await page.close();
	});
}

test("a stack of 5,000 frames opens in all views", {timeout: 240000}, async () => {
	const page = await browser.open(make(5000, 5000));
	assert.equal(await page.value("thag.view.sums.fine.rows"), 5001);
	await page.value("thag.view.go({tab: 'tree'})");
	await page.value("(() => { const tree = thag.view.tabs.get('tree').trees[0]; tree.toggle(0); tree.toggle(0); })()");
	assert.equal(await page.value("thag.view.tabs.get('tree').trees[0].lines.length > 60"), true);
	await page.value("thag.view.go({mode: 'up'})");
	await page.value("thag.view.go({tab: 'flame'})");
	assert.ok(await page.value("thag.view.tabs.get('flame').view.tree.rows") > 4000);
	await page.settled();
	assert.deepEqual(page.errors, []);
	await page.close();
});

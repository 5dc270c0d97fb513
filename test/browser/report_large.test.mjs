// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Reports of large and deep profiles. The limits are those that users were promised, for a machine
// without a GPU that does nothing else; where a test machine is busy they are stretched.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {mkdtempSync, openSync, closeSync, rmSync, statSync} from "node:fs";
import {loadavg, cpus, tmpdir} from "node:os";
import {join} from "node:path";
import {after, test} from "node:test";
import {Browser} from "./browser.mjs";

const drawer = process.argv[3];
const folder = mkdtempSync(join(tmpdir(), "thag-large-"));
const browser = new Browser();
after(async () => {
	await browser.close();
	rmSync(folder, {recursive: true, force: true});
});
const stretch = 1 + 2 * Math.max(1, loadavg()[0] / cpus().length);

function make(nodes, deepest)
{
	const file = join(folder, nodes + ".html");
	const out = openSync(file, "w");
	execFileSync(drawer, [String(nodes), String(deepest)], {stdio: ["ignore", out, "inherit"]});
	closeSync(out);
	return file;
}

const ACTIONS = `(async () => {
	const view = thag.view, time = {};
	const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
	const measure = async (name, act) => {
		const begin = performance.now();
		act();
		view.host.getBoundingClientRect();
		time[name] = performance.now() - begin;
		await frame();
	};
	await measure("first flamegraph", () => view.go({tab: "flame"}));
	const flame = view.tabs.get("flame").view;
	await measure("zoom", () => flame.zoomTo(2));
	await measure("zoom out", () => flame.go({zoom: -1}));
	await measure("search", () => flame.go({query: "Component77"}));
	await measure("no search", () => flame.go({query: ""}));
	await measure("metric", () => view.go({metric: "bytes"}));
	await measure("metric again", () => view.go({metric: "leaked"}));
	await measure("range", () => view.setRange([5, 20]));
	await measure("other range", () => view.setRange([5, 21]));
	await measure("whole", () => view.setRange(null));
	await measure("tree", () => view.go({tab: "tree"}));
	const tree = view.tabs.get("tree").trees[0];
	await measure("close", () => tree.toggle(0));
	await measure("open", () => tree.toggle(0));
	await measure("bottom-up", () => view.go({mode: "up"}));
	await measure("sandwich", () => view.go({mode: "sandwich", fn: view.sums.fns.names[3]}));
	await measure("functions", () => view.go({tab: "functions"}));
	await measure("sort", () => view.go({order: "name"}));
	await measure("filter", () => view.go({find: "part3"}));
	await measure("source", () => view.go({tab: "source"}));
	await measure("paths", () => view.go({tab: "paths"}));
	const rows = view.tabs.get("paths").table.rows;
	await measure("scroll", () => { rows.body.scrollTop = rows.body.scrollHeight; rows.draw(); });
	return {time, nodes: view.sums.fine.count, rows: rows.count,
		last: rows.body.querySelector("[data-row=\\"" + (rows.count - 1) + "\\"]") !== null};
})()`;

// Opening and first use of a view may take longer than what follows.
const SLOWER = {"first flamegraph": 3, "bottom-up": 4, sandwich: 3, source: 10, paths: 20, tree: 3, functions: 6, filter: 2};

for (const [nodes, deepest, openMs, actMs] of [[100000, 60, 1500, 60], [1000000, 80, 3000, 100]]) {
	test(nodes + " call paths open and answer quickly", {timeout: 240000}, async () => {
		const file = make(nodes, deepest);
		const size = statSync(file).size;
		const begin = Date.now();
		const page = await browser.open(file);
		const opened = Date.now() - begin;
		assert.equal(await page.value("thag.failed ? thag.failed.stack : ''"), "");
		const {time, nodes: count, rows, last} = await page.value(ACTIONS);
		console.log("# " + nodes + ": open " + opened + " ms, " + (size / nodes).toFixed(1) + " bytes a node, " +
			    Object.entries(time).map(([name, ms]) => name + " " + ms.toFixed(0)).join(", "));
		assert.equal(count, nodes + 1);
		assert.ok(rows > nodes / 10 && last, "the last row is reached");
		assert.ok(opened < openMs * stretch, "open: " + opened + " ms");
		for (const [name, ms] of Object.entries(time))
			assert.ok(ms < actMs * (SLOWER[name] || 1) * stretch, name + ": " + ms + " ms");
		assert.ok(await page.value("Math.max(...[...document.querySelectorAll('canvas')].map((one) => one.height))") < 2000);
		assert.deepEqual(page.errors, []);
		await page.close();
	});
}

test("a stack of 5,000 frames opens in all views", {timeout: 120000}, async () => {
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

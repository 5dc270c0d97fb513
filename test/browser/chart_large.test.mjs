// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The chart of a run of more than 20 million traced calls: it opens, zooms and pans without waiting,
// and its file has a size that does not depend on the run's length. The limits are for a machine without
// a GPU that does nothing else; where a test machine is busy they are stretched.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {mkdtempSync, readdirSync, rmSync, statSync} from "node:fs";
import {loadavg, cpus, tmpdir} from "node:os";
import {join} from "node:path";
import {after, test} from "node:test";
import {Browser} from "./browser.mjs";

const build = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), "thag-chart-"));
const browser = new Browser();
after(async () => {
	await browser.close();
	rmSync(folder, {recursive: true, force: true});
});

const CALLS = 20e6, TASKS = 60000;
const BOXES = 524288;		// that are kept at most: docs/time.md
const BYTES_PER_BOX = 8;
const OPEN_MS = 2000, STEP_MS = 50;

function record()
{
	const program = join(build, "test/programs/traced/many-gcc-O2");
	execFileSync(join(build, "thag-run"), ["-q", "--time", "--rate", "0", "-o", folder, program, String(TASKS)],
		     {stdio: ["ignore", "ignore", "inherit"]});
	const find = (end) => join(folder, readdirSync(folder).find((name) => name.endsWith(end)));
	const report = execFileSync(join(build, "thag"), ["report", "--json", find(".thag")], {maxBuffer: 1 << 28});
	return {chart: find("-time-chart.svg"), time: JSON.parse(report).time};
}

// Each step is what a reader does, and has to be on the canvas when it returns.
const STEPS = `(async () => {
	const view = thag.view, time = {};
	const [first, last] = view.whole(), all = last - first;
	const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
	const measure = async (name, act) => {
		const begin = performance.now();
		act();
		view.draw();
		(time[name] ||= []).push(performance.now() - begin);
		await frame();
	};
	const window = (low, length) => () => view.setWindow(low, low + length);
	for (let i = 0; i < 20; i++)
		await measure("pan of most", window(first + all * i / 100, all * 0.8));
	for (let i = 0; i < 30; i++)
		await measure("zoom", window(first + all * 0.2, all * 0.7 ** i));
	for (let i = 0; i < 20; i++)
		await measure("pan of a little", window(first + all * (0.2 + i / 5000), all / 1000));
	for (let i = 0; i < 5; i++)
		await measure("scroll", () => { view.scroll.scrollTop = i * 100; });
	await measure("whole", () => view.go({window: null, zoom: -1}));
	const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1];
	return {boxes: view.tree.count, drawn: view.drawn,
		time: Object.fromEntries(Object.entries(time).map(([name, list]) => [name, middle(list)]))};
})()`;

test("a chart of 20 million calls opens and pans without waiting", {timeout: 240000}, async () => {
	const {chart, time: recorded} = record();
	assert.ok(recorded.calls > CALLS, recorded.calls + " calls");
	const size = statSync(chart).size;
	// What the browser needs for its first page is not the chart's.
	await (await browser.open(chart)).close();
	const stretch = 1 + 2 * Math.max(1, loadavg()[0] / cpus().length);
	const begin = Date.now();
	const page = await browser.open(chart);
	const opened = Date.now() - begin;
	const {boxes, drawn, time} = await page.value(STEPS);
	console.log("# " + recorded.calls + " calls, " + boxes + " boxes, " + size + " bytes: open " + opened + " ms, " +
		    Object.entries(time).map(([name, ms]) => name + " " + ms.toFixed(1)).join(", "));
	assert.ok(boxes > BOXES / 4 && boxes < BOXES + 1000, boxes + " boxes");
	assert.ok(drawn.drawn > 100 && drawn.drawn + drawn.hidden <= boxes, JSON.stringify(drawn));
	assert.ok(size < 200000 + boxes * BYTES_PER_BOX, size + " bytes");
	assert.ok(opened < OPEN_MS * stretch, "open: " + opened + " ms");
	for (const [name, ms] of Object.entries(time))
		assert.ok(ms < STEP_MS * stretch, name + ": " + ms + " ms");
	assert.deepEqual(page.errors, []);
	await page.close();
});

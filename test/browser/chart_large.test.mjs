// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The chart of a run of more than 20 million traced calls: it opens, zooms and pans without waiting,
// and its file has a size that does not depend on the run's length. The limits are for a machine without
// a GPU that does nothing else; of CPU time here, as a test machine may be busy.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {mkdtempSync, readdirSync, rmSync, statSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, test} from "node:test";
import {Browser, SLOWER_MACHINE} from "./browser.mjs";

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

// Each step is what a reader does, so many times, and has to be on the canvas when it returns.
const STEPS = [
	["pan of most", 20, "view.setWindow(first + all * i / 100, first + all * (i / 100 + 0.8))"],
	["zoom", 30, "view.setWindow(first + all * 0.2, first + all * (0.2 + 0.7 ** i))"],
	["pan of a little", 20, "view.setWindow(first + all * (0.2 + i / 5000), first + all * (0.201 + i / 5000))"],
	["scroll", 5, "view.scroll.scrollTop = (4 - i) * 100"],
	["whole", 1, "view.go({window: null, zoom: -1})"],
];

// The middle of what each takes.
async function step(page)
{
	const time = {};
	for (const [name, times, action] of STEPS) {
		const all = [];
		for (let i = 0; i < times; i++) {
			all.push(await page.spent(`{ const i = ${i}, view = thag.view, [first, last] = view.whole(), all = last - first;
				${action}; view.draw(); 0 }`));
			await page.settled();
		}
		time[name] = all.sort((a, b) => a - b)[times >> 1];
	}
	return time;
}

test("a chart of 20 million calls opens and pans without waiting", {timeout: 500000}, async () => {
	const {chart, time: recorded} = record();
	assert.ok(recorded.calls > CALLS, recorded.calls + " calls");
	const size = statSync(chart).size;
	// What the browser needs for its first page is not the chart's.
	await (await browser.open(chart)).close();
	const page = await browser.open(chart);
	const opened = await page.cpu();
	const time = await step(page);
	const {boxes, drawn} = await page.value("({boxes: thag.view.tree.count, drawn: thag.view.drawn})");
	console.log("# " + recorded.calls + " calls, " + boxes + " boxes, " + size + " bytes: open " + opened.toFixed(0) + " ms, " +
		    Object.entries(time).map(([name, ms]) => name + " " + ms.toFixed(1)).join(", "));
	assert.ok(boxes > BOXES / 4 && boxes < BOXES + 1000, boxes + " boxes");
	// How much of the whole is to be seen without scrolling depends on which thread came first.
	assert.ok(drawn.drawn > 10 && drawn.drawn + drawn.hidden <= boxes, JSON.stringify(drawn));
	assert.ok(size < 200000 + boxes * BYTES_PER_BOX, size + " bytes");
	assert.ok(opened < OPEN_MS * SLOWER_MACHINE, "open: " + opened + " ms");
	for (const [name, ms] of Object.entries(time))
		assert.ok(ms < STEP_MS * SLOWER_MACHINE, name + ": " + ms + " ms");
	assert.deepEqual(page.errors, []);
	await page.close();
});

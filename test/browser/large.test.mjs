// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Large and deep pictures, and charts. The limits are of CPU time, and for a machine without a GPU: they
// fail when the cost grows with the profile instead of the window.
import assert from "node:assert/strict";
import {statSync} from "node:fs";
import {after, test} from "node:test";
import {Browser, SLOWER_MACHINE} from "./browser.mjs";
import {draw, Picture} from "./picture.mjs";

const OPEN_MS = 800, ACTION_MS = 60;
const browser = new Browser();
after(() => browser.close());

// A full tree of about 100,000 boxes: 9 levels, 3 or 4 children each.
function wide()
{
	const lines = [];
	(function grow(path, depth) {
		lines.push(path + " " + (1 + path.length * 7919 % 97));
		for (let child = 0; depth < 9 && child < 3 + (path.length % 5 === 0); child++)
			grow(path + ";function_" + child + "_" + depth, depth + 1);
	})("main", 0);
	return lines.slice(0, 100000).join("\n");
}

test("100,000 boxes open, zoom and search quickly and are all counted", {timeout: 240000}, async () => {
	const folded = wide();
	const count = folded.split("\n").length;
	const file = draw("wide", folded);
	const size = statSync(file).size;
	const picture = await Picture.open(browser, file);
	const opened = await picture.page.cpu(), time = {};
	assert.ok(opened < OPEN_MS * SLOWER_MACHINE, "open: " + opened + " ms");
	for (const [name, action] of Object.entries({draw: "draw()", zoom: "zoomTo(2)", search: "go({query: '_1_'})"}))
		time[name] = await picture.page.spent(`thag.view.${action}; 0`);
	const facts = await picture.value(`(() => {
		thag.view.go({query: "", zoom: -1});
		return {count: thag.view.tree.count, ...thag.view.drawn};
	})()`);
	assert.equal(facts.count, count + 1);
	assert.ok(facts.hidden > 0 && facts.hidden + facts.drawn === facts.count, JSON.stringify(facts));
	console.log("# open " + opened.toFixed(0) + " ms, " +
		    Object.entries(time).map(([name, ms]) => name + " " + ms.toFixed(1)).join(", "));
	for (const [name, ms] of Object.entries(time))
		assert.ok(ms < ACTION_MS * SLOWER_MACHINE, name + ": " + ms + " ms");
	assert.match(await picture.text(".notice"), /^[\d,]+ boxes narrower than 0\.4 px not drawn until zoomed$/);
	assert.ok(size / count < 15, "bytes per box: " + size / count);
	assert.deepEqual(picture.page.errors, []);
	await picture.page.close();
});

test("a stack of 5,000 frames scrolls and can be walked", {timeout: 240000}, async () => {
	const names = Array.from({length: 5000}, (_, depth) => "level_" + depth);
	const picture = await Picture.open(browser, draw("deep", names.join(";") + " 7\n"));
	assert.equal(await picture.value("thag.view.tree.rows"), 5001);
	assert.ok(await picture.value("thag.view.canvas.height") <= 800);
	assert.ok(await picture.value("thag.view.drawn.drawn") < 100);
	await picture.value("thag.view.select(5000)");
	await picture.page.settled();
	const y = await picture.value("thag.view.painter.top(5000, thag.view.scene())");
	assert.ok(y >= 0 && y < 800, "visible: " + y);
	await picture.press("r");
	assert.equal(await picture.value("thag.view.tree.count"), 5001);
	assert.deepEqual(picture.page.errors, []);
	await picture.page.close();
});

const chart = "main thread;work;a 400\nmain thread;work;b 200\nmain thread;rest 400\nworker;spin 500\n";

test("a chart has threads in bands and true times", {timeout: 240000}, async () => {
	const picture = await Picture.open(browser, draw("chart", chart, "--chart"));
	const width = await picture.value("thag.view.painter.width");
	const rest = await picture.place("main thread;rest"), spin = await picture.place("worker;spin");
	assert.equal(Math.round(rest.left), Math.round(0.6 * width));
	assert.equal(Math.round(rest.right), width);
	assert.equal(Math.round(spin.right), Math.round(0.5 * width));
	assert.ok(spin.y > rest.y);
	await picture.hover("main thread;work;b");
	const tip = await picture.text(".tip");
	for (const part of ["200 ns", "20.0 %", "33.3 %", "starts at400 ns"])
		assert.ok(tip.includes(part), part + " in: " + tip);
	await picture.click("main thread;work;b");
	assert.deepEqual(await picture.value("thag.view.range"), [400, 600]);
	await picture.press("Escape");
	assert.deepEqual(await picture.value("thag.view.range"), [0, 1000]);
	await picture.page.mouse("mouseWheel", 640, 300, {deltaX: 0, deltaY: -200});
	await picture.page.until("thag.view.state.window !== null");
	assert.deepEqual(picture.page.errors, []);
	await picture.page.close();
});

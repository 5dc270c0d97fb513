// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The picture of a comparison: comparison.test.mjs FLAME-DRAW THAG. Values on the page are compared with
// the folded stacks it was made from.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {writeFileSync} from "node:fs";
import {join} from "node:path";
import {after, test} from "node:test";
import {Browser} from "./browser.mjs";
import {folder, Picture} from "./picture.mjs";

const thag = process.argv[3];
const A = {"main;parse;lex": 40, "main;parse": 8, "main;eval;call": 30, "main;eval;old": 12, "main;print": 5};
const B = {"main;parse;lex": 41, "main;parse": 8, "main;eval;call": 55, "main;eval;new": 20, "main;print": 5};

const browser = new Browser();
after(() => browser.close());

function write(name, stacks)
{
	const file = join(folder, name);
	writeFileSync(file, Object.entries(stacks).map(([path, value]) => path + " " + value + "\n").join(""));
	return file;
}
const files = [write("a.folded", A), write("b.folded", B)];

function total(stacks, path)
{
	return Object.entries(stacks).reduce((sum, [one, value]) =>
		sum + (path === "all" || one === path || one.startsWith(path + ";") ? value : 0), 0);
}

function on(name, options, what)
{
	test(name, {timeout: 240000}, async () => {
		const file = join(folder, name.replace(/\W+/g, "-") + ".svg");
		execFileSync(thag, ["diff", "--svg", ...options, "-o", file, ...files]);
		const picture = await Picture.open(browser, file);
		assert.equal(await picture.value("thag.failed ? thag.failed.stack : ''"), "");
		await what(picture);
		assert.deepEqual(picture.page.errors, []);
		await picture.page.close();
	});
}

const change = (picture, path) => picture.value(
	`(({a, b, step, text}) => ({a, b, step: Math.sign(step), text}))(
		thag.view.model.change(thag.view.tree, test.node(${JSON.stringify(path)}), thag.view.state))`);
const choose = (picture, field, value) => picture.value(
	`thag.view.choose(${JSON.stringify(field)}, ${JSON.stringify(value)}); 0`);
const width = (picture, path) => picture.value(`thag.view.tree.width[test.node(${JSON.stringify(path)})]`);

on("every box knows both sides", [], async (picture) => {
	for (const path of ["all", "main", "main;parse", "main;parse;lex", "main;eval", "main;eval;call",
			    "main;eval;old", "main;eval;new", "main;print"]) {
		const {a, b, step} = await change(picture, path);
		assert.equal(a, total(A, path), path);
		assert.equal(b, total(B, path), path);
		assert.equal(step, Math.sign(b - a), path);
	}
	assert.equal((await change(picture, "main;eval;old")).text, "gone");
	assert.equal((await change(picture, "main;eval;new")).text, "new");
	assert.equal((await change(picture, "main;print")).text, "no change");
});

on("what is gone is there, and what is new", [], async (picture) => {
	assert.equal(await width(picture, "main;eval;old"), 12);
	assert.equal(await width(picture, "main;eval;new"), 20);
	assert.equal(await width(picture, "all"), 40 + 1 + 8 + 55 + 12 + 20 + 5);
});

on("the width is A, B or the change", [], async (picture) => {
	await choose(picture, "width", "before");
	assert.equal(await width(picture, "main"), total(A, "main"));
	await choose(picture, "width", "after");
	assert.equal(await width(picture, "main"), total(B, "main"));
	await choose(picture, "width", "change");
	assert.equal(await width(picture, "main"), 1 + 25 + 12 + 20);
	assert.equal(await width(picture, "main;print"), 0);
});

on("side by side both have their own width and one change", ["--side-by-side"], async (picture) => {
	assert.equal(await width(picture, "A, baseline"), 95);
	assert.equal(await width(picture, "B, new"), 129);
	const {a, b, text} = await change(picture, "all");
	assert.deepEqual({a, b, text}, {a: 95, b: 129, text: "+35.8 %"});
	assert.deepEqual(await change(picture, "A, baseline;main;eval"), await change(picture, "B, new;main;eval"));
	await picture.value(`thag.view.go({hide: ["eval"]}); 0`);
	assert.equal(await width(picture, "A, baseline;main;old"), 12);
	assert.equal(await width(picture, "B, new;main;new"), 20);
	await picture.value(`thag.view.go({hide: [], focus: "eval"}); 0`);
	assert.equal(await width(picture, "A, baseline;eval"), 42);
	assert.equal(await width(picture, "B, new;eval"), 75);
});

on("normalised, A is scaled", ["--normalise"], async (picture) => {
	const {a, b} = await change(picture, "all");
	assert.ok(Math.abs(a - b) < 1e-9);
	assert.equal((await change(picture, "main;print")).step, -1);
	await choose(picture, "scaled", "0");
	assert.equal((await change(picture, "main;print")).step, 0);
});

on("within the noise there is no colour", ["--noise", "2%"], async (picture) => {
	assert.deepEqual(await change(picture, "main;parse;lex"), {a: 40, b: 41, step: 0, text: "within the noise"});
	assert.equal((await change(picture, "main;eval")).step, 1);
});

on("callers and hiding keep both sides", [], async (picture) => {
	await picture.value("thag.view.reverse(); 0");
	const {a, b} = await change(picture, "call");
	assert.deepEqual([a, b], [30, 55]);
	await picture.value(`thag.view.reverse(); thag.view.go({hide: ["eval"]}); 0`);
	assert.deepEqual(await change(picture, "main;call"), {a: 30, b: 55, step: 1, text: "+83.3 %"});
});

on("colours are blue and orange, with signs for whoever cannot see them", [], async (picture) => {
	const [red1, , blue1] = await picture.value(`test.pixel("main;eval;new")`);
	assert.ok(red1 > blue1 + 60, "new is orange");
	const [red2, , blue2] = await picture.value(`test.pixel("main;eval;old")`);
	assert.ok(blue2 > red2 + 60, "gone is blue");
	assert.match(await picture.text(".banner"), /A = baseline: .*B = new: .*− less in B.*\+ more in B/s);
	assert.match(await picture.value("thag.view.describe(test.node('main;eval;old'))"), /A 12.*B 0.*−12.*gone/);
});

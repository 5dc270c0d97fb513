// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// A flamegraph, used as a reader would: every value on the page is compared with the folded text it
// was made from.
import assert from "node:assert/strict";
import {after, test} from "node:test";
import {Browser} from "./browser.mjs";
import {draw, Picture, sample, totals} from "./picture.mjs";

const browser = new Browser();
after(() => browser.close());
const file = draw("sample", sample, "--title=sample");

// One picture per test; at its end the page must not have thrown anything.
function on(name, what, {of = file, ...options} = {})
{
	test(name, {timeout: 240000}, async () => {
		const picture = await Picture.open(browser, of, options);
		assert.equal(await picture.value("thag.failed ? thag.failed.stack : ''"), "");
		await what(picture);
		assert.deepEqual(picture.page.errors, []);
		await picture.page.close();
	});
}

on("every box has the value of its folded lines", async (picture) => {
	const shown = await picture.tree();
	assert.deepEqual(Object.fromEntries(Object.entries(shown).map(([path, [total]]) => [path, total])),
			 totals(sample));
});

on("a click zooms, undo and redo and the breadcrumb lead back and forth", async (picture) => {
	await picture.click("main;parse");
	assert.equal(await picture.zoomed(), "parse");
	const {left, right} = await picture.place("main;parse");
	assert.equal(left, 0);
	assert.equal(right, await picture.value("thag.view.painter.width"));
	assert.equal(await picture.text("nav"), "all›main›parse");
	assert.match(await picture.value("location.hash"), /^#z=\d+$/);
	await picture.press("Alt+ArrowLeft");
	await picture.page.until("thag.view.state.zoom === -1");
	await picture.press("Alt+ArrowRight");
	await picture.page.until("thag.view.state.zoom > 0");
	await picture.click("main;parse;lex");
	await picture.value("document.querySelectorAll('nav button')[1].click()");
	assert.equal(await picture.zoomed(), "main");
	await picture.clickOn("button[data-action=undo]");
	await picture.page.until("thag.view.nameOf(thag.view.state.zoom) === 'lex'");
	await picture.press("Escape");
	assert.equal(await picture.zoomed(), "all");
});

on("the browser's Back button is undo", async (picture) => {
	await picture.click("main;eval");
	await picture.value("history.back()");
	await picture.page.until("thag.view.state.zoom === -1");
});

on("search says what share matches, nested matches counted once", async (picture) => {
	await picture.search("eval");
	assert.equal(await picture.text(".found"), "2 matches · 40.0 %");
	await picture.press("Escape");
	assert.equal(await picture.text(".found"), "");
	await picture.click("main;parse");
	await picture.search("LEX");
	assert.equal(await picture.text(".found"), "3 matches · 65.0 % of all · 75.0 % of zoom");
});

on("search is literal, or a regular expression between slashes", async (picture) => {
	await picture.search("l.x");
	assert.equal(await picture.text(".found"), "no match");
	await picture.search("/^(lex|gc)$/");
	assert.equal(await picture.text(".found"), "4 matches · 77.0 %");
	await picture.search("/(/");
	assert.equal(await picture.text(".found"), "not a regular expression");
	await picture.search("module:liblex");
	assert.equal(await picture.text(".found"), "3 matches · 65.0 %");
});

on("n and N go from match to match and round", async (picture) => {
	await picture.search("lex");
	await picture.press("Enter");
	assert.equal(await picture.selected(), "all;main;eval;call;eval;lex");
	await picture.value("thag.view.scroll.focus()");
	await picture.press("n");
	assert.equal(await picture.selected(), "all;main;eval;lex");
	await picture.press("n", "n");
	assert.equal(await picture.selected(), "all;main;eval;call;eval;lex");
	await picture.press("N");
	assert.equal(await picture.selected(), "all;main;parse;lex");
});

on("only matching stacks leaves what lies above and below matches", async (picture) => {
	await picture.search("call");
	await picture.value("thag.view.scroll.focus()");
	await picture.press("m");
	assert.deepEqual(await picture.tree(), {"all": [20, 0], "all;main": [20, 0],
		"all;main;eval": [20, 0], "all;main;eval;call": [20, 5],
		"all;main;eval;call;eval": [15, 0], "all;main;eval;call;eval;lex": [15, 15]});
});

on("hiding a function gives its value to its caller and its callees", async (picture) => {
	await picture.hover("main;eval;call");
	await picture.press("h");
	assert.deepEqual(await picture.tree(), {"all": [100, 0], "all;main": [100, 8], "all;main;gc": [12, 12],
		"all;main;eval": [40, 5], "all;main;eval;eval": [15, 0], "all;main;eval;eval;lex": [15, 15],
		"all;main;eval;lex": [20, 20], "all;main;parse": [40, 10], "all;main;parse;lex": [30, 30]});
	assert.match(await picture.text("nav"), /hidden: call/);
	await picture.clickOn("nav .chip");
	assert.deepEqual((await picture.tree())["all;main;eval;call"], [20, 5]);
});

on("dropping a function takes all that it calls along", async (picture) => {
	await picture.hover("main;eval");
	await picture.press("d");
	assert.deepEqual(await picture.tree(), {"all": [60, 0], "all;main": [60, 8], "all;main;gc": [12, 12],
		"all;main;parse": [40, 10], "all;main;parse;lex": [30, 30]});
});

on("focus shows only what a function calls, its places merged", async (picture) => {
	await picture.hover("main;eval");
	await picture.press("f");
	assert.deepEqual(await picture.tree(), {"all": [40, 0], "all;eval": [40, 0], "all;eval;call": [20, 5],
		"all;eval;call;eval": [15, 0], "all;eval;call;eval;lex": [15, 15], "all;eval;lex": [20, 20]});
	await picture.press("Escape");
	assert.equal((await picture.tree()).all[0], 100);
});

on("callers: the functions where the value arises come first", async (picture) => {
	await picture.press("r");
	const tree = await picture.tree();
	assert.equal(tree.all[0], 100);
	assert.equal(tree["all;lex"][0], 65);
	assert.equal(tree["all;lex;parse"][0], 30);
	assert.equal(tree["all;lex;eval"][0], 35);
	assert.equal(tree["all;lex;eval;call;eval;main"][0], 15);
	assert.equal(tree["all;gc"][0], 12);
});

on("order by weight, boxes by module, folded recursion", async (picture) => {
	await picture.press("s");
	const {left} = await picture.place("main;eval");
	assert.equal(left, 0);
	await picture.choose("group", "module");
	const tree = await picture.tree();
	assert.deepEqual(tree["all;app;liblex.so"], [65, 65]);
	assert.deepEqual(tree["all;app;(module not known)"], [12, 12]);
	assert.deepEqual(tree["all;app"], [100, 23]);
});

on("invert turns flames into icicles", async (picture) => {
	const up = await picture.place("main;gc"), root = await picture.place("all");
	assert.ok(up.y < root.y);
	await picture.press("i");
	const down = await picture.place("main;gc"), top = await picture.place("all");
	assert.ok(down.y > top.y);
});

on("colour schemes change the boxes; a match stands out", async (picture) => {
	const hot = await picture.value("test.pixel('main')");
	assert.ok(hot[0] > hot[2] + 40, "Hot is warm: " + hot);
	await picture.choose("scheme", "Blue");
	const blue = await picture.value("test.pixel('main')");
	assert.ok(blue[2] > blue[0] + 20, "Blue is cold: " + blue);
	await picture.choose("scheme", "module");
	assert.notDeepEqual(await picture.value("test.pixel('main')"),
			    await picture.value("test.pixel('main;gc')"));
	await picture.search("gc");
	assert.deepEqual((await picture.value("test.pixel('main;gc')")).slice(0, 3), [0x8b, 0x2f, 0xc9]);
});

on("the mouse on a box tells all about it", async (picture) => {
	await picture.hover("main;parse;lex");
	assert.ok(await picture.shown(".tip"));
	const tip = await picture.text(".tip");
	for (const part of ["lex", "src/lex.c:5", "liblex.so", "30 samples", "30.0 %", "75.0 %"])
		assert.ok(tip.includes(part), part + " in: " + tip);
	assert.match(await picture.text(".details"), /^lex, 30 samples, 30\.0 % of all, 75\.0 % of its caller/);
});

on("arrows move, Enter zooms, Backspace goes back, screen readers follow", async (picture) => {
	await picture.press("ArrowUp");
	assert.equal(await picture.selected(), "all");
	await picture.press("ArrowUp", "ArrowUp");
	assert.equal(await picture.selected(), "all;main;eval");
	await picture.press("ArrowRight");
	assert.equal(await picture.selected(), "all;main;gc");
	assert.equal(await picture.value("thag.view.item.getAttribute('aria-posinset') + ' of ' + thag.view.item.getAttribute('aria-setsize')"), "2 of 3");
	assert.match(await picture.value("thag.view.item.getAttribute('aria-label')"), /^gc, 12 samples, 12.0 % of all/);
	assert.equal(await picture.value("thag.view.scroll.getAttribute('aria-activedescendant')"), "thag-item");
	await picture.press("ArrowDown", "Enter");
	assert.equal(await picture.zoomed(), "main");
	await picture.press("ArrowUp", "Enter", "Backspace");
	assert.equal(await picture.zoomed(), "main");
});

on("help opens and closes", async (picture) => {
	assert.ok(!await picture.shown(".help"));
	await picture.press("?");
	assert.ok(await picture.shown(".help"));
	await picture.press("Escape");
	assert.ok(!await picture.shown(".help"));
});

on("the menu of a box acts on it", async (picture) => {
	await picture.click("main;parse", "right");
	assert.ok(await picture.shown(".menu"));
	await picture.clickOn(".menu [data-do=focus]");
	assert.ok(!await picture.shown(".menu"));
	assert.equal((await picture.tree()).all[0], 40);
});

on("a link restores the view", async (picture) => {
	assert.equal(await picture.text(".found"), "2 matches · 40.0 %");
	assert.equal(await picture.value("thag.view.state.scheme"), "Aqua");
	assert.match(await picture.text("nav"), /hidden: gc/);
	assert.deepEqual((await picture.tree())["all;main"], [100, 20]);
}, {hash: "#q=eval&colour=Aqua&hide=gc"});

on("Ctrl and wheel zoom freely, drag moves, both can be undone", async (picture) => {
	await picture.page.mouse("mouseWheel", 300, 700, {deltaX: 0, deltaY: -240, modifiers: 2});
	await picture.page.until("thag.view.state.window !== null");
	const [low, high] = await picture.value("thag.view.range");
	assert.ok(low > 0 && high < 100);
	await picture.page.mouse("mousePressed", 600, 700, {button: "left", buttons: 1, clickCount: 1});
	await picture.page.mouse("mouseMoved", 500, 700, {button: "left", buttons: 1});
	await picture.page.mouse("mouseReleased", 500, 700, {button: "left", clickCount: 1});
	assert.ok(await picture.value("thag.view.range[0]") > low);
	await picture.page.until("location.hash.includes('w=')");
	await picture.value("history.back()");
	await picture.page.until("thag.view.history.at === 0 || thag.view.history.canRedo");
});

on("two fingers zoom: what is below each of them stays there", async (picture) => {
	const touch = (type, ...places) => picture.page.send("Input.dispatchTouchEvent",
		{type, touchPoints: places.map((x, id) => ({x, y: 700, id}))});
	const before = await picture.value("[400, 600].map((x) => thag.view.valueAt(x))");
	await touch("touchStart", 400, 600);
	await touch("touchMove", 350, 650);
	await touch("touchMove", 250, 750);
	await picture.page.settled();
	const after = await picture.value("[250, 750].map((x) => thag.view.valueAt(x))");
	await touch("touchEnd");
	await picture.page.until("thag.view.state.window !== null");
	for (const at of [0, 1])
		assert.ok(Math.abs(before[at] - after[at]) < 0.5, before + " became " + after);
	assert.equal(await picture.value("thag.view.state.zoom"), -1);
});

on("dark mode is dark and the text on it light", async (picture) => {
	const back = await picture.value("[...thag.view.painter.context.getImageData(2, 2, 1, 1).data]");
	assert.ok(back[0] < 40);
	const box = await picture.value("test.pixel('main')");
	assert.ok(Math.max(...box.slice(0, 3)) < 170, String(box));
}, {media: {"prefers-color-scheme": "dark"}});

on("on paper the picture is light, whatever the screen", async (picture) => {
	await picture.page.send("Emulation.setEmulatedMedia", {media: "print",
		features: [{name: "prefers-color-scheme", value: "dark"}]});
	await picture.page.settled();
	const back = await picture.value("[...thag.view.painter.context.getImageData(2, 2, 1, 1).data]");
	assert.deepEqual(back.slice(0, 3), [255, 255, 255]);
	const box = await picture.value("test.pixel('main')");
	assert.ok(Math.max(...box.slice(0, 3)) > 180, String(box));
	assert.equal(await picture.value("getComputedStyle(document.querySelector('.bar')).display"), "none");
}, {media: {"prefers-color-scheme": "dark"}});

const names = ["<script>alert(1)</script>", "a & b", "\"quoted\" 'single'", "]]>", "名前", "tab\there"];
on("names of any kind are shown as they are", async (picture) => {
	const tree = await picture.tree();
	for (const name of names)
		assert.ok(tree["all;" + name], name);
}, {of: draw("names", names.map((name) => name + " 10").join("\n"))});

on("an empty profile says so", async (picture) => {
	assert.ok(await picture.shown(".empty"));
	assert.match(await picture.text(".empty"), /empty: nothing was recorded/);
	await picture.press("ArrowUp", "Enter", "n", "r", "s", "i");
}, {of: draw("empty", "")});

on("the zoom is animated where the reader has nothing against motion", async (picture) => {
	await picture.click("main;parse");
	await picture.page.until("thag.view.range[1] - thag.view.range[0] === 40");
	await picture.press("Escape");
	await picture.page.until("thag.view.range[1] - thag.view.range[0] === 100");
}, {media: {"prefers-reduced-motion": "no-preference"}});

on("several measures in one file: the reader switches between them", async (picture) => {
	assert.deepEqual((await picture.tree())["all;a"], [30, 10]);
	await picture.choose("metric", "1");
	assert.deepEqual((await picture.tree())["all;a"], [50, 0]);
	assert.match(await picture.value("location.hash"), /m=1/);
	await picture.press("Alt+ArrowLeft");
	await picture.page.until("thag.view.state.metric === 0");
}, {of: draw("two", "a 10 0\na;b 20 50\n", "--two")});

on("boxes too narrow to be drawn are reached by keys", async (picture) => {
	assert.equal(await picture.place("small"), null);
	assert.equal(await picture.text(".notice"), "1 box narrower than 0.4 px not drawn until zoomed");
	await picture.press("ArrowUp", "ArrowUp", "ArrowRight");
	assert.equal(await picture.selected(), "all;small");
	await picture.search("small");
	await picture.press("Enter", "Enter");
	assert.notEqual(await picture.place("small"), null);
	assert.equal(await picture.text(".found"), "1 match · < 0.01 % of all · 100 % of zoom");
}, {of: draw("narrow", "large 10000000\nsmall 1\n")});

test("without JavaScript the boxes are there, with titles", async () => {
	const picture = await Picture.open(browser, file, {script: false});
	const {root} = await picture.page.send("DOM.getDocument", {depth: -1});
	const html = (await picture.page.send("DOM.getOuterHTML", {nodeId: root.nodeId})).outerHTML;
	assert.equal(html.match(/<rect /g).length, 10);
	assert.match(html, /<title>lex \(30 samples, 30\.0 %\)\nsrc\/lex\.c:5\nliblex\.so<\/title>/);
	await picture.page.close();
});

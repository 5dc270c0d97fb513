// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The scripts that need no page, in Node: scripts.test.mjs FLAME-DRAW FOLDER-OF-SCRIPTS
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {readFileSync} from "node:fs";
import {join} from "node:path";
import {test} from "node:test";
import {runInThisContext} from "node:vm";
import {deflateRawSync} from "node:zlib";

const [drawer, folder] = process.argv.slice(2);
const scripts = ["data", "format", "colour", "tree", "state", "model"];
runInThisContext(scripts.map((name) => readFileSync(join(folder, name + ".js"), "utf8")).join("\n"));

function packOf(svg)
{
	return /<script id="thag-data"[^>]*>([^<]*)</.exec(svg)[1];
}

const draw = (folded, ...options) => execFileSync(drawer, options, {input: folded}).toString();

test("our own inflate agrees with zlib on every kind of block", () => {
	const texts = ["", "a", "abc".repeat(30000), Array.from({length: 70000}, (_, i) => i * i % 251).join()];
	for (const text of texts) {
		const bytes = new TextEncoder().encode(text);
		for (const options of [{level: 0}, {level: 1}, {level: 9}, {strategy: 4}, {strategy: 2}]) {
			const result = thag.data.inflate(deflateRawSync(bytes, options), bytes.length);
			assert.deepEqual(Buffer.from(result), Buffer.from(bytes));
		}
	}
});

test("damaged data is an error, not a hang", () => {
	const whole = deflateRawSync(Buffer.from("some text ".repeat(100)));
	assert.throws(() => thag.data.inflate(whole.subarray(0, 8), 1000), /cut short/);
	assert.throws(() => thag.data.inflate(Buffer.from([7, 7, 7]), 10), /damaged|cut short/);
});

test("what the writer packs is what the reader gets, also without DecompressionStream", async () => {
	const svg = draw("main@m.c:3@app;a 9007199254740991\nmain@m.c:3@app;b 1\n", "--bytes", "--title=T");
	const native = globalThis.DecompressionStream;
	for (const available of [native, undefined]) {
		globalThis.DecompressionStream = available;
		const pack = thag.data.decode(await thag.data.unwrap(packOf(svg)));
		assert.equal(pack.meta.get("title"), "T");
		assert.equal(pack.count, 3);
		assert.deepEqual([...pack.metrics[0].self], [0, 9007199254740991, 1]);
		assert.equal(pack.metrics[0].unit, "bytes");
		const main = pack.frame[0];
		assert.equal(pack.strings[pack.frames.file[main]], "m.c");
		assert.equal(pack.frames.line[main], 3);
	}
	globalThis.DecompressionStream = native;
});

test("the picture with and without JavaScript has the same colours", async () => {
	const names = Array.from({length: 60}, (_, i) => "f" + i * 7919);
	const svg = draw(names.map((name) => name + " 5").join("\n"));
	const pack = thag.data.decode(await thag.data.unwrap(packOf(svg)));
	const model = new thag.model.Model(pack);
	for (const dark of [false, true]) {
		const fills = model.fills(model.defaults(), dark);
		const rules = svg.split("@media screen and (prefers-color-scheme:dark)")[dark ? 1 : 0];
		for (let frame = 0; frame < pack.frames.count; frame++) {
			const name = model.name(frame, model.defaults());
			const slot = new RegExp(`<g class="(c\\d+)"><title>${name} `).exec(svg)[1];
			assert.equal(new RegExp(`\\.${slot}\\{fill:(#\\w+)\\}`).exec(rules)[1], fills[frame]);
		}
	}
});

test("names get shorter without losing what tells them apart", () => {
	const {spellings} = thag.format;
	assert.deepEqual(spellings("ns::list<int, std::alloc<int> >::add(int, char const*) const"), [
		"ns::list<int, std::alloc<int> >::add(int, char const*) const",
		"ns::list<int, std::alloc<int> >::add", "ns::list<>::add", "add"]);
	assert.deepEqual(spellings("main"), ["main"]);
	assert.equal(spellings("std::operator<< <char>(int)")[0], "std::operator<< <char>(int)");
});

test("amounts are written as the C side writes them", () => {
	const bytes = {unit: "bytes"}, time = {unit: "ns"}, samples = {unit: "count", countName: "samples"};
	assert.equal(thag.format.value(1048575, bytes), "1.00 MiB");
	assert.equal(thag.format.value(1536, bytes), "1.50 KiB");
	assert.equal(thag.format.value(12345678, time), "12.3 ms");
	assert.equal(thag.format.value(1, samples), "1 sample");
	assert.equal(thag.format.share(1, 1000000), "< 0.01 %");
});

test("a state survives its text", () => {
	globalThis.addEventListener ||= () => {};
	const defaults = {zoom: -1, window: null, query: "", only: false, flipped: false, reversed: false,
			  collapsed: false, sort: "name", scheme: "Hot", metric: 0, group: "function",
			  focus: "", hide: [], drop: []};
	const state = {...defaults, zoom: 7, window: [1.5, 99], query: "/a&b=c#%/", only: true,
		       hide: ["operator<<", "f(int, char)"], drop: ["名前"], scheme: "module"};
	assert.deepEqual(thag.state.parse("#" + thag.state.emit(state, defaults), defaults), state);
	assert.equal(thag.state.emit(defaults, defaults), "");
});

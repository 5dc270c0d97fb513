// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The HTML report of real runs, used as a reader would. What it shows is compared with what `thag
// report --json` and SQL say of the same profile.
//
//	node report.test.mjs BUILD ...
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, test} from "node:test";
import {Browser} from "./browser.mjs";

const build = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), "thag-report-"));
const browser = new Browser();
after(async () => {
	await browser.close();
	rmSync(folder, {recursive: true, force: true});
});

// Runs a program; -> {profile, report, json}
function run(name, command, options = [])
{
	const directory = join(folder, name);
	execFileSync("mkdir", [directory]);
	execFileSync(join(build, "thag-run"), [...options, "--", ...command], {cwd: directory, stdio: "ignore"});
	const file = (ending) => join(directory, readdirSync(directory).find((one) => one.endsWith(ending)));
	const profile = file(".thag");
	const json = JSON.parse(execFileSync(join(build, "thag"), ["report", "--json", "--limit", "1000000", profile],
		{maxBuffer: 1 << 29}));
	return {profile, report: file(".html"), json};
}

const SCRIPT = `
import json, time
keep = []
time.sleep(0.06)
keep.append([bytes(5000) for _ in range(2000)])
time.sleep(0.06)
for i in range(20):
	json.loads(json.dumps([{"a": j, "b": str(j) * 9} for j in range(500)]))
time.sleep(0.06)
keep.pop()
time.sleep(0.03)
`;
const SQL = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) " +
	    "SELECT count(DISTINCT i % 997), group_concat(i) FROM n ORDER BY 1;";
const python = run("python", ["/usr/bin/env", "python3", "-c", SCRIPT]);
// Mostly in the kernel, and again and again.
const reading = run("reading", ["perl", "-e", "open F, '/dev/zero'; sysread F, $b, 1 << 24 and $h{$_} = $_ x 9 for 1 .. 150"]);
const traced = existsSync(join(build, "test/programs/traced/shares-gcc-O2"))
	? run("traced", [join(build, "test/programs/traced/shares-gcc-O2"), "2"], ["--time", "--rate", "0"]) : null;
const sqlite = run("sqlite", ["sqlite3", ":memory:", SQL]);

function on(name, of, what, options)
{
	test(name, {timeout: 240000}, async () => {
		const page = await browser.open(of.report || of, {width: 1280, height: 800, ...options});
		assert.equal(await page.value("thag.failed ? thag.failed.stack : ''"), "");
		await what(page);
		assert.deepEqual(page.errors, []);
		await page.close();
	});
}

const text = (page, selector) => page.value(`document.querySelector(${JSON.stringify(selector)}).textContent`);
const press = async (page, ...keys) => {
	for (const key of keys)
		await page.press(key);
};

// All functions that the page knows: "name module" -> {metric: [self, total]}
const FUNCTIONS = `(() => {
	const {sums} = thag.view, result = {};
	for (const metric of sums.metrics) {
		const {self, total} = sums.byFunction(metric);
		sums.fns.names.forEach((name, fn) => {
			const key = name + " " + sums.fns.modules[fn];
			(result[key] = result[key] || {})[metric.key] = [self[fn], total[fn]];
		});
	}
	return result;
})()`;

for (const [name, of] of Object.entries({python, sqlite})) {
	on(name + ": every function has the numbers of the JSON report", of, async (page) => {
		const shown = await page.value(FUNCTIONS);
		assert.ok(of.json.functions.length > 50);
		for (const {name: fn, module, self, total} of of.json.functions) {
			const row = shown[fn + " " + module];
			for (const metric of Object.keys(row || assert.fail("no " + fn)))
				assert.deepEqual(row[metric], [self[metric], total[metric]], fn + " " + metric);
		}
	});

	on(name + ": the overview says what the JSON report says", of, async (page) => {
		const tiles = await page.value(`Object.fromEntries([...document.querySelectorAll(".tile")].map((tile) =>
			[tile.querySelector("dt").textContent, tile.textContent]))`);
		const bytes = (value) => page.value(`thag.format.value(${value}, {unit: "bytes"})`);
		const {memory} = of.json;
		assert.ok(tiles["Peak heap"].includes(await bytes(memory.peak_bytes)), tiles["Peak heap"]);
		assert.ok(tiles.Leaked.includes(await bytes(memory.leaked_bytes)));
		assert.ok(tiles.Leaked.includes(memory.leaked_blocks.toLocaleString("en-US") + " blocks"));
		assert.ok(tiles.Allocated.includes(await bytes(memory.bytes)));
		assert.ok(tiles.Allocated.includes(memory.allocations.toLocaleString("en-US") + " allocations"));
		assert.ok(tiles.Temporary.includes(memory.temporary.toLocaleString("en-US")));
		assert.equal(await page.value("thag.view.sums.whole(thag.view.sums.metric('bytes'))"), memory.bytes);
	});
}

// What the overview says of the run.
const FACTS = `Object.fromEntries([...document.querySelectorAll(".facts dt")].map((dt) =>
	[dt.textContent, dt.nextElementSibling.textContent]))`;

on("what was recorded is said, and nothing else", python, async (page) =>
	assert.match((await page.value(FACTS))["Recorded by"], /, every allocation(, samples)?$/));

if (traced)
	on("a run of traced calls alone recorded no allocation", traced, async (page) =>
		assert.match((await page.value(FACTS))["Recorded by"], /[0-9], every call$/));

on("digits open views, the address holds them, Back and Forward lead through them", python, async (page) => {
	await press(page, "2");
	assert.match(await page.value("location.hash"), /tab=flame/);
	await press(page, "4", "]");
	assert.equal(await page.value("thag.view.state.metric"), "bytes");
	await page.value("history.back()");
	await page.until("thag.view.state.metric === ''");
	await page.value("history.back()");
	await page.until("thag.view.state.tab === 'flame'");
	await press(page, "Alt+ArrowRight");
	await page.until("thag.view.state.tab === 'functions'");
	assert.equal(await text(page, "[role=tab][aria-selected=true]"), "Functions");
});

on("the flamegraph has the numbers of the metric, and its zoom is a step of the page", python, async (page) => {
	await page.until("thag.view.tabs.has('flame')");
	const flame = "thag.view.tabs.get('flame').view";
	assert.equal(await page.value(flame + ".tree.total[0]"), python.json.memory.bytes);
	// Live at the peak, so wide in both metrics.
	const node = await page.value("(() => { const total = thag.view.sums.total(thag.view.sums.metric('peak')); return total.findIndex((value, i) => i > 2 && value > total[0] / 4); })()");
	await page.value(`${flame}.zoomTo(${node})`);
	assert.ok((await page.value("location.hash")).endsWith("metric=bytes&z=" + node));
	await press(page, "[");
	assert.equal(await page.value(flame + ".tree.total[0]"), python.json.memory.peak_bytes);
	assert.equal(await page.value(flame + ".state.zoom"), node);
	await page.value("history.go(-2)");
	await page.until(flame + ".state.zoom === -1");
	assert.equal(await page.value(flame + ".tree.total[0]"), python.json.memory.bytes);
}, {hash: "#tab=flame&metric=bytes"});

on("a dragged range holds what SQL says was allocated in it and lived at its end", python, async (page) => {
	const box = await page.value(`(() => { const {left, top, width} = document.querySelector(".panel .plot").getBoundingClientRect(); return {left, top, width}; })()`);
	// Around where most was allocated, wherever a busy machine put that, and whole.
	const count = await page.value("thag.view.sums.spanCount");
	const busiest = Number(execFileSync("sqlite3", [python.profile,
		`SELECT born FROM span WHERE born BETWEEN 0.1 * ${count} AND 0.85 * ${count}
		 GROUP BY born ORDER BY sum(blocks) DESC LIMIT 1`]));
	const middle = busiest / count;
	const y = box.top + 60, from = box.left + box.width * Math.max(0.05, middle - 0.15),
		to = box.left + box.width * Math.min(0.9, middle + 0.15);
	await page.mouse("mousePressed", from, y, {button: "left", buttons: 1, clickCount: 1});
	await page.mouse("mouseMoved", (from + to) / 2, y, {button: "left", buttons: 1});
	await page.mouse("mouseMoved", to, y, {button: "left", buttons: 1});
	await page.mouse("mouseReleased", to, y, {button: "left", clickCount: 1});
	await page.settled();
	const [first, last] = await page.value("thag.view.sums.range");
	assert.ok(last > first);
	const [blocks, bytes, live, liveBytes] = execFileSync("sqlite3", ["-list", python.profile,
		`SELECT sum(blocks), sum(bytes), coalesce(sum(blocks) FILTER (WHERE gone > ${last}), 0),
		 coalesce(sum(bytes) FILTER (WHERE gone > ${last}), 0) FROM span WHERE born BETWEEN ${first} AND ${last}`])
		.toString().trim().split("|").map(Number);
	const whole = (key) => page.value(`thag.view.sums.whole(thag.view.sums.metric("${key}"))`);
	assert.equal(await whole("allocations"), blocks);
	assert.equal(await whole("bytes"), bytes);
	assert.equal(await whole("leaked-blocks"), live);
	assert.equal(await whole("leaked"), liveBytes);
	const spanNs = await page.value("thag.view.sums.spanNs");
	const told = JSON.parse(execFileSync(join(build, "thag"), ["report", "--json", "--limit", "1000000",
		"--from", first * spanNs + "ns", "--to", (last + 1) * spanNs + "ns", python.profile], {maxBuffer: 1 << 29}));
	const {memory, time} = told;
	assert.deepEqual([await whole("allocations"), await whole("bytes"), await whole("leaked"), await whole("peak"),
			  await whole("temporary"), await whole("cpu")],
			 [memory.allocations, memory.bytes, memory.leaked_bytes, memory.peak_bytes, memory.temporary, time.cpu_ns]);
	assert.ok(memory.temporary > 0 && memory.peak_bytes > 0 && time.cpu_ns > 0);
	const shown = await page.value(FUNCTIONS);
	for (const {name, module, self, total} of told.functions) {
		for (const metric of ["peak", "temporary", "leaked", "cpu"])
			assert.deepEqual(shown[name + " " + module][metric], [self[metric], total[metric]], name + " " + metric);
	}
	assert.ok(!await page.value("document.querySelector('.chip').hidden"));
	assert.match(await page.value("location.hash"), /range=\d+-\d+/);
	await page.value("document.querySelector('.panel .plot').focus()");
	await press(page, "Shift+ArrowRight");
	assert.deepEqual(await page.value("thag.view.sums.range"), [first, last + 1]);
	await press(page, "Escape");
	assert.equal(await page.value("thag.view.sums.range"), null);
	assert.equal(await whole("leaked"), python.json.memory.leaked_bytes);
}, {hash: "#tab=timeline"});

on("the range of all intervals is the whole run", python, async (page) => {
	await page.value("thag.view.setRange([0, thag.view.sums.spanCount - 1])");
	const shown = await page.value(FUNCTIONS);
	for (const {name, module, self, total} of python.json.functions) {
		for (const metric of ["bytes", "allocations", "leaked", "leaked-blocks"])
			assert.deepEqual(shown[name + " " + module][metric], [self[metric], total[metric]], name + " " + metric);
	}
	const wholes = await page.value("Object.fromEntries(thag.view.sums.metrics.map((one) => [one.key, thag.view.sums.whole(one)]))");
	assert.equal(wholes.temporary, python.json.memory.temporary);
	assert.equal(wholes.cpu, python.json.time.cpu_ns);
});

on("time in the kernel is a part of CPU time, of the run and of a range", reading, async (page) => {
	assert.ok(reading.json.time.cpu.kernel_ns > 0);
	assert.match(await page.value("document.querySelector('.tiles').textContent"), /CPU time.* in the kernel/);
	const whole = (key) => page.value(`thag.view.sums.whole(thag.view.sums.metric("${key}"))`);
	assert.equal(await whole("kernel"), reading.json.time.cpu.kernel_ns);
	const shown = await page.value(FUNCTIONS);
	for (const {name, module, self, total} of reading.json.functions)
		assert.deepEqual(shown[name + " " + module].kernel, [self.kernel, total.kernel], name);
	const count = await page.value("thag.view.sums.spanCount"), middle = count >> 1;
	let kernel = 0, cpu = 0;
	for (const [from, to] of [[0, middle], [middle + 1, count - 1]]) {
		await page.value(`thag.view.setRange([${from}, ${to}])`);
		kernel += await whole("kernel");
		cpu += await whole("cpu");
	}
	assert.deepEqual([kernel, cpu], [reading.json.time.cpu.kernel_ns, reading.json.time.cpu_ns]);
});

on("call tree: children and self make the total; arrows open and close", python, async (page) => {
	const wrong = await page.value(`(() => {
		const tree = thag.view.tabs.get("tree").trees[0], bad = [];
		for (let i = 0; i < tree.lines.length && i < 400; i++) {
			const line = tree.lines[i];
			const below = tree.tree.children(line).reduce((sum, one) => sum + one.value, 0);
			if (line.value !== below + line.self)
				bad.push([line.value, below, line.self]);
			if (!tree.isOpen(line) && !tree.tree.isLeaf(line))
				tree.toggle(i);
		}
		return bad;
	})()`);
	assert.deepEqual(wrong, []);
	const rows = "thag.view.tabs.get('tree').trees[0].rows";
	await page.value(rows + ".moveTo(0)");
	const count = await page.value(rows + ".count");
	await press(page, "ArrowLeft");
	assert.equal(await page.value(rows + ".count"), 1);
	await press(page, "ArrowRight", "ArrowDown");
	assert.ok(await page.value(rows + ".count") > 1 && count > 100);
	assert.equal(await page.value(rows + ".cursor"), 1);
	const item = await page.value(`(() => {
		const body = ${rows}.body, item = document.getElementById(body.getAttribute("aria-activedescendant"));
		return [body.getAttribute("role"), item.getAttribute("role"), item.getAttribute("aria-level"), item.getAttribute("aria-expanded"), item.getAttribute("aria-label")];
	})()`);
	assert.deepEqual(item.slice(0, 3), ["tree", "treeitem", "2"]);
	assert.match(item[3], /true|false/);
	assert.match(item[4], / of all/);
}, {hash: "#tab=tree&metric=bytes"});

on("bottom-up adds up to everything; a sandwich has the function's total both ways", python, async (page) => {
	const tree = "thag.view.tabs.get('tree')";
	assert.equal(await page.value(`${tree}.trees[0].tree.roots.reduce((sum, line) => sum + line.value, 0)`),
		     python.json.memory.bytes);
	const most = python.json.functions.filter(({self}) => self.bytes).sort((a, b) => b.self.bytes - a.self.bytes)[0];
	await page.value(`thag.view.go({mode: "sandwich", fn: ${JSON.stringify(most.name)}})`);
	assert.deepEqual(await page.value(`${tree}.trees.map((one) => one.lines[0].value)`), [most.total.bytes, most.total.bytes]);
	const callers = await page.value(`(() => { const one = ${tree}.trees[0]; return one.tree.children(one.lines[0]).reduce((sum, line) => sum + line.value, 0); })()`);
	assert.equal(callers, most.total.bytes);
}, {hash: "#tab=tree&tree=up&metric=bytes"});

on("tables filter, sort and copy", python, async (page) => {
	const table = "thag.view.tabs.get('functions').table";
	await press(page, "/");
	await page.type("PyList");
	assert.match(await text(page, ".tools .found"), /^\d+ of [\d,]+ functions$/);
	assert.ok(await page.value(`Array.from(${table}.items).every((fn) => /pylist/i.test(thag.view.sums.fns.names[fn]) || /pylist/i.test(thag.view.sums.fns.files[fn]))`));
	await press(page, "Escape");
	await page.value("[...document.querySelectorAll('.head button')].find((one) => one.textContent.startsWith('Allocations')).click()");
	const column = await page.value(`Array.from(${table}.items.slice(0, 50), (fn) => thag.view.sums.byFunction(thag.view.sums.metric("allocations")).total[fn])`);
	assert.deepEqual(column, column.slice().sort((a, b) => b - a));
	const lines = (await page.value(table + ".csv()")).trim().split("\n");
	assert.match(lines[0], /^Live at the peak total,Live at the peak self,Function,Module,Allocated,/);
	assert.equal(lines.length - 1, await page.value(table + ".definition.items.length"));
	await page.value(`thag.view.go({find: "/(/"})`);
	assert.match(await text(page, ".tools .found"), /not a regular expression/);
	await page.value(`thag.view.go({find: "", tab: "paths"})`);
	const paths = await page.value("thag.view.sums.byPath(thag.view.sums.metric('bytes')).reduce((a, b) => a + b, 0)");
	assert.equal(paths, python.json.memory.bytes);
}, {hash: "#tab=functions"});

// These name parts of themselves; builds with sanitizers do not have them.
const program = (name) => join(build, "test/programs/named", name);

// What a table shows of a column, in the order shown.
const shown = (tab, key) => `(() => {
	const {items, definition} = thag.view.tabs.get("${tab}").table;
	return Array.from(items, definition.columns.find((one) => one.key === "${key}").value);
})()`;

if (existsSync(program("sections-gcc-O2"))) {
	const shapes = run("shapes", [program("sections-gcc-O2"), "shapes"], ["--both"]);
	const points = run("points", [program("sections-gcc-O2"), "points"]);
	const epoll = run("epoll", [program("epoll-gcc-O2")], ["--both"]);

	on("sections are those of the JSON report and can be sorted", shapes, async (page) => {
		const {sections} = shapes.json;
		const of = (key) => Object.fromEntries(sections.map((one) => [one.name, one[key]]));
		const names = await page.value(shown("sections", "name"));
		assert.deepEqual(names.slice().sort(), sections.map(({name}) => name).sort());
		for (const key of ["total_ns", "bytes"]) {
			await page.value(`thag.view.go({order: "-${key}"})`);
			const values = await page.value(shown("sections", key));
			const sorted = await page.value(shown("sections", "name"));
			assert.deepEqual(values, sorted.map((name) => of(key)[name] ?? -1));
			assert.deepEqual(values, values.slice().sort((a, b) => b - a));
		}
		assert.equal(await page.value("thag.view.tabs.get('sections').table.csv().trim().split('\\n').length"), sections.length + 1);
		assert.equal(await page.value("document.querySelector('#tab-tasks')"), null);
	}, {hash: "#tab=sections"});

	on("tasks are those of the JSON report", epoll, async (page) => {
		assert.deepEqual(await page.value(shown("tasks", "count")), [5]);
		assert.deepEqual(await page.value(shown("tasks", "running_ns")), [epoll.json.tasks[0].running_ns]);
		assert.match(await text(page, ".panel"), /connection.*accept_one/);
	}, {hash: "#tab=tasks"});

	on("marks and counters are those of the JSON report", points, async (page) => {
		await page.value("thag.view.go({order: 'name'})");
		assert.deepEqual(await page.value(shown("marks", "name")), ["level", "point"]);
		assert.deepEqual(await page.value(shown("marks", "count")), [5, 5]);
		assert.equal((await page.value(shown("marks", "max")))[0], 2);
		assert.match(await text(page, ".panel"), /point.*mark/);
	}, {hash: "#tab=marks"});
}

on("threads, processes and distributions are the profile's", python, async (page) => {
	const rows = await page.value("document.querySelectorAll('.card')[1].querySelectorAll('tbody tr').length");
	assert.equal(rows, python.json.threads.length);
	await press(page, "7");
	const blocks = await page.value("thag.view.data.sizes.blocks.reduce((a, b) => a + b, 0)");
	assert.equal(blocks, python.json.memory.allocations);
	assert.ok((await text(page, ".panel")).includes("Lifetimes"));
}, {hash: "#tab=threads"});

on("lines of source have their costs, and say where the text is missing", python, async (page) => {
	assert.ok(await page.value("thag.view.data.sources.length") > 3);
	const sums = await page.value(`(() => {
		const {sums, data} = thag.view, metric = sums.metric("bytes");
		const path = data.sources[0].path, file = data.pack.strings.indexOf(path);
		return [[...sums.byLine(metric, file).values()].reduce((sum, one) => sum + one.self, 0), sums.byFile(metric).self[file]];
	})()`);
	assert.equal(sums[0], sums[1]);
	const missing = await page.value("thag.view.data.sources.find(({state}) => state === 'missing')?.path");
	if (missing) {
		await page.value(`thag.view.go({file: ${JSON.stringify(missing)}})`);
		assert.match(await text(page, ".lines-pane .warning"), /was not at hand/);
	}
}, {hash: "#tab=source&metric=bytes"});

test("the page forbids every request, and --no-source leaves the text out", {timeout: 240000}, async () => {
	const bare = join(folder, "bare.html");
	execFileSync(join(build, "thag"), ["html", "--no-source", "-o", bare, python.profile]);
	const html = readFileSync(bare, "utf8");
	assert.match(html, /Content-Security-Policy" content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'"/);
	assert.doesNotMatch(html.replace(/<script id="thag-data"[^<]*/, "").replaceAll("http://www.w3.org/", ""), /https?:\/\/|\bsrc=|@import|url\(/);
	const page = await browser.open(bare);
	assert.ok(await page.value("thag.view.data.sources.every(({text, state}) => text === '' && state === 'left out')"));
	assert.equal(await page.value(`new Promise((done) => {
		document.addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
		fetch("https://example.com/").catch(() => setTimeout(() => done("no violation"), 500));
	})`), "connect-src");
	await page.close();
	assert.throws(() => execFileSync(join(build, "thag"), ["html", "-o", bare, python.profile], {stdio: "pipe"}), /is there already/);
});

on("dark readers get a dark page", sqlite, async (page) => {
	const dark = await page.value("getComputedStyle(document.querySelector('.report')).backgroundColor");
	assert.equal(dark, "rgb(20, 22, 26)");
}, {media: {"prefers-color-scheme": "dark"}});

test("without JavaScript the headline numbers are there", {timeout: 240000}, async () => {
	const page = await browser.open(sqlite.report, {script: false});
	const {root} = await page.send("DOM.getDocument", {depth: -1});
	const html = JSON.stringify(root);
	assert.ok(html.includes("This report needs JavaScript") && html.includes(sqlite.json.memory.allocations.toLocaleString("en-US")));
	await page.close();
});

test("a report of a small run is small", () => {
	assert.ok(statSync(sqlite.report).size < 600000, String(statSync(sqlite.report).size));
});

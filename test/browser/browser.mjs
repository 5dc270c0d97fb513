// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Drives Chromium through the DevTools protocol over a pair of pipes: no package, no port, no
// network. One Browser for a test file, one Page per picture.
import {spawn} from "node:child_process";
import {existsSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {pathToFileURL} from "node:url";

const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const ANSWER_MS = 240000;

// How much longer than promised an action may compute: for a machine that is slower than the one that
// the promise was made on, or shares its processor's caches with others. What it waits for others is
// not counted at all: see Page.spent().
export const SLOWER_MACHINE = 3;

export class Browser {
	constructor()
	{
		const program = process.env.THAG_CHROMIUM || CANDIDATES.find(existsSync);
		if (!program)
			throw new Error("no Chromium here: install chromium, or name it in THAG_CHROMIUM");
		this.profile = mkdtempSync(join(tmpdir(), "thag-browser-"));
		this.process = spawn(program, ["--headless", "--no-sandbox", "--disable-gpu",
			"--disable-quic", "--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync", "--hide-scrollbars=false",
			"--force-color-profile=srgb", "--remote-debugging-pipe",
			"--user-data-dir=" + this.profile, "about:blank"],
			{stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
		this.waiting = new Map();
		this.listeners = [];
		this.next = 1;
		this.rest = Buffer.alloc(0);
		this.process.stdio[4].on("data", (data) => this.read(data));
		this.process.on("exit", () => {
			for (const {reject} of this.waiting.values())
				reject(new Error("Chromium ended"));
		});
	}

	// Messages are JSON, each ended by a NUL.
	read(data)
	{
		this.rest = Buffer.concat([this.rest, data]);
		for (let end; (end = this.rest.indexOf(0)) >= 0;) {
			const message = JSON.parse(this.rest.subarray(0, end).toString());
			this.rest = this.rest.subarray(end + 1);
			const {resolve, reject} = this.waiting.get(message.id) || {};
			this.waiting.delete(message.id);
			if (message.error)
				reject(new Error(message.error.message));
			else if (resolve)
				resolve(message.result);
			else
				this.listeners.forEach((listener) => listener(message));
		}
	}

	send(method, params = {}, sessionId)
	{
		const id = this.next++;
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(method + ": no answer")), ANSWER_MS);
			this.waiting.set(id, {
				resolve: (value) => (clearTimeout(timer), resolve(value)),
				reject: (error) => (clearTimeout(timer), reject(error)),
			});
			this.process.stdio[3].write(JSON.stringify({id, method, params, sessionId}) + "\0");
		});
	}

	// size: {width, height}; media: {"prefers-color-scheme": "dark"}; script: false turns it off
	async open(file, {width = 1280, height = 800, media = {}, script = true, hash = ""} = {})
	{
		const {targetId} = await this.send("Target.createTarget", {url: "about:blank"});
		const {sessionId} = await this.send("Target.attachToTarget", {targetId, flatten: true});
		const page = new Page(this, targetId, sessionId);
		this.listeners.push((message) => page.event(message));
		await page.send("Page.enable");
		await page.send("Runtime.enable");
		await page.send("Performance.enable", {timeDomain: "threadTicks"});
		await page.send("Emulation.setDeviceMetricsOverride",
				{width, height, deviceScaleFactor: 1, mobile: false});
		await page.emulate(media);
		await page.send("Emulation.setScriptExecutionDisabled", {value: !script});
		page.expectLoad();
		await page.send("Page.navigate", {url: pathToFileURL(file).href + hash});
		if (script)
			await page.until("Boolean(globalThis.thag && (thag.view || thag.failed))");
		else
			await page.loaded;
		return page;
	}

	async close()
	{
		const ended = new Promise((resolve) => this.process.once("exit", resolve));
		await this.send("Browser.close").catch(() => {});
		await ended;
		// A helper of Chromium may outlive it, and still write there.
		try {
			rmSync(this.profile, {recursive: true, force: true, maxRetries: 5});
		} catch (error) {
			console.error(this.profile + " is left: " + error.message);
		}
	}
}

const CODES = {ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, Enter: 13, Escape: 27,
	       Backspace: 8, Home: 36, Tab: 9};
const MODIFIERS = {Alt: 1, Ctrl: 2, Meta: 4, Shift: 8};

class Page {
	constructor(browser, target, session)
	{
		this.browser = browser;
		this.target = target;
		this.session = session;
		this.errors = [];
		this.requests = [];
		this.expectLoad();
	}

	// Anew before the page is navigated: about:blank is loaded too.
	expectLoad()
	{
		this.loaded = new Promise((resolve) => this.load = resolve);
	}

	event({sessionId, method, params})
	{
		if (sessionId !== this.session)
			return;
		if (method === "Runtime.exceptionThrown")
			this.errors.push(params.exceptionDetails.exception?.description || params.exceptionDetails.text);
		if (method === "Page.loadEventFired")
			this.load();
	}

	send(method, params)
	{
		return this.browser.send(method, params, this.session);
	}

	emulate(media)
	{
		return this.send("Emulation.setEmulatedMedia", {
			features: Object.entries({"prefers-reduced-motion": "reduce",
						  "prefers-color-scheme": "light", ...media})
				.map(([name, value]) => ({name, value}))});
	}

	async value(expression)
	{
		const {result, exceptionDetails} = await this.send("Runtime.evaluate",
			{expression, returnByValue: true, awaitPromise: true});
		if (exceptionDetails)
			throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
		return result.value;
	}

	// Milliseconds of CPU time that the page's main thread has used.
	async cpu()
	{
		const {metrics} = await this.send("Performance.getMetrics");
		return metrics.find((one) => one.name === "ThreadTime").value * 1000;
	}

	// What an action computes, and has on the page when it returns: no matter how busy the machine is.
	async spent(action)
	{
		const before = await this.cpu();
		await this.value(action);
		return await this.cpu() - before;
	}

	async until(expression, milliseconds = 120000)
	{
		const end = Date.now() + milliseconds;
		while (!await this.value(expression).catch(() => false)) {
			if (Date.now() > end)
				throw new Error("never true: " + expression);
			await new Promise((resolve) => setTimeout(resolve, 15));
		}
	}

	async mouse(type, x, y, more = {})
	{
		await this.send("Input.dispatchMouseEvent", {type, x, y, pointerType: "mouse", ...more});
	}

	async click(x, y, button = "left")
	{
		await this.mouse("mouseMoved", x, y);
		await this.mouse("mousePressed", x, y, {button, buttons: button === "left" ? 1 : 2, clickCount: 1});
		await this.mouse("mouseReleased", x, y, {button, clickCount: 1});
		await this.settled();
	}

	// "Enter", "Alt+ArrowLeft", "n", "?"
	async press(chord)
	{
		const parts = chord === "+" ? ["+"] : chord.split("+");
		const key = parts.pop();
		const modifiers = parts.reduce((sum, name) => sum | MODIFIERS[name], 0);
		const text = key.length === 1 ? {text: key} : key === "Enter" ? {text: "\r"} : {};
		await this.send("Input.dispatchKeyEvent", {type: text.text && !modifiers ? "keyDown" : "rawKeyDown",
			key, modifiers, windowsVirtualKeyCode: CODES[key] || key.toUpperCase().charCodeAt(0), ...text});
		await this.send("Input.dispatchKeyEvent", {type: "keyUp", key, modifiers});
		await this.settled();
	}

	async type(text)
	{
		await this.send("Input.insertText", {text});
		await this.settled();
	}

	// Two frames later everything that an action set off is on the page.
	async settled()
	{
		await this.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))");
	}

	async screenshot(file)
	{
		const {data} = await this.send("Page.captureScreenshot", {format: "png"});
		writeFileSync(file, Buffer.from(data, "base64"));
	}

	async close()
	{
		await this.browser.send("Target.closeTarget", {targetId: this.target});
	}
}

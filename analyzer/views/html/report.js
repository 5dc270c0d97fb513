// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The report's page: tabs, metric, range of time, history. One way for everything: go() makes a new
// state and its hash, then the tab that is open shows it; so links, Back and Forward hold for all.
"use strict";

thag.report = (() => {
	const {element} = thag.page;

	// A row is a tab; they are made when they are first opened. Those with a last function are there
	// only where it finds something.
	const TABS = [
		["overview", "Overview", (report) => new thag.overview.Overview(report)],
		["flame", "Flamegraph", (report) => new thag.reportFlame.FlameTab(report)],
		["tree", "Call tree", (report) => new thag.callTree.View(report)],
		["functions", "Functions", (report) => new thag.reportTables.TableTab(report, thag.reportTables.functions)],
		["paths", "Call paths", (report) => new thag.reportTables.TableTab(report, thag.reportTables.paths)],
		["timeline", "Timeline", (report) => new thag.reportTables.TimelineTab(report)],
		["distributions", "Distributions", (report) => new thag.reportTables.DistributionTab(report)],
		["threads", "Threads", (report) => new thag.reportTables.ThreadTab(report)],
		["source", "Source", (report) => new thag.source.SourceTab(report)],
		["sections", "Sections", (report) => new thag.reportNamed.NamedTab(report, thag.reportNamed.sections), (info) => info.sections.length],
		["tasks", "Tasks", (report) => new thag.reportNamed.NamedTab(report, thag.reportNamed.tasks), (info) => info.tasks.length],
		["marks", "Marks", (report) => new thag.reportNamed.NamedTab(report, thag.reportNamed.marks), (info) => info.marks.length + info.counters.length],
	];
	const NO_STRIP = new Set(["overview", "timeline", "distributions", "threads", "sections", "tasks", "marks"]);
	const NO_METRIC = new Set(["overview", "distributions", "threads", "sections", "tasks", "marks"]);

	class Report {
		constructor(host, data)
		{
			this.host = host;
			this.data = data;
			this.views = TABS.filter(([,,, there]) => !there || there(data.info));
			this.sums = new thag.sums.Sums(data);
			this.flameText = thag.reportState.flamePart(this.hash());
			this.state = thag.reportState.parse(this.hash());
			this.tabs = new Map();
			this.typing = false;
			this.build();
			this.history = new thag.state.History((text) => this.arrive(text));
			document.addEventListener("keydown", (event) => this.key(event));
			for (const query of ["(prefers-color-scheme: dark)", "print"])
				matchMedia(query).addEventListener("change", () => this.show());
			this.applyRange();
			this.show();
		}

		hash()
		{
			return location.hash.slice(1);
		}

		metric()
		{
			return this.sums.metric(this.state.metric || this.data.info.metric);
		}

		// ---- the page -------------------------------------------------------------------

		build()
		{
			const {run} = this.data.info;
			const title = this.data.pack.meta.get("title");
			this.tabButtons = element("div", {class: "tabs", role: "tablist", "aria-label": "Views",
				keydown: (event) => this.tabKey(event)},
				...this.views.map(([key, text], at) => element("button", {type: "button", role: "tab", id: "tab-" + key,
					"aria-controls": "thag-panel", title: at < 9 ? text + "  (" + (at + 1) + ")" : text, "data-tab": key,
					click: () => this.go({tab: key})}, text)));
			this.metricChoice = element("select", {"aria-label": "Metric", "data-field": "report-metric",
				change: () => this.go({metric: this.metricChoice.value})});
			this.rangeChip = element("button", {type: "button", class: "chip", hidden: true, title: "Back to the whole run",
				click: () => this.setRange(null)});
			this.strip = new thag.plot.Plot(this, {lanes: ["heap", "cpu"], strip: true});
			this.panel = element("main", {class: "panel", id: "thag-panel", role: "tabpanel", tabindex: "-1"});
			this.live = element("div", {class: "unseen", role: "status", "aria-live": "polite"});
			this.help = this.buildHelp();
			this.host.classList.add("thag", "report");
			this.host.append(
				element("div", {class: "top"},
					element("div", {class: "names"}, element("h1", {}, title),
						element("span", {class: "muted command", title: run.command}, run.command)),
					element("label", {class: "metric"}, element("span", {class: "muted"}, "Metric"), this.metricChoice),
					this.rangeChip,
					element("button", {type: "button", title: "Keys  (?)", "aria-label": "Keys", click: () => this.showHelp()}, "?")),
				this.tabButtons, this.strip.host, this.panel, this.live, this.help);
		}

		buildHelp()
		{
			const list = element("dl");
			for (const [keys, text] of [["1 … 9", "Open a view"], ["/", "Filter or search"], ["[ ]", "Previous or next metric"],
				["Alt+← →", "Back, forward"], ["← →", "Tree: close and open. Timeline: read values"],
				["Shift+← →", "Timeline: choose a range"], ["Esc", "Timeline: whole run"],
				["s", "Tree: callers and callees of the function"], ["f", "Tree: show it in the flamegraph"],
				["?", "This help; in the flamegraph its own"]])
				list.append(element("dt", {}, element("kbd", {}, keys)), element("dd", {}, text));
			return element("dialog", {class: "keys", "aria-label": "Keys"}, element("h2", {}, "Keys"), list,
				element("p", {}, "The page's address holds all you see: copy it to share the view. " +
					"The file needs no network and makes no request."),
				element("button", {type: "button", click: () => this.help.close()}, "Close"));
		}

		showHelp()
		{
			this.help.showModal();
		}

		say(text)
		{
			this.live.textContent = text;
		}

		// ---- state ----------------------------------------------------------------------

		go(change, typing)
		{
			const next = {...this.state, ...change};
			// What a tab was sorted or filtered by means little in another.
			if (change.tab && change.tab !== this.state.tab)
				Object.assign(next, {order: "", find: ""}, change);
			this.state = next;
			const text = thag.reportState.emit(next, this.flameText);
			if (typing && this.typing)
				this.history.replace(text);
			else
				this.history.push(text);
			this.typing = Boolean(typing);
			this.applyRange();
			this.show();
			if (change.metric || change.range !== undefined)
				this.say(this.metric().name + ": " + thag.format.value(this.sums.whole(this.metric()), this.metric()) +
					 (this.sums.range ? " in the range" : ""));
		}

		setRange(range)
		{
			this.go({range: range ? range.join("-") : ""});
		}

		applyRange()
		{
			const range = thag.reportState.range(this.state, this.sums.spanCount);
			if (JSON.stringify(range) !== JSON.stringify(this.sums.range))
				this.sums.setRange(range);
		}

		arrive(text)
		{
			this.state = thag.reportState.parse(text);
			this.flameText = thag.reportState.flamePart(text);
			this.typing = false;
			this.applyRange();
			const flame = this.tabs.get("flame");
			if (flame)
				flame.arrive(this.flameText);
			this.show();
		}

		// What the flamegraph takes for its history: its steps are steps of the page.
		flameHistory()
		{
			const report = this;
			const write = (how) => (text) => {
				report.flameText = text;
				report.history[how](thag.reportState.emit(report.state, text));
			};
			return {push: write("push"), replace: write("replace"),
				undo: () => report.history.undo(), redo: () => report.history.redo(),
				get canUndo() {
					return report.history && report.history.canUndo;
				},
				get canRedo() {
					return report.history && report.history.canRedo;
				}};
		}

		showInFlame(fn)
		{
			const name = this.sums.fns.names[fn].replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
			this.flameText = new URLSearchParams({q: "/^" + name + "$/"}).toString();
			this.go({tab: "flame"});
			this.tabs.get("flame").arrive(this.flameText);
		}

		// ---- showing --------------------------------------------------------------------

		show()
		{
			const known = this.views.some(([key]) => key === this.state.tab);
			const tab = known ? this.state.tab : "overview";
			this.state.tab = tab;
			this.showControls(tab);
			const fresh = !this.tabs.has(tab);
			if (fresh)
				this.tabs.set(tab, this.views.find(([key]) => key === tab)[2](this));
			const view = this.tabs.get(tab);
			if (this.panel.firstChild !== view.host)
				this.panel.replaceChildren(view.host);
			if (!fresh || tab === "flame")
				view.update();
			if (this.open !== tab) {
				const wasOpen = this.open;
				this.open = tab;
				if (wasOpen === undefined || this.panel.contains(document.activeElement) || document.activeElement === document.body)
					view.focus();
			}
			this.strip.draw();
		}

		showControls(tab)
		{
			const {sums} = this;
			for (const button of this.tabButtons.children) {
				const chosen = button.getAttribute("data-tab") === tab;
				button.setAttribute("aria-selected", String(chosen));
				button.tabIndex = chosen ? 0 : -1;
			}
			this.panel.setAttribute("aria-labelledby", "tab-" + tab);
			this.strip.host.hidden = NO_STRIP.has(tab);
			this.metricChoice.disabled = NO_METRIC.has(tab);
			const metric = this.metric();
			this.metricChoice.replaceChildren(...sums.all.map((one) => {
				const now = sums.metrics.find(({key}) => key === one.key);
				return element("option", {value: one.key, disabled: !now},
					now ? now.name : one.name + " (whole run only)");
			}));
			this.metricChoice.value = metric.key;
			this.rangeChip.hidden = !sums.range;
			if (sums.range)
				this.rangeChip.textContent = thag.plot.rangeText(sums, sums.range, this.data.info.run.duration_ns);
			document.title = this.data.pack.meta.get("title") + " - " + this.views.find(([key]) => key === tab)[1];
		}

		// ---- keys -----------------------------------------------------------------------

		tabKey(event)
		{
			const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
			if (!step || event.altKey)
				return;
			event.preventDefault();
			event.stopPropagation();
			const at = this.views.findIndex(([key]) => key === this.state.tab);
			this.go({tab: this.views[(at + step + this.views.length) % this.views.length][0]});
			this.tabButtons.querySelector("[aria-selected=true]").focus();
		}

		stepMetric(by)
		{
			const {metrics} = this.sums;
			const at = metrics.findIndex(({key}) => key === this.metric().key);
			this.go({metric: metrics[(at + by + metrics.length) % metrics.length].key});
		}

		key(event)
		{
			if (event.defaultPrevented || this.help.open)
				return;
			if (event.altKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
				event.preventDefault();
				if (event.key === "ArrowLeft")
					this.history.undo();
				else
					this.history.redo();
				return;
			}
			const inText = ["input", "select", "textarea"].includes(event.target.localName);
			if (event.key === "Escape" && event.target.getAttribute("data-find")) {
				this.go({find: ""});
				this.tabs.get(this.state.tab).focus();
				return;
			}
			if (inText || event.ctrlKey || event.metaKey || event.altKey)
				return;
			const tab = this.views[Number(event.key) - 1];
			const flame = this.state.tab === "flame";
			if (tab && /^[1-9]$/.test(event.key))
				this.go({tab: tab[0]});
			else if (event.key === "[" || event.key === "]")
				this.stepMetric(event.key === "[" ? -1 : 1);
			else if (event.key === "?" && !flame)
				this.showHelp();
			else if (event.key === "/" && !flame && this.panel.querySelector("input[type=search]:not([hidden])"))
				this.panel.querySelector("input[type=search]:not([hidden])").focus();
			else
				return;
			event.preventDefault();
		}
	}

	async function start()
	{
		const note = document.getElementById("thag-loading");
		try {
			note.textContent = "Opening the profile…";
			const text = document.getElementById("thag-data").textContent;
			const data = thag.reportData.decode(await thag.data.unwrap(text));
			document.getElementById("thag-data").remove();
			const host = element("div", {});
			document.body.append(host);
			note.remove();
			thag.view = new Report(host, data);
		} catch (error) {
			note.textContent = "The report cannot be shown: " + error.message;
			console.error(error);
			thag.failed = error;
		}
	}

	return {Report, TABS, start};
})();

// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The flamegraph in the report: the picture's own view, whose trees come from the report's sums, so
// that metric and range of time are the report's.
"use strict";

thag.reportFlame = (() => {
	const {element} = thag.page;

	class Model extends thag.model.Model {
		constructor(report)
		{
			// One metric as far as the picture knows: the report has the switch.
			super({...report.data.pack, metrics: report.data.pack.metrics.slice(0, 1)});
			this.report = report;
			this.fine = false;
		}

		metric()
		{
			return this.report.metric();
		}

		base()
		{
			const {sums} = this.report;
			return this.fine ? sums.finePicture(this.metric()) : sums.picture(this.metric());
		}

		// The report's tree is one of functions already.
		group(kind)
		{
			const group = super.group(kind);
			return kind === "function" ? {...group, plain: true} : group;
		}

		treeOf(state)
		{
			const numbers = JSON.stringify([this.metric().key, this.report.sums.range]);
			if (numbers !== this.numbers) {
				this.numbers = numbers;
				this.treeKey = null;
			}
			return super.treeOf(state);
		}

		build(state)
		{
			this.fine = state.group !== "function";
			return super.build(state);
		}
	}

	class FlameTab {
		constructor(report)
		{
			this.report = report;
			this.host = element("div", {class: "tab-body flame"});
			this.inner = element("div", {});
			this.host.append(this.inner);
			this.shown = null;
		}

		// Only when it is on the page: its size decides what is drawn.
		start()
		{
			const {report} = this;
			this.model = new Model(report);
			this.view = new thag.flame.View(this.inner, this.model, {flipped: true, embedded: {
				hash: () => thag.reportState.flamePart(report.hash()),
				active: () => report.state.tab === "flame",
				history: (arrived) => {
					this.arrived = arrived;
					return report.flameHistory();
				},
			}});
		}

		update()
		{
			const key = JSON.stringify([this.report.metric().key, this.report.sums.range]);
			if (!this.view)
				this.start();
			else if (key !== this.shown)
				this.view.show(false);
			this.shown = key;
		}

		// Back or Forward has come to a hash.
		arrive(text)
		{
			if (this.view)
				this.arrived(text);
		}

		focus()
		{
			this.view.scroll.focus({focusVisible: false, preventScroll: true});
		}
	}

	return {FlameTab, Model};
})();

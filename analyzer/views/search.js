// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The search box: what matches, how much of the picture that is, and the way from match to match.
"use strict";

thag.search = (() => {
	class Search extends thag.details.Details {
		shares()
		{
			const {tree} = this;
			const {flags} = this.match;
			const [low, high] = this.wanted();
			const lanes = this.model.chart ? threadsWithin(tree, low, high) : high - low;
			const all = this.model.chart ? threadsWithin(tree, tree.low, tree.high) : tree.high - tree.low;
			return {all: [thag.tree.union(tree, flags, tree.low, tree.high), all],
				zoom: [thag.tree.union(tree, flags, low, high), lanes]};
		}

		matches()
		{
			const {tree} = this;
			const nodes = [];
			for (let i = 0; i < tree.count; i++) {
				if (tree.frame[i] >= 0 && this.match.flags[tree.frame[i]] && tree.width[i] > 0)
					nodes.push(i);
			}
			return nodes;
		}

		showFound()
		{
			const {flags, error} = this.match;
			this.found.classList.toggle("bad", Boolean(error));
			this.matchList = flags && !error ? this.matches() : [];
			this.found.title = "";
			if (!flags) {
				this.found.textContent = "";
				return;
			}
			if (error) {
				this.found.textContent = "not a regular expression";
				this.found.title = error;
				return;
			}
			const {all, zoom} = this.shares();
			const zoomed = this.state.zoom >= 0 || this.state.window;
			this.found.textContent = this.matchList.length === 0 ? "no match"
				: thag.format.count(this.matchList.length) +
				  (this.matchList.length === 1 ? " match · " : " matches · ") +
				  thag.format.share(...all) + (zoomed ? " of all · " + thag.format.share(...zoom) + " of zoom" : "");
			this.found.title = "Share of the picture that lies in matches, nested ones counted once";
			this.say(this.found.textContent);
		}

		startSearch()
		{
			this.search.focus();
			this.search.select();
		}

		typed()
		{
			const whole = this.search.value ? {} : {only: false};
			this.go({query: this.search.value, ...whole}, true);
		}

		searchKey(event)
		{
			if (event.key === "Enter") {
				event.preventDefault();
				this.stepMatch(event.shiftKey ? -1 : 1);
			} else if (event.key === "Escape" && this.search.value === "") {
				event.preventDefault();
				event.stopPropagation();
				this.scroll.focus();
			}
		}

		// Selects the next match and makes sure that it can be seen.
		stepMatch(direction)
		{
			const list = this.matchList;
			if (!list.length)
				return;
			let at = list.findIndex((node) => node >= this.selected);
			if (this.selected < 0)
				at = direction > 0 ? 0 : list.length - 1;
			else if (at < 0)
				at = direction > 0 ? 0 : list.length - 1;
			else if (direction < 0)
				at = (at + list.length - 1) % list.length;
			else if (list[at] === this.selected)
				at = (at + 1) % list.length;
			const node = list[at];
			const [low, high] = this.wanted();
			const {tree} = this;
			const pixels = tree.width[node] / (high - low) * this.painter.width;
			if (tree.x[node] < low || tree.x[node] + tree.width[node] > high || pixels < 3) {
				let outer = node;
				while (tree.parent[outer] >= 0 &&
				       tree.width[node] / tree.width[tree.parent[outer]] * this.painter.width >= 40)
					outer = tree.parent[outer];
				this.go({zoom: outer === 0 && !this.model.chart ? -1 : outer, window: null});
			}
			this.select(node);
			this.say(`match ${at + 1} of ${list.length}: ` + this.describe(node));
		}
	}

	function threadsWithin(tree, low, high)
	{
		let sum = 0;
		for (let i = 0; i < tree.count; i = tree.end[i])
			sum += Math.max(0, Math.min(high, tree.x[i] + tree.width[i]) - Math.max(low, tree.x[i]));
		return sum;
	}

	return {Search};
})();

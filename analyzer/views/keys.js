// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The keyboard, which does all that the mouse does, and the help that says so.
"use strict";

thag.keys = (() => {
	const {ACTIONS, NOT_IN_CHARTS} = thag.page;

	class Keys extends thag.pointer.Pointer {
		showHelp()
		{
			this.point(-1);
			this.veil.hidden = this.help.hidden = false;
			this.help.focus();
		}

		closeHelp()
		{
			this.veil.hidden = this.help.hidden = true;
			this.scroll.focus();
		}

		key(event)
		{
			if (event.defaultPrevented)
				return;
			if (event.key === "Escape")
				return this.escape(event);
			if (event.altKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
				event.preventDefault();
				return event.key === "ArrowLeft" ? this.history.undo() : this.history.redo();
			}
			if (!this.menu.hidden && this.menuKey(event))
				return;
			if (event.ctrlKey || event.metaKey || event.altKey)
				return;
			const target = event.target.localName;
			if (target === "input" || target === "select")
				return;
			if (event.key.startsWith("Arrow")) {
				event.preventDefault();
				return this.move(event.key);
			}
			if (event.key === "+" || event.key === "=" || event.key === "-")
				return this.zoomAround(0.5, event.key === "-" ? 1.6 : 1 / 1.6);
			if (target === "button" && (event.key === "Enter" || event.key === " "))
				return;
			const action = ACTIONS.find(([, key]) => key === event.key);
			if (action && !(this.model.chart && NOT_IN_CHARTS.includes(action[0]))) {
				event.preventDefault();
				action[3](this, this.hovered >= 0 ? this.hovered : this.selected);
			}
		}

		escape(event)
		{
			event.preventDefault();
			if (!this.help.hidden)
				this.closeHelp();
			else if (!this.menu.hidden)
				this.menu.hidden = true;
			else if (this.state.query)
				this.go({query: "", only: false});
			else if (this.state.zoom >= 0 || this.state.window)
				this.go({zoom: -1, window: null});
			else
				this.go({focus: "", hide: [], drop: [], reversed: false, collapsed: false});
			this.scroll.focus();
		}
	}

	return {Keys};
})();

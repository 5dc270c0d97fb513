// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Mouse, pen and touch: click to zoom, drag and wheel to move, the menu of a box.
"use strict";

thag.pointer = (() => {
	const {element, ACTIONS, ON_BOX} = thag.page;
	const DRAG_PIXELS = 4;

	class Pointer extends thag.search.Search {
		nodeUnder(event)
		{
			const box = this.canvas.getBoundingClientRect();
			return this.painter.at(event.clientX - box.left, event.clientY - box.top, this.scene());
		}

		pointerDown(event)
		{
			if (event.button === 0 && event.offsetX <= this.painter.width)
				this.drag = {x: event.clientX, y: event.clientY, range: this.range,
					     top: this.scroll.scrollTop, moved: false};
		}

		pointerMove(event)
		{
			const {drag} = this;
			if (!drag) {
				this.point(this.nodeUnder(event), event);
				return;
			}
			const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
			if (!drag.moved && Math.hypot(dx, dy) < DRAG_PIXELS)
				return;
			if (!drag.moved) {
				drag.moved = true;
				this.scroll.setPointerCapture(event.pointerId);
				this.scroll.classList.add("dragging");
				this.point(-1);
			}
			if (event.pointerType === "mouse")
				this.scroll.scrollTop = drag.top - dy;
			const scale = (drag.range[1] - drag.range[0]) / this.painter.width;
			if (this.state.window || this.state.zoom >= 0)
				this.setWindow(drag.range[0] - dx * scale, drag.range[1] - dx * scale);
		}

		pointerUp(event)
		{
			const {drag} = this;
			this.drag = null;
			this.scroll.classList.remove("dragging");
			if (drag && !drag.moved) {
				const node = this.nodeUnder(event);
				if (node >= 0)
					this.zoomTo(node);
			}
		}

		wheel(event)
		{
			const box = this.canvas.getBoundingClientRect();
			const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
			const fits = this.scroll.scrollHeight <= this.scroll.clientHeight + 1;
			if (event.ctrlKey || event.metaKey || (this.model.chart && fits && !sideways)) {
				event.preventDefault();
				this.zoomAround((event.clientX - box.left) / this.painter.width,
						Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.005));
			} else if (sideways && this.range && (this.state.window || this.state.zoom >= 0)) {
				event.preventDefault();
				const by = sideways * (this.range[1] - this.range[0]) / this.painter.width;
				this.setWindow(this.range[0] + by, this.range[1] + by);
			}
			this.point(-1);
		}

		openMenu(event)
		{
			const node = this.nodeUnder(event);
			if (!this.isBox(node))
				return;
			event.preventDefault();
			this.drag = null;
			this.point(-1);
			this.select(node);
			const entries = ON_BOX.map((name) => {
				const [, key, text, act] = ACTIONS.find((one) => one[0] === name);
				return element("button", {type: "button", role: "menuitem", "data-do": name, click: () => {
					this.menu.hidden = true;
					this.scroll.focus();
					act(this, node);
				}}, text, element("kbd", {}, key));
			});
			this.menu.replaceChildren(...entries);
			this.menu.hidden = false;
			this.menu.style.left = Math.min(event.clientX, innerWidth - this.menu.offsetWidth - 6) + "px";
			this.menu.style.top = Math.min(event.clientY, innerHeight - this.menu.offsetHeight - 6) + "px";
			entries[0].focus();
		}

		menuKey(event)
		{
			const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
			if (step) {
				const entries = [...this.menu.children];
				const at = entries.indexOf(document.activeElement);
				entries[(at + step + entries.length) % entries.length].focus();
				event.preventDefault();
			}
			return Boolean(step) || event.key === "Enter" || event.key === " ";
		}
	}

	return {Pointer};
})();

// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Mouse, pen and touch: click to zoom, drag and wheel to move, the menu of a box.
"use strict";

thag.pointer = (() => {
	const {element, ACTIONS, ON_BOX} = thag.page;
	const DRAG_PIXELS = 4;

	class Pointer extends thag.search.Search {
		constructor()
		{
			super();
			this.fingers = new Map();	// on the picture: where, by pointer
			this.pinch = null;
		}

		nodeUnder(event)
		{
			const box = this.canvas.getBoundingClientRect();
			return this.painter.at(event.clientX - box.left, event.clientY - box.top, this.scene());
		}

		// ---- two fingers: what is below each of them stays there -------------------------

		valueAt(x)
		{
			const [low, high] = this.range;
			return low + (x - this.canvas.getBoundingClientRect().left) / this.painter.width * (high - low);
		}

		startPinch()
		{
			this.drag = null;
			this.point(-1);
			this.pinch = [...this.fingers].slice(0, 2).map(([id, x]) => ({id, value: this.valueAt(x)}));
		}

		movePinch()
		{
			const [a, b] = this.pinch, left = this.canvas.getBoundingClientRect().left;
			const from = this.fingers.get(a.id) - left, to = this.fingers.get(b.id) - left;
			const scale = (b.value - a.value) / (to - from);
			if (scale > 0 && Number.isFinite(scale))
				this.setWindow(a.value - from * scale, a.value + (this.painter.width - from) * scale);
		}

		// Whether the event was one of a pinch.
		finger(event)
		{
			if (event.pointerType !== "touch")
				return false;
			const pinched = Boolean(this.pinch);
			if (event.type === "pointerdown" || this.fingers.has(event.pointerId))
				this.fingers.set(event.pointerId, event.clientX);
			if (event.type === "pointerup" || event.type === "pointercancel")
				this.fingers.delete(event.pointerId);
			if (!this.pinch && this.fingers.size === 2)
				this.startPinch();
			else if (this.pinch && event.type === "pointermove")
				this.movePinch();
			if (!this.fingers.size)
				this.pinch = null;
			return pinched || Boolean(this.pinch);
		}

		// ---- one pointer ----------------------------------------------------------------

		pointerDown(event)
		{
			if (this.finger(event))
				return;
			if (event.button === 0 && event.offsetX <= this.painter.width)
				this.drag = {x: event.clientX, y: event.clientY, range: this.range,
					     top: this.scroll.scrollTop, moved: false};
		}

		pointerMove(event)
		{
			const {drag} = this;
			if (this.finger(event))
				return;
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
			if (this.finger(event))
				return;
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

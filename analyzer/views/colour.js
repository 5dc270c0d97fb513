// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Colours of boxes. A scheme is an arc of hues with a range of lightness in OKLCH, whose lightness
// is perceptual, so that text on every box of a scheme is equally readable. The table of schemes is
// colour.c's and comes with the data; a name always has the same colour (FNV-1a picks the slot), in
// this file as in the picture without JavaScript.
"use strict";

thag.colour = (() => {
	const SLOTS = 16;
	const CHANGES = 5;	// steps of change, in either direction

	function parseSchemes(text)
	{
		return text.split(";").filter(Boolean).map((line) => {
			const [name, ...numbers] = line.split(",");
			const [hue0, hue1, chroma, light0, light1] = numbers.map(Number);
			return {name, hue0, hue1, chroma, light0, light1};
		});
	}

	function gamma(value)
	{
		const linear = Math.min(1, Math.max(0, value));
		return linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
	}

	// OKLCH -> "#rrggbb". Björn Ottosson, "A perceptual color space for image processing", 2020.
	function hex(lightness, chroma, hue)
	{
		const a = chroma * Math.cos(hue * Math.PI / 180);
		const b = chroma * Math.sin(hue * Math.PI / 180);
		const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
		const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
		const s = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3;
		const channels = [
			4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
			-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
			-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
		];
		return "#" + channels.map((value) =>
			Math.round(255 * gamma(value)).toString(16).padStart(2, "0")).join("");
	}

	const utf8 = new TextEncoder();

	function hash(text)
	{
		let value = 0x811c9dc5;
		for (const byte of utf8.encode(text))
			value = Math.imul(value ^ byte, 0x01000193);
		value ^= value >>> 15;
		return value >>> 0;
	}

	// The colours of a scheme's slots; dark ones carry light text.
	function slots(scheme, dark)
	{
		const list = [];
		for (let i = 0; i < SLOTS; i++) {
			// Lightness goes round in steps of 5 so that neighbouring hues differ in it too.
			const light = scheme.light0 +
				      (scheme.light1 - scheme.light0) * ((i * 5) % SLOTS) / (SLOTS - 1);
			const hue = scheme.hue0 + (scheme.hue1 - scheme.hue0) * i / (SLOTS - 1);
			list.push(hex(dark ? light * 0.5 + 0.05 : light,
				      dark ? scheme.chroma * 0.8 : scheme.chroma, hue));
		}
		return list;
	}

	// Modules in the order of their weight get hues a golden angle apart: neighbours in the list
	// are far apart in hue, however many there are.
	function moduleColour(rank, dark)
	{
		const hue = (60 + rank * 137.508) % 360;
		return hex(dark ? 0.46 : 0.86 - (rank % 3) * 0.035, dark ? 0.085 : 0.095, hue);
	}

	// How far a value changed, in steps: below 0 it shrank, 0 it is the same. As colour.c does it.
	function changeStep(a, b)
	{
		const larger = Math.max(a, b);
		if (a === b || larger <= 0)
			return 0;
		const step = Math.ceil(CHANGES * Math.sqrt(Math.abs(b - a) / larger));
		return b > a ? step : -step;
	}

	// Blue: less; grey: the same; orange: more.
	function changeColour(step, dark)
	{
		const part = Math.abs(step) / CHANGES;
		const hue = step > 0 ? 62 : 252;
		if (!step)
			return dark ? hex(0.36, 0.005, 260) : hex(0.91, 0.003, 260);
		return dark ? hex(0.38 + 0.16 * part, 0.03 + 0.09 * part, hue)
			    : hex(0.93 - 0.17 * part, 0.03 + 0.11 * part, hue);
	}

	return {SLOTS, CHANGES, parseSchemes, hex, hash, slots, moduleColour, changeStep, changeColour};
})();

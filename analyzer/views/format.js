// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Numbers and names as a person reads them.
"use strict";

thag.format = (() => {
	const SCALES = {
		bytes: [["B", 1], ["KiB", 1024], ["MiB", 1024 ** 2], ["GiB", 1024 ** 3], ["TiB", 1024 ** 4],
			["PiB", 1024 ** 5]],
		ns: [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]],
		us: [["µs", 1], ["ms", 1e3], ["s", 1e6]],
	};

	function count(value)
	{
		return Math.round(value).toLocaleString("en-US");
	}

	function scaled(value, scales)
	{
		let [name, size] = scales[0];
		// 0.99995: what would be rounded to 1024.0 KiB is 1 MiB.
		for (const [nextName, nextSize] of scales) {
			if (Math.abs(value) >= nextSize * 0.99995)
				[name, size] = [nextName, nextSize];
		}
		const number = value / size;
		if (size === 1)
			return count(number) + " " + name;
		const digits = Math.abs(number) >= 99.95 ? 0 : Math.abs(number) >= 9.995 ? 1 : 2;
		return number.toFixed(digits) + " " + name;
	}

	// "1.25 MiB", "3.20 ms", "1,234 samples"
	function value(number, metric)
	{
		const scales = SCALES[metric.unit];
		if (scales)
			return scaled(number, scales);
		return count(number) + " " + (number === 1 ? metric.countName.replace(/s$/, "") : metric.countName);
	}

	// The same to the last digit, where value() rounds: "1,310,720 B"; otherwise "".
	function exact(number, metric)
	{
		const scales = SCALES[metric.unit];
		if (!scales || Math.abs(number) < scales[1][1])
			return "";
		return count(number) + " " + scales[0][0];
	}

	function share(part, whole)
	{
		if (!(whole > 0))
			return "0 %";
		const percent = 100 * part / whole;
		if (percent === 0 || percent === 100)
			return percent + " %";
		if (percent < 0.01)
			return "< 0.01 %";
		if (percent > 99.99)
			return "> 99.99 %";
		return percent.toFixed(percent < 1 ? 2 : 1) + " %";
	}

	// Removes balanced parts in the brackets given: "a<b<c>>::d" -> "a<>::d". operator<, -> and the
	// like end the attempt: the name is returned as it was.
	function withoutBrackets(name, open, close)
	{
		if (/operator\s*[<>(-]/.test(name))
			return name;
		let depth = 0, result = "";
		for (const letter of name) {
			if (letter === open && depth++ === 0)
				result += letter;
			else if (letter === close && --depth === 0)
				result += letter;
			else if (depth === 0)
				result += letter;
			if (depth < 0)
				return name;
		}
		return depth ? name : result;
	}

	// Shorter and shorter ways to write a function, for boxes of any width: whole, without
	// parameters, without template arguments, the last part alone.
	function spellings(name)
	{
		const list = [name];
		const add = (text) => {
			if (text && text.length < list[list.length - 1].length)
				list.push(text);
		};
		const bare = withoutBrackets(name, "(", ")").replace(/\(\)( const)?$/, "");
		add(bare);
		const flat = withoutBrackets(bare, "<", ">");
		add(flat);
		const last = flat.slice(flat.lastIndexOf("::") + 2);
		if (flat.includes("::") && /^[\w~]/.test(last))
			add(last);
		return list;
	}

	// Round steps for an axis: the largest of 1, 2, 5 * 10^n that gives at least `least` steps.
	function step(span, least)
	{
		const raw = span / least;
		const power = 10 ** Math.floor(Math.log10(raw));
		for (const factor of [5, 2, 1]) {
			if (factor * power <= raw)
				return factor * power;
		}
		return power;
	}

	return {count, value, exact, share, spellings, step, scaled, SCALES};
})();

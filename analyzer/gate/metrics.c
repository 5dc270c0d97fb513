/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See metrics.h. */
#include "metrics.h"

#include <math.h>
#include <string.h>

const struct gate_metric_row gate_metrics[GATE_METRICS] = {
	[GATE_ALLOCATIONS] = {"allocations", "allocations", GATE_EXACT, GATE_COUNT,
		METRIC_ALLOCATIONS, 0, 0},
	[GATE_ALLOCATED] = {"bytes", "bytes allocated", GATE_EXACT, GATE_BYTES, METRIC_BYTES, 0, 0},
	[GATE_PEAK] = {"peak", "heap peak", GATE_EXACT, GATE_BYTES, METRIC_PEAK, 0, 0},
	[GATE_LEAKED] = {"leaked", "leaked bytes", GATE_EXACT, GATE_BYTES, METRIC_LEAKED, 0, 0},
	[GATE_LEAKED_BLOCKS] = {"leaked-blocks", "leaked blocks", GATE_EXACT, GATE_COUNT,
		METRIC_LEAKED_BLOCKS, 0, 0},
	[GATE_TEMPORARY] = {"temporary", "temporary allocations", GATE_EXACT, GATE_COUNT,
		METRIC_TEMPORARY, 0, 0},
	[GATE_CALLS] = {"calls", "calls", GATE_EXACT, GATE_COUNT, METRIC_CALLS, 0, 0},
	[GATE_TIME] = {"time", "time in traced calls", GATE_NOISY, GATE_NS, METRIC_TIME, 0.05, 1e6},
	[GATE_CPU] = {"cpu", "CPU time", GATE_NOISY, GATE_NS, METRIC_CPU, 0.02, 1e6},
	[GATE_INSTRUCTIONS] = {"instructions", "instructions", GATE_NEAR_EXACT, GATE_COUNT,
		METRIC_VALUE, 0.005, 10000},
	[GATE_MAX_RSS] = {"max-rss", "maximal RSS", GATE_NEAR_EXACT, GATE_BYTES, 0, 0.03,
		512 << 10},
	[GATE_WALL] = {"wall", "wall time", GATE_NOISY, GATE_NS, METRIC_WALL, 0.03, 1e6},
};

const char *const gate_class_names[GATE_CLASSES] = {
	[GATE_EXACT] = "exact",
	[GATE_NEAR_EXACT] = "near-exact",
	[GATE_NOISY] = "noisy",
};

bool
gate_metric_parse(const char *key, enum gate_metric *ret_metric)
{
	for (unsigned i = 0; i < GATE_METRICS; i++) {
		if (!strcmp(gate_metrics[i].key, key)) {
			*ret_metric = i;
			return true;
		}
	}
	return false;
}

bool
gate_class_parse(const char *name, enum gate_class *ret_class)
{
	for (unsigned i = 0; i < GATE_CLASSES; i++) {
		if (!strcmp(gate_class_names[i], name)) {
			*ret_class = i;
			return true;
		}
	}
	return false;
}

static unsigned set_of_class(enum gate_class class)
{
	unsigned set = 0;

	for (unsigned i = 0; i < GATE_METRICS; i++)
		set |= gate_metrics[i].class == class ? 1u << i : 0;
	return set & GATE_SET_ALL;
}

static unsigned
set_of_word(const char *word)
{
	enum gate_class class;
	enum gate_metric metric;

	if (!strcmp(word, "all"))
		return GATE_SET_ALL;
	if (gate_class_parse(word, &class))
		return set_of_class(class);
	return gate_metric_parse(word, &metric) ? 1u << metric : 0;
}

char *
gate_set_parse(const char *text, unsigned *ret_set)
{
	g_auto(GStrv) words = g_strsplit(text, ",", -1);
	unsigned set = 0;

	for (char **word = words; *word; word++) {
		const unsigned more = set_of_word(g_strstrip(*word));

		if (!more) {
			GString *why = g_string_new(NULL);

			g_string_printf(why,
				"'%s' is no metric; there are all, exact, near-exact, noisy",
				*word);
			for (unsigned i = 0; i < GATE_METRICS; i++)
				g_string_append_printf(why, ", %s", gate_metrics[i].key);
			return g_string_free(why, FALSE);
		}
		set |= more;
	}
	*ret_set = set;
	return NULL;
}

/* ---- values in words ---- */

static char *
format_count(double value)
{
	g_autofree char *digits = g_strdup_printf("%.0f", fabs(value));
	GString *text = g_string_new(value < 0 ? "-" : "");
	const size_t length = strlen(digits);

	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			g_string_append_c(text, ',');
		g_string_append_c(text, digits[i]);
	}
	return g_string_free(text, FALSE);
}

static char *
format_scaled(double value, double step, double scale, const char *const *units, unsigned count)
{
	unsigned unit = 0;

	value /= scale;
	while (unit + 1 < count && fabs(value) >= step) {
		value /= step;
		unit++;
	}
	return g_strdup_printf(
		"%.*f %s", !unit && scale <= 1 && step > 1000 ? 0 : 2, value, units[unit]);
}

char *
gate_format(enum gate_unit unit, double value)
{
	static const char *const bytes[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	static const char *const times[] = {"us", "ms", "s"};

	switch (unit) {
	case GATE_BYTES:
		return format_scaled(value, 1024, 1, bytes, G_N_ELEMENTS(bytes));
	case GATE_NS:
		return format_scaled(value, 1000, 1000, times, G_N_ELEMENTS(times));
	case GATE_COUNT:
		break;
	}
	return format_count(value);
}

char *
gate_format_change(enum gate_unit unit, double change)
{
	g_autofree char *size = gate_format(unit, fabs(change));

	return g_strconcat(change < 0 ? "-" : "+", size, NULL);
}

char *
gate_format_percent(double before, double after)
{
	if (!(before > 0))
		return g_strdup("");
	return g_strdup_printf("%+.2f %%", 100 * (after - before) / before);
}

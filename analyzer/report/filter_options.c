/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See filter_options.h. */
#include <errno.h>
#include <string.h>

#include "filter_options.h"

struct unit {
	const char *name;
	uint64_t size;
};

static const struct unit byte_units[] = {{"", 1}, {"B", 1}, {"K", 1 << 10}, {"M", 1 << 20},
	{"G", 1 << 30}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0}};

static const struct unit time_units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000},
	{"s", 1000000000}, {"min", UINT64_C(60000000000)}, {NULL, 0}};

static bool
parse_amount(const char *text, const struct unit *units, uint64_t *ret_value)
{
	char *end;
	double value;

	if (!g_ascii_isdigit(*text))
		return false;
	value = g_ascii_strtod(text, &end);
	while (*end == ' ')
		end++;
	for (; units->name; units++) {
		if (g_ascii_strcasecmp(end, units->name))
			continue;
		value = value * (double)units->size + 0.5;
		*ret_value = value < 0x1p63 ? (uint64_t)value : 0;
		return value < 0x1p63;
	}
	return false;
}

bool
filter_parse_bytes(const char *text, uint64_t *ret_bytes)
{
	return parse_amount(text, byte_units, ret_bytes);
}

bool
filter_parse_time(const char *text, uint64_t *ret_ns)
{
	return parse_amount(text, time_units, ret_ns);
}

bool
filter_parse_kind(const char *text, enum filter_kind *ret_kind)
{
	for (unsigned i = 0; i < FILTER_KINDS; i++) {
		if (g_str_equal(text, filter_kinds[i])) {
			*ret_kind = (enum filter_kind)i;
			return true;
		}
	}
	return false;
}

void
filter_options_add(struct filter_options *o, GOptionContext *context)
{
	const GOptionEntry entries[] = {
		{"function", 0, 0, G_OPTION_ARG_STRING, &o->function,
			"Only call paths with this function", "NAME|/REGEX/"},
		{"module", 0, 0, G_OPTION_ARG_STRING, &o->module,
			"... with a function of this module", "NAME|/REGEX/"},
		{"file", 0, 0, G_OPTION_ARG_STRING, &o->file, "... through this source file",
			"NAME|/REGEX/"},
		{"without", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->without,
			"Leave out this function and all it calls; may be repeated",
			"NAME|/REGEX/"},
		{"without-leaf", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->without_leaf,
			"Leave out only call paths that end in it", "NAME|/REGEX/"},
		{"thread", 0, 0, G_OPTION_ARG_STRING, &o->thread, "Only this thread",
			"NAME|TID|/REGEX/"},
		{"process", 0, 0, G_OPTION_ARG_STRING, &o->process, "Only this process",
			"NAME|PID|/REGEX/"},
		{"kind", 0, 0, G_OPTION_ARG_STRING, &o->kind,
			"Only large, temporary, leaked or frequent allocations", "KIND"},
		{"min-size", 0, 0, G_OPTION_ARG_STRING, &o->min_size,
			"Only call paths whose largest block has SIZE or more", "SIZE"},
		{"max-size", 0, 0, G_OPTION_ARG_STRING, &o->max_size, "... SIZE or less", "SIZE"},
		{"min-lifetime", 0, 0, G_OPTION_ARG_STRING, &o->min_lifetime,
			"Only call paths whose blocks lived for TIME or longer on average", "TIME"},
		{"max-lifetime", 0, 0, G_OPTION_ARG_STRING, &o->max_lifetime, "... TIME or less",
			"TIME"},
		{"from", 0, 0, G_OPTION_ARG_STRING, &o->from,
			"Only what happened from TIME after the start", "TIME"},
		{"to", 0, 0, G_OPTION_ARG_STRING, &o->to, "... to TIME", "TIME"},
		G_OPTION_ENTRY_NULL,
	};

	g_option_context_add_main_entries(context, entries, NULL);
}

static bool
parse_one(const char *option, const char *text, bool (*parse)(const char *text, uint64_t *ret),
	const char *example, uint64_t *ret_value, GError **error)
{
	if (!text || parse(text, ret_value))
		return true;
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		"--%s: '%s' is not understood; write it like %s", option, text, example);
	return false;
}

static bool
parse_kind(struct filter_options *o, GError **error)
{
	if (!o->kind || filter_parse_kind(o->kind, &o->filter.kind))
		return true;
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		"--kind: no kind '%s'; there are large, temporary, leaked, frequent", o->kind);
	return false;
}

bool
filter_parse_times(const char *from, const char *to, struct filter_range *ret_times, GError **error)
{
	static const char example[] = "250ms, 1.5s or 2min";
	struct filter_range times = {0, 0};

	if (!parse_one("from", from, filter_parse_time, example, &times.low, error) ||
		!parse_one("to", to, filter_parse_time, example, &times.high, error))
		return false;
	if (to && times.high <= times.low) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			"--to: '%s' must be after %s", to, from ? from : "the start");
		return false;
	}
	*ret_times = times;
	return true;
}

bool
filter_options_finish(struct filter_options *o, GError **error)
{
	struct filter *filter = &o->filter;

	*filter = (struct filter){
		.function = o->function,
		.module = o->module,
		.file = o->file,
		.thread = o->thread,
		.process = o->process,
		.without = (const char *const *)o->without,
		.without_leaf = (const char *const *)o->without_leaf,
	};
	return parse_kind(o, error) &&
	       parse_one("min-size", o->min_size, filter_parse_bytes, "64, 4K or 1M",
		       &filter->size_bytes.low, error) &&
	       parse_one("max-size", o->max_size, filter_parse_bytes, "64, 4K or 1M",
		       &filter->size_bytes.high, error) &&
	       parse_one("min-lifetime", o->min_lifetime, filter_parse_time, "20us, 5ms or 2s",
		       &filter->lifetime_ns.low, error) &&
	       parse_one("max-lifetime", o->max_lifetime, filter_parse_time, "20us, 5ms or 2s",
		       &filter->lifetime_ns.high, error) &&
	       filter_parse_times(o->from, o->to, &filter->time_ns, error);
}

void
filter_options_fini(struct filter_options *o)
{
	char *const texts[] = {o->function, o->module, o->file, o->thread, o->process, o->kind,
		o->min_size, o->max_size, o->min_lifetime, o->max_lifetime, o->from, o->to};

	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	g_strfreev(o->without);
	g_strfreev(o->without_leaf);
}

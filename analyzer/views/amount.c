/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "amount.h"

#include <glib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

struct scale {
	const char *name;
	double size;
};

static const struct scale byte_scales[] = {{"B", 1}, {"KiB", 0x1p10}, {"MiB", 0x1p20},
	{"GiB", 0x1p30}, {"TiB", 0x1p40}, {"PiB", 0x1p50}, {NULL, 0}};
static const struct scale ns_scales[] = {
	{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {NULL, 0}};
static const struct scale us_scales[] = {{"µs", 1}, {"ms", 1e3}, {"s", 1e6}, {NULL, 0}};

char *
amount_count(uint64_t value)
{
	g_autofree char *digits = g_strdup_printf("%" PRIu64, value);
	size_t length = strlen(digits);
	GString *result = g_string_new(NULL);

	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			g_string_append_c(result, ',');
		g_string_append_c(result, digits[i]);
	}
	return g_string_free(result, FALSE);
}

/* printf would use the locale's decimal comma. */
static char *
fixed(double number, int digits)
{
	char format[8], buffer[G_ASCII_DTOSTR_BUF_SIZE];

	g_snprintf(format, sizeof format, "%%.%df", digits);
	return g_strdup(g_ascii_formatd(buffer, sizeof buffer, format, number));
}

static char *
scaled(uint64_t value, const struct scale *scales)
{
	const struct scale *scale = scales;
	double number;

	/* 0.99995: what would be rounded to 1024 KiB is 1 MiB */
	for (const struct scale *next = scales; next->name; next++) {
		if ((double)value >= next->size * 0.99995)
			scale = next;
	}
	number = (double)value / scale->size;
	g_autofree char *text = scale == scales ? amount_count(value)
						: fixed(number, number >= 99.95	  ? 0
								: number >= 9.995 ? 1
										  : 2);
	return g_strconcat(text, " ", scale->name, NULL);
}

char *
amount_format(uint64_t value, enum flame_unit unit, const char *count_name)
{
	switch (unit) {
	case FLAME_BYTES:
		return scaled(value, byte_scales);
	case FLAME_NS:
		return scaled(value, ns_scales);
	case FLAME_US:
		return scaled(value, us_scales);
	case FLAME_COUNT:
		break;
	}
	g_autofree char *number = amount_count(value);
	g_autofree char *name = g_strdup(count_name ? count_name : "samples");

	if (value == 1 && g_str_has_suffix(name, "s"))
		name[strlen(name) - 1] = '\0';
	return g_strconcat(number, " ", name, NULL);
}

char *
amount_share(uint64_t part, uint64_t whole)
{
	double percent = whole ? 100.0 * (double)part / (double)whole : 0;

	if (part == 0 || whole == 0)
		return g_strdup("0 %");
	if (part == whole)
		return g_strdup("100 %");
	if (percent < 0.01)
		return g_strdup("< 0.01 %");
	if (percent > 99.99)
		return g_strdup("> 99.99 %");
	g_autofree char *number = fixed(percent, percent < 1 ? 2 : 1);
	return g_strconcat(number, " %", NULL);
}

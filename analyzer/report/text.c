/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See text.h. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "text.h"

void
text_init(struct text *text, FILE *file)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");
	const int descriptor = fileno(file);
	struct winsize size;

	*text = (struct text){.file = file, .width = TEXT_WIDTH};
	if (descriptor < 0 || !isatty(descriptor))
		return;
	text->colour = !(no_colour && *no_colour) && terminal && !g_str_equal(terminal, "dumb");
	text->screen = true;
	if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		text->width = MIN(size.ws_col, 160);
}

/* Three figures, as in 1.23, 12.3, 123. */
static const char *
scaled(double value, const char *unit, char cell[TEXT_CELL])
{
	const int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

	g_snprintf(cell, TEXT_CELL, "%.*f %s", digits, value, unit);
	return cell;
}

const char *
text_bytes(uint64_t bytes, char cell[TEXT_CELL])
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes / 1024;
	unsigned unit = 0;

	if (bytes < 1024) {
		g_snprintf(cell, TEXT_CELL, "%u B", (unsigned)bytes);
		return cell;
	}
	for (; value >= 999.5 && unit + 1 < G_N_ELEMENTS(units); unit++)
		value /= 1024;
	return scaled(value, units[unit], cell);
}

const char *
text_count(uint64_t count, char cell[TEXT_CELL])
{
	char digits[TEXT_CELL];
	const int length = g_snprintf(digits, sizeof(digits), "%" G_GUINT64_FORMAT, count);
	char *to = cell;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return cell;
}

const char *
text_time(uint64_t time_ns, char cell[TEXT_CELL])
{
	if (time_ns < 1000) {
		g_snprintf(cell, TEXT_CELL, "%u ns", (unsigned)time_ns);
		return cell;
	}
	if (time_ns < 999500)
		return scaled((double)time_ns / 1e3, "us", cell);
	if (time_ns < 999500000)
		return scaled((double)time_ns / 1e6, "ms", cell);
	if (time_ns < UINT64_C(100000000000))
		return scaled((double)time_ns / 1e9, "s", cell);
	g_snprintf(cell, TEXT_CELL, "%" G_GUINT64_FORMAT " min %02u s", time_ns / 60000000000,
		(unsigned)(time_ns / 1000000000 % 60));
	return cell;
}

const char *
text_share(uint64_t part, uint64_t whole, char cell[TEXT_CELL])
{
	if (whole)
		g_snprintf(cell, TEXT_CELL, "%.1f %%", 100 * (double)part / (double)whole);
	else
		g_strlcpy(cell, "-", TEXT_CELL);
	return cell;
}

const char *
text_metric(enum metric metric, uint64_t value, char cell[TEXT_CELL])
{
	switch (metric_table[metric].unit) {
	case UNIT_BYTES:
		return text_bytes(value, cell);
	case UNIT_NS:
		return text_time(value, cell);
	default:
		return text_count(value, cell);
	}
}

/* ---- printing ---- */

static const char *const escapes[] = {
	[STYLE_PLAIN] = "",
	[STYLE_HEADING] = "\033[1m",
	[STYLE_DIM] = "\033[2m",
	[STYLE_GOOD] = "\033[32m",
	[STYLE_BAD] = "\033[1;31m",
};

static void print(const struct text *text, enum text_style style, const char *format,
	va_list arguments) G_GNUC_PRINTF(3, 0);

static void
print(const struct text *text, enum text_style style, const char *format, va_list arguments)
{
	const bool styled = text->colour && style != STYLE_PLAIN;

	if (styled)
		fputs(escapes[style], text->file);
	vfprintf(text->file, format, arguments);
	if (styled)
		fputs("\033[0m", text->file);
}

void
text_print(const struct text *text, enum text_style style, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print(text, style, format, arguments);
	va_end(arguments);
}

const char *
text_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

void
text_label(const struct text *text, const char *name)
{
	text_print(text, STYLE_DIM, "  %-*s", TEXT_LABEL, name);
}

void
text_heading(const struct text *text, const char *format, ...)
{
	va_list arguments;

	fputc('\n', text->file);
	va_start(arguments, format);
	print(text, STYLE_HEADING, format, arguments);
	va_end(arguments);
	fputc('\n', text->file);
}

/* What a terminal would obey or a table would break on is not passed on. */
static char *
harmless(const char *string)
{
	char *copy = g_strdup(string);

	for (char *at = copy; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
	}
	return copy;
}

void
text_clip(const struct text *text, enum text_style style, const char *string, unsigned columns)
{
	g_autofree char *safe = harmless(string);
	const glong length = g_utf8_strlen(safe, -1);

	if (length <= (glong)columns) {
		text_print(text, style, "%s", safe);
	} else if (columns) {
		*g_utf8_offset_to_pointer(safe, (glong)columns - 1) = '\0';
		text_print(text, style, "%s…", safe);
	}
}

void
text_bar(const struct text *text, uint64_t part, uint64_t whole, unsigned columns)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	unsigned length;

	if (!whole || !part)
		return;
	length = (unsigned)((double)part / (double)whole * 8 * columns + 0.5);
	length = MAX(1, MIN(length, 8 * columns));
	for (unsigned i = 0; i < length / 8; i++)
		fputs("█", text->file);
	fputs(eighths[length % 8], text->file);
}

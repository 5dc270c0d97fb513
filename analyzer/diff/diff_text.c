/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The tables: see diff_report.h. */
#include "diff_report.h"
#include "names.h"

enum {
	ROWS = 20,
	CALLERS = 12,
	NUMBERS = 46, /* columns before a name */
	LABEL = 12,
};

char *
diff_node_name(const struct diff *diff, uint32_t node)
{
	if (!node)
		return g_strdup("(no call path)");
	const struct diff_frame *frame = &diff->frames[diff->frame[node]];

	return g_strconcat(frame->function, frame->inlined ? " (inlined)" : "", NULL);
}

/* ---- numbers ---- */

static const char *
signed_metric(enum metric metric, struct diff_values values, char cell[TEXT_CELL])
{
	const uint64_t size =
		(uint64_t)(values.b > values.a ? values.b - values.a : values.a - values.b);
	char number[TEXT_CELL];

	if (!size)
		return "0";
	g_snprintf(cell, TEXT_CELL, "%c%s", values.b > values.a ? '+' : '-',
		text_metric(metric, size, number));
	return cell;
}

/* By how much B differs from A, in A's terms. */
static const char *
change(struct diff_values values, char cell[TEXT_CELL])
{
	if (values.a == values.b)
		return "same";
	if (!values.a)
		return "new";
	if (!values.b)
		return "gone";
	const double percent = 100.0 * (double)(values.b - values.a) / (double)values.a;

	if (percent >= 1000)
		g_snprintf(cell, TEXT_CELL, "x%.0f", (double)values.b / (double)values.a);
	else
		g_snprintf(cell, TEXT_CELL, "%+.1f %%", percent);
	return cell;
}

static enum text_style
style_of(struct diff_values values)
{
	return values.b > values.a ? STYLE_BAD : values.b < values.a ? STYLE_GOOD : STYLE_DIM;
}

static void
print_values(const struct text *text, enum metric metric, struct diff_values values)
{
	char delta[TEXT_CELL], part[TEXT_CELL], a[TEXT_CELL], b[TEXT_CELL];

	text_print(text, style_of(values), "%11s %9s", signed_metric(metric, values, delta),
		change(values, part));
	fprintf(text->file, " %10s %10s  ", text_metric(metric, (uint64_t)values.a, a),
		text_metric(metric, (uint64_t)values.b, b));
}

static void
print_columns(const struct text *text, const char *last)
{
	text_print(text, STYLE_DIM, "%11s %9s %10s %10s  %s\n", "B - A", "", "A", "B", last);
}

/* ---- what is not listed ---- */

struct rest {
	unsigned count;
	struct diff_values sum;
};

static void
add_rest(struct rest *rest, struct diff_values values)
{
	rest->count++;
	rest->sum.a += values.a;
	rest->sum.b += values.b;
}

static void
print_rest(const struct text *text, enum metric metric, const struct rest *rest, const char *what)
{
	if (!rest->count)
		return;
	print_values(text, metric, rest->sum);
	text_print(text, STYLE_DIM, "%u %s\n", rest->count, what);
}

/* ---- functions ---- */

static void
print_function(const struct text *text, const struct diff *diff, enum metric metric,
	const struct diff_row *row)
{
	const struct diff_frame *frame = &diff->frames[row->frame];
	g_autofree char *name = name_short(frame->function, true);
	char self[TEXT_CELL];

	print_values(text, metric, row->inclusive);
	text_clip(text, STYLE_PLAIN, *name ? name : "[unknown]", text->width - NUMBERS);
	fprintf(text->file, "\n%*s", NUMBERS, "");
	g_autofree char *about =
		g_strdup_printf("itself %s%s%s", signed_metric(metric, row->exclusive, self),
			*frame->module ? ", " : "", frame->module);
	text_clip(text, STYLE_DIM, about, text->width - NUMBERS);
	fputc('\n', text->file);
}

static void
print_functions(const struct text *text, const struct diff *diff, unsigned metric, unsigned limit)
{
	g_autoptr(GArray) rows = diff_functions(diff, metric);
	const enum metric key = diff->metrics[metric];
	unsigned shown = 0, unchanged = 0, more = 0;

	text_heading(text, "Functions by inclusive change");
	print_columns(text, "function, its own change, module");
	for (guint i = 0; i < rows->len; i++) {
		const struct diff_row *row = &g_array_index(rows, struct diff_row, i);

		if (row->class == DIFF_SAME)
			unchanged++;
		else if (shown < limit && ++shown)
			print_function(text, diff, key, row);
		else
			more++;
	}
	if (more)
		text_print(text, STYLE_DIM, "%*s… and %u more\n", NUMBERS, "", more);
	text_print(text, STYLE_DIM, "%*s%u did not change%s\n", NUMBERS, "", unchanged,
		diff->options.noise > 0 ? ", or within the noise" : "");
}

/* ---- call paths ---- */

static void
print_callers(const struct text *text, const struct diff *diff, uint32_t node)
{
	g_autoptr(GString) line = g_string_new(NULL);

	for (unsigned i = 0; node && diff->parent[node] && i < CALLERS; i++) {
		node = diff->parent[node];
		g_autofree char *name = name_short(diff->frames[diff->frame[node]].function, false);

		g_string_append_printf(line, "%s< %s", line->len ? " " : "", name);
	}
	if (!line->len)
		return;
	fprintf(text->file, "%*s", LABEL, "");
	text_clip(text, STYLE_DIM, line->str, text->width - LABEL);
	fputc('\n', text->file);
}

static void
print_path(const struct text *text, const struct diff *diff, unsigned metric, uint32_t node)
{
	g_autofree char *full = diff_node_name(diff, node);
	g_autofree char *name = node ? name_short(full, true) : g_strdup(full);

	print_values(text, diff->metrics[metric], diff_self(diff, metric, node));
	text_clip(text, STYLE_PLAIN, *name ? name : full, text->width - NUMBERS);
	fputc('\n', text->file);
	print_callers(text, diff, node);
}

static void
print_paths(const struct text *text, const struct diff *diff, unsigned metric, unsigned limit)
{
	g_autoptr(GArray) paths = diff_paths(diff, metric);
	const enum metric key = diff->metrics[metric];
	struct rest more = {0}, unchanged = {0};
	unsigned shown = 0;

	text_heading(text, "Call paths by their own change");
	print_columns(text, "function; its callers");
	for (guint i = 0; i < paths->len; i++) {
		const uint32_t node = g_array_index(paths, uint32_t, i);
		const struct diff_values self = diff_self(diff, metric, node);

		if (diff_classify(diff, metric, self) == DIFF_SAME)
			add_rest(&unchanged, self);
		else if (shown < limit && ++shown)
			print_path(text, diff, metric, node);
		else
			add_rest(&more, self);
	}
	print_rest(text, key, &more, "more that changed");
	print_rest(text, key, &unchanged,
		diff->options.noise > 0 ? "that did not change, or within the noise"
					: "that did not change");
	print_values(text, key, diff_total(diff, metric, 0));
	text_print(text, STYLE_HEADING, "the sum of all\n");
}

static void
print_name(const struct text *text, const char *label, const char *name)
{
	text_print(text, STYLE_DIM, "  %-*s", LABEL, label);
	text_clip(text, STYLE_PLAIN, name, text->width - LABEL - 2);
	fputc('\n', text->file);
}

void
diff_print(const struct text *text, const struct diff *diff, const struct diff_names *names,
	unsigned metric, unsigned limit)
{
	const enum metric key = diff->metrics[metric];
	const struct diff_values whole = diff_total(diff, metric, 0);
	char a[TEXT_CELL], b[TEXT_CELL], delta[TEXT_CELL], part[TEXT_CELL];

	print_name(text, "A, baseline", names->a);
	print_name(text, "B, new", names->b);
	text_print(text, STYLE_DIM, "  %-*s", LABEL, metric_table[key].key);
	fprintf(text->file, "%s -> %s  ", text_metric(key, (uint64_t)whole.a, a),
		text_metric(key, (uint64_t)whole.b, b));
	text_print(text, style_of(whole), "%s (%s)\n", signed_metric(key, whole, delta),
		change(whole, part));
	if (diff->options.normalise)
		print_name(
			text, "normalised", "A is scaled to the total of B: shares are compared");
	if (diff->options.noise > 0) {
		g_autofree char *band = g_strdup_printf(
			"changes up to %.4g %% of the total", 100 * diff->options.noise);

		print_name(text, "noise", band);
	}
	limit = limit ? limit : ROWS;
	print_functions(text, diff, metric, limit);
	print_paths(text, diff, metric, limit);
}

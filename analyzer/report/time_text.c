/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Times as text: the summary's lines and the tables of `thag report`. See report.h. */
#include "names.h"
#include "report.h"
#include "time_tables.h"

enum {
	TABLE_ROWS = 30,
	SUMMARY_ROWS = 6,
	NAME_MIN = 30,
	CALL_COLUMNS = 90,
	SAMPLE_COLUMNS = 46,
	HOT_COLUMNS = 46,
	KERNEL_COLUMNS = 10,
	UNSAMPLED_NS_LEAST = 1000000, /* less is not worth a line */
};

/* ---- tables ---- */

static uint64_t
average(const struct call_sums *sums)
{
	/* Of recursive functions the average call is longer than its part of the total. */
	return sums->calls ? sums->total_ns / sums->calls : 0;
}

/* Of a path the end says more than the beginning. */
static char *
clip_start(const char *path, unsigned columns)
{
	const glong length = g_utf8_strlen(path, -1);

	if (length <= (glong)columns)
		return g_strdup(path);
	return g_strconcat("…", g_utf8_offset_to_pointer(path, length - (glong)columns + 1), NULL);
}

static void
print_name(const struct text *text, const struct profile *profile, enum time_by by,
	const struct time_row *row, unsigned columns)
{
	const unsigned width = text->width > columns + NAME_MIN ? text->width - columns : NAME_MIN;
	g_autofree char *name = time_row_name(profile, by, row);
	g_autofree char *path =
		by == TIME_BY_FILE || by == TIME_BY_MODULE ? clip_start(name, width) : NULL;

	text_clip(text, STYLE_PLAIN, path ? path : name, width);
}

static void
print_more(const struct text *text, const GArray *rows, unsigned limit)
{
	if (rows->len > limit)
		text_print(text, STYLE_DIM, "  … and %u more: see --limit\n", rows->len - limit);
}

static void
print_time(const struct text *text, bool known, uint64_t time_ns)
{
	char cell[TEXT_CELL];

	fprintf(text->file, "%8s ", known ? text_time(time_ns, cell) : "-");
}

static void
print_call_row(const struct text *text, const struct time_row *row)
{
	const struct call_sums *sums = &row->calls;
	const bool returned = sums->calls > sums->unfinished;
	char cell[TEXT_CELL];

	fprintf(text->file, "%12s", text_count(sums->calls, cell));
	print_time(text, true, sums->total_ns);
	print_time(text, true, sums->self_ns);
	fprintf(text->file, " ±%-7s", text_time(sums->self_error_ns, cell));
	print_time(text, true, average(sums));
	print_time(text, returned, sums->min_ns);
	print_time(text, row->distributed, row->p50_ns);
	print_time(text, row->distributed, row->p90_ns);
	print_time(text, row->distributed, row->p99_ns);
	print_time(text, true, sums->max_ns);
	fputc(' ', text->file);
}

static void
print_calls(const struct text *text, const struct selection *selection, enum time_by by,
	enum metric metric, unsigned limit)
{
	g_autoptr(GArray) rows = time_table(selection, by, metric);

	text_heading(text, "Traced calls by %s", time_by_names[by]);
	text_print(text, STYLE_DIM, "%12s%8s %8s  %-7s%8s %8s %8s %8s %8s %8s  %s\n", "calls",
		"total", "self", "", "average", "min", "p50", "p90", "p99", "max",
		time_by_names[by]);
	for (guint i = 0; i < rows->len && i < limit; i++) {
		const struct time_row *row = &g_array_index(rows, struct time_row, i);

		print_call_row(text, row);
		print_name(text, selection->profile, by, row, CALL_COLUMNS);
		fputc('\n', text->file);
	}
	print_more(text, rows, limit);
}

static void
print_samples(const struct text *text, const struct selection *selection, enum time_by by,
	enum metric metric, enum metric sort, unsigned limit)
{
	const enum sample_kind kind = metric == METRIC_WALL ? SAMPLE_WALL : SAMPLE_CPU;
	const uint64_t whole = selection_whole(selection, metric);
	const bool sides = selection->sample_totals[kind].kernel_samples;
	g_autoptr(GArray) rows = time_table(selection, by, sort);

	text_heading(text, "%s sampled, by %s", kind == SAMPLE_WALL ? "Wall time" : "CPU time",
		time_by_names[by]);
	text_print(text, STYLE_DIM, "%9s %7s%s %9s %7s %9s  %s\n", "self", "share",
		sides ? " in kernel" : "", "total", "share", "samples", time_by_names[by]);
	for (guint i = 0; i < rows->len && i < limit; i++) {
		const struct time_row *row = &g_array_index(rows, struct time_row, i);
		const uint64_t self = time_row_self(row, metric);
		const uint64_t total = time_row_total(row, metric);
		char cells[5][TEXT_CELL];

		fprintf(text->file, "%9s %7s", text_time(self, cells[0]),
			text_share(self, whole, cells[1]));
		if (sides)
			fprintf(text->file, " %9s", text_time(row->self[kind].kernel_ns, cells[0]));
		fprintf(text->file, " %9s %7s %9s  ", text_time(total, cells[2]),
			text_share(total, whole, cells[3]),
			text_count(row->self[kind].samples, cells[4]));
		print_name(text, selection->profile, by, row,
			SAMPLE_COLUMNS + (sides ? KERNEL_COLUMNS : 0));
		fputc('\n', text->file);
	}
	print_more(text, rows, limit);
}

void
report_times(const struct text *text, const struct selection *selection,
	const struct report_options *options)
{
	const unsigned limit = options->limit ? options->limit : TABLE_ROWS;
	const struct profile *profile = selection->profile;
	const enum metric_source wanted = metric_table[options->sort].source;
	const enum metric sort =
		options->sort == METRIC_CALLS && options->sorted ? METRIC_CALLS : METRIC_TIME;

	if (metric_is_there(profile, METRIC_TIME) && (!options->sorted || wanted == SOURCE_CALLS))
		print_calls(text, selection, options->by, sort, limit);
	for (enum metric metric = METRIC_CPU; metric <= METRIC_WALL; metric++)
		if (metric_is_there(profile, metric) &&
			(!options->sorted || options->sort == metric))
			print_samples(text, selection, options->by, metric, metric, limit);
	if (options->sorted && options->sort == METRIC_KERNEL &&
		metric_is_there(profile, METRIC_KERNEL))
		print_samples(text, selection, options->by, METRIC_CPU, METRIC_KERNEL, limit);
}

/* ---- the summary ---- */

static void
print_traced(const struct text *text, const struct selection *selection)
{
	const struct call_sums *sums = &selection->call_totals;
	char calls[TEXT_CELL], time[TEXT_CELL], error[TEXT_CELL];

	if (!sums->calls)
		return;
	text_label(text, "traced");
	fprintf(text->file, "%-10s  in %s call%s, ± %s", text_time(sums->self_ns, time),
		text_count(sums->calls, calls), text_plural(sums->calls),
		text_time(sums->self_error_ns, error));
	if (sums->unfinished)
		fprintf(text->file, ", %s not returned", text_count(sums->unfinished, calls));
	fputc('\n', text->file);
	if (!sums->below_cost)
		return;
	text_label(text, "");
	fprintf(text->file, "%s call%s took less than tracing is thought to cost, and %s 0\n",
		text_count(sums->below_cost, calls), text_plural(sums->below_cost),
		sums->below_cost == 1 ? "counts as" : "count as");
}

/* The highest rate that a selected process was set up for. */
static uint64_t
rate_asked(const struct selection *selection, enum sample_kind kind)
{
	uint64_t rate = 0;

	for (guint i = 0; i < selection->profile->processes->len; i++)
		if (selection->processes[i])
			rate = MAX(rate,
				profile_process(selection->profile, i)->sampling[kind].rate_hz);
	return rate;
}

/* Both parts of CPU time, and how well each was seen. */
static void
print_sides(const struct text *text, const struct sample_tally *sums, uint64_t rate_hz)
{
	const uint64_t user_periods = sums->periods - sums->kernel_periods;
	const uint64_t user_samples = sums->samples - sums->kernel_samples;
	char time[TEXT_CELL], count[TEXT_CELL], share[TEXT_CELL], rate[TEXT_CELL];

	text_label(text, "");
	fprintf(text->file, "%-10s  in user mode: %s sample%s, %s of %s a second\n",
		text_time(sums->time_ns - sums->kernel_ns, time), text_count(user_samples, count),
		text_plural(user_samples),
		text_share(MIN(user_samples, user_periods), user_periods, share),
		text_count(rate_hz, rate));
	text_label(text, "");
	fprintf(text->file, "%-10s  in the kernel: %s sample%s, at its ticks\n",
		text_time(sums->kernel_ns, time), text_count(sums->kernel_samples, count),
		text_plural(sums->kernel_samples));
}

static void
print_unsampled(const struct text *text, const struct selection *selection)
{
	const uint64_t unsampled_ns = selection_unsampled_ns(selection);
	char time[TEXT_CELL];

	if (unsampled_ns < UNSAMPLED_NS_LEAST)
		return;
	text_label(text, "");
	fprintf(text->file, "%-10s  more was used, that no sample stands for\n",
		text_time(unsampled_ns, time));
}

static void
print_sampled(const struct text *text, const struct selection *selection, enum sample_kind kind)
{
	const struct sample_tally *sums = &selection->sample_totals[kind];
	const uint64_t asked = rate_asked(selection, kind);
	char time[TEXT_CELL], samples[TEXT_CELL], rate[TEXT_CELL];

	if (!asked && !sums->samples)
		return;
	text_label(text, kind == SAMPLE_WALL ? "wall time" : "CPU time");
	fprintf(text->file, "%-10s  in %s sample%s", text_time(sums->time_ns, time),
		text_count(sums->samples, samples), text_plural(sums->samples));
	if (!sums->kernel_samples)
		fprintf(text->file, ", %s a second",
			text_count(sums->time_ns ? (uint64_t)sample_rate_hz(sums) : asked, rate));
	if (!sums->kernel_samples && sums->periods > sums->samples)
		fprintf(text->file, " of %s: each stands for the time since the one before",
			text_count(asked, rate));
	fputc('\n', text->file);
	if (sums->kernel_samples)
		print_sides(text, sums, asked);
	if (kind == SAMPLE_CPU)
		print_unsampled(text, selection);
}

double
sample_rate_hz(const struct sample_tally *sums)
{
	return sums->time_ns ? (double)sums->samples * 1e9 / (double)sums->time_ns + 0.5 : 0;
}

void
summary_times(const struct text *text, const struct selection *selection)
{
	uint64_t stops = 0;
	char count[TEXT_CELL];

	print_traced(text, selection);
	for (unsigned kind = 0; kind < SAMPLE_KINDS; kind++)
		print_sampled(text, selection, kind);
	for (guint i = 0; i < selection->profile->processes->len; i++)
		stops += profile_process(selection->profile, i)->trace_stops;
	if (!stops)
		return;
	text_label(text, "");
	fprintf(text->file, "tracing was stopped %s time%s, by a limit or on request\n",
		text_count(stops, count), text_plural(stops));
}

static void
print_hot(const struct text *text, const struct selection *selection, enum metric metric,
	const char *heading, unsigned limit)
{
	const uint64_t whole = selection_whole(selection, metric);
	g_autoptr(GArray) rows = time_table(selection, TIME_BY_FUNCTION, metric);
	guint hot = 0;

	while (hot < rows->len && time_row_self(&g_array_index(rows, struct time_row, hot), metric))
		hot++;
	if (!hot)
		return;
	g_array_set_size(rows, hot);
	text_heading(text, "%s", heading);
	text_print(text, STYLE_DIM, "%9s %7s %9s %12s  %s\n", "self", "share", "total",
		metric == METRIC_TIME ? "calls" : "samples", "function");
	for (guint i = 0; i < rows->len && i < limit; i++) {
		const struct time_row *row = &g_array_index(rows, struct time_row, i);
		const struct profile_function *function =
			profile_function(selection->profile, row->key);
		g_autofree char *name = name_short(function->name, true);
		const uint64_t count =
			metric == METRIC_TIME
				? row->calls.calls
				: row->self[metric == METRIC_WALL ? SAMPLE_WALL : SAMPLE_CPU]
					  .samples;
		char self[TEXT_CELL], share[TEXT_CELL], total[TEXT_CELL], counted[TEXT_CELL];

		fprintf(text->file, "%9s %7s %9s %12s  ",
			text_time(time_row_self(row, metric), self),
			text_share(time_row_self(row, metric), whole, share),
			text_time(time_row_total(row, metric), total), text_count(count, counted));
		text_clip(text, STYLE_PLAIN, *name ? name : "[unknown]",
			MAX(20, text->width - HOT_COLUMNS));
		fputc('\n', text->file);
	}
	if (rows->len > limit)
		text_print(text, STYLE_DIM, "%*s… and %u more functions\n", HOT_COLUMNS - 5, "",
			rows->len - limit);
}

void
summary_hot(const struct text *text, const struct selection *selection, unsigned limit)
{
	limit = limit ? limit : SUMMARY_ROWS;
	print_hot(text, selection, METRIC_TIME, "Time in traced calls", limit);
	print_hot(text, selection, METRIC_CPU, "CPU time", limit);
	print_hot(text, selection, METRIC_WALL, "Wall time", limit);
}

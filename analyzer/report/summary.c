/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The one-screen summary: see report.h. */
#include <string.h>

#include "names.h"
#include "report.h"
#include "tables.h"

enum {
	SITES = 4,    /* of each kind */
	NUMBERS = 28, /* width of the columns before a site's name */
	CALLERS = 8,  /* looked at for a site's second line */
};

/* ---- what ran ---- */

static void
print_run(const struct text *text, const struct profile_run *run)
{
	char time[TEXT_CELL];

	text_print(text, STYLE_HEADING, "thag  ");
	text_clip(
		text, STYLE_HEADING, *run->command ? run->command : run->program, text->width - 6);
	fputs("\n\n", text->file);
	text_label(text, "run time");
	fprintf(text->file, "%-10s", text_time(run->duration_ns, time));
	if (run->exit_signal)
		text_print(text, STYLE_BAD, "  killed by signal %d (%s)", (int)run->exit_signal,
			g_strsignal((gint)run->exit_signal));
	else if (run->exit_status > 0)
		text_print(text, STYLE_BAD, "  exit status %d", (int)run->exit_status);
	else if (run->exit_status == 0)
		fputs("  exit status 0", text->file);
	fputc('\n', text->file);
}

static void
print_restriction(const struct text *text, const struct selection *selection)
{
	const struct memory_sums *heap = &selection->totals[MEMORY_HEAP];

	if (!selection->restricted)
		return;
	text_label(text, "restricted to");
	text_clip(text, STYLE_HEADING, selection->description, text->width - TEXT_LABEL - 2);
	fputc('\n', text->file);
	if (!heap->allocated.count && !heap->allocated.bytes && !heap->freed.count &&
		!selection->call_totals.calls && !selection->sample_totals[SAMPLE_CPU].samples &&
		!selection->sample_totals[SAMPLE_WALL].samples) {
		text_label(text, "");
		text_print(text, STYLE_BAD, "nothing matches that\n");
	}
}

/* ---- what it used ---- */

static void
print_peak(const struct text *text, const struct selection *selection)
{
	const struct memory_sums *heap = &selection->totals[MEMORY_HEAP];
	const struct profile_run *run = &selection->profile->run;
	char bytes[TEXT_CELL], count[TEXT_CELL], time[TEXT_CELL];

	text_label(text, "heap peak");
	if (run->summary) {
		fputs("not known in summary mode\n", text->file);
		return;
	}
	fprintf(text->file, "%-10s  in %s block%s, %s %s\n",
		text_bytes(heap->at_run_peak.bytes, bytes),
		text_count(heap->at_run_peak.count, count), text_plural(heap->at_run_peak.count),
		selection->restricted ? "of the whole heap's peak at" : "at",
		text_time(run->peak_ns, time));
}

static void
print_leaked(const struct text *text, const struct selection *selection)
{
	const struct memory_sums *heap = &selection->totals[MEMORY_HEAP];
	char bytes[TEXT_CELL], count[TEXT_CELL];

	text_label(text, "leaked");
	if (selection->profile->run.summary)
		fputs("not known in summary mode\n", text->file);
	else if (!heap->leaked.count)
		text_print(text, STYLE_GOOD, "nothing\n");
	else
		fprintf(text->file, "%-10s  in %s block%s\n", text_bytes(heap->leaked.bytes, bytes),
			text_count(heap->leaked.count, count), text_plural(heap->leaked.count));
}

static void
print_allocated(const struct text *text, const struct selection *selection)
{
	const struct memory_sums *heap = &selection->totals[MEMORY_HEAP];
	char bytes[TEXT_CELL], count[TEXT_CELL], share[TEXT_CELL], largest[TEXT_CELL];

	text_label(text, "allocated");
	fprintf(text->file, "%-10s  by %s allocation%s", text_bytes(heap->allocated.bytes, bytes),
		text_count(heap->allocated.count, count), text_plural(heap->allocated.count));
	if (heap->largest_bytes)
		fprintf(text->file, ", largest %s", text_bytes(heap->largest_bytes, largest));
	fputc('\n', text->file);
	if (!heap->temporary.count)
		return;
	text_label(text, "temporary");
	fprintf(text->file, "%-10s  %s of the allocations, %s\n",
		text_count(heap->temporary.count, count),
		text_share(heap->temporary.count, heap->allocated.count, share),
		text_bytes(heap->temporary.bytes, bytes));
}

/* The largest of a figure that processes have for themselves. */
static uint64_t
largest_of_processes(const struct selection *selection, size_t offset)
{
	uint64_t largest = 0;

	for (guint i = 0; i < selection->profile->processes->len; i++) {
		const char *process = (const char *)profile_process(selection->profile, i);

		if (selection->processes[i])
			largest = MAX(largest, *(const uint64_t *)(const void *)(process + offset));
	}
	return largest;
}

static void
print_process_peak(const struct text *text, const struct selection *selection, const char *name,
	size_t offset, const char *remark)
{
	const uint64_t bytes = largest_of_processes(selection, offset);
	char cell[TEXT_CELL];

	if (!bytes || selection->path_restricted)
		return;
	text_label(text, name);
	fprintf(text->file, "%-10s  %s%s\n", text_bytes(bytes, cell), remark,
		selection->profile->processes->len > 1 ? " (largest process)" : "");
}

static void
print_other_memory(const struct text *text, const struct selection *selection)
{
	print_process_peak(text, selection, "mapped peak",
		offsetof(struct profile_process, mapped_peak_bytes), "by mmap and brk, not heap");
	print_process_peak(text, selection, "RSS peak",
		offsetof(struct profile_process, rss_peak_bytes), "resident in all");
}

static unsigned
count_processes(const struct selection *selection)
{
	unsigned count = 0;

	for (guint i = 0; i < selection->profile->processes->len; i++)
		if (selection->processes[i])
			count += profile_process_count(profile_process(selection->profile, i));
	return count;
}

static unsigned
count_threads(const struct selection *selection)
{
	unsigned count = 0;

	for (guint i = 0; i < selection->profile->threads->len; i++) {
		const struct profile_thread *thread = profile_thread(selection->profile, i);

		if (selection->threads[i])
			count += thread->number ? 1 : thread->together;
	}
	return count;
}

static void
print_processes(const struct text *text, const struct selection *selection)
{
	const unsigned processes = count_processes(selection);
	char count[TEXT_CELL], among[TEXT_CELL];

	text_label(text, "threads");
	fprintf(text->file, "%s", text_count(count_threads(selection), count));
	if (processes > 1)
		fprintf(text->file, " in %s processes", text_count(processes, among));
	fputc('\n', text->file);
}

static void
print_lines(const struct text *text, enum text_style style, const char *name, const char *lines)
{
	g_auto(GStrv) split = g_strsplit(lines, "\n", -1);

	for (unsigned i = 0; split[i]; i++) {
		text_label(text, i ? "" : name);
		text_clip(text, style, split[i], text->width - TEXT_LABEL - 2);
		fputc('\n', text->file);
	}
}

static void
print_lost(const struct text *text, const struct profile_run *run)
{
	if (!*run->incomplete) {
		text_label(text, "lost");
		text_print(text, STYLE_GOOD, "nothing\n");
		return;
	}
	print_lines(text, STYLE_BAD, "PARTIAL", run->incomplete);
}

/* ---- where ---- */

/* "< caller < walk x3": a function that called itself is one entry with a count. */
static void
append_caller(const struct profile *profile, uint32_t *node, GString *line)
{
	const uint32_t function = profile_node_function(profile, *node);
	g_autofree char *name = name_short(profile_function(profile, function)->name, false);
	unsigned count = 0;

	for (; *node && profile_node_function(profile, *node) == function; count++)
		*node = profile->nodes.parent[*node];
	g_string_append_printf(line, "%s< %s", line->len ? " " : "", name);
	if (count > 1)
		g_string_append_printf(line, " ×%u", count);
}

static void
print_callers(const struct text *text, const struct profile *profile, uint32_t node)
{
	g_autoptr(GString) line = g_string_new(NULL);

	node = profile->nodes.parent[node];
	for (unsigned i = 0; node && i < CALLERS; i++)
		append_caller(profile, &node, line);
	if (!line->len)
		return;
	fprintf(text->file, "%*s", NUMBERS + 2, "");
	text_clip(text, STYLE_DIM, line->str, text->width - NUMBERS - 2);
	fputc('\n', text->file);
}

static void
print_site(const struct text *text, const struct profile *profile, uint32_t node)
{
	g_autofree char *name = name_short(
		profile_function(profile, profile_node_function(profile, node))->name, true);
	g_autofree char *place = table_place(profile, node);
	const unsigned width = text->width - NUMBERS;
	const unsigned place_width = MIN((unsigned)g_utf8_strlen(place, -1) + 2, width / 2);

	text_clip(text, STYLE_PLAIN, *name ? name : "[unknown]", width - place_width);
	fputs("  ", text->file);
	text_clip(text, STYLE_DIM, place, place_width - 2);
	fputc('\n', text->file);
}

static void
print_sites(const struct text *text, const struct selection *selection, enum metric metric,
	const char *heading, unsigned limit)
{
	g_autoptr(GArray) paths = table_paths(selection, metric);
	const uint64_t whole = selection_whole(selection, metric);
	const bool blocks_known =
		metric_table[metric].unit == UNIT_BYTES && !*selection->profile->run.folded;

	if (!paths->len)
		return;
	text_heading(text, "%s", heading);
	text_print(text, STYLE_DIM, "%9s %7s %7s  %s\n", metric_table[metric].key, "share",
		blocks_known ? "blocks" : "", "function, its callers");
	for (guint i = 0; i < paths->len && i < limit; i++) {
		const struct table_path *path = &g_array_index(paths, struct table_path, i);
		char value[TEXT_CELL], share[TEXT_CELL], blocks[TEXT_CELL];

		fprintf(text->file, "%9s %7s %7s  ", text_metric(metric, path->value, value),
			text_share(path->value, whole, share),
			blocks_known ? text_count(path->blocks, blocks) : "");
		print_site(text, selection->profile, path->node);
		print_callers(text, selection->profile, path->node);
	}
	if (paths->len > limit)
		text_print(text, STYLE_DIM, "%*s… and %u more call paths\n", NUMBERS - 2, "",
			paths->len - limit);
}

void
report_paths(const struct text *text, const struct selection *selection,
	const struct report_options *options)
{
	g_autofree char *heading =
		g_strdup_printf("Call paths by %s", metric_table[options->sort].key);

	print_sites(text, selection, options->sort, heading, options->limit ? options->limit : 20);
}

static void
print_files(const struct text *text, const char *const *files)
{
	for (unsigned i = 0; files && files[i]; i++) {
		text_label(text, i ? "" : "written");
		fprintf(text->file, "%s\n", files[i]);
	}
}

/* All that is known of folded stacks. */
static void
print_folded(const struct text *text, const struct selection *selection,
	const struct report_options *options)
{
	const enum metric metric = metric_by_default(selection->profile);
	const unsigned limit = options->limit ? options->limit : 3 * SITES;
	char value[TEXT_CELL], paths[TEXT_CELL];

	text_print(text, STYLE_HEADING, "folded stacks  ");
	text_clip(text, STYLE_HEADING, selection->profile->run.program, text->width - 15);
	fputs("\n\n", text->file);
	print_restriction(text, selection);
	text_label(text, selection->profile->run.folded);
	fprintf(text->file, "%s\n",
		text_metric(metric, metric_get(metric, &selection->totals[MEMORY_HEAP]), value));
	text_label(text, "call paths");
	fprintf(text->file, "%s\n", text_count(selection->profile->memory.count, paths));
	report_functions(text, selection, &(struct report_options){.sort = metric, .limit = limit});
	print_sites(text, selection, metric, "Call paths", limit);
}

/* Time alone was asked for, and without samples. */
static void
print_nothing(const struct text *text, const struct profile *profile)
{
	if (metric_has_memory(profile) || metric_was_sampled(profile) ||
		metric_of_time(profile) != METRICS)
		return;
	text_label(text, "traced");
	fputs("no call: no function was compiled with -finstrument-functions, and no samples "
	      "were asked for\n",
		text->file);
}

void
report_summary(const struct text *text, const struct selection *selection,
	const struct report_options *options)
{
	const struct profile_run *run = &selection->profile->run;
	const unsigned limit = options->limit ? options->limit : SITES;

	if (*run->folded) {
		print_folded(text, selection, options);
		return;
	}
	print_run(text, run);
	print_restriction(text, selection);
	summary_times(text, selection);
	print_nothing(text, selection->profile);
	if (metric_has_memory(selection->profile)) {
		print_peak(text, selection);
		print_leaked(text, selection);
		print_allocated(text, selection);
	}
	print_other_memory(text, selection);
	print_processes(text, selection);
	print_lost(text, run);
	summary_named_lines(text, selection);
	if (*run->cost)
		print_lines(text, STYLE_PLAIN, "profiling", run->cost);
	summary_named(text, selection, options->limit);
	summary_processes(text, selection, options->limit);
	summary_hot(text, selection, options->limit);
	print_sites(text, selection, METRIC_PEAK, "At the peak", limit);
	print_sites(text, selection, METRIC_LEAKED, "Leaked", limit);
	print_sites(text, selection, METRIC_BYTES, "Allocated", limit);
	if (options->files && *options->files)
		fputc('\n', text->file);
	print_files(text, options->files);
}

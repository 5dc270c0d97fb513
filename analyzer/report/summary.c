/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The one-screen summary: see report.h. */
#include <string.h>

#include "names.h"
#include "report.h"
#include "tables.h"

enum {
	SITES = 4,    /* of each kind */
	LABEL = 14,   /* width of the labels' column */
	NUMBERS = 28, /* width of the columns before a site's name */
	CALLERS = 8,  /* looked at for a site's second line */
};

static void
label(const struct text *text, const char *name)
{
	text_print(text, STYLE_DIM, "  %-*s", LABEL, name);
}

static const char *
plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* ---- what ran ---- */

static void
print_run(const struct text *text, const struct profile_run *run)
{
	char time[TEXT_CELL];

	text_print(text, STYLE_HEADING, "thag  ");
	text_clip(
		text, STYLE_HEADING, *run->command ? run->command : run->program, text->width - 6);
	fputs("\n\n", text->file);
	label(text, "run time");
	fprintf(text->file, "%s", text_time(run->duration_ns, time));
	if (run->exit_signal)
		text_print(text, STYLE_BAD, "   killed by signal %d (%s)", (int)run->exit_signal,
			g_strsignal((gint)run->exit_signal));
	else if (run->exit_status > 0)
		text_print(text, STYLE_BAD, "   exit status %d", (int)run->exit_status);
	else if (run->exit_status == 0)
		fputs("   exit status 0", text->file);
	fputc('\n', text->file);
}

static void
print_restriction(const struct text *text, const struct selection *selection)
{
	if (!selection->restricted)
		return;
	label(text, "restricted");
	if (selection->totals[MEMORY_HEAP].allocated.count ||
		selection->totals[MEMORY_HEAP].freed.count)
		fputs("to the call paths asked for; peak: their part of the whole peak\n",
			text->file);
	else
		text_print(text, STYLE_BAD, "nothing matches what was asked for\n");
}

/* ---- what it used ---- */

static void
print_peak(const struct text *text, const struct selection *selection)
{
	const struct memory_sums *heap = &selection->totals[MEMORY_HEAP];
	const struct profile_run *run = &selection->profile->run;
	char bytes[TEXT_CELL], count[TEXT_CELL], time[TEXT_CELL];

	label(text, "heap peak");
	if (run->summary && !heap->at_run_peak.bytes) {
		fputs("not known in summary mode\n", text->file);
		return;
	}
	fprintf(text->file, "%-10s  in %s block%s, at %s\n",
		text_bytes(heap->at_run_peak.bytes, bytes),
		text_count(heap->at_run_peak.count, count), plural(heap->at_run_peak.count),
		text_time(run->peak_ns, time));
}

static void
print_leaked(const struct text *text, const struct selection *selection)
{
	const struct memory_sums *heap = &selection->totals[MEMORY_HEAP];
	char bytes[TEXT_CELL], count[TEXT_CELL];

	label(text, "leaked");
	if (selection->profile->run.summary && !heap->leaked.count)
		fputs("not known in summary mode\n", text->file);
	else if (!heap->leaked.count)
		text_print(text, STYLE_GOOD, "nothing\n");
	else
		fprintf(text->file, "%-10s  in %s block%s\n", text_bytes(heap->leaked.bytes, bytes),
			text_count(heap->leaked.count, count), plural(heap->leaked.count));
}

static void
print_allocated(const struct text *text, const struct selection *selection)
{
	const struct memory_sums *heap = &selection->totals[MEMORY_HEAP];
	char bytes[TEXT_CELL], count[TEXT_CELL], share[TEXT_CELL], largest[TEXT_CELL];

	label(text, "allocated");
	fprintf(text->file, "%-10s  by %s allocation%s", text_bytes(heap->allocated.bytes, bytes),
		text_count(heap->allocated.count, count), plural(heap->allocated.count));
	if (heap->largest_bytes)
		fprintf(text->file, ", largest %s", text_bytes(heap->largest_bytes, largest));
	fputc('\n', text->file);
	if (!heap->temporary.count)
		return;
	label(text, "temporary");
	fprintf(text->file, "%-10s  %s of the allocations, %s\n",
		text_count(heap->temporary.count, count),
		text_share(heap->temporary.count, heap->allocated.count, share),
		text_bytes(heap->temporary.bytes, bytes));
}

static void
print_mapped(const struct text *text, const struct selection *selection)
{
	const struct memory_sums *mapped = &selection->totals[MEMORY_MMAP];
	const struct memory_sums *program_break = &selection->totals[MEMORY_BREAK];
	const uint64_t allocated = mapped->allocated.bytes + program_break->allocated.bytes;
	char bytes[TEXT_CELL], left[TEXT_CELL];

	if (!allocated)
		return;
	label(text, "mapped");
	fprintf(text->file, "%-10s  by mmap and brk, %s still mapped at the end\n",
		text_bytes(allocated, bytes),
		text_bytes(mapped->leaked.bytes + program_break->leaked.bytes, left));
}

static void
print_rss(const struct text *text, const struct selection *selection)
{
	const GArray *processes = selection->profile->processes;
	uint64_t largest = 0;
	char bytes[TEXT_CELL];

	for (guint i = 0; i < processes->len; i++) {
		if (selection->processes[i])
			largest = MAX(
				largest, profile_process(selection->profile, i)->rss_peak_bytes);
	}
	if (!largest || selection->path_restricted)
		return;
	label(text, "RSS peak");
	fprintf(text->file, "%-10s%s\n", text_bytes(largest, bytes),
		processes->len > 1 ? "  of the largest process" : "");
}

static void
print_processes(const struct text *text, const struct selection *selection)
{
	const struct profile *profile = selection->profile;
	char count[TEXT_CELL];

	label(text, "threads");
	fprintf(text->file, "%-10s", text_count(profile->threads->len, count));
	if (profile->processes->len > 1)
		fprintf(text->file, "  in %u processes", profile->processes->len);
	fputc('\n', text->file);
}

static void
print_lines(const struct text *text, enum text_style style, const char *name, const char *lines)
{
	g_auto(GStrv) split = g_strsplit(lines, "\n", -1);

	for (unsigned i = 0; split[i]; i++) {
		label(text, i ? "" : name);
		text_clip(text, style, split[i], text->width - LABEL - 2);
		fputc('\n', text->file);
	}
}

static void
print_lost(const struct text *text, const struct profile_run *run)
{
	if (!*run->incomplete) {
		label(text, "lost");
		text_print(text, STYLE_GOOD, "nothing\n");
		return;
	}
	print_lines(text, STYLE_BAD, "PARTIAL", run->incomplete);
}

/* ---- where ---- */

/* "< caller < caller": the nearest ones that are not the allocator's, as many as fit. */
static void
print_callers(const struct text *text, const struct profile *profile, uint32_t node)
{
	g_autoptr(GString) line = g_string_new(NULL);

	node = profile->nodes.parent[node];
	for (unsigned i = 0; node && i < CALLERS; i++, node = profile->nodes.parent[node]) {
		g_autofree char *name = name_short(
			profile_function(profile, profile_node_function(profile, node))->name,
			false);

		g_string_append_printf(line, "%s< %s", i ? " " : "", name);
	}
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
	const uint64_t whole = metric_get(metric, &selection->totals[MEMORY_HEAP]);

	if (!paths->len)
		return;
	text_heading(text, "%s", heading);
	for (guint i = 0; i < paths->len && i < limit; i++) {
		const struct table_path *path = &g_array_index(paths, struct table_path, i);
		char value[TEXT_CELL], share[TEXT_CELL], blocks[TEXT_CELL];

		text_count(path->blocks, blocks);
		fprintf(text->file, "%9s %7s %7s  ", text_metric(metric, path->value, value),
			text_share(path->value, whole, share), blocks);
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
		g_strdup_printf("Call paths by %s  (value, share, blocks, function, place)",
			metric_table[options->sort].key);

	print_sites(text, selection, options->sort, heading, options->limit ? options->limit : 20);
}

static void
print_files(const struct text *text, const char *const *files)
{
	for (unsigned i = 0; files && files[i]; i++) {
		label(text, i ? "" : "written");
		fprintf(text->file, "%s\n", files[i]);
	}
}

void
report_summary(const struct text *text, const struct selection *selection,
	const struct report_options *options)
{
	const struct profile_run *run = &selection->profile->run;
	const unsigned limit = options->limit ? options->limit : SITES;

	print_run(text, run);
	print_restriction(text, selection);
	print_peak(text, selection);
	print_leaked(text, selection);
	print_allocated(text, selection);
	print_mapped(text, selection);
	print_rss(text, selection);
	print_processes(text, selection);
	print_lost(text, run);
	if (*run->cost)
		print_lines(text, STYLE_PLAIN, "profiling", run->cost);
	print_sites(text, selection, METRIC_PEAK, "At the peak", limit);
	print_sites(text, selection, METRIC_LEAKED, "Leaked", limit);
	print_sites(text, selection, METRIC_BYTES, "Allocated", limit);
	if (options->files && *options->files)
		fputc('\n', text->file);
	print_files(text, options->files);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See profile_build.h. Order: want, resolve, place, number; then the rows and the tables. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "call_paths.h"
#include "named_build.h"
#include "profile_build.h"
#include "profile_spans.h"
#include "time_build.h"

/* A row of the memory table before rows of one call path are merged. */
struct row {
	uint32_t node, thread, category;
	const struct memory_sums *sums;
};

struct builder {
	const struct run *run;
	struct profile *profile;
	struct call_path_target target;
	struct call_paths *paths; /* by index of the process */
	GArray *rows;		  /* struct row */
	GArray *spans;		  /* struct profile_span */
};

static const struct process *
process_at(const struct builder *builder, guint index)
{
	return g_ptr_array_index(builder->run->processes, index);
}

/* ---- call paths ---- */

static void
want_process(struct builder *builder, guint index)
{
	const struct process *process = process_at(builder, index);
	struct call_paths *paths = &builder->paths[index];

	call_paths_init(paths, &builder->target, process, builder->run->start_realtime_ns);
	for (guint i = 0; i < process->threads->len; i++) {
		const struct thread *thread = g_ptr_array_index(process->threads, i);

		call_paths_want(paths, thread->creator);
		for (guint j = 0; thread->sites && j < thread->sites->len; j++)
			call_paths_want(paths, g_array_index(thread->sites, struct site, j).node);
		time_build_want(paths, thread);
	}
	named_build_want(paths, process);
	/* Nodes of spans are nodes of sites: they are wanted already. */
}

/*
 * What summary mode knows of frees is no call path's: it stays at the root. Anything else without a
 * call path shows as unknown.
 */
static uint32_t
place_site(struct call_paths *paths, const struct site *site)
{
	if (!site->node && !site->memory.allocated.count)
		return 0;
	return call_paths_place(paths, site->node);
}

static void
add_span(
	struct builder *builder, struct call_paths *paths, uint32_t thread, const struct span *from)
{
	const struct profile_span span = {
		.node = call_paths_place(paths, from->node),
		.thread = thread,
		.born = from->born,
		.gone = from->gone,
		.blocks = from->blocks,
		.temporary = from->temporary,
	};

	g_array_append_val(builder->spans, span);
}

static void
add_thread(struct builder *builder, guint process, const struct thread *thread)
{
	struct call_paths *paths = &builder->paths[process];
	const uint32_t number = builder->profile->threads->len;
	const struct profile_thread row = {
		.process = process,
		.number = thread->number,
		.tid = thread->tid,
		.creator = thread->creator ? call_paths_place(paths, thread->creator) : 0,
		.name = profile_string(builder->profile, thread->name),
		.start_ns = thread->start_ns,
		.end_ns = thread->end_ns,
		.missed_events = thread->missed_events,
		.together = thread->together,
	};

	g_array_append_val(builder->profile->threads, row);
	for (guint i = 0; thread->sites && i < thread->sites->len; i++) {
		const struct site *site = &g_array_index(thread->sites, struct site, i);
		const struct row memory = {
			place_site(paths, site), number, site->category, &site->memory};

		g_array_append_val(builder->rows, memory);
	}
	for (guint i = 0; thread->spans && i < thread->spans->len; i++)
		add_span(builder, paths, number, &g_array_index(thread->spans, struct span, i));
	time_build_add(paths, number, thread);
}

static int
compare_rows(const void *a, const void *b)
{
	const struct row *left = a, *right = b;

	if (left->node != right->node)
		return left->node < right->node ? -1 : 1;
	if (left->thread != right->thread)
		return left->thread < right->thread ? -1 : 1;
	return (left->category > right->category) - (left->category < right->category);
}

/* Sorts the rows into the memory columns; those of one (node, thread, category) become one. */
static void
merge_rows(struct builder *builder)
{
	struct profile_memory *memory = &builder->profile->memory;
	const struct row *rows = (const struct row *)(const void *)builder->rows->data;
	const guint count = builder->rows->len;
	uint32_t used = 0;

	if (count)
		qsort(builder->rows->data, count, sizeof(*rows), compare_rows);
	profile_resize_memory(builder->profile, count);
	for (guint i = 0; i < count; i++) {
		if (i == 0 || compare_rows(&rows[i - 1], &rows[i]) != 0) {
			memory->node[used] = rows[i].node;
			memory->thread[used] = rows[i].thread;
			memory->category[used] = (uint8_t)rows[i].category;
			memory->sums[used++] = *rows[i].sums;
		} else {
			memory_sums_add(&memory->sums[used - 1], rows[i].sums);
		}
	}
	profile_resize_memory(builder->profile, used);
}

/* Gives nodes their final numbers everywhere. */
static void
number_nodes(struct builder *builder)
{
	struct profile *profile = builder->profile;
	g_autofree uint32_t *frame_number = frame_table_sort(&builder->target.frames);
	g_autofree uint32_t *number =
		tree_builder_number(&builder->target.tree, frame_number, profile);

	profile_renumber(builder->rows, offsetof(struct row, node), number);
	profile_renumber(builder->spans, offsetof(struct profile_span, node), number);
	profile_renumber(profile->threads, offsetof(struct profile_thread, creator), number);
	time_build_number(profile, number);
	named_build_number(profile, number);
	profile_index_nodes(profile);
}

/* ---- processes ---- */

static const char *
command_line(struct profile *profile, const char *const *arguments)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; arguments && arguments[i]; i++) {
		const char *plain = arguments[i];
		g_autofree char *quoted = NULL;

		/* Quotes only where a shell needs them: command lines are for reading, too. */
		if (!*plain || strcspn(plain, " \t\n'\"\\$`&|;<>()*?[]{}!#~") != strlen(plain))
			plain = quoted = g_shell_quote(plain);
		g_string_append_printf(text, "%s%s", i ? " " : "", plain);
	}
	return profile_string(profile, text->str);
}

/* They are in the order of their numbers. */
static int64_t
index_of_process(const struct builder *builder, uint32_t number)
{
	guint low = 0, high = builder->run->processes->len;

	while (number && low < high) {
		const guint middle = low + (high - low) / 2;

		if (process_at(builder, middle)->number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return number && low < builder->run->processes->len &&
			       process_at(builder, low)->number == number
		       ? (int64_t)low
		       : -1;
}

static const char *
name_process(struct profile *profile, const struct process *process)
{
	g_autofree char *many = NULL;

	if (!process->together)
		return command_line(profile, (const char *const *)process->arguments);
	many = g_strdup_printf(
		"%u more process%s", process->together, process->together == 1 ? "" : "es");
	return profile_string(profile, many);
}

static void
add_process(struct builder *builder, guint index)
{
	const struct process *process = process_at(builder, index);
	struct profile *profile = builder->profile;
	const GArray *timeline = process->timeline;
	struct profile_process row = {
		.pid = process->pid,
		.parent_pid = process->parent_pid,
		.parent = index_of_process(builder, process->parent),
		.exe = profile_string(profile, process->exe),
		.command = name_process(profile, process),
		.together = process->together,
		.summary = process->summary,
		.profiled = process->profiled,
		.start_ns = process->start_ns,
		.end_ns = process->end_ns,
		.peak_bytes = process->peak_bytes,
		.peak_ns = process->peak_ns,
		.mapped_peak_bytes = process->mapped_peak_bytes,
		.mapped_peak_ns = process->mapped_peak_ns,
		.rss_peak_bytes = process->rss_peak_bytes,
		.frees_unknown = process->frees_unknown,
		.lost_events = process->lost_events,
		.unmatched_exits = process->unmatched_exits,
		.folded_calls = process->folded_calls,
		.trace_stops = process->trace_stops,
		.own_periods = process->own_periods,
		.own_ns = process->own_ns,
		.unsampled_ns = process->unsampled_ns,
		.histograms =
			{
				[PROFILE_SIZES_ALLOCATED] = process->sizes_allocated,
				[PROFILE_SIZES_FREED] = process->sizes_freed,
				[PROFILE_LIFETIMES] = process->lifetimes,
			},
		.bin_first = process->timeline_first,
		.bin_count = timeline ? timeline->len : 0,
		.timeline = timeline ? g_memdup2(timeline->data,
					       timeline->len * sizeof(struct timeline_bin))
				     : NULL,
	};

	memcpy(row.sampling, process->sampling, sizeof(row.sampling));
	memcpy(row.cost, process->cost, sizeof(row.cost));
	g_array_append_val(profile->processes, row);
	profile->run.summary |= process->summary;
	for (guint i = 0; i < process->threads->len; i++)
		add_thread(builder, index, g_ptr_array_index(process->threads, i));
	named_build_add(&builder->paths[index], process, index);
}

/* ---- the run ---- */

static void
add_lines(GString *text, const char *const *lines)
{
	for (; lines && *lines; lines++)
		g_string_append_printf(text, "%s%s", text->len ? "\n" : "", *lines);
}

/* Of those lost: made by signal handlers while they interrupted the library itself. */
static uint64_t
lost_in_handlers(const struct run *run)
{
	uint64_t missed = 0;

	for (guint i = 0; i < run->processes->len; i++) {
		const struct process *process = g_ptr_array_index(run->processes, i);

		for (guint k = 0; k < process->threads->len; k++) {
			const struct thread *thread = g_ptr_array_index(process->threads, k);

			missed += thread->missed_events;
		}
	}
	return MIN(missed, run->lost_events);
}

static void
describe_lost(const struct run *run, GString *text)
{
	const uint64_t handlers = lost_in_handlers(run);

	if (run->lost_events)
		g_string_append_printf(
			text, "%" G_GUINT64_FORMAT " events were lost", run->lost_events);
	if (handlers && handlers == run->lost_events)
		g_string_append(text, ", in signal handlers that interrupted thag");
	else if (handlers)
		g_string_append_printf(text,
			", %" G_GUINT64_FORMAT " of them in signal handlers that interrupted thag",
			handlers);
}

static const char *
incomplete_reasons(struct builder *builder, const struct profile_context *context)
{
	const struct run *run = builder->run;
	g_autoptr(GString) text = g_string_new(NULL);

	describe_lost(run, text);
	if (run->broken_chunks)
		g_string_append_printf(text,
			"%s%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			" chunks of events could not be read",
			text->len ? "\n" : "", run->broken_chunks, run->chunks);
	time_build_missing(builder->profile, text);
	add_lines(text, context->incomplete);
	return profile_string(builder->profile, text->str);
}

static const char *
cpu_model(struct profile *profile)
{
	g_autofree char *text = NULL;
	const char *line, *value;
	g_autofree char *model = NULL;

	if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL))
		return profile_string(profile, NULL);
	line = strstr(text, "model name");
	value = line ? strchr(line, ':') : NULL;
	if (value)
		model = g_strndup(value + 1, strcspn(value + 1, "\n"));
	return profile_string(profile, model ? g_strstrip(model) : NULL);
}

static void
add_machine(struct profile *profile)
{
	struct utsname name;

	if (uname(&name) == 0) {
		g_autofree char *kernel =
			g_strdup_printf("%s %s %s", name.sysname, name.release, name.machine);

		profile->run.host = profile_string(profile, name.nodename);
		profile->run.kernel = profile_string(profile, kernel);
	}
	profile->run.cpu = cpu_model(profile);
}

static void
add_run(struct builder *builder, const struct profile_context *context)
{
	const struct run *run = builder->run;
	struct profile *profile = builder->profile;
	const struct process *first = run->processes->len ? process_at(builder, 0) : NULL;
	const char *const *command = context->command;
	g_autoptr(GString) cost = g_string_new(NULL);

	if (!command && first)
		command = (const char *const *)first->arguments;
	add_lines(cost, context->cost);
	time_build_cost(profile, cost);
	profile->run.thag_version = profile_string(profile, context->thag_version);
	profile->run.program = profile_string(
		profile, command && *command ? *command : (first ? first->exe : NULL));
	profile->run.command = command_line(profile, command);
	profile->run.incomplete = incomplete_reasons(builder, context);
	profile->run.start_realtime_ns = run->start_realtime_ns;
	profile->run.duration_ns = run->duration_ns;
	profile->run.bin_ns = run->bin_ns;
	profile->spans.span_ns = run->span_ns;
	profile->run.peak_bytes = run->peak_bytes;
	profile->run.peak_ns = run->peak_ns;
	profile->run.events = run->events;
	profile->run.event_bytes = run->event_bytes;
	profile->run.chunks = run->chunks;
	profile->run.broken_chunks = run->broken_chunks;
	profile->run.lost_events = run->lost_events;
	profile->run.chart_shortest_ns = run->chart_shortest_ns;
	profile->run.chart_hidden = run->chart_hidden;
	profile->run.chart_grain_ns = run->chart_grain_ns;
	memcpy(profile->run.left_out, run->left_out, sizeof(run->left_out));
	profile->run.traced_from_ns = run->traced_from_ns;
	profile->run.traced_until_ns = run->traced_until_ns;
	time_build_left_out(profile, cost);
	profile->run.cost = profile_string(profile, cost->str);
	profile->run.exit_status = context->exit_status;
	profile->run.exit_signal = context->exit_signal;
	add_machine(profile);
}

struct profile *
profile_build(
	const struct run *run, struct symbolizer *symbolizer, const struct profile_context *context)
{
	const guint count = run->processes->len;
	struct builder builder = {
		.run = run,
		.profile = profile_new(),
		.paths = g_new0(struct call_paths, count),
		.rows = g_array_new(FALSE, FALSE, sizeof(struct row)),
		.spans = g_array_new(FALSE, FALSE, sizeof(struct profile_span)),
	};

	call_path_target_init(&builder.target, builder.profile, symbolizer);
	for (guint i = 0; i < count; i++)
		want_process(&builder, i);
	symbolizer_resolve_all(symbolizer);
	for (guint i = 0; i < count; i++)
		add_process(&builder, i);
	number_nodes(&builder);
	merge_rows(&builder);
	const guint span_count = builder.spans->len;

	profile_spans_take(builder.profile,
		(struct profile_span *)(void *)g_array_free(builder.spans, FALSE), span_count);
	add_run(&builder, context); /* looks at what there is */

	for (guint i = 0; i < count; i++)
		call_paths_fini(&builder.paths[i]);
	g_free(builder.paths);
	g_array_free(builder.rows, TRUE);
	call_path_target_fini(&builder.target);
	return builder.profile;
}

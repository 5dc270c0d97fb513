/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The profile in memory: see profile.h. */
#include <string.h>

#include "profile.h"

G_DEFINE_QUARK(thag - profile - error, profile_error)

static void
clear_process(gpointer process)
{
	g_free(((struct profile_process *)process)->timeline);
}

static GArray *
table_new(gsize row_bytes)
{
	return g_array_new(FALSE, TRUE, (guint)row_bytes);
}

void
profile_init_parts(struct profile *part)
{
	part->processes = table_new(sizeof(struct profile_process));
	g_array_set_clear_func(part->processes, clear_process);
	part->calls = table_new(sizeof(struct profile_call));
	part->samples = table_new(sizeof(struct profile_sample));
	part->moments = table_new(sizeof(struct profile_moment));
	part->chart = table_new(sizeof(struct profile_box));
}

struct profile *
profile_new(void)
{
	struct profile *profile = g_new0(struct profile, 1);
	const char *empty;

	profile->strings = g_string_chunk_new(64 * 1024);
	profile->modules = table_new(sizeof(struct profile_module));
	profile->files = table_new(sizeof(const char *));
	profile->functions = table_new(sizeof(struct profile_function));
	profile->frames = table_new(sizeof(struct profile_frame));
	profile->threads = table_new(sizeof(struct profile_thread));
	profile_init_parts(profile);

	empty = profile_string(profile, "");
	g_array_append_vals(profile->modules, &(struct profile_module){empty, empty, empty}, 1);
	g_array_append_val(profile->files, empty);
	g_array_append_vals(profile->functions, &(struct profile_function){.name = empty}, 1);
	g_array_append_vals(profile->frames, &(struct profile_frame){0}, 1);
	profile->run = (struct profile_run){
		.thag_version = empty,
		.program = empty,
		.command = empty,
		.incomplete = empty,
		.cost = empty,
		.host = empty,
		.kernel = empty,
		.cpu = empty,
		.folded = empty,
		.exit_status = -1,
	};
	profile_named_init(&profile->named, empty);
	profile_resize_nodes(profile, 1);
	profile->nodes.outermost[0] = 1;
	return profile;
}

/* What a part borrows. */
static void
free_tables(struct profile *profile)
{
	profile_resize_nodes(profile, 0);
	g_array_free(profile->modules, TRUE);
	g_array_free(profile->files, TRUE);
	g_array_free(profile->functions, TRUE);
	g_array_free(profile->frames, TRUE);
	g_array_free(profile->threads, TRUE);
	profile_named_fini(&profile->named);
	g_string_chunk_free(profile->strings);
}

void
profile_free(struct profile *profile)
{
	if (!profile)
		return;
	if (!profile->whole)
		free_tables(profile);
	profile_resize_memory(profile, 0);
	g_free(profile->spans.rows);
	g_array_free(profile->processes, TRUE);
	g_array_free(profile->calls, TRUE);
	g_array_free(profile->samples, TRUE);
	g_array_free(profile->moments, TRUE);
	g_array_free(profile->chart, TRUE);
	g_free(profile);
}

const char *
profile_string(struct profile *profile, const char *text)
{
	g_autofree char *valid = NULL;

	if (!text)
		text = "";
	if (!g_utf8_validate(text, -1, NULL))
		text = valid = g_utf8_make_valid(text, -1);
	return g_string_chunk_insert_const(profile->strings, text);
}

/* ---- columns ---- */

static void
resize(void *column, size_t old_count, size_t count, size_t bytes)
{
	void **at = column;

	*at = g_realloc_n(*at, count, bytes);
	if (count > old_count)
		memset((char *)*at + old_count * bytes, 0, (count - old_count) * bytes);
}

void
profile_resize_nodes(struct profile *profile, uint32_t count)
{
	struct profile_nodes *nodes = &profile->nodes;

	resize(&nodes->parent, nodes->count, count, sizeof(*nodes->parent));
	resize(&nodes->frame, nodes->count, count, sizeof(*nodes->frame));
	resize(&nodes->last, nodes->count, count, sizeof(*nodes->last));
	resize(&nodes->outermost, nodes->count, count, sizeof(*nodes->outermost));
	nodes->count = count;
}

void
profile_resize_memory(struct profile *profile, uint32_t count)
{
	struct profile_memory *memory = &profile->memory;

	resize(&memory->node, memory->count, count, sizeof(*memory->node));
	resize(&memory->thread, memory->count, count, sizeof(*memory->thread));
	resize(&memory->category, memory->count, count, sizeof(*memory->category));
	resize(&memory->sums, memory->count, count, sizeof(*memory->sums));
	memory->count = count;
}

/* ---- the tree ---- */

/* Walks in preorder with the way to the root in mind; `open[f]` counts the nodes of f on it. */
bool
profile_index_nodes(struct profile *profile)
{
	struct profile_nodes *nodes = &profile->nodes;
	g_autofree uint32_t *open = g_new0(uint32_t, profile->functions->len);
	uint32_t top = 0; /* innermost node of the way */

	nodes->parent[0] = 0;
	nodes->outermost[0] = 1;
	for (uint32_t id = 1; id < nodes->count; id++) {
		while (top != nodes->parent[id]) {
			if (top == 0)
				return false;
			nodes->last[top] = id - 1;
			open[profile_node_function(profile, top)]--;
			top = nodes->parent[top];
		}
		nodes->outermost[id] = open[profile_node_function(profile, id)]++ == 0;
		top = id;
	}
	for (; top; top = nodes->parent[top])
		nodes->last[top] = nodes->count - 1;
	nodes->last[0] = nodes->count - 1;
	return true;
}

/* ---- sums ---- */

static void
add(struct tally *tally, struct tally from)
{
	tally->count += from.count;
	tally->bytes += from.bytes;
}

void
memory_sums_add(struct memory_sums *sums, const struct memory_sums *from)
{
	add(&sums->allocated, from->allocated);
	add(&sums->freed, from->freed);
	add(&sums->temporary, from->temporary);
	add(&sums->leaked, from->leaked);
	add(&sums->at_run_peak, from->at_run_peak);
	add(&sums->at_peak, from->at_peak);
	sums->largest_bytes = MAX(sums->largest_bytes, from->largest_bytes);
	sums->lifetime_ns += from->lifetime_ns;
	sums->lifetime_max_ns = MAX(sums->lifetime_max_ns, from->lifetime_max_ns);
}

/* The shortest of calls that returned; of none it is 0 and says nothing. */
static uint64_t
shortest(const struct call_sums *left, const struct call_sums *right)
{
	if (left->calls == left->unfinished)
		return right->min_ns;
	if (right->calls == right->unfinished)
		return left->min_ns;
	return MIN(left->min_ns, right->min_ns);
}

void
call_sums_add(struct call_sums *sums, const struct call_sums *from)
{
	sums->min_ns = shortest(sums, from);
	sums->max_ns = MAX(sums->max_ns, from->max_ns);
	sums->calls += from->calls;
	sums->total_ns += from->total_ns;
	sums->total_error_ns += from->total_error_ns;
	sums->self_ns += from->self_ns;
	sums->self_error_ns += from->self_error_ns;
	sums->unfinished += from->unfinished;
	sums->below_cost += from->below_cost;
	sums->peak_bytes = MAX(sums->peak_bytes, from->peak_bytes);
}

void
moment_sums_add(struct moment_sums *sums, const struct moment_sums *from)
{
	for (unsigned kind = 0; kind < SAMPLE_KINDS; kind++) {
		sums->samples[kind] += from->samples[kind];
		sums->time_ns[kind] += from->time_ns[kind];
	}
	sums->kernel_samples += from->kernel_samples;
	sums->kernel_ns += from->kernel_ns;
	sums->calls += from->calls;
	sums->self_ns += from->self_ns;
}

void
profile_renumber(GArray *rows, size_t offset, const uint32_t *number)
{
	const size_t row_bytes = g_array_get_element_size(rows);

	for (guint i = 0; i < rows->len; i++) {
		uint32_t *at = (uint32_t *)(void *)(rows->data + i * row_bytes + offset);

		*at = number[*at];
	}
}

uint32_t
profile_bin_end(const struct profile *profile)
{
	uint32_t end = 0;

	for (guint i = 0; i < profile->processes->len; i++) {
		const struct profile_process *process = profile_process(profile, i);

		if (process->bin_count)
			end = MAX(end, process->bin_first + process->bin_count);
	}
	return end;
}

uint8_t *
profile_thread_spans(const struct profile *profile)
{
	const uint64_t span_ns = MAX(profile->spans.span_ns, 1);
	uint8_t *spans = g_new(uint8_t, profile->threads->len + 1);
	uint64_t last_ns = 0;

	for (guint i = 0; i < profile->processes->len; i++)
		last_ns = MAX(last_ns, profile_process(profile, i)->end_ns);
	for (guint i = 0; i < profile->threads->len; i++) {
		const struct profile_thread *thread = profile_thread(profile, i);
		const uint64_t end = profile_process(profile, thread->process)->end_ns / span_ns;

		spans[i] = end < MIN(last_ns / span_ns, SPANS_MAX) ? (uint8_t)end : SPAN_NEVER;
	}
	return spans;
}

/* ---- what it cost ---- */

void
profile_spend(struct profile_expense *expense, const struct profiling_cost *cost, uint64_t events)
{
	expense->events += events;
	expense->ns += (double)events * (double)cost->pair_ps / 1000;
	expense->error_ns += (double)events * (double)cost->uncertainty_ps / 1000;
}

struct profile_expense
profile_memory_expense(const struct profile *profile)
{
	const struct profile_memory *memory = &profile->memory;
	struct profile_expense expense = {0};

	for (uint32_t i = 0; i < memory->count; i++) {
		const struct profile_thread *thread = profile_thread(profile, memory->thread[i]);

		if (memory->category[i] == MEMORY_HEAP)
			profile_spend(&expense,
				&profile_process(profile, thread->process)->cost[COST_OF_MEMORY],
				memory->sums[i].allocated.count);
	}
	return expense;
}

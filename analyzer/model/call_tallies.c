/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See call_tallies.h. */
#include "call_tallies.h"

#include "timing.h"

enum {
	BELOW_COST_MAX = 1 << 18, /* 256ths of a tick by which a cost may be measured too high */
};

/* ---- while the model is fed ---- */

/* Made where there are none. */
static struct call_tally_sums *
get_sums(GHashTable *tallies, uint32_t node)
{
	struct call_tally_sums *sums = g_hash_table_lookup(tallies, GUINT_TO_POINTER(node));

	if (sums)
		return sums;
	sums = g_new0(struct call_tally_sums, 1);
	sums->node = node;
	sums->min = UINT64_MAX;
	g_hash_table_insert(tallies, GUINT_TO_POINTER(node), sums);
	return sums;
}

void
call_tallies_add(struct timing_thread *thread, const struct pool_call_tally *tally)
{
	struct call_tally_sums *sums;

	if ((!tally->count && !tally->open) || !tally->node || tally->node > SITE_NODE_MAX)
		return;
	if (!thread->tallies)
		thread->tallies = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	sums = get_sums(thread->tallies, tally->node);
	sums->calls += tally->count;
	sums->total += tally->total;
	sums->open += tally->open;
	sums->min = MIN(sums->min, tally->min);
	sums->max = MAX(sums->max, tally->max);
}

/* ---- what is open ends ---- */

static void
add_sums(GHashTable *tallies, const struct call_tally_sums *more)
{
	struct call_tally_sums *sums = get_sums(tallies, more->node);

	sums->calls += more->calls;
	sums->open += more->open;
	sums->unfinished += more->unfinished;
	sums->total += more->total;
	sums->min = MIN(sums->min, more->min);
	sums->max = MAX(sums->max, more->max);
}

void
call_tallies_merge(struct timing_thread *thread, const struct call_tally_sums *more)
{
	if (!more->node)
		return;
	if (!thread->tallies)
		thread->tallies = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	add_sums(thread->tallies, more);
}

/* Where coroutines went from thread to thread only the sums of all threads mean something. */
static void
gather_tallies(struct timing_process *process)
{
	struct timing_thread *all = NULL;

	for (unsigned i = 0; i < process->threads->len; i++) {
		struct timing_thread *thread = g_ptr_array_index(process->threads, i);
		GHashTableIter iter;
		gpointer sums;

		if (!thread->tallies)
			continue;
		if (!all) {
			all = thread;
			continue;
		}
		g_hash_table_iter_init(&iter, thread->tallies);
		while (g_hash_table_iter_next(&iter, NULL, &sums))
			add_sums(all->tallies, sums);
		g_clear_pointer(&thread->tallies, g_hash_table_unref);
	}
}

/* A total when the calls that are open end at `end`, by the thread's own time. */
static uint64_t
ended_total(const struct call_tally_sums *sums, uint64_t end)
{
	return sums->total + (uint64_t)(int64_t)(int32_t)sums->open * end;
}

/* Whether the thread has no more ends than begins, whose times would be far off. */
static bool
is_plain(const struct timing_thread *thread, uint64_t end)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, thread->tallies);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct call_tally_sums *sums = value;
		const int64_t below = -(int64_t)MIN(sums->calls, G_MAXINT32) * BELOW_COST_MAX;

		if ((int32_t)sums->open < 0 || (int64_t)ended_total(sums, end) < below)
			return false;
	}
	return true;
}

static void
end_open_tallies(struct timing_thread *thread, uint64_t end)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, thread->tallies);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct call_tally_sums *sums = value;

		sums->total = ended_total(sums, end);
		/* More ends than begins: what was lost held those. */
		if ((int32_t)sums->open > 0)
			sums->unfinished += sums->open;
		sums->open = 0;
	}
}

/* When the process ended, by the thread's own time. */
static uint64_t
end_of(const struct timing_thread *thread)
{
	const struct timing *timing = thread->process->timing;
	const uint64_t ticks =
		MIN(thread->process->process->end_ticks, timing->limits.calls_stop_ticks);

	return ticks * COST_FRACTION - thread->taken;
}

void
call_tallies_settle(struct timing_process *process)
{
	bool plain = true;

	for (unsigned i = 0; i < process->threads->len; i++) {
		const struct timing_thread *thread = g_ptr_array_index(process->threads, i);

		if (thread->tallies && !is_plain(thread, end_of(thread)))
			plain = false;
	}
	if (!plain)
		gather_tallies(process);
	for (unsigned i = 0; i < process->threads->len; i++) {
		struct timing_thread *thread = g_ptr_array_index(process->threads, i);

		if (thread->tallies)
			end_open_tallies(thread, end_of(thread));
	}
}

/* ---- rows of the finished run ---- */

struct tally_row {
	uint32_t node;
	const struct call_tally_sums *sums;
	int64_t total, self;	/* 256ths of ticks; what tracing cost is not in them */
	uint64_t inner, direct; /* calls inside it */
};

static gint
by_number(gconstpointer a, gconstpointer b)
{
	const struct tally_row *left = a, *right = b;

	return left->node < right->node ? -1 : left->node > right->node;
}

/* The sums by their new numbers: parents before children, as in a tree of calls. */
static GArray *
number_tallies(
	struct timing_thread *thread, uint32_t (*renumber)(void *marks, uint32_t node), void *marks)
{
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct tally_row));
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, thread->tallies);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct call_tally_sums *sums = value;
		const struct tally_row row = {
			.node = renumber(marks, sums->node),
			.sums = sums,
			.total = (int64_t)sums->total,
			.self = (int64_t)sums->total,
		};

		g_array_append_val(rows, row);
	}
	g_array_sort(rows, by_number);
	return rows;
}

/* The row of the call path that `row` was called from; NULL: it was not traced. */
static struct tally_row *
caller_of(GArray *rows, const GArray *nodes, const struct tally_row *row)
{
	const struct tally_row wanted = {
		.node = g_array_index(nodes, struct node, row->node).parent};
	guint at;

	if (!wanted.node || !g_array_binary_search(rows, &wanted, by_number, &at))
		return NULL;
	return &g_array_index(rows, struct tally_row, at);
}

/* What is inside a call path is known from the tree. */
static void
count_inside(GArray *rows, const GArray *nodes)
{
	for (guint i = rows->len; i-- > 0;) {
		const struct tally_row *row = &g_array_index(rows, struct tally_row, i);
		struct tally_row *caller = caller_of(rows, nodes, row);

		if (!caller)
			continue;
		caller->inner += row->inner + row->sums->calls;
		caller->direct += row->sums->calls;
		caller->self -= row->total;
	}
}

/* As calls_finish.c does it. */
static void
settle(struct tally_row *row, struct tally_row *caller)
{
	const int64_t missing = MIN(row->self, 0);

	row->self -= missing;
	row->total -= missing;
	if (caller)
		caller->self += missing;
}

static struct call_sums
sums_of(const struct model_clock *clock, const struct call_cost *cost, const struct tally_row *row)
{
	const struct call_tally_sums *sums = row->sums;

	return (struct call_sums){
		.calls = sums->calls,
		.total_ns = calls_net_ns(clock, row->total),
		.total_error_ns =
			calls_fraction_ns(clock, (sums->calls + row->inner) * cost->uncertainty),
		.self_ns = calls_net_ns(clock, row->self),
		.self_error_ns =
			calls_fraction_ns(clock, (sums->calls + row->direct) * cost->uncertainty),
		.min_ns = sums->min == UINT64_MAX ? 0 : model_span_ns(clock, sums->min),
		.max_ns = model_span_ns(clock, sums->max),
		.unfinished = sums->unfinished,
	};
}

void
call_tallies_finish(
	struct timing_thread *thread, uint32_t (*renumber)(void *marks, uint32_t node), void *marks)
{
	const struct call_cost cost = calls_average_cost(&thread->cost[COST_OF_CALL_SUMS]);
	const struct model_clock *clock = &thread->thread->model->clock;
	GArray *nodes = thread->process->process->public->nodes;
	g_autoptr(GArray) rows = number_tallies(thread, renumber, marks);

	count_inside(rows, nodes);
	for (guint i = rows->len; i-- > 0;) {
		struct tally_row *tally = &g_array_index(rows, struct tally_row, i);
		struct tally_row *caller = caller_of(rows, nodes, tally);
		struct call_row row = {.node = tally->node};

		settle(tally, caller);
		if (!tally->sums->calls)
			continue;
		row.sums = sums_of(clock, &cost, tally);
		g_array_index(nodes, struct node, tally->node).traced = true;
		g_array_append_val(thread->thread->public->calls, row);
	}
}

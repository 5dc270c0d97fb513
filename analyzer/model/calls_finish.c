/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * From raw ticks to what readers see of traced calls. What tracing cost is taken off sums (record.h
 * has the formulas). A call path whose self would be negative then has 0, and what is missing is
 * its caller's: of the two time stamps' error one gets what the other loses, and so totals stay
 * what they are.
 */
#include "call_modules.h"
#include "timing.h"

enum {
	FIRST_SLOTS = 256,
	BELOW_COST_MAX = 1 << 18, /* 256ths of a tick by which a cost may be measured too high */
};

/* ---- nodes of the process for call paths of its threads ---- */

/* A hash table of numbers of nodes; the nodes themselves are the keys. */
struct node_map {
	struct process *public;
	uint32_t *slots; /* 0: empty */
	uint32_t mask, count;
};

static uint32_t *
find_node(const struct node_map *map, uint32_t parent, uint64_t pc, uint64_t seen_ns)
{
	const uint64_t key = (pc ^ (uint64_t)parent << 32) * UINT64_C(0x9e3779b97f4a7c15);

	for (uint32_t i = (uint32_t)(key >> 32) & map->mask;; i = (i + 1) & map->mask) {
		const struct node *node =
			&g_array_index(map->public->nodes, struct node, map->slots[i]);

		if (!map->slots[i] ||
			(node->pc == pc && node->parent == parent && node->seen_ns == seen_ns))
			return &map->slots[i];
	}
}

static void
grow_map(struct node_map *map)
{
	const uint32_t room = map->mask + 1;
	g_autofree uint32_t *before = map->slots;

	map->slots = g_new0(uint32_t, 2 * (gsize)room);
	map->mask = 2 * room - 1;
	for (uint32_t i = 0; i < room; i++) {
		const struct node *node =
			&g_array_index(map->public->nodes, struct node, before[i]);

		if (before[i])
			*find_node(map, node->parent, node->pc, node->seen_ns) = before[i];
	}
}

static uint32_t
add_node(struct node_map *map, uint32_t parent, uint64_t function)
{
	const struct node node = {
		.parent = parent,
		.pc = call_modules_address(function) | RECORD_PC_EXACT,
		.seen_ns = call_modules_start_ns(map->public, function),
		.traced = true,
	};
	uint32_t *slot = find_node(map, parent, node.pc, node.seen_ns);

	if (*slot)
		return *slot;
	if (2 * ++map->count > map->mask) {
		grow_map(map);
		slot = find_node(map, parent, node.pc, node.seen_ns);
	}
	*slot = map->public->nodes->len;
	g_array_append_val(map->public->nodes, node);
	return *slot;
}

/* ---- sums ---- */

static uint64_t
not_negative(int64_t value)
{
	return value > 0 ? (uint64_t)value : 0;
}

static uint64_t
fraction_ns(const struct model_clock *clock, uint64_t fractions)
{
	return (uint64_t)((double)fractions / COST_FRACTION * clock->ns_per_tick + 0.5);
}

static int64_t
self_of(const struct call_path *path)
{
	return (int64_t)(path->self * COST_FRACTION - path->taken_self);
}

static int64_t
total_of(const struct call_path *path)
{
	return (int64_t)(path->total * COST_FRACTION - path->taken);
}

static struct call_sums
sums_of(const struct model_clock *clock, const struct call_cost *cost, const struct call_path *path,
	int64_t self)
{
	return (struct call_sums){
		.calls = path->calls,
		.total_ns = fraction_ns(clock, not_negative(total_of(path))),
		.total_error_ns =
			fraction_ns(clock, (path->calls + path->inner) * cost->uncertainty),
		.self_ns = fraction_ns(clock, not_negative(self)),
		.self_error_ns =
			fraction_ns(clock, (path->calls + path->direct) * cost->uncertainty),
		.min_ns = path->min == UINT64_MAX ? 0 : model_span_ns(clock, path->min),
		.max_ns = model_span_ns(clock, path->max),
		.unfinished = path->unfinished,
		.below_cost = path->below_cost,
		.peak_bytes = path->peak_bytes,
	};
}

/* ---- detail: a thread's tree ---- */

/* By call path: its self, none negative. */
static int64_t *
settle_selfs(const struct call_tree *tree)
{
	int64_t *self = g_new0(int64_t, tree->count);

	for (uint32_t i = tree->count - 1; i > 0; i--) {
		const uint32_t parent = tree->paths[i].parent;

		self[i] += self_of(&tree->paths[i]);
		if (self[i] >= 0)
			continue;
		self[parent] += self[i];
		self[i] = 0;
	}
	return self;
}

static void
add_boxes(struct timing_thread *thread, const uint32_t *number)
{
	const struct model_clock *clock = &thread->thread->model->clock;
	const GArray *calls = thread->lane.calls;

	for (unsigned i = 0; calls && i < calls->len; i++) {
		const struct chart_call *call = &g_array_index(calls, struct chart_call, i);
		const uint64_t start_ns = model_ns(clock, call->start);
		const struct chart_box box = {
			.start_ns = start_ns,
			.duration_ns = model_ns(clock, call->start + call->ticks) - start_ns,
			.node = number[call->path],
			.depth = call->depth,
			.kind = CHART_CALL,
		};

		g_array_append_val(thread->thread->public->chart, box);
	}
}

/* A single call has no histogram: it is its own. */
static uint8_t *
pack_histogram(const struct call_path *path, const struct model_clock *clock, uint32_t *ret_bytes)
{
	if (call_histogram_is_empty(&path->histogram) && path->min != UINT64_MAX)
		return call_histogram_pack_one(path->min, clock->ns_per_tick, ret_bytes);
	return call_histogram_pack(&path->histogram, clock->ns_per_tick, ret_bytes);
}

static void
reserve_rows(GArray *rows, const struct call_tree *tree)
{
	const guint before = rows->len;
	guint count = 0;

	for (uint32_t i = 1; i < tree->count; i++)
		count += tree->paths[i].calls > 0;
	g_array_set_size(rows, before + count);
	g_array_set_size(rows, before);
}

/* The thread's own tree is gone then: there may be millions of call paths. */
static void
finish_tree(struct timing_thread *thread, struct node_map *map,
	uint32_t (*renumber)(void *marks, uint32_t node), void *marks)
{
	const struct call_cost *cost = &thread->cost[COST_OF_CALLS].now;
	const struct model_clock *clock = &thread->thread->model->clock;
	struct call_tree *tree = &thread->tree;
	g_autofree uint32_t *number = g_new0(uint32_t, tree->count);
	g_autofree int64_t *self = settle_selfs(tree);
	g_autofree uint64_t *self_ns = g_new0(uint64_t, tree->count);

	reserve_rows(thread->thread->public->calls, tree);
	for (uint32_t i = 1; i < tree->count; i++) {
		struct call_path *path = &tree->paths[i];
		struct call_row row;

		number[i] = path->parent ? add_node(map, number[path->parent], path->function)
					 : renumber(marks, (uint32_t)path->function);
		if (!path->calls)
			continue;
		row = (struct call_row){.node = number[i]};
		row.sums = sums_of(clock, cost, path, self[i]);
		self_ns[i] = row.sums.self_ns;
		row.histogram = pack_histogram(path, clock, &row.histogram_bytes);
		call_histogram_fini(&path->histogram);
		g_array_append_val(thread->thread->public->calls, row);
	}
	add_boxes(thread, number);
	moments_finish_calls(thread, number, self_ns);
	call_tree_fini(tree);
}

/* ---- summary: sums of the process's nodes ---- */

static gint
by_node(gconstpointer a, gconstpointer b)
{
	const struct call_row *left = a, *right = b;

	return left->node < right->node ? -1 : left->node > right->node;
}

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

static void
add_tally(GHashTable *tallies, const struct call_tally_sums *more)
{
	struct call_tally_sums *sums = g_hash_table_lookup(tallies, GUINT_TO_POINTER(more->node));

	if (!sums) {
		g_hash_table_insert(
			tallies, GUINT_TO_POINTER(more->node), g_memdup2(more, sizeof(*more)));
		return;
	}
	sums->calls += more->calls;
	sums->open += more->open;
	sums->total += more->total;
	sums->min = MIN(sums->min, more->min);
	sums->max = MAX(sums->max, more->max);
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
			add_tally(all->tallies, sums);
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
calls_settle_tallies(struct timing_process *process)
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

static struct call_sums
tally_sums(
	const struct model_clock *clock, const struct call_cost *cost, const struct tally_row *row)
{
	const struct call_tally_sums *sums = row->sums;

	return (struct call_sums){
		.calls = sums->calls,
		.total_ns = fraction_ns(clock, not_negative(row->total)),
		.total_error_ns =
			fraction_ns(clock, (sums->calls + row->inner) * cost->uncertainty),
		.self_ns = fraction_ns(clock, not_negative(row->self)),
		.self_error_ns =
			fraction_ns(clock, (sums->calls + row->direct) * cost->uncertainty),
		.min_ns = sums->min == UINT64_MAX ? 0 : model_span_ns(clock, sums->min),
		.max_ns = model_span_ns(clock, sums->max),
		/* More ends than begins: what was lost held those. */
		.unfinished = (int32_t)sums->open > 0 ? sums->open : 0,
	};
}

static void
finish_tallies(
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

		if (!tally->sums->calls)
			continue;
		if (tally->self < 0 && caller)
			caller->self += tally->self;
		row.sums = tally_sums(clock, &cost, tally);
		g_array_index(nodes, struct node, tally->node).traced = true;
		g_array_append_val(thread->thread->public->calls, row);
	}
}

/* ---- all of a process ---- */

static void
finish_thread(struct timing_thread *thread, struct node_map *map,
	uint32_t (*renumber)(void *marks, uint32_t node), void *marks)
{
	/* These know only the nodes that the process had itself: first. */
	if (thread->tallies)
		finish_tallies(thread, renumber, marks);
	if (thread->tree.paths)
		finish_tree(thread, map, renumber, marks);
	g_array_sort(thread->thread->public->calls, by_node);
}

void
calls_finish(struct timing_process *process, uint32_t (*renumber)(void *marks, uint32_t node),
	void *marks)
{
	struct node_map map = {
		process->process->public, g_new0(uint32_t, FIRST_SLOTS), FIRST_SLOTS - 1, 0};

	calls_settle_tallies(process);
	for (unsigned i = 0; i < process->threads->len; i++)
		finish_thread(g_ptr_array_index(process->threads, i), &map, renumber, marks);
	g_free(map.slots);
}

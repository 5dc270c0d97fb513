/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * From raw ticks to what readers see of traced calls. What tracing cost is taken off sums (record.h
 * has the formulas). A call path whose self would be negative then has 0, and what is missing is
 * its caller's: of the two time stamps' error one gets what the other loses. Its total is more by
 * that, so that totals are what the selfs below add up to, here as in tables and pictures.
 */
#include "call_modules.h"
#include "timing.h"

enum {
	FIRST_SLOTS = 256,
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

/* A call path's times, neither negative; 256ths of ticks. */
struct settled {
	int64_t self, total;
};

static struct call_sums
sums_of(const struct model_clock *clock, const struct call_cost *cost, const struct call_path *path,
	const struct settled *settled)
{
	return (struct call_sums){
		.calls = path->calls,
		.total_ns = calls_net_ns(clock, settled->total),
		.total_error_ns =
			calls_fraction_ns(clock, (path->calls + path->inner) * cost->uncertainty),
		.self_ns = calls_net_ns(clock, settled->self),
		.self_error_ns =
			calls_fraction_ns(clock, (path->calls + path->direct) * cost->uncertainty),
		.min_ns = path->min == UINT64_MAX ? 0 : model_span_ns(clock, path->min),
		.max_ns = model_span_ns(clock, path->max),
		.unfinished = path->unfinished,
		.below_cost = path->below_cost,
		.peak_bytes = path->peak_bytes,
	};
}

/* ---- detail: a thread's tree ---- */

/* By call path. Those that are called come after their callers. */
static struct settled *
settle(const struct call_tree *tree)
{
	struct settled *settled = g_new0(struct settled, tree->count);

	for (uint32_t i = tree->count - 1; i > 0; i--) {
		const struct call_path *path = &tree->paths[i];
		const int64_t self = settled[i].self + self_of(path), missing = MIN(self, 0);

		settled[i].self = self - missing;
		settled[i].total = total_of(path) - missing;
		settled[path->parent].self += missing;
	}
	return settled;
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
	g_autofree struct settled *settled = settle(tree);
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
		row.sums = sums_of(clock, cost, path, &settled[i]);
		self_ns[i] = row.sums.self_ns;
		row.histogram = pack_histogram(path, clock, &row.histogram_bytes);
		call_histogram_fini(&path->histogram);
		g_array_append_val(thread->thread->public->calls, row);
	}
	add_boxes(thread, number);
	moments_finish_calls(thread, number, self_ns);
	call_tree_fini(tree);
}

/* ---- all of a process ---- */

static gint
by_node(gconstpointer a, gconstpointer b)
{
	const struct call_row *left = a, *right = b;

	return left->node < right->node ? -1 : left->node > right->node;
}

static void
finish_thread(struct timing_thread *thread, struct node_map *map,
	uint32_t (*renumber)(void *marks, uint32_t node), void *marks)
{
	/* These know only the nodes that the process had itself: first. */
	if (thread->tallies)
		call_tallies_finish(thread, renumber, marks);
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

	call_tallies_settle(process);
	for (unsigned i = 0; i < process->threads->len; i++)
		finish_thread(g_ptr_array_index(process->threads, i), &map, renumber, marks);
	g_free(map.slots);
}

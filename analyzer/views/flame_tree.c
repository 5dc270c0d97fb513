/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Three linear passes: merge (each box finds or makes the box of its parent's target and its frame;
 * parents come first), sort siblings (one counting sort of all boxes by the rank of their frame's
 * name, then each goes to the end of its parent's list), and walk in pre-order. No recursion:
 * stacks may be as deep as they like.
 */
#include "flame_tree.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

static bool
is_valid(const struct flame *flame)
{
	if (flame->kind == FLAME_CHART && flame->box_count &&
		(!flame->start_ns || !flame->duration_ns))
		return false;
	if (flame->kind == FLAME_GRAPH && flame->box_count && !flame->metric_count)
		return false;
	if (flame->compare && (flame->kind == FLAME_CHART || flame->metric_count % 2))
		return false;
	for (uint32_t i = 0; i < flame->box_count; i++) {
		if (flame->frame[i] >= flame->frame_count)
			return false;
		if (flame->parent[i] != FLAME_NO_PARENT && flame->parent[i] >= i)
			return false;
	}
	return true;
}

/* ---- merging -------------------------------------------------------------------------------- */

/* Open addressing; a slot is a box number plus one. */
struct child_table {
	uint32_t *slots;
	size_t mask;
};

static uint32_t *
child_slot(const struct child_table *table, const struct flame_tree *tree, uint32_t parent,
	uint32_t frame)
{
	uint64_t hash = ((uint64_t)parent << 32 | frame) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (hash ^ hash >> 29) & table->mask;

	for (;; at = (at + 1) & table->mask) {
		uint32_t box = table->slots[at];

		if (box == 0 || (tree->parent[box - 1] == parent && tree->frame[box - 1] == frame))
			return &table->slots[at];
	}
}

static void
allocate(struct flame_tree *tree, const struct flame *flame)
{
	size_t count = MAX(flame->box_count, 1);

	tree->metric_count = flame->metric_count;
	tree->parent = g_new0(uint32_t, count);
	tree->depth = g_new0(uint32_t, count);
	tree->frame = g_new0(uint32_t, count);
	tree->end = g_new0(uint32_t, count);
	tree->place = g_new0(uint32_t, count);
	tree->total = g_new0(uint64_t, count);
	tree->self = g_new0(uint64_t *, MAX(flame->metric_count, 1));
	for (uint32_t m = 0; m < flame->metric_count; m++)
		tree->self[m] = g_new0(uint64_t, count);
	if (flame->kind == FLAME_CHART) {
		tree->start_ns = g_new0(uint64_t, count);
		tree->duration_ns = g_new0(uint64_t, count);
	}
}

static uint32_t
add_box(struct flame_tree *tree, const struct flame *flame, uint32_t i, uint32_t parent,
	uint32_t frame)
{
	uint32_t box = tree->count++;

	tree->parent[box] = parent;
	tree->frame[box] = frame;
	if (flame->kind == FLAME_CHART) {
		tree->start_ns[box] = flame->start_ns[i];
		tree->duration_ns[box] = flame->duration_ns[i];
	}
	return box;
}

static void
merge(struct flame_tree *tree, const struct flame *flame, const uint32_t *frame_of)
{
	uint32_t *target = tree->place;
	struct child_table table = {0};
	size_t slots = 64;

	while (slots < (size_t)flame->box_count * 2)
		slots *= 2;
	table.slots = g_new0(uint32_t, slots);
	table.mask = slots - 1;
	for (uint32_t i = 0; i < flame->box_count; i++) {
		uint32_t above = flame->parent[i];
		uint32_t parent = above == FLAME_NO_PARENT ? above : target[above];
		uint32_t frame = frame_of ? frame_of[flame->frame[i]] : flame->frame[i];

		if (flame->kind == FLAME_CHART) {
			target[i] = add_box(tree, flame, i, parent, frame);
		} else {
			uint32_t *slot = child_slot(&table, tree, parent, frame);

			if (*slot == 0)
				*slot = add_box(tree, flame, i, parent, frame) + 1;
			target[i] = *slot - 1;
		}
		for (uint32_t m = 0; m < tree->metric_count; m++)
			tree->self[m][target[i]] =
				flame_add(tree->self[m][target[i]], flame->metrics[m].self[i]);
	}
	g_free(table.slots);
}

/* ---- order ---------------------------------------------------------------------------------- */

static int
compare_names(const void *left, const void *right, void *context)
{
	const struct flame_frame *frames = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int order = strcmp(flame_function_name(&frames[a]), flame_function_name(&frames[b]));

	return order ? order : (a > b) - (a < b);
}

/* All boxes by the names of their frames. */
static uint32_t *
order_by_name(const struct flame_tree *tree, const struct flame *flame)
{
	g_autofree uint32_t *frames = g_new(uint32_t, MAX(flame->frame_count, 1));
	g_autofree uint32_t *rank = g_new(uint32_t, MAX(flame->frame_count, 1));
	g_autofree uint32_t *start = g_new0(uint32_t, (size_t)flame->frame_count + 1);
	uint32_t *order = g_new(uint32_t, MAX(tree->count, 1));

	for (uint32_t f = 0; f < flame->frame_count; f++)
		frames[f] = f;
	if (flame->frame_count)
		g_qsort_with_data(frames, (gint)flame->frame_count, sizeof *frames, compare_names,
			(void *)(uintptr_t)flame->frames);
	for (uint32_t f = 0; f < flame->frame_count; f++)
		rank[frames[f]] = f;
	for (uint32_t i = 0; i < tree->count; i++)
		start[rank[tree->frame[i]] + 1]++;
	for (uint32_t f = 0; f < flame->frame_count; f++)
		start[f + 1] += start[f];
	for (uint32_t i = 0; i < tree->count; i++)
		order[start[rank[tree->frame[i]]]++] = i;
	return order;
}

static int
compare_starts(const void *left, const void *right, void *context)
{
	const struct flame_tree *tree = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	uint64_t start_a = tree->start_ns[a], start_b = tree->start_ns[b];

	/* threads keep the order they were given in */
	if (tree->parent[a] == FLAME_NO_PARENT || tree->parent[b] == FLAME_NO_PARENT ||
		start_a == start_b)
		return (a > b) - (a < b);
	return (start_a > start_b) - (start_a < start_b);
}

static uint32_t *
order_by_start(const struct flame_tree *tree)
{
	uint32_t *order = g_new(uint32_t, MAX(tree->count, 1));
	uint32_t threads = 0, at;

	for (uint32_t i = 0; i < tree->count; i++)
		threads += tree->parent[i] == FLAME_NO_PARENT;
	at = threads;
	threads = 0;
	for (uint32_t i = 0; i < tree->count; i++)
		order[tree->parent[i] == FLAME_NO_PARENT ? threads++ : at++] = i;
	if (at > threads)
		g_qsort_with_data(order + threads, (gint)(at - threads), sizeof *order,
			compare_starts, (void *)(uintptr_t)tree);
	return order;
}

/* Lists of children, siblings in `order`, as next-links. Returns the first root. */
static uint32_t
link_children(const struct flame_tree *tree, const uint32_t *order, uint32_t *first, uint32_t *next)
{
	uint32_t roots = FLAME_NO_PARENT;

	for (uint32_t i = 0; i < tree->count; i++)
		first[i] = next[i] = FLAME_NO_PARENT;
	for (uint32_t k = tree->count; k-- > 0;) {
		uint32_t box = order[k], above = tree->parent[box];
		uint32_t *list = above == FLAME_NO_PARENT ? &roots : &first[above];

		next[box] = *list;
		*list = box;
	}
	return roots;
}

/* position[k]: the box (of `tree`) that is k-th in pre-order. */
static void
walk(const struct flame_tree *tree, const uint32_t *order, uint32_t *position)
{
	g_autofree uint32_t *first = g_new(uint32_t, MAX(tree->count, 1));
	g_autofree uint32_t *next = g_new(uint32_t, MAX(tree->count, 1));
	uint32_t box = link_children(tree, order, first, next);

	for (uint32_t k = 0; box != FLAME_NO_PARENT; k++) {
		position[k] = box;
		if (first[box] != FLAME_NO_PARENT) {
			box = first[box];
			continue;
		}
		while (box != FLAME_NO_PARENT && next[box] == FLAME_NO_PARENT)
			box = tree->parent[box];
		if (box != FLAME_NO_PARENT)
			box = next[box];
	}
}

static void
permute32(uint32_t **column, const uint32_t *position, uint32_t count)
{
	uint32_t *moved = g_new(uint32_t, MAX(count, 1));

	for (uint32_t k = 0; k < count; k++)
		moved[k] = (*column)[position[k]];
	g_free(*column);
	*column = moved;
}

static void
permute64(uint64_t **column, const uint32_t *position, uint32_t count)
{
	uint64_t *moved = g_new(uint64_t, MAX(count, 1));

	if (!*column) {
		g_free(moved);
		return;
	}
	for (uint32_t k = 0; k < count; k++)
		moved[k] = (*column)[position[k]];
	g_free(*column);
	*column = moved;
}

static void
arrange(struct flame_tree *tree, const struct flame *flame)
{
	g_autofree uint32_t *order =
		flame->kind == FLAME_CHART ? order_by_start(tree) : order_by_name(tree, flame);
	g_autofree uint32_t *position = g_new(uint32_t, MAX(tree->count, 1));
	g_autofree uint32_t *place = g_new(uint32_t, MAX(tree->count, 1));

	walk(tree, order, position);
	for (uint32_t k = 0; k < tree->count; k++)
		place[position[k]] = k;
	for (uint32_t i = 0; i < flame->box_count; i++)
		tree->place[i] = place[tree->place[i]];
	permute32(&tree->parent, position, tree->count);
	permute32(&tree->frame, position, tree->count);
	permute64(&tree->start_ns, position, tree->count);
	permute64(&tree->duration_ns, position, tree->count);
	for (uint32_t m = 0; m < tree->metric_count; m++)
		permute64(&tree->self[m], position, tree->count);
	for (uint32_t k = 0; k < tree->count; k++) {
		uint32_t above = tree->parent[k];

		if (above == FLAME_NO_PARENT)
			continue;
		tree->parent[k] = place[above];
		tree->depth[k] = tree->depth[place[above]] + 1;
	}
}

static void
sum(struct flame_tree *tree)
{
	for (uint32_t k = 0; k < tree->count; k++)
		tree->end[k] = k + 1;
	if (tree->metric_count)
		memcpy(tree->total, tree->self[0], tree->count * sizeof *tree->total);
	for (uint32_t k = tree->count; k-- > 0;) {
		uint32_t above = tree->parent[k];

		if (above == FLAME_NO_PARENT)
			continue;
		tree->total[above] = flame_add(tree->total[above], tree->total[k]);
		tree->end[above] = MAX(tree->end[above], tree->end[k]);
	}
}

int
flame_tree_init(struct flame_tree *ret_tree, const struct flame *flame, const uint32_t *frame_of)
{
	struct flame_tree tree = {0};

	if (!is_valid(flame))
		return -EINVAL;
	allocate(&tree, flame);
	merge(&tree, flame, frame_of);
	arrange(&tree, flame);
	sum(&tree);
	*ret_tree = tree;
	return 0;
}

void
flame_tree_fini(struct flame_tree *tree)
{
	g_free(tree->parent);
	g_free(tree->depth);
	g_free(tree->frame);
	g_free(tree->end);
	g_free(tree->place);
	g_free(tree->total);
	for (uint32_t m = 0; m < tree->metric_count; m++)
		g_free(tree->self[m]);
	g_free(tree->self);
	g_free(tree->start_ns);
	g_free(tree->duration_ns);
	*tree = (struct flame_tree){0};
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See call_tree.h. */
#include "call_tree.h"

#include <glib.h>

enum {
	FIRST_PATHS = 64, /* twice as many slots as paths, always */
};

void
call_tree_init(struct call_tree *tree)
{
	*tree = (struct call_tree){
		.paths = g_new0(struct call_path, FIRST_PATHS),
		.count = 1,
		.room = FIRST_PATHS,
		.slots = g_new0(uint32_t, 2 * FIRST_PATHS),
		.mask = 2 * FIRST_PATHS - 1,
	};
}

void
call_tree_fini(struct call_tree *tree)
{
	for (uint32_t i = 0; i < tree->count; i++)
		call_histogram_fini(&tree->paths[i].histogram);
	g_free(tree->paths);
	g_free(tree->slots);
	*tree = (struct call_tree){0};
}

static uint32_t
home(const struct call_tree *tree, uint32_t parent, uint64_t function)
{
	const uint64_t key = (function ^ (uint64_t)parent << 32) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(key >> 32) & tree->mask;
}

static uint32_t *
find_slot(struct call_tree *tree, uint32_t parent, uint64_t function)
{
	for (uint32_t i = home(tree, parent, function);; i = (i + 1) & tree->mask) {
		const struct call_path *path = &tree->paths[tree->slots[i]];

		if (!tree->slots[i] || (path->parent == parent && path->function == function))
			return &tree->slots[i];
	}
}

static void
grow(struct call_tree *tree)
{
	const uint32_t room = 2 * tree->room;

	tree->paths = g_renew(struct call_path, tree->paths, room);
	g_free(tree->slots);
	tree->slots = g_new0(uint32_t, 2 * (gsize)room);
	tree->room = room;
	tree->mask = 2 * room - 1;
	for (uint32_t i = 1; i < tree->count; i++)
		*find_slot(tree, tree->paths[i].parent, tree->paths[i].function) = i;
}

uint32_t
call_tree_child_slow(struct call_tree *tree, uint32_t parent, uint64_t function)
{
	uint32_t *slot = find_slot(tree, parent, function);

	if (!*slot) {
		if (tree->count == tree->room) {
			grow(tree);
			slot = find_slot(tree, parent, function);
		}
		*slot = tree->count++;
		tree->paths[*slot] = (struct call_path){
			.function = function, .parent = parent, .min = UINT64_MAX};
	}
	return tree->paths[parent].latest = *slot;
}

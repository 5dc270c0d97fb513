/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "tree.h"
#include <stddef.h>
#include "modules.h"
#include "os/system.h"
#include "forbid.h"

enum {
	HASH_SLOTS = 1 << 20,
	HASH_PROBES = 64
};

struct tree tree;

bool
tree_init(void)
{
	/* Address space alone: pages are used as nodes come. Less where a limit is set on it. */
	for (uint32_t limit = TREE_NODES_MAX; limit >= 1 << 16; limit /= 4) {
		tree.nodes = system_map((size_t)limit * sizeof(struct tree_node));
		if (tree.nodes) {
			tree.limit = limit;
			break;
		}
	}
	tree.hash = system_map((size_t)HASH_SLOTS * sizeof(uint32_t));
	if (!tree.nodes || !tree.hash)
		return false;
	tree.count = 1;
	return true;
}

void
tree_restart(void)
{
	store_release(&tree.nodes[TREE_ROOT].first_child, 0);
}

static uint32_t
hash_index(uint32_t parent, uint64_t pc)
{
	const uint64_t mixed = (pc ^ (uint64_t)parent << 32) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(mixed >> 44);
}

/* In the rest of a list, from `id` on; counts its steps. 0: not there. */
static uint32_t
search_list(uint32_t id, uint64_t pc, uint32_t *steps)
{
	for (; id; id = tree.nodes[id].next, ++*steps)
		if (tree.nodes[id].pc == pc)
			return id;
	return 0;
}

static uint32_t
search_hash(uint32_t parent, uint64_t pc)
{
	const uint32_t start = hash_index(parent, pc);

	for (uint32_t i = 0; i < HASH_PROBES; i++) {
		/* Acquire: pairs with the release in insert_hash(). */
		const uint32_t id = load_acquire(&tree.hash[(start + i) % HASH_SLOTS]);

		if (!id)
			return 0;
		if (tree.nodes[id].pc == pc && tree.nodes[id].parent == parent)
			return id;
	}
	return 0;
}

/* Returns false where the neighbourhood is full. */
static bool
insert_hash(uint32_t id)
{
	const uint32_t start = hash_index(tree.nodes[id].parent, tree.nodes[id].pc);

	for (uint32_t i = 0; i < HASH_PROBES; i++) {
		uint32_t expected = 0;

		if (cas_acq_rel(&tree.hash[(start + i) % HASH_SLOTS], &expected, id))
			return true;
	}
	return false;
}

static void
push_list(uint32_t parent, uint32_t id)
{
	uint32_t first = load_acquire(&tree.nodes[parent].first_child);

	do
		tree.nodes[id].next = first;
	while (!cas_acq_rel(&tree.nodes[parent].first_child, &first, id));
}

/* Two threads that make the same node at once make two: both are right, and few. */
static uint32_t
create(struct writer *writer, uint32_t parent, uint64_t pc, bool wide)
{
	if (load_relaxed(&tree.count) >= tree.limit)
		return parent;
	const uint32_t id = add_relaxed(&tree.count, 1);

	if (id >= tree.limit || !writer_ready(writer))
		return parent;
	/* A new call path may be the first in a new module. */
	modules_announce(writer);
	if (!writer_ready(writer))
		return parent;
	tree.nodes[id].pc = pc;
	tree.nodes[id].parent = parent;
	tree.nodes[id].depth = tree.nodes[parent].depth + 1;
	writer->at = record_emit_node(&writer->state, writer->at, id, parent, pc);
	writer_commit(writer);
	if (!wide || !insert_hash(id))
		push_list(parent, id);
	return id;
}

uint32_t
tree_find_slow(struct tree_cache *cache, struct writer *writer, uint32_t parent, uint64_t pc,
	uint32_t from)
{
	struct tree_cached *cached = &cache->entry[hash_index(parent, pc) % TREE_CACHED];
	uint32_t steps = TREE_PROBES;

	if (cached->parent == parent && cached->pc == pc && cached->node)
		return cached->node;
	uint32_t id = search_list(from, pc, &steps);

	if (!id && steps >= TREE_LIST_MAX)
		id = search_hash(parent, pc);
	if (!id)
		id = create(writer, parent, pc, steps >= TREE_LIST_MAX);
	if (id != parent)
		*cached = (struct tree_cached){pc, parent, id};
	return id;
}

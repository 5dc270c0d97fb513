/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The stack tree: every call path of the process, each once. A node is (parent, pc), its id a small
 * sequential number; events carry the id alone.
 *
 *	node 7   pc = return address in main   parent = 3   first child -> 9 -> 8
 *	                                                      (newest first, by `next`)
 *
 * Children hang in lists, because a look-up in a short list touches memory that the walk has just
 * used, where a hash misses the cache each time (2 to 6 ns against 70 to 110 in deep recursion). A
 * list that grows longer than TREE_LIST_MAX stops growing: further children go to one
 * open-addressed hash.
 *
 * Lock-free. Nodes are only added, never changed but for the links, so a fork or a signal at any
 * moment leaves a valid tree. A node's NODE record is committed before the node can be found.
 */
#ifndef THAG_PRELOAD_TREE_H
#define THAG_PRELOAD_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include "atomics.h"
#include "writer.h"

enum {
	TREE_LIST_MAX = 64,
	TREE_PROBES = 6,    /* steps along a list before the thread's cache is asked */
	TREE_CACHED = 1024, /* entries of that cache, direct-mapped */
	TREE_ROOT = 0,	    /* not a node: parent of the outermost frames */
	TREE_NODES_MAX = 1 << 25,
};

struct tree_node {
	uint64_t pc;	      /* constant */
	uint32_t parent;      /* constant */
	uint32_t first_child; /* changed by compare-and-swap; release, pairs with acquire in
				 searches */
	uint32_t next;	      /* constant once the node is linked */
	uint32_t depth;	      /* constant; of an outermost frame 1 */
};

struct tree {
	struct tree_node *nodes;
	uint32_t *hash; /* ids; 0: free */
	uint32_t limit; /* ids below it have storage */
	uint32_t count; /* ids handed out, from 1 */
};

extern struct tree tree;

struct tree_cached {
	uint64_t pc;
	uint32_t parent;
	uint32_t node;
};

/* Of one thread. */
struct tree_cache {
	struct tree_cached entry[TREE_CACHED];
};

/* Reserves address space; returns false where there is not enough. */
bool tree_init(void);

/*
 * From now on all call paths are new ones: for when addresses have come to mean something else.
 * Every thread's cache must be cleared before it asks again.
 */
void tree_restart(void);

uint32_t tree_find_slow(struct tree_cache *cache, struct writer *writer, uint32_t parent,
	uint64_t pc, uint32_t from);

/*
 * The child of `parent` for `pc`, made where it is new. Where no more nodes fit, the parent itself
 * (the writer's `missed` stays as it is: the event is kept, its path is shorter).
 */
static inline uint32_t
tree_child(struct tree_cache *cache, struct writer *writer, uint32_t parent, uint64_t pc)
{
	const uint32_t first = load_acquire(&tree.nodes[parent].first_child);
	/* The first child or the second, chosen without a branch: where a caller alternates between
	 * two callees no branch would be predicted. Node 0 has no pc and no next. */
	const uint32_t other = -(uint32_t)(tree.nodes[first].pc != pc);
	const uint32_t id = (first & ~other) | (tree.nodes[first].next & other);

	if (likely(tree.nodes[id].pc == pc))
		return id;
	return tree_find_slow(cache, writer, parent, pc, tree.nodes[id].next);
}

#endif

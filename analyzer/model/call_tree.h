/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The traced call paths of one thread, with the sums of each, while the model is fed.
 *
 *	node 1: base, node 4711 of the process's tree	parent 0
 *	node 2:   function 0x5510			parent 1
 *	node 3:     function 0x5600			parent 2
 *	node 4:   function 0x5600			parent 1
 *
 * A child is found by one comparison where it is the one that was called last from there, else in a
 * hash table. Sums are raw ticks; what tracing cost is taken off at the end, when it is known, from
 * sums: taking it off each call and never letting it be negative would make short calls too long.
 */
#ifndef THAG_CALL_TREE_H
#define THAG_CALL_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "call_histogram.h"

struct call_path {
	uint64_t function; /* of a base: its node in the process's tree */
	uint32_t parent;   /* 0: this is a base */
	uint32_t latest;   /* child that was called last; 0: none yet */
	uint64_t calls, unfinished, below_cost;
	uint64_t total, self;	    /* raw ticks */
	uint64_t inner, direct;	    /* traced calls inside: at any depth, and of its own */
	uint64_t taken, taken_self; /* what tracing added to total and self, 256ths of a tick */
	uint64_t min, max;	    /* of one call, corrected ticks */
	/* See moments.h: self of open calls that has been told, and all that has been. */
	uint64_t early, told_calls, told_self;
	uint64_t peak_bytes;		 /* of sections: see struct call_sums */
	struct call_histogram histogram; /* empty where one call returned: `min` is it */
};

struct call_tree {
	struct call_path *paths; /* [0] unused */
	uint32_t count, room;
	uint32_t *slots; /* of the hash table: numbers of paths, 0: empty */
	uint32_t mask;
};

void call_tree_init(struct call_tree *tree);
void call_tree_fini(struct call_tree *tree);

/* The child of `parent` (0: the base of that node), made where it is not there. */
uint32_t call_tree_child_slow(struct call_tree *tree, uint32_t parent, uint64_t function);

static inline uint32_t
call_tree_child(struct call_tree *tree, uint32_t parent, uint64_t function)
{
	const uint32_t latest = tree->paths[parent].latest;

	if (__builtin_expect(latest && tree->paths[latest].function == function, 1))
		return latest;
	return call_tree_child_slow(tree, parent, function);
}

#endif

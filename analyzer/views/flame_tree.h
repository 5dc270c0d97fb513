/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A flame put in order for writing: boxes in pre-order (those below box i are i + 1 .. end[i] - 1),
 * equal call paths of a graph merged, siblings by name (graph) or start (chart).
 */
#ifndef THAG_FLAME_TREE_H
#define THAG_FLAME_TREE_H

#include "flame.h"

struct flame_tree {
	uint32_t count;
	uint32_t metric_count;
	uint32_t *parent; /* FLAME_NO_PARENT */
	uint32_t *depth;  /* 0: no parent */
	uint32_t *frame;
	uint32_t *end;
	uint64_t **self; /* [metric][box] */
	uint64_t *total; /* of metric 0; sums stay at UINT64_MAX */
	uint64_t *start_ns, *duration_ns;
	uint32_t *place; /* by box of the flame: the box here that it became */
};

/*
 * `frame_of` names for each frame the one that stands for it, where frames are to be merged; NULL:
 * none. Returns 0 or -EINVAL (see flame.h). Free with flame_tree_fini().
 */
int flame_tree_init(
	struct flame_tree *ret_tree, const struct flame *flame, const uint32_t *frame_of);
void flame_tree_fini(struct flame_tree *tree);

/* a + b, or UINT64_MAX where that is too much */
static inline uint64_t
flame_add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* The name a frame is shown by; never NULL. */
static inline const char *
flame_function_name(const struct flame_frame *frame)
{
	return frame->function && frame->function[0] ? frame->function : "(unnamed)";
}

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Two accounts laid over each other. Which call paths are the same, and what became of each, says
 * analyzer/diff; this adds the lines, which play no part in that: of the several places that one
 * call path may ask from, the one that a change is to be blamed on.
 */
#ifndef THAG_GATE_COMPARISON_H
#define THAG_GATE_COMPARISON_H

#include "account.h"
#include "diff.h"

struct comparison {
	const struct account *account[DIFF_SIDES]; /* borrowed */
	struct diff *diff;
	/* nodes[side][first[side][path]] to ...[path + 1]: the side's nodes of a path, by line. */
	uint32_t *first[DIFF_SIDES], *nodes[DIFF_SIDES];
};

/*
 * The metrics of `set`, of all of `before` and of what `part` selects of `after` (NULL: all of
 * it). NULL where the sums are beyond 63 bits, with `error`.
 */
struct comparison *comparison_new(const struct account *before, const struct account *after,
	unsigned set, const struct selection *part, GError **error);
void comparison_free(struct comparison *comparison);

/* The place of a metric in the diff. It must be in the set. */
unsigned comparison_column(const struct comparison *comparison, enum gate_metric metric);

/*
 * The node whose line a change of a path is to be blamed on: the nodes of both sides are aligned in
 * the order of their lines so that they differ as little as possible; of this side's, the one that
 * exceeds its partner the most. `self[side]` is what each node did. The side must have nodes.
 */
uint32_t comparison_witness(const struct comparison *comparison, uint32_t path, enum diff_side side,
	uint64_t *const self[DIFF_SIDES]);

#endif

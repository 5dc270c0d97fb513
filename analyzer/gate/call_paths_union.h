/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The call paths of two accounts as one tree: a path for each chain of functions and modules that
 * either of them has, with the nodes of both that are that chain (several, where lines differ).
 */
#ifndef THAG_GATE_CALL_PATHS_UNION_H
#define THAG_GATE_CALL_PATHS_UNION_H

#include "account.h"

enum {
	UNION_BEFORE,
	UNION_AFTER,
	UNION_SIDES,
};

struct union_path {
	uint32_t parent;
	GArray *nodes[UNION_SIDES]; /* uint32_t, NULL: none. In the order of their lines */
};

struct call_paths_union {
	const struct account *account[UNION_SIDES];
	GArray *paths; /* struct union_path; 0 is the root */
};

/* The accounts are borrowed. */
void call_paths_union_init(
	struct call_paths_union *paths, const struct account *before, const struct account *after);
void call_paths_union_fini(struct call_paths_union *paths);

/* The sum of a metric over the nodes of a path on one side. */
uint64_t call_paths_union_self(const struct call_paths_union *paths, uint32_t path, unsigned side,
	enum gate_metric metric);

/*
 * The node whose lines a change of `metric` is to be blamed on: nodes of both sides are aligned in
 * the order of their lines so that as many as possible did the same; of the others, the one with
 * the largest increase (or, where `side` is UNION_BEFORE, decrease). The side must have nodes.
 */
uint32_t call_paths_union_witness(const struct call_paths_union *paths, uint32_t path,
	unsigned side, enum gate_metric metric);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * From the return addresses of one process to frames of the run's call tree, in two steps because
 * the symbolizer resolves all addresses at once: want what is needed, later place it.
 */
#ifndef THAG_PROFILE_CALL_PATHS_H
#define THAG_PROFILE_CALL_PATHS_H

#include "frame_table.h"
#include "model/module_index.h"
#include "tree_builder.h"

/* What the processes of a run share. */
struct call_path_target {
	struct profile *profile;
	struct symbolizer *symbolizer;
	struct frame_table frames;
	struct tree_builder tree;
	struct id_map modules; /* number in the symbolizer -> in the profile */
	GHashTable *chains;    /* struct place -> struct chain */
	GArray *chain_frames;  /* uint32_t, of all chains */
	GHashTable *places;    /* what the source named: text -> number in the profile */
};

void call_path_target_init(
	struct call_path_target *target, struct profile *profile, struct symbolizer *symbolizer);
void call_path_target_fini(struct call_path_target *target);

struct call_paths {
	struct call_path_target *target;
	const GArray *nodes;	   /* struct node, of the process */
	const struct named *named; /* what the process named; may be NULL */
	uint32_t *places; /* by index in named->places: number in the profile, 0: none yet */
	struct module_index modules;
	uint32_t pid;
	uint64_t start_realtime_ns;
	struct module *generated; /* code made at run time; NULL: none, or not looked for */
	bool generated_sought;
	uint32_t *placed; /* by node: number in the tree, or one of enum call_path_state */
	GArray *way;	  /* uint32_t: nodes yet to be placed, innermost first */
};

void call_paths_init(struct call_paths *paths, struct call_path_target *target,
	const struct process *process, uint64_t run_start_realtime_ns);
void call_paths_fini(struct call_paths *paths);

/* Asks the symbolizer for all addresses from `node` to its root. A bad node is ignored. */
void call_paths_want(struct call_paths *paths, uint32_t node);

/*
 * After symbolizer_resolve_all(): the number in the tree (provisional, see tree_builder.h) of the
 * call path that ends at `node`. Node 0 and nodes that were never named are "[unknown]".
 */
uint32_t call_paths_place(struct call_paths *paths, uint32_t node);

#endif

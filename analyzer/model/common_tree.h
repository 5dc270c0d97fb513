/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The call paths that processes of one executable have in common.
 *
 * Each process has its modules at addresses of its own, so equal call paths differ in every number.
 * In the common tree each module is once, at an address that it has here alone, and call paths are
 * moved there:
 *
 *	process 17	libc.so at 0x7f3a12000000	main <- f <- malloc  ----+
 *	process 18	libc.so at 0x7fd680000000	main <- f <- malloc  ----+--> one node
 *	common		libc.so at 0x10000000
 *
 * What lies in no module (code made at run time) has no such place and is unknown here.
 */
#ifndef THAG_COMMON_TREE_H
#define THAG_COMMON_TREE_H

#include "module_index.h"
#include "state.h"

struct common_tree {
	struct model_process *process; /* whose modules and nodes these are */
	GHashTable *modules;	       /* text that tells them apart -> struct module, borrowed */
	uint64_t next_address;
	uint32_t *slots; /* nodes by parent and pc: a hash table, 0: empty */
	uint32_t count, mask;
};

/* `process` is all empty, and is the caller's. */
void common_tree_init(struct common_tree *tree, struct model_process *process);
void common_tree_fini(struct common_tree *tree);

/* Where those of one process are in the common tree. */
struct common_view {
	struct common_tree *tree;
	const struct model_process *from;
	struct module_index index; /* of its modules */
	GHashTable *modules;	   /* its struct module -> the common one */
	GHashTable *nodes;	   /* its nodes -> common ones */
	GArray *way;		   /* uint32_t: nodes yet to be moved, innermost first */
};

/* `from` has ended, and stays as it is as long as the view. */
void common_view_init(
	struct common_view *view, struct common_tree *tree, const struct model_process *from);
void common_view_fini(struct common_view *view);

/* The node of a call path. */
uint32_t common_node(struct common_view *view, uint32_t node);

/* The key of a function whose calls were traced: see call_modules.h. */
uint64_t common_function(struct common_view *view, uint64_t key);

#endif

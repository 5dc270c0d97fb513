/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What each call path of a run did with the heap: all that a baseline needs to keep of a profile to
 * say later where a change comes from.
 *
 * An account comes from a profile, or from a text file beside a budget (a "paths file"), which is
 * made to be reviewed: a line a frame, its depth first, siblings in a stable order.
 *
 *	thag-gate-paths 1
 *	# depth; allocations bytes peak leaked leaked-blocks temporary calls; function, module,
 *place 1	-	main	[program]	src/main.c:70 2	3 1500 1500 1500 3 0 1	lose
 *[program]	src/main.c:43
 *
 * Nodes are numbered in preorder; node 0 is the root, without a name.
 */
#ifndef THAG_GATE_ACCOUNT_H
#define THAG_GATE_ACCOUNT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "metrics.h"
#include "profile.h"
#include "suppressions.h"

struct account_node {
	uint32_t parent;
	uint32_t line;	      /* 0: not known */
	const char *function; /* texts are interned: equal ones are one pointer */
	const char *module;   /* see account_module_name() */
	const char *file;     /* may be "" */
	uint64_t self[GATE_PATH_METRICS];
};

struct account {
	GArray *nodes;	   /* struct account_node */
	GHashTable *known; /* of account_add_samples(): node by place; else NULL */
	bool summary;	   /* peak, leaked and temporary are not known */
	bool traced;	   /* calls are known */
	uint64_t suppressed_bytes, suppressed_blocks; /* leaks that were taken out */
	uint64_t total[GATE_PATH_METRICS];	      /* of the run, found apart from the nodes */
};

/*
 * The heap of a profile. Leaks that `suppressions` (may be NULL) match are taken out of the leaked
 * metrics, and counted.
 */
struct account *account_from_profile(
	const struct profile *profile, const struct suppressions *suppressions);

/*
 * Adds the CPU time of a profile's samples, to call paths that are there or to new ones. Only for
 * an account that account_new() made and that holds nothing else.
 */
void account_add_samples(struct account *account, const struct profile *profile);

/* One without anything. */
struct account *account_new(void);

/* A paths file. NULL with `*ret_why`, the caller's, naming the line. */
struct account *account_parse(const char *text, char **ret_why);

/* The text of a paths file, without nodes that did nothing. The caller's. */
char *account_emit(const struct account *account);

void account_free(struct account *account);

static inline const struct account_node *
account_node(const struct account *account, uint32_t node)
{
	return &g_array_index(account->nodes, struct account_node, node);
}

/*
 * The name under which a module is the same in two builds: no directory, no version after ".so",
 * and "[program]" for the program itself, which may be called something else in the other build.
 */
char *account_module_name(const char *path, const char *program);

#endif

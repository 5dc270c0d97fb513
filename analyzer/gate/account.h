/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What each call path of a run did: all that a baseline needs to keep of a profile to say later
 * where a change comes from. It is a profile itself, so that analyzer/diff compares two of them.
 *
 * An account comes from a profile; from the samples of several (account_build.h); or from a text
 * file beside a budget (a "paths file"), which is made to be reviewed: a line a frame, its depth
 * first, siblings in a stable order.
 *
 *	thag-gate-paths 1
 *	# depth; allocations bytes peak leaked leaked-blocks temporary calls; function, module,
 * place 1	-	main	[program]	src/main.c:70 2	3 1500 1500 1500 3 0 1	lose
 *[program]	src/main.c:43
 *
 * A file of anything but the exact metrics says so, and of how many runs it is the mean:
 *
 *	thag-gate-paths 1 cpu wall runs=8
 *
 * Nodes are numbered in preorder; node 0 is the root, without a name.
 */
#ifndef THAG_GATE_ACCOUNT_H
#define THAG_GATE_ACCOUNT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "metrics.h"
#include "selection.h"
#include "suppressions.h"

/* How what call paths did was found out. */
enum account_kind {
	ACCOUNT_EVENTS, /* every allocation and call: the exact metrics */
	ACCOUNT_CPU,	/* samples of CPU time */
	ACCOUNT_WALL,	/* samples of wall time */
	ACCOUNT_INSTRUCTIONS,
	ACCOUNT_KINDS,
};

/* "", "cpu", "wall", "instructions"; and the metrics that each knows. */
extern const char *const account_kind_names[ACCOUNT_KINDS];
extern const unsigned account_kind_sets[ACCOUNT_KINDS];

/* The kind that knows a metric. */
enum account_kind account_kind_of(enum gate_metric metric);

/* What one sampled run knows of a node. */
struct account_sample {
	uint32_t run, node;
	uint64_t cpu_ns, wall_ns;
};

struct account {
	struct profile *profile;		      /* owned */
	struct selection all;			      /* of it */
	const char **module_names;		      /* by module: see match_module(); interned */
	unsigned set;				      /* metrics that the nodes know */
	uint64_t suppressed_bytes, suppressed_blocks; /* leaks that were taken out */
	uint64_t total[GATE_PATH_METRICS];	      /* of the run, found apart from the nodes */
	unsigned runs;	 /* that times are the mean of; 0: it has none */
	GArray *samples; /* struct account_sample: these runs one by one; NULL: not known */
};

/*
 * The heap and the calls of a profile, which is taken. Leaks that `suppressions` (may be NULL)
 * match are taken out of it, and counted.
 */
struct account *account_from_profile(
	struct profile *profile, const struct suppressions *suppressions);

/* A paths file. NULL with `*ret_why`, the caller's, naming the line. */
struct account *account_parse(const char *text, char **ret_why);

/* The text of a paths file of the metrics of `set`, without nodes that did nothing. The caller's.
 */
char *account_emit(const struct account *account, unsigned set);

/* Takes a profile that is made; its totals are the sums of its nodes. */
struct account *account_take(struct profile *profile, unsigned set);
void account_free(struct account *account);

static inline uint32_t
account_node_count(const struct account *account)
{
	return account->profile->nodes.count;
}

static inline uint32_t
account_parent(const struct account *account, uint32_t node)
{
	return account->profile->nodes.parent[node];
}

/* By node: what it did itself. g_free() it. */
static inline uint64_t *
account_self(const struct account *account, enum gate_metric metric)
{
	return selection_self(&account->all, gate_metrics[metric].column);
}

struct account_frame {
	const char *function;
	const char *module; /* the same in every build */
	const char *file;   /* may be "" */
	uint32_t line;	    /* 0: not known */
};

/* Of a node other than the root. The texts live as long as the account. */
struct account_frame account_frame(const struct account *account, uint32_t node);

#endif

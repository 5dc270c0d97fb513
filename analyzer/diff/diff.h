/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What changed between two profiles: A, the baseline, and B, the new one; or between two parts of
 * one profile. The call trees of both are laid over each other:
 *
 *	        A              B                 union          a    b   class
 *	    main  10       main   12         main              10   12   changed
 *	      read 4         read  4           read             4    4   same
 *	      old  3                           old              3    -   gone
 *	                     new   5           new              -    5   new
 *
 * Call paths match by the names of functions and modules and by what is inlined; never by address
 * or line, which change with every build. match.h says what "the same function" means.
 *
 * Invariants
 * I1. The sum of the self deltas of all nodes is the delta of the totals, exactly; so is the sum of
 *     the exclusive deltas of all functions and of what no call path has (the root's own). Nothing
 *     is rounded, nothing is left out.
 * I2. The total of a node is its self and the totals of its children, on either side.
 * I3. No total is beyond INT64_MAX: profiles that are larger are refused.
 *
 * A diff is not changed once it is made; it borrows nothing from what it was made of.
 */
#ifndef THAG_DIFF_H
#define THAG_DIFF_H

#include "flame.h"
#include "selection.h"

enum diff_side {
	DIFF_A,
	DIFF_B,
	DIFF_SIDES,
};

enum diff_class {
	DIFF_SAME, /* also what lies within the noise band */
	DIFF_CHANGED,
	DIFF_NEW,  /* nothing of it in A */
	DIFF_GONE, /* nothing of it in B */
	DIFF_CLASSES,
};
extern const char *const diff_class_names[DIFF_CLASSES];

struct diff_options {
	/* A change is noise up to this share of the larger of the two totals: 0.01 for 1 %. */
	double noise;
	/* Every value of A is scaled so that the totals are the same: shares are compared. */
	bool normalise;
	/* A function is the same whether it is inlined or not: compilers change their minds. */
	bool any_inlining;
	/* 1 << metric: those to compare, 0 where a side does not know them. 0: all both know. */
	unsigned metrics;
};

/* One metric on one side: of the node alone, and with all below it. By node, [0] being the root. */
struct diff_column {
	int64_t *self;
	int64_t *total;
};

/* A function as both sides know it: name and module, and whether it is inlined here. */
struct diff_frame {
	const char *function;
	const char *module; /* base name, "": not known */
	bool inlined;
	uint32_t function_number; /* the same for the function inlined and not; from 0 */
};

struct diff {
	struct diff_options options;
	/* Nodes in preorder, siblings by name; node 0 is the root, whose frame is no frame. */
	uint32_t node_count;
	uint32_t *parent;
	uint32_t *frame;
	uint32_t *end;		     /* first node that is not below this one */
	uint8_t *outermost;	     /* 1: no node on the way to the root is of the same function */
	uint32_t *place[DIFF_SIDES]; /* by node of a side's profile: the node here that it is */
	uint32_t frame_count;
	struct diff_frame *frames;
	uint32_t function_count;
	/* Those that both sides know. */
	unsigned metric_count;
	enum metric metrics[METRICS];
	struct diff_column columns[METRICS][DIFF_SIDES]; /* by place in metrics[] */
	GStringChunk *strings;
};

/*
 * Returns NULL with `error` set (PROFILE_ERROR) where the two have no metric in common or are too
 * large. `options` may be NULL.
 */
struct diff *diff_new(const struct selection *a, const struct selection *b,
	const struct diff_options *options, GError **error);
void diff_free(struct diff *diff);

/* The place of a metric in metrics[], or -1. */
int diff_find_metric(const struct diff *diff, enum metric metric);

struct diff_values {
	int64_t a, b;
};

static inline struct diff_values
diff_self(const struct diff *diff, unsigned metric, uint32_t node)
{
	return (struct diff_values){
		diff->columns[metric][DIFF_A].self[node], diff->columns[metric][DIFF_B].self[node]};
}

static inline struct diff_values
diff_total(const struct diff *diff, unsigned metric, uint32_t node)
{
	return (struct diff_values){diff->columns[metric][DIFF_A].total[node],
		diff->columns[metric][DIFF_B].total[node]};
}

/* What became of a value, given the diff's noise band. */
enum diff_class diff_classify(const struct diff *diff, unsigned metric, struct diff_values values);

/* A function with anything in A or B; inclusive counts recursion once. */
struct diff_row {
	uint32_t frame; /* one of the function's */
	struct diff_values inclusive, exclusive;
	enum diff_class class; /* of the inclusive values */
};

/* All functions, the largest change first, ties by name. GArray of struct diff_row; unref it. */
GArray *diff_functions(const struct diff *diff, unsigned metric);

/*
 * All nodes with a value of their own in A or B, the largest exclusive change first, ties in
 * preorder. GArray of uint32_t.
 */
GArray *diff_paths(const struct diff *diff, unsigned metric);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Where a change comes from: the difference of two accounts, taken apart by call path without a
 * rest.
 *
 * Call paths of the two are the same where analyzer/diff says so: by functions and modules, from
 * the root inwards, the inlined ones included; addresses and lines play no part, because any edit
 * moves them. Every call path's own change is one entry, and
 *
 *	change of the total = sum of the entries + residual
 *
 * where the residual is 0 unless one side's total is not the sum of its call paths (a budget that
 * was edited by hand). Within a call path several places may ask: the place that did more, or is
 * new, is the witness.
 *
 * Times are drawn by samples: every call path's changes a little. There the functions are ranked by
 * how sure their increase is, by the runs one by one and by the change that was measured without
 * samples (slower.h), and call paths, which stay as they were sampled, stand in the order of their
 * functions.
 */
#ifndef THAG_GATE_ATTRIBUTION_H
#define THAG_GATE_ATTRIBUTION_H

#include "comparison.h"
#include "review.h"

enum attribution_kind {
	ATTRIBUTION_NEW,     /* the call path did nothing of the kind before */
	ATTRIBUTION_GONE,    /* it does nothing any more */
	ATTRIBUTION_CHANGED, /* it does more, or less */
	ATTRIBUTION_MOVED,   /* the same as one that is gone, elsewhere: counted with its partner */
};

extern const char *const attribution_kind_names[];

struct attribution_entry {
	enum attribution_kind kind;
	uint64_t before, after;
	const struct account *account; /* of the witness: the new one, or the old of what is gone */
	uint32_t witness;
	uint32_t reviewed; /* nearest frame in the change under review, 0: none */
	enum review_match match;
	bool has_partner;
	uint32_t partner; /* of what moved: the witness in the other account */
	uint32_t rank;	  /* of its function among those that are surely slower; 0: exact */
};

/* What a function itself took, the mean of the runs, and how sure the difference is. */
struct attribution_function {
	const char *function, *module; /* as long as the comparison lives */
	uint32_t number;	       /* of the diff */
	double before, after;
	double error; /* standard error of after - before */
};

struct attribution {
	enum gate_metric metric;
	int64_t change;	   /* of the total */
	int64_t explained; /* sum of the entries */
	int64_t residual;  /* change - explained */
	GArray *entries;   /* struct attribution_entry: increases, the largest first, then the
			    * moved, then decreases; of times see above */
	GArray *functions; /* struct attribution_function, the surest increase first; NULL: exact */
};

/*
 * The two totals are the caller's, as they were compared. What is compared is borrowed. `measured`
 * is how much times changed in runs that were not sampled; NAN: not known, or not a time.
 */
struct attribution *attribution_find(const struct comparison *comparison, enum gate_metric metric,
	int64_t total_before, int64_t total_after, double measured, const struct review *review);
void attribution_free(struct attribution *attribution);

static inline int64_t
attribution_change(const struct attribution_entry *entry)
{
	return (int64_t)(entry->after - entry->before);
}

/* The node to show first: who asked, past the allocator's own functions. 0: no call path. */
uint32_t attribution_site(const struct attribution_entry *entry);

/* "hold known.c:36", of a frame. The caller's. */
char *attribution_frame(const struct account_frame *frame);

/* The nearest frame in the change under review in the same words; NULL: none. The caller's. */
char *attribution_reviewed(const struct attribution_entry *entry);

/* The call path from the site outwards, at most `frames` of it (0: all): "hold < main". */
char *attribution_path(const struct attribution_entry *entry, unsigned frames);

/* "digest itself: 1.20 s -> 1.26 s, +60 ms, give or take 9 ms". The caller's. */
char *attribution_function_text(
	const struct attribution_function *function, enum gate_metric metric);

#endif

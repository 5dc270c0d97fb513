/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The part of a profile that a report is about: by function, module, file (of any frame on the call
 * path), thread and process. Everything a report says of numbers comes from the rows of a
 * selection, so that all of them agree: the totals are the sums of the rows, the root's total in a
 * tree is the total, and a restricted peak is that part of the heap's own maximum.
 */
#ifndef THAG_REPORT_SELECTION_H
#define THAG_REPORT_SELECTION_H

#include "metric.h"
#include "profile.h"

/* What a call path did with memory, as a whole. */
enum filter_kind {
	FILTER_ANY,
	FILTER_LARGE,	  /* made a block of more than 1 MiB */
	FILTER_TEMPORARY, /* made a block that was temporary */
	FILTER_LEAKED,	  /* left a block behind */
	FILTER_FREQUENT,  /* made at least 1 % of the allocations */
	FILTER_KINDS,
};
extern const char *const filter_kinds[FILTER_KINDS]; /* "any", "large" ... */

/* Lowest and highest, both included; 0: no such limit. */
struct filter_range {
	uint64_t low, high;
};

/* NULL: not restricted. Each is a name (see names.h) or a regular expression between slashes. */
struct filter {
	const char *function;
	const char *module;
	const char *file;
	const char *thread;  /* name or thread id */
	const char *process; /* name of the executable or process id */
	/* Left out, all that match any: NULL, or lists that end with NULL. */
	const char *const *without;	 /* call paths through these functions */
	const char *const *without_leaf; /* call paths that end in them, past the allocator */
	enum filter_kind kind;
	struct filter_range size_bytes;	 /* the largest block that a call path made */
	struct filter_range lifetime_ns; /* the mean of its freed blocks */
	struct filter_range time_ns;	 /* from the run's start: see profile_range.h; 0: its end */
};

struct selection {
	const struct profile *profile; /* of a range of time: the part, which is the selection's */
	struct profile *part;	       /* NULL: all of the time */
	bool restricted;	       /* anything */
	bool path_restricted; /* by more than thread and process: distributions do not know that */
	uint8_t *rows;	      /* by memory row: 1 where it belongs */
	uint8_t *calls;	      /* by row of calls */
	uint8_t *samples;     /* by row of samples */
	uint8_t *nodes;	      /* by node: 1 where its call path belongs */
	uint8_t *processes;   /* by process */
	uint8_t *threads;     /* by thread */
	char *description;    /* "function parse, thread 4711"; "" */
	struct memory_sums totals[MEMORY_CATEGORIES];
	struct call_sums call_totals; /* total_ns is that of self: nothing counts twice */
	struct sample_tally sample_totals[SAMPLE_KINDS];
};

/*
 * Returns false with `error` set where a pattern is no regular expression (G_REGEX_ERROR) or the
 * profile does not have the range of time (PROFILE_ERROR). It is to be freed in any case. The
 * profile is borrowed.
 */
bool selection_init(struct selection *selection, const struct profile *profile,
	const struct filter *filter, GError **error);
void selection_fini(struct selection *selection);

/* A metric of all that is selected: of the heap, of calls, of samples. */
uint64_t selection_whole(const struct selection *selection, enum metric metric);

/* CPU time of the selected processes that no sample stands for. */
uint64_t selection_unsampled_ns(const struct selection *selection);

/* A metric of the heap, or of time, by node: of the node itself, all threads together. g_free() it.
 */
uint64_t *selection_self(const struct selection *selection, enum metric metric);

/* The same with all below, from what selection_self() gave. g_free() it. */
uint64_t *selection_total(const struct profile *profile, const uint64_t *self);

#endif

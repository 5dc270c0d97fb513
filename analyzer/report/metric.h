/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a report can count: the figures of a call path by the names that options and JSON use. */
#ifndef THAG_REPORT_METRIC_H
#define THAG_REPORT_METRIC_H

#include "profile.h"

enum metric {
	METRIC_BYTES, /* allocated */
	METRIC_ALLOCATIONS,
	METRIC_PEAK, /* bytes live at the run's peak */
	METRIC_LEAKED,
	METRIC_LEAKED_BLOCKS,
	METRIC_TEMPORARY,
	METRIC_FREES,
	METRIC_VALUE,			 /* of folded stacks, whatever it counts */
	METRICS_OF_MEMORY,		 /* those before are figures of struct memory_sums */
	METRIC_TIME = METRICS_OF_MEMORY, /* of traced calls */
	METRIC_CALLS,
	METRIC_CPU, /* of samples */
	METRIC_WALL,
	METRIC_KERNEL, /* of CPU time, in the kernel */
	METRICS,
};

enum metric_unit {
	UNIT_BYTES,
	UNIT_COUNT,
	UNIT_NS,
};

/* The rows of a profile that a metric is a figure of. */
enum metric_source {
	SOURCE_MEMORY,
	SOURCE_CALLS,
	SOURCE_SAMPLES,
};

struct metric_row {
	const char *key;   /* "peak" */
	const char *title; /* "at the peak" */
	enum metric_unit unit;
	enum metric_source source;
	size_t offset; /* of the uint64_t in struct memory_sums, call_sums, sample_tally[] */
};

extern const struct metric_row metric_table[METRICS];

/* The figure in sums of the metric's source. */
static inline uint64_t
metric_of(enum metric metric, const void *sums)
{
	return *(const uint64_t *)(const void *)((const char *)sums + metric_table[metric].offset);
}

/* Of a metric of memory. */
static inline uint64_t
metric_get(enum metric metric, const struct memory_sums *sums)
{
	return metric_of(metric, sums);
}

/* Whether the profile has anything that the metric could be a figure of. */
bool metric_is_there(const struct profile *profile, enum metric metric);

/*
 * The metric that says where the time went: of traced calls where there are any, else of samples of
 * CPU time, else of wall time; METRICS where the profile has none of them.
 */
enum metric metric_of_time(const struct profile *profile);

/* Whether the run was sampled, with or without a sample that came. */
bool metric_was_sampled(const struct profile *profile);

/* Whether there is something of memory to be told: figures, or that it was asked for. */
bool metric_has_memory(const struct profile *profile);

/* What tables are sorted by where nobody says: the peak, or what there is instead. */
enum metric metric_by_default(const struct profile *profile);

/* Returns false where no metric has that key. */
bool metric_parse(const char *key, enum metric *ret_metric);

/* Whether a profile can know a metric: a summary knows no peak, folded stacks one value alone. */
bool metric_is_known(enum metric metric, const struct profile *profile);

/* Whether it says where time went; else it is one of memory. */
bool metric_is_of_time(enum metric metric);

/* "bytes, allocations, ...": for messages. */
const char *metric_keys(void);

#endif

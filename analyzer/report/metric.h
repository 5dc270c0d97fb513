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
	METRIC_VALUE, /* of folded stacks, whatever it counts */
	METRICS,
};

enum metric_unit {
	UNIT_BYTES,
	UNIT_COUNT,
};

struct metric_row {
	const char *key;   /* "peak" */
	const char *title; /* "at the peak" */
	enum metric_unit unit;
	size_t offset; /* of the uint64_t in struct memory_sums */
};

extern const struct metric_row metric_table[METRICS];

static inline uint64_t
metric_get(enum metric metric, const struct memory_sums *sums)
{
	return *(const uint64_t *)(const void *)((const char *)sums + metric_table[metric].offset);
}

/* Returns false where no metric has that key. */
bool metric_parse(const char *key, enum metric *ret_metric);

/* Whether a profile can know a metric: a summary knows no peak, folded stacks one value alone. */
bool metric_is_known(enum metric metric, const struct profile *profile);

/* Whether it says where time went; else it is one of memory. */
bool metric_is_of_time(enum metric metric);

/* What is shown first of a profile. */
enum metric metric_default(const struct profile *profile);

/* "bytes, allocations, ...": for messages. */
const char *metric_keys(void);

#endif

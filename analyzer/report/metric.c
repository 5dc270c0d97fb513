/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See metric.h. */
#include "metric.h"

#define SUM(member) offsetof(struct memory_sums, member)

const struct metric_row metric_table[METRICS] = {
	[METRIC_BYTES] = {"bytes", "allocated", UNIT_BYTES, SUM(allocated.bytes)},
	[METRIC_ALLOCATIONS] = {"allocations", "allocations", UNIT_COUNT, SUM(allocated.count)},
	[METRIC_PEAK] = {"peak", "at peak", UNIT_BYTES, SUM(at_run_peak.bytes)},
	[METRIC_LEAKED] = {"leaked", "leaked", UNIT_BYTES, SUM(leaked.bytes)},
	[METRIC_LEAKED_BLOCKS] = {"leaked-blocks", "leaked blocks", UNIT_COUNT, SUM(leaked.count)},
	[METRIC_TEMPORARY] = {"temporary", "temporary", UNIT_COUNT, SUM(temporary.count)},
	[METRIC_FREES] = {"frees", "frees", UNIT_COUNT, SUM(freed.count)},
	[METRIC_VALUE] = {"value", "value", UNIT_COUNT, SUM(allocated.count)},
};

bool
metric_parse(const char *key, enum metric *ret_metric)
{
	for (unsigned i = 0; i < METRICS; i++) {
		if (g_str_equal(key, metric_table[i].key)) {
			*ret_metric = (enum metric)i;
			return true;
		}
	}
	return false;
}

bool
metric_is_known(enum metric metric, const struct profile *profile)
{
	const bool bytes = g_str_equal(profile->run.folded, "bytes");

	if (*profile->run.folded)
		return metric == (bytes ? METRIC_BYTES : METRIC_VALUE);
	if (profile->run.summary)
		return metric == METRIC_BYTES || metric == METRIC_ALLOCATIONS ||
		       metric == METRIC_FREES;
	return metric != METRIC_VALUE;
}

bool
metric_is_of_time(enum metric metric)
{
	return metric == METRIC_VALUE;
}

enum metric
metric_default(const struct profile *profile)
{
	static const enum metric wanted[] = {METRIC_PEAK, METRIC_BYTES};

	for (unsigned i = 0; i < G_N_ELEMENTS(wanted); i++) {
		if (metric_is_known(wanted[i], profile))
			return wanted[i];
	}
	return METRIC_VALUE;
}

const char *
metric_keys(void)
{
	return "bytes, allocations, peak, leaked, leaked-blocks, temporary, frees, value";
}

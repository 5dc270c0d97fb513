/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See metric.h. */
#include "metric.h"
#include "options.h"

#define SUM(member)  SOURCE_MEMORY, offsetof(struct memory_sums, member)
#define CALL(member) SOURCE_CALLS, offsetof(struct call_sums, member)
#define SAMPLE(member)                                                                             \
	SOURCE_SAMPLES, offsetof(struct profile_sample, sums member) -                             \
				offsetof(struct profile_sample, sums)

const struct metric_row metric_table[METRICS] = {
	[METRIC_BYTES] = {"bytes", "allocated", UNIT_BYTES, SUM(allocated.bytes)},
	[METRIC_ALLOCATIONS] = {"allocations", "allocations", UNIT_COUNT, SUM(allocated.count)},
	[METRIC_PEAK] = {"peak", "at peak", UNIT_BYTES, SUM(at_run_peak.bytes)},
	[METRIC_LEAKED] = {"leaked", "leaked", UNIT_BYTES, SUM(leaked.bytes)},
	[METRIC_LEAKED_BLOCKS] = {"leaked-blocks", "leaked blocks", UNIT_COUNT, SUM(leaked.count)},
	[METRIC_TEMPORARY] = {"temporary", "temporary", UNIT_COUNT, SUM(temporary.count)},
	[METRIC_FREES] = {"frees", "frees", UNIT_COUNT, SUM(freed.count)},
	[METRIC_VALUE] = {"value", "value", UNIT_COUNT, SUM(allocated.count)},
	[METRIC_TIME] = {"time", "time in traced calls", UNIT_NS, CALL(self_ns)},
	[METRIC_CALLS] = {"calls", "traced calls", UNIT_COUNT, CALL(calls)},
	[METRIC_CPU] = {"cpu", "CPU time", UNIT_NS, SAMPLE([SAMPLE_CPU].time_ns)},
	[METRIC_WALL] = {"wall", "wall time", UNIT_NS, SAMPLE([SAMPLE_WALL].time_ns)},
	[METRIC_KERNEL] = {"kernel", "CPU time in the kernel", UNIT_NS,
		SAMPLE([SAMPLE_CPU].kernel_ns)},
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

const char *
metric_keys(void)
{
	return "bytes, allocations, peak, leaked, leaked-blocks, temporary, frees, time, calls, "
	       "cpu, wall, kernel, value";
}

static bool
has_samples(const struct profile *profile, enum metric metric)
{
	for (guint i = 0; i < profile->samples->len; i++)
		if (metric_of(
			    metric, g_array_index(profile->samples, struct profile_sample, i).sums))
			return true;
	return false;
}

bool
metric_is_there(const struct profile *profile, enum metric metric)
{
	if (metric_table[metric].source == SOURCE_MEMORY)
		return profile->memory.count > 0;
	if (metric_table[metric].source == SOURCE_CALLS)
		return profile->calls->len > 0;
	return has_samples(profile, metric);
}

enum metric
metric_of_time(const struct profile *profile)
{
	static const enum metric order[] = {METRIC_TIME, METRIC_CPU, METRIC_WALL};

	for (unsigned i = 0; i < G_N_ELEMENTS(order); i++)
		if (metric_is_there(profile, order[i]))
			return order[i];
	return METRICS;
}

bool
metric_was_sampled(const struct profile *profile)
{
	for (guint i = 0; i < profile->processes->len; i++)
		for (unsigned kind = 0; kind < SAMPLE_KINDS; kind++)
			if (profile_process(profile, i)->sampling[kind].rate_hz)
				return true;
	return false;
}

/* Older profiles do not know what was asked for: it was memory where there is nothing else. */
bool
metric_has_memory(const struct profile *profile)
{
	uint32_t asked = 0;

	for (guint i = 0; i < profile->processes->len; i++)
		asked |= profile_process(profile, i)->profiled;
	if (profile->memory.count || asked)
		return profile->memory.count || asked & OPTIONS_MEMORY;
	return metric_of_time(profile) == METRICS && !metric_was_sampled(profile);
}

enum metric
metric_by_default(const struct profile *profile)
{
	const enum metric time = metric_of_time(profile);

	if (time != METRICS && !profile->memory.count)
		return time;
	if (*profile->run.folded)
		return metric_is_known(METRIC_BYTES, profile) ? METRIC_BYTES : METRIC_VALUE;
	return profile->run.summary ? METRIC_BYTES : METRIC_PEAK;
}

bool
metric_is_known(enum metric metric, const struct profile *profile)
{
	const bool bytes = g_str_equal(profile->run.folded, "bytes");

	if (*profile->run.folded)
		return metric == (bytes ? METRIC_BYTES : METRIC_VALUE);
	if (metric == METRIC_VALUE)
		return false;
	if (metric_table[metric].source != SOURCE_MEMORY)
		return metric_is_there(profile, metric);
	/* Where nothing at all was recorded, it is nothing of memory. */
	if (!profile->memory.count && metric_of_time(profile) != METRICS)
		return false;
	if (!profile->run.summary)
		return true;
	return metric == METRIC_BYTES || metric == METRIC_ALLOCATIONS || metric == METRIC_FREES;
}

bool
metric_is_of_time(enum metric metric)
{
	return metric_table[metric].source != SOURCE_MEMORY || metric == METRIC_VALUE;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What was measured of one program: values by metric, a value a run, and the call paths of one run.
 *
 * Two programs are measured in turns, and who goes first alternates (ABBA), so that whatever
 * happens to the machine meanwhile happens to both alike.
 */
#ifndef THAG_GATE_MEASUREMENT_H
#define THAG_GATE_MEASUREMENT_H

#include "account_build.h"
#include "workload.h"

/* Who counts instructions: figures of one are not those of the other. */
enum measure_counter {
	MEASURE_HARDWARE, /* in user mode, the program as it is */
	MEASURE_CALLGRIND,
	MEASURE_COUNTERS,
};

extern const char *const measure_counter_names[MEASURE_COUNTERS];

struct measurement {
	GArray *values[GATE_METRICS]; /* double, in the order of the runs */
	char *missing[GATE_METRICS];  /* why there are none, where there is a reason */
	/* What call paths did: of the first run of its kind, of samples the mean of all; or NULL */
	struct account *accounts[ACCOUNT_KINDS];
	GPtrArray *more; /* struct account: of the other profiled runs, where keep_more */
	bool keep_more;	 /* what is timed differs from run to run */
	enum measure_counter counter; /* of the instructions */
	char *profile;		      /* its file, while the directory lives; may be NULL */
	char *build_id;		      /* of the program, or NULL */
	unsigned aids;		      /* enum workload_aid */
};

struct measurement *measurement_new(void);
void measurement_free(struct measurement *measurement);

static inline const double *
measurement_values(const struct measurement *measurement, enum gate_metric metric)
{
	return (const double *)(const void *)measurement->values[metric]->data;
}

static inline guint
measurement_count(const struct measurement *measurement, enum gate_metric metric)
{
	return measurement->values[metric]->len;
}

/* Median, 0 where there is no value. */
double measurement_median(const struct measurement *measurement, enum gate_metric metric);

/* A value more; why there is none, of which the first reason stays; what call paths did, taken, of
 * which the first of a kind stays. */
void measurement_add_value(struct measurement *measurement, enum gate_metric metric, double value);
void measurement_set_missing(
	struct measurement *measurement, enum gate_metric metric, const char *why);
void measurement_keep(
	struct measurement *measurement, enum account_kind kind, struct account *account);

/* Does it differ between runs? */
bool measurement_varies(const struct measurement *measurement, enum gate_metric metric);

/*
 * Adds a run from a profile that is there already. Partial profiles are refused: their numbers are
 * not the run's.
 */
bool measurement_add_profile(struct measurement *measurement, const char *path,
	const struct suppressions *suppressions, GError **error);

struct measure_side {
	const struct workload *workload;
	struct measurement *measurement; /* to be added to */
};

struct measure {
	struct measure_side sides[2];
	unsigned side_count;
	const struct suppressions *suppressions;
	const char *directory; /* for profiles; must exist */
	bool callgrind;	       /* counts instructions: plain runs do not */
	void (*progress)(void *data, const char *what, unsigned done, unsigned all);
	void *progress_data;
};

/* `runs` of each side under the profiler: the metrics of the heap. */
bool measure_profiled(const struct measure *measure, unsigned runs, GError **error);

/* `runs` of each side as they are, after `warm_ups` that are dropped: times, RSS, instructions
 * where they are not counted by others. */
bool measure_plain(const struct measure *measure, unsigned runs, unsigned warm_ups, GError **error);

/* `runs` of each side under valgrind: instructions. */
bool measure_counted(const struct measure *measure, unsigned runs, GError **error);

/* `runs` of each side with samples of `kind` (ACCOUNT_CPU or ACCOUNT_WALL): time by call path. */
bool measure_samples(
	const struct measure *measure, enum account_kind kind, unsigned runs, GError **error);

#endif

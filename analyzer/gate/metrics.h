/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the gate measures, and how far each figure can be trusted.
 *
 * The class of a metric decides how it is compared:
 *	exact		the same in every run of the same program: one value is enough, any increase
 *			counts. One that is seen to vary is demoted and compared like the others
 *	near-exact	varies little (pages, interrupted instructions): statistics with a small
 *			tolerance; instructions that valgrind counted, by the worst of few runs
 *	noisy		depends on the machine and on what else it does: statistics
 * For all of them less is better.
 */
#ifndef THAG_GATE_METRICS_H
#define THAG_GATE_METRICS_H

#include <stdbool.h>

#include "metric.h"

enum gate_class {
	GATE_EXACT,
	GATE_NEAR_EXACT,
	GATE_NOISY,
	GATE_CLASSES,
};

enum gate_unit {
	GATE_COUNT,
	GATE_BYTES,
	GATE_NS,
};

enum gate_metric {
	GATE_ALLOCATIONS,
	GATE_ALLOCATED,
	GATE_PEAK,
	GATE_LEAKED,
	GATE_LEAKED_BLOCKS,
	GATE_TEMPORARY,
	GATE_CALLS, /* of instrumented programs */
	GATE_TIME,  /* in them, and in sections: profiled, so only where it is asked for */
	GATE_CPU,
	GATE_WALL,
	GATE_INSTRUCTIONS,
	GATE_MAX_RSS,
	GATE_METRICS,
};

enum {
	/* The first metrics come from profiles of all events; but for the time they are exact. */
	GATE_EXACT_METRICS = GATE_CALLS + 1,
	GATE_EVENT_METRICS = GATE_TIME + 1,
	/* The first metrics can be known by call path: times by samples, instructions by valgrind.
	 */
	GATE_PATH_METRICS = GATE_INSTRUCTIONS + 1,
};

/* Of instructions that valgrind counted: they hardly vary. */
#define GATE_TOLERANCE_COUNTED 0.001

struct gate_metric_row {
	const char *key;
	const char *title;
	enum gate_class class;
	enum gate_unit unit;
	enum metric column; /* of a profile, for those that are known by call path */
	double tolerance;   /* relative increase that is accepted unless the user says otherwise */
	double floor;	    /* smallest increase that is worth a failure, in units */
};

extern const struct gate_metric_row gate_metrics[GATE_METRICS];
extern const char *const gate_class_names[GATE_CLASSES];

/* A set of metrics: bit 1 << metric. */
enum {
	GATE_SET_EXACT = (1 << GATE_EXACT_METRICS) - 1,
	GATE_SET_EVENTS = (1 << GATE_EVENT_METRICS) - 1,
	GATE_SET_ALL = ((1 << GATE_METRICS) - 1) & ~(1 << GATE_TIME),
};

static inline bool
gate_set_has(unsigned set, enum gate_metric metric)
{
	return set >> metric & 1;
}

static inline bool
gate_is_exact(enum gate_metric metric)
{
	return (int)metric < GATE_EXACT_METRICS;
}

static inline bool
gate_has_paths(enum gate_metric metric)
{
	return (int)metric < GATE_PATH_METRICS;
}

bool gate_metric_parse(const char *key, enum gate_metric *ret_metric);
bool gate_class_parse(const char *name, enum gate_class *ret_class);

/* "exact,wall": keys and names of classes, or "all". NULL, or what is wrong, the caller's. */
char *gate_set_parse(const char *text, unsigned *ret_set);

/* "1.50 MiB", "1,004", "12.3 ms". The caller's. */
char *gate_format(enum gate_unit unit, double value);

/* The same with a sign: "+16 B". */
char *gate_format_change(enum gate_unit unit, double change);

/* "+2.00 %", or "" where there was nothing before. */
char *gate_format_percent(double before, double after);

#endif

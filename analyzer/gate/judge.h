/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Two measurements, metric by metric: worse, not worse, or not to be told.
 *
 * Instructions that valgrind counted differ by next to nothing from run to run: a regression is an
 * increase beyond the tolerance even from the base's largest to the other's smallest count, a pass
 * none even the other way round.
 *
 * An exact metric whose runs all agree is compared as it is: any increase beyond the tolerance (0
 * by default) is a regression. Everything else is a question of statistics. It is
 *
 *	a regression	where Holm's adjusted p is below alpha, and the whole interval of the ratio
 *			is above the tolerance, and the difference of the medians above the floor
 *	a pass		where the whole interval is below the tolerance or the floor: a larger
 *			increase is excluded
 *	inconclusive	otherwise; with the increase that these samples could have shown
 *			and the number of runs that would settle it
 *
 * The p is that of the exact Mann-Whitney test; of two programs that were run in turns, whose
 * rounds are pairs, of the exact signed rank test, which takes out what the machine did meanwhile.
 */
#ifndef THAG_GATE_JUDGE_H
#define THAG_GATE_JUDGE_H

#include "attribution.h"
#include "measurement.h"

enum verdict {
	VERDICT_PASS,
	VERDICT_IMPROVED,
	VERDICT_SHOWN, /* measured, and compared with nothing */
	VERDICT_INCONCLUSIVE,
	VERDICT_INCOMPARABLE, /* unlike machines, or one side does not have it */
	VERDICT_REGRESSION,
	VERDICTS,
};

extern const char *const verdict_names[VERDICTS];

enum {
	JUDGE_RUNS_MIN = 4,   /* of a sample: with fewer no p below 0.05 exists */
	JUDGE_PAIRS_MIN = 8,  /* with fewer no p below 0.01 exists */
	JUDGE_RUNS_MAX = 400, /* of a side: more would take all day, and so would resampling */
};

struct judge_settings {
	double alpha, power;
	uint64_t seed;
	double tolerance[GATE_METRICS], floor[GATE_METRICS];
	bool rounds; /* the i-th runs of both sides of what is not exact belong together */
};

/* What is usual: gate_metrics' tolerances and floors, alpha 0.01, power 0.8. */
void judge_settings_init(struct judge_settings *settings);

struct finding {
	enum gate_metric metric;
	enum verdict verdict;
	bool demoted;	  /* exact by class, but seen to vary */
	bool statistical; /* the fields below it are set */
	bool pairs;	  /* compared round by round */
	bool has_base;
	double base, now; /* medians; of exact metrics the value */
	double tolerance, floor;
	unsigned base_runs, runs;
	double ratio, low, high, p, p_adjusted, detectable;
	double runs_needed;		 /* 0: enough */
	bool was_confirmed;		 /* measured a second time, with the same result */
	double second_ratio;		 /* 0: there was no second time */
	char *reason;			 /* may be NULL */
	struct attribution *attribution; /* may be NULL */
};

void finding_free(struct finding *finding);

/* A finding for each metric of `set`, in their order, to be freed by finding_free(). */
GPtrArray *judge(const struct measurement *base, const struct measurement *now, unsigned set,
	const struct judge_settings *settings);

/*
 * How many runs a side it takes to find an increase of `wanted` (0.05: 5 %, above the tolerance)
 * for what the runs so far differ by from one to the next; `base` may be NULL. Whether the two
 * sides differ plays no part, so that planning by it favours no verdict. 0: it cannot be told.
 */
unsigned judge_plan(const struct measurement *base, const struct measurement *now,
	enum gate_metric metric, const struct judge_settings *settings, double wanted);

/* One without a base: what was measured. NULL `why`: nothing is wrong with that. */
struct finding *judge_alone(const struct measurement *now, enum gate_metric metric,
	enum verdict verdict, const char *why);

/* After a second, fresh measurement of a regression: both must agree. */
void judge_confirm(struct finding *finding, const struct finding *second);

#endif

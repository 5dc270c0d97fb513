/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One call of thag-gate on its way: what the options say, read and checked; a directory for
 * profiles; and the outcome that grows.
 */
#ifndef THAG_GATE_JOB_H
#define THAG_GATE_JOB_H

#include "budget.h"
#include "gate_options.h"
#include "outcome.h"

struct job {
	const char *command; /* "thag-gate check", for messages */
	const struct gate_options *options;
	struct judge_settings settings;
	unsigned set; /* metrics asked for; 0: what the command does by itself */
	struct suppressions *suppressions;
	struct review *review;
	GPtrArray *limits; /* struct limit, of the command line */
	unsigned counted;  /* statuses that fail the call */
	char *directory;   /* temporary */
	struct workload workload;
	struct outcome outcome;
	struct measurement *base, *now;		       /* owned; may be NULL */
	struct comparison *comparisons[ACCOUNT_KINDS]; /* of the two, made when needed */
	unsigned runs;				       /* timed, a side; 0: not planned yet */
	bool callgrind;				       /* counts instructions */
};

/* Returns 0, or an exit status with the reason printed. */
int job_init(struct job *job, const char *command, const struct gate_options *options);
void job_fini(struct job *job);

/* The program to run is the rest of the command line; false, with a message, where it is missing.*/
bool job_set_workload(struct job *job);

/* Tolerances of the command line: after those of a budget. */
bool job_apply_tolerances(struct job *job);

/* Measures `now`, and `base` with `base_workload` (may be NULL), for the metrics of `set`. */
bool job_measure(struct job *job, const struct workload *base_workload, unsigned set,
	unsigned profiled_runs, unsigned runs);

/*
 * Compares `base` and `now`: exact metrics that differ are run again, those that vary get more
 * runs and statistics, and what statistics call worse is measured once more. `base_workload` may
 * be NULL where there is nothing to run (a budget).
 */
bool job_compare(struct job *job, const struct workload *base_workload, unsigned set);

/*
 * Takes regressions apart by call path: what timed metrics lost is looked for by samples of both
 * sides, or of `now` where the base's are in its budget.
 */
bool job_attribute(struct job *job, const struct workload *base_workload);

/* For struct measure; and an error for the outcome, which is freed: false. */
void job_show_progress(void *data, const char *what, unsigned done, unsigned all);
bool job_set_error(struct job *job, GError *error);

/* Samples `now`, and `base` with `base_workload` (may be NULL), so often that they show something.
 */
bool job_sample(struct job *job, const struct workload *base_workload, enum account_kind kind);

/* Two accounts of a kind laid over each other, or NULL where one is not there. Borrowed. */
const struct comparison *job_comparison(struct job *job, enum account_kind kind);

/* Only shows the values of `now`. */
void job_show(struct job *job, unsigned set);

/* Checks `limits` (struct limit) as well as those of the command line. */
void job_check_limits(struct job *job, const GPtrArray *limits);

/* Settles the outcome, writes all that was asked for, and returns the exit status. */
int job_finish(struct job *job);

/* The same after a failure, with `error`, which is freed. */
int job_fail(struct job *job, GError *error);

/* The commit of the sources here, or NULL. The caller's. */
char *job_commit(void);

#endif

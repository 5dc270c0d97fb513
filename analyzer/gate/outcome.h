/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The result of a comparison, for all outputs: what was compared with what, a finding for each
 * metric and limit, and the exit status that follows.
 *
 * What is wrong is also there as a list of problems, each with the one source line to look at: all
 * formats that annotate code are made from it.
 */
#ifndef THAG_GATE_OUTCOME_H
#define THAG_GATE_OUTCOME_H

#include <jansson.h>

#include "judge.h"
#include "limit.h"

/* Where several apply, the first in the order of gate_status_rank() is returned. */
enum gate_status {
	GATE_STATUS_PASS = 0,
	GATE_STATUS_ERROR = 1, /* of the workload or of thag */
	GATE_STATUS_USAGE = 2,
	GATE_STATUS_REGRESSION = 3,
	GATE_STATUS_INCONCLUSIVE = 4,
	GATE_STATUS_NO_BASELINE = 5, /* or not a comparable one */
	GATE_STATUS_LIMIT = 6,
	GATE_STATUSES,
};

extern const char *const gate_status_names[GATE_STATUSES];

struct outcome {
	char *benchmark, *command;
	char *against; /* "budget thag-budget.json"; NULL: nothing */
	json_t *fingerprint;
	char *machine_difference; /* NULL: the same, or no other */
	unsigned aids;		  /* enum workload_aid */
	bool was_run;		  /* aids are known */
	GPtrArray *findings;	  /* struct finding */
	GPtrArray *limits;	  /* struct limit_finding */
	GPtrArray *notes;	  /* char * */
	char *error;		  /* why there is no result; NULL: there is one */
	bool no_baseline;	  /* the error is that there is none */
	char *commit;		  /* of the sources, or NULL */
	enum gate_status status;  /* as found */
	enum gate_status exit;	  /* as returned: options may forgive */
	unsigned top;		  /* call paths to show for each failure */
};

void outcome_init(struct outcome *outcome, const char *benchmark);
void outcome_fini(struct outcome *outcome);

/* Takes `note`. */
void outcome_note(struct outcome *outcome, char *note);

/*
 * From findings, limits and error: the status is the worst of all, the exit the worst of those in
 * `counted` (bit 1 << status). Errors always count.
 */
void outcome_settle(struct outcome *outcome, unsigned counted);

/* The higher, the worse. */
int gate_status_rank(enum gate_status status);

/* ---- problems ---- */

enum problem_level {
	PROBLEM_ERROR,
	PROBLEM_WARNING,
	PROBLEM_NOTE,
};

extern const char *const problem_level_names[];

struct problem {
	enum problem_level level;
	const char *rule; /* "regression", "limit", ...: borrowed */
	char *title;	  /* a line */
	char *message;	  /* with the call paths, several lines */
	char *file;	  /* relative to the sources; NULL: nowhere */
	uint32_t line;
	bool reviewed;	/* the line or file is in the change under review */
	char *identity; /* hexadecimal, the same as long as the problem is */
};

/* GPtrArray of struct problem, the worst and the reviewed first; g_ptr_array_unref() it. */
GPtrArray *outcome_problems(const struct outcome *outcome);

/* "allocations: 1,004 -> 1,005, +1 (+0.10 %)". The caller's. */
char *outcome_finding_text(const struct finding *finding);

/* "leaked == 0: it is 1500 B". The caller's. */
char *outcome_limit_text(const struct limit_finding *finding);

/* A file of the debug information as it is called in the current directory, or NULL. */
char *outcome_source_file(const char *file);

#endif

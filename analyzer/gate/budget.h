/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The budget file: what a benchmark may cost, in JSON that is committed and reviewed. docs/gate.md
 * describes it. Keys are sorted, a number a line, so that a change is a small diff.
 *
 * The call paths behind a benchmark's figures are beside it (account.h), so that a failure can say
 * where the increase comes from:
 *
 *	thag-budget.json
 *	thag-budget.paths/import.paths			of the exact metrics
 *	thag-budget.paths/cpu/import.paths		samples, where times are in the budget
 *	thag-budget.paths/wall/import.paths
 *	thag-budget.paths/instructions/import.paths	as valgrind counted them
 *
 * Whatever an editor added to the file (limits, tolerances, keys we do not know) survives an
 * accept.
 */
#ifndef THAG_GATE_BUDGET_H
#define THAG_GATE_BUDGET_H

#include <jansson.h>

#include "judge.h"
#include "limit.h"

enum {
	BUDGET_VERSION = 1,
	/* Call paths with less than this part of all instructions are not told apart. */
	BUDGET_PARTS = 2000,
};

enum budget_error {
	BUDGET_ERROR_ABSENT,	 /* no such file, or no such benchmark in it */
	BUDGET_ERROR_UNREADABLE, /* there, and not to be understood */
};

#define BUDGET_ERROR (budget_error_quark())
GQuark budget_error_quark(void);

struct budget {
	char *path;
	json_t *root;
};

/* One benchmark of a budget, as it is compared with. */
struct budget_entry {
	struct measurement *measurement; /* values and call paths */
	unsigned set;			 /* metrics that it holds */
	json_t *fingerprint;		 /* NULL: none */
	GPtrArray *limits;		 /* struct limit */
	char *reason, *commit, *command; /* of the last accept; may be NULL */
};

/* False with `error` (enum budget_error), its message saying what to do. */
bool budget_read(const char *path, struct budget *ret_budget, GError **error);

/* An empty one, to be written to `path`. */
void budget_init(struct budget *budget, const char *path);
void budget_fini(struct budget *budget);

/*
 * The benchmark `name`; its tolerances and floors are put into `settings`. False with `error` where
 * there is none (BUDGET_ERROR_ABSENT) or it is broken.
 */
bool budget_find(const struct budget *budget, const char *name, struct judge_settings *settings,
	struct budget_entry *ret_entry, GError **error);
void budget_entry_fini(struct budget_entry *entry);

/* What an accept writes down. */
struct budget_acceptance {
	const char *name, *command, *reason, *by, *commit;
	const json_t *fingerprint;
	const struct measurement *measurement;
	unsigned set;
};

/* Puts the figures in; limits and tolerances that are there stay. */
void budget_accept(struct budget *budget, const struct budget_acceptance *acceptance);

/* Sets the tolerance of a metric, as `calibrate` does; it stays larger if it was. Returns what it
 * is then, or -1 where the benchmark is not in the budget. */
double budget_widen(
	struct budget *budget, const char *name, enum gate_metric metric, double tolerance);

/* Writes the file, and the paths file of `acceptance` (may be NULL): whole or not at all. */
bool budget_write(
	const struct budget *budget, const struct budget_acceptance *acceptance, GError **error);

/* Where the call paths of a benchmark are, of a kind. The caller's. */
char *budget_paths_file(const struct budget *budget, const char *name, enum account_kind kind);

#endif

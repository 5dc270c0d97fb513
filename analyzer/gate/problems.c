/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The list of problems of an outcome: see outcome.h. */
#include <string.h>

#include "outcome.h"

enum {
	FRAMES_SHOWN = 8, /* of a call path in a message */
};

const char *const problem_level_names[] = {
	[PROBLEM_ERROR] = "error",
	[PROBLEM_WARNING] = "warning",
	[PROBLEM_NOTE] = "note",
};

static void
problem_free(gpointer data)
{
	struct problem *problem = data;

	g_free(problem->title);
	g_free(problem->message);
	g_free(problem->file);
	g_free(problem->identity);
	g_free(problem);
}

/* Leaves out leading directories until what is left is there: builds have their own roots. */
char *
outcome_source_file(const char *file)
{
	g_autofree char *here = g_get_current_dir();
	const char *rest = file;

	if (g_str_has_prefix(file, here) && file[strlen(here)] == '/')
		return g_strdup(file + strlen(here) + 1);
	while (*rest) {
		if (*rest != '/' && g_file_test(rest, G_FILE_TEST_EXISTS))
			return g_strdup(rest);
		const char *slash = strchr(rest, '/');

		if (!slash)
			break;
		rest = slash + 1;
	}
	return NULL;
}

/* ---- one problem ---- */

static struct problem *
add_problem(GPtrArray *problems, const struct outcome *outcome, enum problem_level level,
	const char *rule, char *title)
{
	struct problem *problem = g_new0(struct problem, 1);

	problem->level = level;
	problem->rule = rule;
	problem->title = title;
	g_ptr_array_add(problems, problem);
	return problem;
}

/* The reviewed frame where there is one, else the first frame whose source is here. */
static void
set_place(struct problem *problem, const struct attribution_entry *entry)
{
	problem->reviewed = entry->reviewed != 0;
	for (uint32_t node = entry->reviewed ? entry->reviewed : attribution_site(entry);
		node && !problem->file; node = account_parent(entry->account, node)) {
		const struct account_frame frame = account_frame(entry->account, node);

		if (!*frame.file || !frame.line)
			continue;
		problem->file = outcome_source_file(frame.file);
		problem->line = frame.line;
	}
}

static void
append_entry(GString *text, enum gate_metric metric, const struct attribution_entry *entry)
{
	g_autofree char *change =
		gate_format_change(gate_metrics[metric].unit, (double)attribution_change(entry));
	g_autofree char *path = attribution_path(entry, FRAMES_SHOWN);
	g_autofree char *reviewed = attribution_reviewed(entry);

	g_string_append_printf(
		text, "\n%s  %s: %s", change, attribution_kind_names[entry->kind], path);
	if (reviewed)
		g_string_append_printf(text, "\n    in this change: %s", reviewed);
}

/* The same as long as the metric and the place are: without numbers and lines. */
static void
set_identity(struct problem *problem, const struct outcome *outcome, const char *subject,
	const struct attribution_entry *entry)
{
	const uint32_t site = entry ? attribution_site(entry) : 0;
	const char *function = site ? account_frame(entry->account, site).function : "";
	g_autofree char *text = g_strjoin("\n", outcome->benchmark, problem->rule, subject,
		function, problem->file ? problem->file : "", NULL);

	problem->identity = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

static void
fill(struct problem *problem, const struct outcome *outcome, enum gate_metric metric,
	const char *subject, const GArray *entries, const char *reason)
{
	GString *text = g_string_new(problem->title);

	if (reason)
		g_string_append_printf(text, "\n%s", reason);
	for (guint i = 0; entries && i < MIN(entries->len, outcome->top); i++)
		append_entry(text, metric, &g_array_index(entries, struct attribution_entry, i));
	if (entries && entries->len)
		set_place(problem, &g_array_index(entries, struct attribution_entry, 0));
	problem->message = g_string_free(text, FALSE);
	set_identity(problem, outcome, subject,
		entries && entries->len ? &g_array_index(entries, struct attribution_entry, 0)
					: NULL);
}

/* ---- all of them ---- */

static void
add_finding(GPtrArray *problems, const struct outcome *outcome, const struct finding *finding)
{
	static const enum problem_level levels[VERDICTS] = {
		[VERDICT_REGRESSION] = PROBLEM_ERROR,
		[VERDICT_INCONCLUSIVE] = PROBLEM_WARNING,
		[VERDICT_INCOMPARABLE] = PROBLEM_WARNING,
	};
	g_autofree char *text = NULL;

	if (finding->verdict < VERDICT_INCONCLUSIVE)
		return;
	text = outcome_finding_text(finding);
	struct problem *problem = add_problem(problems, outcome, levels[finding->verdict],
		verdict_names[finding->verdict],
		g_strdup_printf("%s: %s", outcome->benchmark, text));

	fill(problem, outcome,
		finding->attribution ? finding->attribution->metric : finding->metric,
		gate_metrics[finding->metric].key,
		finding->attribution ? finding->attribution->entries : NULL, finding->reason);
}

static void
add_limit(GPtrArray *problems, const struct outcome *outcome, const struct limit_finding *finding)
{
	g_autofree char *text = NULL;

	if (finding->state == LIMIT_KEPT)
		return;
	text = outcome_limit_text(finding);
	struct problem *problem = add_problem(problems, outcome, PROBLEM_ERROR, "limit",
		g_strdup_printf("%s: limit %s", outcome->benchmark, text));

	fill(problem, outcome, finding->limit->metric, finding->limit->text, finding->sites, NULL);
}

static int
compare(gconstpointer a, gconstpointer b)
{
	const struct problem *x = *(const struct problem *const *)a;
	const struct problem *y = *(const struct problem *const *)b;

	if (x->level != y->level)
		return x->level < y->level ? -1 : 1;
	return y->reviewed - x->reviewed;
}

GPtrArray *
outcome_problems(const struct outcome *outcome)
{
	GPtrArray *problems = g_ptr_array_new_with_free_func(problem_free);

	if (outcome->error) {
		struct problem *problem = add_problem(problems, outcome, PROBLEM_ERROR, "error",
			g_strdup_printf("%s: not measured", outcome->benchmark));

		problem->message = g_strdup(outcome->error);
		set_identity(problem, outcome, "error", NULL);
	}
	for (guint i = 0; i < outcome->findings->len; i++)
		add_finding(problems, outcome, outcome->findings->pdata[i]);
	for (guint i = 0; i < outcome->limits->len; i++)
		add_limit(problems, outcome, outcome->limits->pdata[i]);
	g_ptr_array_sort(problems, compare);
	return problems;
}

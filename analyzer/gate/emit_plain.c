/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The outcome as JUnit XML and as GitHub's annotations. */
#include <string.h>

#include "emit.h"

/* ---- JUnit ---- */

/* XML 1.0 knows no control characters, however they are written. */
static char *
xml(const char *words)
{
	g_autofree char *clean = g_utf8_make_valid(words, -1);

	for (char *c = clean; *c; c++) {
		if ((unsigned char)*c < ' ' && *c != '\n' && *c != '\t')
			*c = '?';
	}
	return g_markup_escape_text(clean, -1);
}

/* An inconclusive metric is neither passed nor failed: JUnit has "skipped" for that. */
static void
append_case(GString *text, const char *benchmark, const char *name, const char *element,
	const char *message, const char *body)
{
	g_autofree char *safe_benchmark = xml(benchmark), *safe_name = xml(name);

	g_string_append_printf(
		text, "    <testcase classname=\"%s\" name=\"%s\"", safe_benchmark, safe_name);
	if (!element) {
		g_string_append(text, "/>\n");
		return;
	}
	g_autofree char *safe_message = xml(message), *safe_body = xml(body);

	g_string_append_printf(text, ">\n      <%s message=\"%s\">%s</%s>\n    </testcase>\n",
		element, safe_message, safe_body, element);
}

static char *
entries_text(const struct outcome *outcome, enum gate_metric metric, const GArray *entries)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; entries && i < MIN(entries->len, outcome->top); i++) {
		const struct attribution_entry *entry =
			&g_array_index(entries, struct attribution_entry, i);
		g_autofree char *change = gate_format_change(
			gate_metrics[metric].unit, (double)attribution_change(entry));
		g_autofree char *path = attribution_path(entry, 0);

		g_string_append_printf(
			text, "%s  %s: %s\n", change, attribution_kind_names[entry->kind], path);
	}
	return g_string_free(text, FALSE);
}

static void
append_finding(GString *text, const struct outcome *outcome, const struct finding *finding)
{
	static const char *const elements[VERDICTS] = {
		[VERDICT_INCONCLUSIVE] = "skipped",
		[VERDICT_INCOMPARABLE] = "skipped",
		[VERDICT_REGRESSION] = "failure",
	};
	g_autofree char *words = outcome_finding_text(finding);
	g_autofree char *paths = entries_text(outcome,
		finding->attribution ? finding->attribution->metric : finding->metric,
		finding->attribution ? finding->attribution->entries : NULL);
	g_autofree char *body =
		g_strconcat(finding->reason ? finding->reason : "", "\n", paths, NULL);

	append_case(text, outcome->benchmark, gate_metrics[finding->metric].key,
		elements[finding->verdict], words, body);
}

char *
emit_junit(const struct outcome *outcome)
{
	GString *text = g_string_new(NULL);
	unsigned failures = 0, skipped = 0;

	for (guint i = 0; i < outcome->findings->len; i++) {
		const struct finding *finding = outcome->findings->pdata[i];

		failures += finding->verdict == VERDICT_REGRESSION;
		skipped += finding->verdict == VERDICT_INCONCLUSIVE ||
			   finding->verdict == VERDICT_INCOMPARABLE;
		append_finding(text, outcome, finding);
	}
	for (guint i = 0; i < outcome->limits->len; i++) {
		const struct limit_finding *finding = outcome->limits->pdata[i];
		g_autofree char *words = outcome_limit_text(finding);
		g_autofree char *paths =
			entries_text(outcome, finding->limit->metric, finding->sites);
		const bool kept = finding->state == LIMIT_KEPT;

		failures += !kept;
		append_case(text, outcome->benchmark, finding->limit->text, kept ? NULL : "failure",
			words, paths);
	}
	if (outcome->error)
		append_case(text, outcome->benchmark, "measurement", "error", "not measured",
			outcome->error);
	g_autofree char *cases = g_string_free(text, FALSE);
	g_autofree char *name = xml(outcome->benchmark);
	const unsigned tests =
		outcome->findings->len + outcome->limits->len + (outcome->error != NULL);

	return g_strdup_printf(
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites name=\"thag-gate\">\n"
		"  <testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" errors=\"%u\" "
		"skipped=\"%u\">\n%s  </testsuite>\n</testsuites>\n",
		name, tests, failures, outcome->error != NULL, skipped, cases);
}

/* ---- GitHub ---- */

/* As the toolkit's escapeData() and, for properties, escapeProperty(). */
static char *
workflow_text(const char *words, bool property)
{
	GString *text = g_string_new(NULL);

	for (; *words; words++) {
		if (strchr("%\r\n", *words) || (property && strchr(":,", *words)))
			g_string_append_printf(text, "%%%02X", *words);
		else
			g_string_append_c(text, *words);
	}
	return g_string_free(text, FALSE);
}

char *
emit_annotations(const struct outcome *outcome)
{
	static const char *const commands[] = {"error", "warning", "notice"};
	g_autoptr(GPtrArray) problems = outcome_problems(outcome);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < MIN(problems->len, EMIT_ANNOTATIONS_MAX); i++) {
		const struct problem *problem = problems->pdata[i];
		g_autofree char *title = workflow_text(problem->title, true);
		g_autofree char *message = workflow_text(problem->message, false);

		g_string_append_printf(text, "::%s title=%s", commands[problem->level], title);
		if (problem->file) {
			g_autofree char *file = workflow_text(problem->file, true);

			g_string_append_printf(text, ",file=%s,line=%u", file, problem->line);
		}
		g_string_append_printf(text, "::%s\n", message);
	}
	return g_string_free(text, FALSE);
}

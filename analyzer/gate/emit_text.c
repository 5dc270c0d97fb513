/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The outcome on a terminal. */
#include <string.h>

#include "emit.h"

enum {
	FRAMES_SHOWN = 6,
	FUNCTIONS_SHOWN = 3,
};

static const char *const verdict_colours[VERDICTS] = {
	[VERDICT_PASS] = "32",
	[VERDICT_IMPROVED] = "32",
	[VERDICT_SHOWN] = "0",
	[VERDICT_INCONCLUSIVE] = "33",
	[VERDICT_INCOMPARABLE] = "33",
	[VERDICT_REGRESSION] = "31;1",
};

static void
append_coloured(GString *text, bool colour, const char *code, int width, const char *words)
{
	if (colour)
		g_string_append_printf(text, "\033[%sm%-*s\033[0m", code, width, words);
	else
		g_string_append_printf(text, "%-*s", width, words);
}

static void
append_entry(GString *text, enum gate_metric metric, const struct attribution_entry *entry)
{
	g_autofree char *change =
		gate_format_change(gate_metrics[metric].unit, (double)attribution_change(entry));
	g_autofree char *path = attribution_path(entry, FRAMES_SHOWN);
	g_autofree char *reviewed = attribution_reviewed(entry);

	g_string_append_printf(
		text, "      %12s  %-8s %s\n", change, attribution_kind_names[entry->kind], path);
	if (reviewed)
		g_string_append_printf(text, "      %12s  %-8s in this change%s: %s\n", "", "",
			entry->match == REVIEW_LINE ? "" : " (file)", reviewed);
}

/* Of times: what is slower, and how sure that is. */
static void
append_functions(GString *text, const struct attribution *attribution)
{
	const GArray *functions = attribution->functions;

	for (guint i = 0; functions && i < MIN(functions->len, FUNCTIONS_SHOWN); i++) {
		g_autofree char *words = attribution_function_text(
			&g_array_index(functions, struct attribution_function, i),
			attribution->metric);

		g_string_append_printf(text, "      %s\n", words);
	}
}

static void
append_attribution(GString *text, const struct outcome *outcome, const struct finding *finding)
{
	const struct attribution *attribution = finding->attribution;
	const GArray *entries = attribution->entries;
	const enum gate_unit unit = gate_metrics[attribution->metric].unit;
	g_autofree char *explained = gate_format_change(unit, (double)attribution->explained);
	g_autofree char *residual = gate_format_change(unit, (double)attribution->residual);

	append_functions(text, attribution);
	for (guint i = 0; i < MIN(entries->len, outcome->top); i++)
		append_entry(text, attribution->metric,
			&g_array_index(entries, struct attribution_entry, i));
	if (entries->len > outcome->top)
		g_string_append_printf(
			text, "      and %u more call paths\n", entries->len - outcome->top);
	g_string_append_printf(text, "      %u call paths explain %s; %s remains\n", entries->len,
		explained, attribution->residual ? residual : "nothing");
}

static void
append_statistics(GString *text, const struct finding *finding)
{
	g_string_append_printf(text,
		"      ratio %.3f (%.3f to %.3f), p %.2g, %u and %u runs; these show %.1f %% or "
		"more%s\n",
		finding->ratio, finding->low, finding->high, finding->p_adjusted,
		finding->base_runs, finding->runs, 100 * finding->detectable,
		finding->was_confirmed ? "; confirmed by a second measurement" : "");
}

static void
append_finding(
	GString *text, const struct outcome *outcome, const struct finding *finding, bool colour)
{
	g_autofree char *words = outcome_finding_text(finding);

	g_string_append(text, "  ");
	append_coloured(text, colour, verdict_colours[finding->verdict], 13,
		verdict_names[finding->verdict]);
	g_string_append_printf(
		text, "%s%s\n", words, finding->demoted ? " (varies from run to run)" : "");
	if (finding->statistical)
		append_statistics(text, finding);
	if (finding->reason)
		g_string_append_printf(text, "      %s\n", finding->reason);
	if (finding->attribution && finding->verdict == VERDICT_REGRESSION)
		append_attribution(text, outcome, finding);
}

static void
append_limit(GString *text, const struct outcome *outcome, const struct limit_finding *finding,
	bool colour)
{
	g_autofree char *words = outcome_limit_text(finding);
	const bool kept = finding->state == LIMIT_KEPT;

	g_string_append(text, "  ");
	append_coloured(text, colour, kept ? "32" : "31;1", 13, kept ? "kept" : "exceeded");
	g_string_append_printf(text, "%s\n", words);
	for (guint i = 0; !kept && i < MIN(finding->sites->len, outcome->top); i++)
		append_entry(text, finding->limit->metric,
			&g_array_index(finding->sites, struct attribution_entry, i));
}

char *
emit_text(const struct outcome *outcome, bool colour)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "%s%s%s\n", outcome->benchmark,
		outcome->against ? " against " : "", outcome->against ? outcome->against : "");
	for (guint i = 0; i < outcome->findings->len; i++)
		append_finding(text, outcome, outcome->findings->pdata[i], colour);
	for (guint i = 0; i < outcome->limits->len; i++)
		append_limit(text, outcome, outcome->limits->pdata[i], colour);
	for (guint i = 0; i < outcome->notes->len; i++)
		g_string_append_printf(text, "  note: %s\n", (char *)outcome->notes->pdata[i]);
	if (outcome->error)
		g_string_append_printf(text, "  error: %s\n", outcome->error);
	g_string_append_printf(text, "  => %s", gate_status_names[outcome->status]);
	if (outcome->exit != outcome->status)
		g_string_append(text, " (forgiven by an option)");
	g_string_append_c(text, '\n');
	return g_string_free(text, FALSE);
}

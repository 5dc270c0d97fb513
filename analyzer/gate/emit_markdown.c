/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The outcome as a comment on a pull request: a table, and the call paths folded away. What would
 * make it too long is left out, and that is said.
 */
#include <string.h>

#include "emit.h"

enum {
	FRAMES_SHOWN = 10,
	FUNCTIONS_SHOWN = 3,
	END_BYTES = 400, /* kept for what closes an open part and says what is missing */
};

static const char *const verdict_signs[VERDICTS] = {
	[VERDICT_PASS] = ":white_check_mark:",
	[VERDICT_IMPROVED] = ":tada:",
	[VERDICT_SHOWN] = "",
	[VERDICT_INCONCLUSIVE] = ":grey_question:",
	[VERDICT_INCOMPARABLE] = ":warning:",
	[VERDICT_REGRESSION] = ":x:",
};

static const char *const titles[GATE_STATUSES] = {
	[GATE_STATUS_PASS] = "no regression",
	[GATE_STATUS_ERROR] = "could not be measured",
	[GATE_STATUS_USAGE] = "called wrongly",
	[GATE_STATUS_REGRESSION] = "a regression",
	[GATE_STATUS_INCONCLUSIVE] = "not conclusive",
	[GATE_STATUS_NO_BASELINE] = "nothing comparable",
	[GATE_STATUS_LIMIT] = "a limit is exceeded",
};

/* Text of others: nothing in it may be markup, a mention, or the end of a table's cell. */
static char *
escape(const char *words)
{
	GString *text = g_string_new(NULL);

	for (; *words; words++) {
		if (strchr("\\`*_{}[]<>()#+-!|~@$&", *words))
			g_string_append_printf(text, "&#%d;", *words);
		else
			g_string_append_c(text, *words == '\n' ? ' ' : *words);
	}
	return g_string_free(text, FALSE);
}

static void
append_row(GString *text, const struct finding *finding)
{
	const struct gate_metric_row *row = &gate_metrics[finding->metric];
	g_autofree char *base =
		finding->has_base ? gate_format(row->unit, finding->base) : g_strdup("");
	g_autofree char *now = gate_format(row->unit, finding->now);
	g_autofree char *percent =
		finding->has_base ? gate_format_percent(finding->base, finding->now) : g_strdup("");
	g_autofree char *change =
		finding->has_base ? gate_format_change(row->unit, finding->now - finding->base)
				  : g_strdup("");

	g_string_append_printf(text, "| %s %s | %s | %s | %s | %s %s |\n",
		verdict_signs[finding->verdict], verdict_names[finding->verdict], row->title, base,
		now, change, percent);
}

static void
append_limit(GString *text, const struct limit_finding *finding)
{
	g_autofree char *words = outcome_limit_text(finding);
	g_autofree char *escaped = escape(words);
	const bool kept = finding->state == LIMIT_KEPT;

	g_string_append_printf(text, "- %s limit %s\n",
		kept ? verdict_signs[VERDICT_PASS] : verdict_signs[VERDICT_REGRESSION], escaped);
}

static char *
entry_row(enum gate_metric metric, const struct attribution_entry *entry)
{
	g_autofree char *change =
		gate_format_change(gate_metrics[metric].unit, (double)attribution_change(entry));
	g_autofree char *path = attribution_path(entry, FRAMES_SHOWN);
	g_autofree char *reviewed = attribution_reviewed(entry);
	g_autofree char *escaped_path = escape(path);
	g_autofree char *escaped_frame = escape(reviewed ? reviewed : "");

	return g_strdup_printf("| %s | %s | %s | %s |\n", change,
		attribution_kind_names[entry->kind], escaped_path, escaped_frame);
}

static void
append_words(GString *text, const char *before, const char *words)
{
	g_autofree char *escaped = escape(words);

	if (text->len + strlen(escaped) + END_BYTES < EMIT_MARKDOWN_BYTES_MAX)
		g_string_append_printf(text, "%s%s\n", before, escaped);
}

/* Returns false where not all of it had room. */
static bool
append_entries(GString *text, const struct outcome *outcome, enum gate_metric metric,
	const char *title, const GArray *entries)
{
	if (!entries || !entries->len)
		return true;
	g_autofree char *escaped = escape(title);
	g_autofree char *head = g_strdup_printf("\n<details><summary>%s</summary>\n\n"
						"| change | kind | call path | in this change |\n"
						"|--:|---|---|---|\n",
		escaped);

	if (text->len + strlen(head) + END_BYTES > EMIT_MARKDOWN_BYTES_MAX)
		return false;
	g_string_append(text, head);
	const guint shown = MIN(entries->len, 4 * outcome->top);
	guint i = 0;

	for (; i < shown; i++) {
		g_autofree char *row =
			entry_row(metric, &g_array_index(entries, struct attribution_entry, i));

		if (text->len + strlen(row) + END_BYTES > EMIT_MARKDOWN_BYTES_MAX)
			break;
		g_string_append(text, row);
	}
	if (i < entries->len)
		g_string_append_printf(text, "\nand %u more\n", entries->len - i);
	g_string_append(text, "\n</details>\n");
	return i == shown;
}

/* What is slower, and how sure that is, as items of the list. */
static void
append_functions(GString *text, const struct attribution *attribution)
{
	const GArray *functions = attribution->functions;

	for (guint i = 0; functions && i < MIN(functions->len, FUNCTIONS_SHOWN); i++) {
		g_autofree char *words = attribution_function_text(
			&g_array_index(functions, struct attribution_function, i),
			attribution->metric);

		append_words(text, "  - ", words);
	}
}

static bool
append_all_entries(GString *text, const struct outcome *outcome)
{
	bool whole = true;

	for (guint i = 0; i < outcome->findings->len && whole; i++) {
		const struct finding *finding = outcome->findings->pdata[i];
		g_autofree char *title = outcome_finding_text(finding);

		if (finding->attribution && finding->verdict == VERDICT_REGRESSION)
			whole = append_entries(text, outcome, finding->attribution->metric, title,
				finding->attribution->entries);
	}
	for (guint i = 0; i < outcome->limits->len && whole; i++) {
		const struct limit_finding *finding = outcome->limits->pdata[i];

		if (finding->state == LIMIT_EXCEEDED)
			whole = append_entries(text, outcome, finding->limit->metric,
				finding->limit->text, finding->sites);
	}
	return whole;
}

char *
emit_markdown(const struct outcome *outcome)
{
	g_autofree char *name = escape(outcome->benchmark);
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "### %s: %s\n\n", name, titles[outcome->status]);
	if (outcome->against)
		append_words(text, "Compared with ", outcome->against);
	if (outcome->error)
		append_words(text, "\n", outcome->error);
	if (outcome->findings->len)
		g_string_append(text, "\n| | metric | before | now | change |\n"
				      "|---|---|--:|--:|--:|\n");
	for (guint i = 0; i < outcome->findings->len; i++)
		append_row(text, outcome->findings->pdata[i]);
	g_string_append_c(text, '\n');
	for (guint i = 0; i < outcome->limits->len; i++)
		append_limit(text, outcome->limits->pdata[i]);
	for (guint i = 0; i < outcome->findings->len; i++) {
		const struct finding *finding = outcome->findings->pdata[i];
		g_autofree char *title =
			g_strdup_printf("- %s: ", gate_metrics[finding->metric].title);

		if (finding->reason && finding->verdict != VERDICT_SHOWN)
			append_words(text, title, finding->reason);
		if (finding->attribution && finding->verdict == VERDICT_REGRESSION)
			append_functions(text, finding->attribution);
	}
	for (guint i = 0; i < outcome->notes->len; i++)
		append_words(text, "- ", outcome->notes->pdata[i]);
	if (!append_all_entries(text, outcome))
		g_string_append(
			text, "\nMore call paths are in the JSON and the attached results.\n");
	return g_string_free(text, FALSE);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The outcome for machines: everything, and the formats of forges that are JSON too. */
#include <stdlib.h>
#include <string.h>

#include "emit.h"

static json_t *
text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static char *
dump(json_t *json)
{
	char *dumped = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	g_autofree char *copy = g_strconcat(dumped ? dumped : "null", "\n", NULL);

	free(dumped);
	json_decref(json);
	return g_steal_pointer(&copy);
}

/* ---- everything ---- */

static json_t *
frames_json(const struct attribution_entry *entry)
{
	json_t *frames = json_array();

	for (uint32_t node = entry->witness; node; node = account_parent(entry->account, node)) {
		const struct account_frame frame = account_frame(entry->account, node);

		json_array_append_new(frames,
			json_pack("{s:s, s:s, s:s, s:I}", "function", frame.function, "module",
				frame.module, "file", frame.file, "line", (json_int_t)frame.line));
	}
	return frames;
}

static json_t *
reviewed_json(const struct attribution_entry *entry)
{
	if (!entry->reviewed)
		return json_null();
	const struct account_frame frame = account_frame(entry->account, entry->reviewed);

	return json_pack("{s:s, s:s, s:I, s:b}", "function", frame.function, "file", frame.file,
		"line", (json_int_t)frame.line, "line_changed", entry->match == REVIEW_LINE);
}

static json_t *
entry_json(const struct attribution_entry *entry)
{
	json_t *json = json_pack("{s:s, s:I, s:I, s:I, s:o}", "kind",
		attribution_kind_names[entry->kind], "before", (json_int_t)entry->before, "after",
		(json_int_t)entry->after, "change", (json_int_t)attribution_change(entry), "frames",
		frames_json(entry));

	json_object_set_new(json, "in_review", reviewed_json(entry));
	return json;
}

static json_t *
entries_json(const GArray *entries)
{
	json_t *json = json_array();

	for (guint i = 0; i < entries->len; i++)
		json_array_append_new(
			json, entry_json(&g_array_index(entries, struct attribution_entry, i)));
	return json;
}

/* Of times; of what is exact there are none. */
static json_t *
functions_json(const GArray *functions)
{
	json_t *json = json_array();

	for (guint i = 0; functions && i < functions->len; i++) {
		const struct attribution_function *function =
			&g_array_index(functions, struct attribution_function, i);

		json_array_append_new(
			json, json_pack("{s:s, s:s, s:f, s:f, s:f}", "function", function->function,
				      "module", function->module, "before", function->before,
				      "after", function->after, "error", function->error));
	}
	return json;
}

static json_t *
attribution_json(const struct attribution *attribution)
{
	if (!attribution)
		return json_null();
	return json_pack("{s:s, s:I, s:I, s:I, s:o, s:o}", "metric",
		gate_metrics[attribution->metric].key, "change", (json_int_t)attribution->change,
		"explained", (json_int_t)attribution->explained, "residual",
		(json_int_t)attribution->residual, "functions",
		functions_json(attribution->functions), "paths",
		entries_json(attribution->entries));
}

static json_t *
statistics_json(const struct finding *finding)
{
	if (!finding->statistical)
		return json_null();
	return json_pack("{s:b, s:f, s:f, s:f, s:f, s:f, s:f}", "pairs", finding->pairs, "ratio",
		finding->ratio, "low", finding->low, "high", finding->high, "p", finding->p,
		"p_adjusted", finding->p_adjusted, "detectable", finding->detectable);
}

static json_t *
finding_json(const struct finding *finding)
{
	static const char *const units[] = {"count", "bytes", "ns"};
	const struct gate_metric_row *row = &gate_metrics[finding->metric];
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:f, s:f}", "metric",
		row->key, "class", gate_class_names[row->class], "unit", units[row->unit],
		"verdict", verdict_names[finding->verdict], "demoted", finding->demoted, "runs",
		(json_int_t)finding->runs, "base_runs", (json_int_t)finding->base_runs,
		"tolerance_percent", 100 * finding->tolerance, "floor", finding->floor);

	json_object_set_new(
		json, "base", finding->has_base ? json_real(finding->base) : json_null());
	json_object_set_new(json, "now", finding->runs ? json_real(finding->now) : json_null());
	json_object_set_new(json, "statistics", statistics_json(finding));
	json_object_set_new(json, "runs_needed",
		finding->runs_needed > 0 ? json_integer((json_int_t)finding->runs_needed)
					 : json_null());
	json_object_set_new(json, "second_ratio",
		finding->second_ratio > 0 ? json_real(finding->second_ratio) : json_null());
	json_object_set_new(json, "confirmed", json_boolean(finding->was_confirmed));
	json_object_set_new(json, "reason", text_or_null(finding->reason));
	json_object_set_new(json, "attribution", attribution_json(finding->attribution));
	return json;
}

static json_t *
limit_json(const struct limit_finding *finding)
{
	static const char *const states[] = {"kept", "exceeded", "not-measured"};

	return json_pack("{s:s, s:s, s:f, s:f, s:o}", "limit", finding->limit->text, "state",
		states[finding->state], "value", finding->value, "bound", finding->limit->bound,
		"paths", entries_json(finding->sites));
}

static json_t *
aids_json(const struct outcome *outcome)
{
	if (!outcome->was_run)
		return json_null();
	return json_pack("{s:b, s:b, s:b}", "aslr_off", (outcome->aids & WORKLOAD_ASLR_OFF) != 0,
		"fixed_environment", (outcome->aids & WORKLOAD_FIXED_ENVIRONMENT) != 0, "pinned",
		(outcome->aids & WORKLOAD_PINNED) != 0);
}

char *
emit_json(const struct outcome *outcome)
{
	json_t *json = json_pack("{s:s, s:i, s:s, s:s, s:i, s:s, s:i}", "schema", "thag-gate",
		"schema_version", EMIT_JSON_VERSION, "thag_version", THAG_VERSION, "benchmark",
		outcome->benchmark, "exit_status", (int)outcome->exit, "result",
		gate_status_names[outcome->status], "result_status", (int)outcome->status);
	json_t *findings = json_array(), *limits = json_array(), *notes = json_array();

	for (guint i = 0; i < outcome->findings->len; i++)
		json_array_append_new(findings, finding_json(outcome->findings->pdata[i]));
	for (guint i = 0; i < outcome->limits->len; i++)
		json_array_append_new(limits, limit_json(outcome->limits->pdata[i]));
	for (guint i = 0; i < outcome->notes->len; i++)
		json_array_append_new(notes, json_string(outcome->notes->pdata[i]));
	json_object_set_new(json, "command", text_or_null(outcome->command));
	json_object_set_new(json, "against", text_or_null(outcome->against));
	json_object_set_new(json, "commit", text_or_null(outcome->commit));
	json_object_set_new(json, "error", text_or_null(outcome->error));
	json_object_set_new(json, "machine_difference", text_or_null(outcome->machine_difference));
	json_object_set_new(json, "aids", aids_json(outcome));
	json_object_set(json, "fingerprint", outcome->fingerprint);
	json_object_set_new(json, "metrics", findings);
	json_object_set_new(json, "limits", limits);
	json_object_set_new(json, "notes", notes);
	return dump(json);
}

/* ---- SARIF ---- */

static const struct {
	const char *id, *text;
} rules[] = {
	{"regression", "A measured metric is worse than the baseline"},
	{"limit", "An absolute limit is exceeded"},
	{"inconclusive", "The measurements cannot tell whether there is a regression"},
	{"incomparable", "There is no comparable baseline"},
	{"error", "The program could not be measured"},
};

static json_t *
rules_json(void)
{
	json_t *json = json_array();

	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
		json_array_append_new(json, json_pack("{s:s, s:{s:s}}", "id", rules[i].id,
						    "shortDescription", "text", rules[i].text));
	return json;
}

static json_t *
sarif_location(const struct problem *problem)
{
	json_t *location = json_pack(
		"{s:{s:{s:s}}}", "physicalLocation", "artifactLocation", "uri", problem->file);

	if (problem->line)
		json_object_set_new(json_object_get(location, "physicalLocation"), "region",
			json_pack("{s:I}", "startLine", (json_int_t)problem->line));
	return json_pack("[o]", location);
}

static json_t *
sarif_result(const struct problem *problem)
{
	json_t *json = json_pack("{s:s, s:s, s:{s:s}, s:{s:s}}", "ruleId", problem->rule, "level",
		problem_level_names[problem->level], "message", "text", problem->message,
		"partialFingerprints", "thagGate/v1", problem->identity);

	json_object_set_new(
		json, "locations", problem->file ? sarif_location(problem) : json_array());
	return json;
}

char *
emit_sarif(const struct outcome *outcome)
{
	g_autoptr(GPtrArray) problems = outcome_problems(outcome);
	json_t *results = json_array();

	for (guint i = 0; i < problems->len; i++)
		json_array_append_new(results, sarif_result(problems->pdata[i]));
	return dump(json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:[{s:b}], s:o}]}", "$schema",
		"https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0", "runs", "tool",
		"driver", "name", "thag-gate", "version", THAG_VERSION, "rules", rules_json(),
		"invocations", "executionSuccessful", outcome->error == NULL, "results", results));
}

/* ---- GitLab ---- */

char *
emit_code_quality(const struct outcome *outcome)
{
	static const char *const severities[] = {"major", "minor", "info"};
	g_autoptr(GPtrArray) problems = outcome_problems(outcome);
	json_t *json = json_array();

	for (guint i = 0; i < problems->len; i++) {
		const struct problem *problem = problems->pdata[i];
		g_autofree char *rule = g_strconcat("thag-gate/", problem->rule, NULL);

		/* A place is required: without one, the budget's usual name stands for it. */
		json_array_append_new(
			json, json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:{s:I}}}", "description",
				      problem->title, "check_name", rule, "fingerprint",
				      problem->identity, "severity", severities[problem->level],
				      "location", "path",
				      problem->file ? problem->file : "thag-budget.json", "lines",
				      "begin", (json_int_t)MAX(problem->line, 1)));
	}
	return dump(json);
}

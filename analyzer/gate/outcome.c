/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See outcome.h. */
#include "outcome.h"

#include <string.h>

const char *const gate_status_names[GATE_STATUSES] = {
	[GATE_STATUS_PASS] = "pass",
	[GATE_STATUS_ERROR] = "error",
	[GATE_STATUS_USAGE] = "usage",
	[GATE_STATUS_REGRESSION] = "regression",
	[GATE_STATUS_INCONCLUSIVE] = "inconclusive",
	[GATE_STATUS_NO_BASELINE] = "no-baseline",
	[GATE_STATUS_LIMIT] = "limit",
};

int
gate_status_rank(enum gate_status status)
{
	static const int ranks[GATE_STATUSES] = {
		[GATE_STATUS_PASS] = 0,
		[GATE_STATUS_INCONCLUSIVE] = 1,
		[GATE_STATUS_NO_BASELINE] = 2,
		[GATE_STATUS_LIMIT] = 3,
		[GATE_STATUS_REGRESSION] = 4,
		[GATE_STATUS_ERROR] = 5,
		[GATE_STATUS_USAGE] = 6,
	};

	return ranks[status];
}

void
outcome_init(struct outcome *outcome, const char *benchmark)
{
	*outcome = (struct outcome){
		.benchmark = g_strdup(benchmark),
		.findings = g_ptr_array_new_with_free_func((GDestroyNotify)finding_free),
		.limits = g_ptr_array_new_with_free_func((GDestroyNotify)limit_finding_free),
		.notes = g_ptr_array_new_with_free_func(g_free),
		.top = 5,
	};
}

void
outcome_fini(struct outcome *outcome)
{
	g_free(outcome->benchmark);
	g_free(outcome->command);
	g_free(outcome->against);
	g_free(outcome->machine_difference);
	g_free(outcome->error);
	g_free(outcome->commit);
	json_decref(outcome->fingerprint);
	g_ptr_array_unref(outcome->findings);
	g_ptr_array_unref(outcome->limits);
	g_ptr_array_unref(outcome->notes);
}

void
outcome_note(struct outcome *outcome, char *note)
{
	g_ptr_array_add(outcome->notes, note);
}

/* ---- the status ---- */

static enum gate_status
status_of_verdict(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_REGRESSION:
		return GATE_STATUS_REGRESSION;
	case VERDICT_INCONCLUSIVE:
		return GATE_STATUS_INCONCLUSIVE;
	case VERDICT_INCOMPARABLE:
		return GATE_STATUS_NO_BASELINE;
	case VERDICT_PASS:
	case VERDICT_IMPROVED:
	case VERDICT_SHOWN:
	case VERDICTS:
		break;
	}
	return GATE_STATUS_PASS;
}

static enum gate_status
status_of_limit(enum limit_state state)
{
	switch (state) {
	case LIMIT_EXCEEDED:
		return GATE_STATUS_LIMIT;
	case LIMIT_NOT_MEASURED:
		return GATE_STATUS_ERROR;
	case LIMIT_KEPT:
		break;
	}
	return GATE_STATUS_PASS;
}

static void
worsen(struct outcome *outcome, enum gate_status status, unsigned counted)
{
	if (gate_status_rank(status) > gate_status_rank(outcome->status))
		outcome->status = status;
	if (counted >> status & 1 && gate_status_rank(status) > gate_status_rank(outcome->exit))
		outcome->exit = status;
}

void
outcome_settle(struct outcome *outcome, unsigned counted)
{
	counted |= 1u << GATE_STATUS_ERROR;
	for (guint i = 0; i < outcome->findings->len; i++) {
		const struct finding *finding = outcome->findings->pdata[i];

		worsen(outcome, status_of_verdict(finding->verdict), counted);
	}
	for (guint i = 0; i < outcome->limits->len; i++) {
		const struct limit_finding *finding = outcome->limits->pdata[i];

		worsen(outcome, status_of_limit(finding->state), counted);
	}
	if (outcome->error && outcome->no_baseline)
		worsen(outcome, GATE_STATUS_NO_BASELINE, counted);
	else if (outcome->error)
		worsen(outcome, GATE_STATUS_ERROR, counted);
}

/* ---- in words ---- */

char *
outcome_finding_text(const struct finding *finding)
{
	const struct gate_metric_row *row = &gate_metrics[finding->metric];
	g_autofree char *now = gate_format(row->unit, finding->now);

	if (!finding->has_base)
		return g_strdup_printf("%s: %s", row->title, now);
	g_autofree char *base = gate_format(row->unit, finding->base);
	g_autofree char *change = gate_format_change(row->unit, finding->now - finding->base);
	g_autofree char *percent = gate_format_percent(finding->base, finding->now);

	return g_strdup_printf("%s: %s -> %s, %s%s%s%s", row->title, base, now, change,
		*percent ? " (" : "", percent, *percent ? ")" : "");
}

char *
outcome_limit_text(const struct limit_finding *finding)
{
	const struct limit *limit = finding->limit;
	g_autofree char *value = gate_format(gate_metrics[limit->metric].unit, finding->value);

	if (finding->state == LIMIT_NOT_MEASURED)
		return g_strdup_printf("%s: it was not measured", limit->text);
	return g_strdup_printf("%s: it is %s%s", limit->text, value,
		finding->unmatched ? " (no function of that name was seen)" : "");
}

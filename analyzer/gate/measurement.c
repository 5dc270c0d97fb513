/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See measurement.h. */
#include "measurement.h"

#include <string.h>

#include "match.h"
#include "profile_read.h"
#include "statistics/order.h"

const char *const measure_counter_names[MEASURE_COUNTERS] = {
	[MEASURE_HARDWARE] = "hardware",
	[MEASURE_CALLGRIND] = "callgrind",
};

struct measurement *
measurement_new(void)
{
	struct measurement *measurement = g_new0(struct measurement, 1);

	for (unsigned i = 0; i < GATE_METRICS; i++)
		measurement->values[i] = g_array_new(FALSE, FALSE, sizeof(double));
	measurement->more = g_ptr_array_new_with_free_func((GDestroyNotify)account_free);
	return measurement;
}

void
measurement_free(struct measurement *measurement)
{
	if (!measurement)
		return;
	for (unsigned i = 0; i < GATE_METRICS; i++) {
		g_array_unref(measurement->values[i]);
		g_free(measurement->missing[i]);
	}
	for (unsigned i = 0; i < ACCOUNT_KINDS; i++)
		account_free(measurement->accounts[i]);
	g_ptr_array_unref(measurement->more);
	g_free(measurement->profile);
	g_free(measurement->build_id);
	g_free(measurement);
}

double
measurement_median(const struct measurement *measurement, enum gate_metric metric)
{
	const guint count = measurement_count(measurement, metric);

	return count ? order_median(measurement_values(measurement, metric), count) : 0;
}

bool
measurement_varies(const struct measurement *measurement, enum gate_metric metric)
{
	const double *values = measurement_values(measurement, metric);

	for (guint i = 1; i < measurement_count(measurement, metric); i++) {
		if (values[i] < values[0] || values[i] > values[0])
			return true;
	}
	return false;
}

void
measurement_set_missing(struct measurement *measurement, enum gate_metric metric, const char *why)
{
	if (!measurement->missing[metric])
		measurement->missing[metric] = g_strdup(why);
}

void
measurement_add_value(struct measurement *measurement, enum gate_metric metric, double value)
{
	g_array_append_val(measurement->values[metric], value);
}

/* ---- profiles ---- */

static void
add_account(struct measurement *measurement, const struct account *account)
{
	for (unsigned i = 0; i < GATE_EVENT_METRICS; i++) {
		if (gate_set_has(account->set, i))
			measurement_add_value(measurement, i, (double)account->total[i]);
		else if (i == GATE_CALLS || i == GATE_TIME)
			measurement_set_missing(
				measurement, i, "the program's functions are not instrumented");
		else
			measurement_set_missing(
				measurement, i, "a profile in summary mode does not know it");
	}
}

void
measurement_keep(struct measurement *measurement, enum account_kind kind, struct account *account)
{
	if (!measurement->accounts[kind])
		measurement->accounts[kind] = account;
	else if (measurement->keep_more && kind == ACCOUNT_EVENTS)
		g_ptr_array_add(measurement->more, account);
	else
		account_free(account);
}

static void
find_build_id(struct measurement *measurement, const struct profile *profile)
{
	for (guint i = 1; i < profile->modules->len && !measurement->build_id; i++) {
		const struct profile_module *module = profile_module(profile, i);
		g_autofree char *name = match_module(profile, module->path);

		if (!strcmp(name, "[program]") && *module->build_id)
			measurement->build_id = g_strdup(module->build_id);
	}
}

static bool
check_whole(const struct profile *profile, const char *path, GError **error)
{
	if (!profile->processes->len) {
		g_set_error(error, WORKLOAD_ERROR, 0,
			"%s: nothing was recorded: no process is in it", path);
		return false;
	}
	if (!*profile->run.incomplete && !profile->run.lost_events)
		return true;
	g_autofree char *reasons = g_strdup(profile->run.incomplete);

	g_set_error(error, WORKLOAD_ERROR, 0,
		"%s: the profile is partial, its numbers are not the run's (%s)", path,
		*reasons ? g_strdelimit(g_strchomp(reasons), "\n", ';') : "events were lost");
	return false;
}

bool
measurement_add_profile(struct measurement *measurement, const char *path,
	const struct suppressions *suppressions, GError **error)
{
	struct profile *profile = profile_read(path, error);

	if (!profile)
		return false;
	if (!check_whole(profile, path, error)) {
		profile_free(profile);
		return false;
	}
	find_build_id(measurement, profile);
	struct account *account = account_from_profile(profile, suppressions);

	add_account(measurement, account);
	if (!measurement->accounts[ACCOUNT_EVENTS])
		measurement->profile = g_strdup(path);
	measurement_keep(measurement, ACCOUNT_EVENTS, account);
	return true;
}

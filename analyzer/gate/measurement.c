/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See measurement.h. */
#include "measurement.h"

#include <glib/gstdio.h>
#include <string.h>

#include "profile_read.h"
#include "statistics/order.h"

struct measurement *
measurement_new(void)
{
	struct measurement *measurement = g_new0(struct measurement, 1);

	for (unsigned i = 0; i < GATE_METRICS; i++)
		measurement->values[i] = g_array_new(FALSE, FALSE, sizeof(double));
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
	account_free(measurement->account);
	account_free(measurement->samples);
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

static void
set_missing(struct measurement *measurement, enum gate_metric metric, const char *why)
{
	if (!measurement->missing[metric])
		measurement->missing[metric] = g_strdup(why);
}

static void
add_value(struct measurement *measurement, enum gate_metric metric, double value)
{
	g_array_append_val(measurement->values[metric], value);
}

/* ---- profiles ---- */

static bool
known_in_summary(enum gate_metric metric)
{
	return metric == GATE_ALLOCATIONS || metric == GATE_ALLOCATED || metric == GATE_CALLS;
}

static void
add_account(struct measurement *measurement, const struct account *account)
{
	for (unsigned i = 0; i < GATE_EXACT_METRICS; i++) {
		if (i == GATE_CALLS && !account->traced)
			set_missing(measurement, i, "the program's functions are not instrumented");
		else if (account->summary && !known_in_summary(i))
			set_missing(measurement, i, "a profile in summary mode does not know it");
		else
			add_value(measurement, i, (double)account->total[i]);
	}
}

static void
find_build_id(struct measurement *measurement, const struct profile *profile)
{
	for (guint i = 1; i < profile->modules->len && !measurement->build_id; i++) {
		const struct profile_module *module = profile_module(profile, i);
		g_autofree char *name = account_module_name(module->path, profile->run.program);

		if (!strcmp(name, "[program]") && *module->build_id)
			measurement->build_id = g_strdup(module->build_id);
	}
}

static bool
check_whole(const struct profile *profile, const char *path, GError **error)
{
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
	const bool whole = check_whole(profile, path, error);

	if (whole) {
		struct account *account = account_from_profile(profile, suppressions);

		add_account(measurement, account);
		find_build_id(measurement, profile);
		if (!measurement->account) {
			measurement->account = account;
			measurement->profile = g_strdup(path);
		} else {
			account_free(account);
		}
	}
	profile_free(profile);
	return whole;
}

/* ---- running ---- */

/* Which side is run in place `turn` of a round: 0 1, then 1 0, and so on. */
static unsigned
side_of_turn(const struct measure *measure, unsigned round, unsigned turn)
{
	return (turn + round) % measure->side_count;
}

static void
remove_directory(const char *path)
{
	g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
	const char *name;

	while (entries && (name = g_dir_read_name(entries))) {
		g_autofree char *entry = g_build_filename(path, name, NULL);

		g_unlink(entry);
	}
	g_rmdir(path);
}

/* The first profile of a side is kept, under a name of its own; the others are read and gone. */
static bool
profile_once(const struct measure *measure, unsigned side, GError **error)
{
	struct measurement *measurement = measure->sides[side].measurement;
	g_autofree char *directory = g_build_filename(measure->directory, "run", NULL);
	const bool first = !measurement->account;
	bool done;

	if (g_mkdir(directory, 0700)) {
		g_set_error(error, WORKLOAD_ERROR, 0, "%s cannot be made", directory);
		return false;
	}
	g_autofree char *path =
		workload_profile(measure->sides[side].workload, WORKLOAD_EVENTS, directory, error);

	done = path && measurement_add_profile(measurement, path, measure->suppressions, error);
	if (done && first) {
		g_free(measurement->profile);
		measurement->profile =
			g_build_filename(measure->directory, side ? "new.thag" : "base.thag", NULL);
		g_rename(path, measurement->profile);
	}
	remove_directory(directory);
	return done;
}

/* A sampled profile of a side, added to its samples. */
static bool
sample_once(const struct measure *measure, unsigned side, struct account *samples, GError **error)
{
	g_autofree char *directory = g_build_filename(measure->directory, "run", NULL);
	struct profile *profile = NULL;

	if (g_mkdir(directory, 0700)) {
		g_set_error(error, WORKLOAD_ERROR, 0, "%s cannot be made", directory);
		return false;
	}
	g_autofree char *path =
		workload_profile(measure->sides[side].workload, WORKLOAD_SAMPLES, directory, error);

	if (path)
		profile = profile_read(path, error);
	if (profile)
		account_add_samples(samples, profile);
	const bool done = profile != NULL;

	profile_free(profile);
	remove_directory(directory);
	return done;
}

static bool
run_once(const struct measure *measure, unsigned side, bool keep, GError **error)
{
	struct measurement *measurement = measure->sides[side].measurement;
	struct workload_usage usage;

	if (!workload_run(measure->sides[side].workload, &usage, error))
		return false;
	measurement->aids = usage.aids;
	if (!keep)
		return true;
	add_value(measurement, GATE_WALL, usage.wall_ns);
	add_value(measurement, GATE_CPU, usage.cpu_ns);
	add_value(measurement, GATE_MAX_RSS, usage.max_rss_bytes);
	if (usage.instructions >= 0) {
		add_value(measurement, GATE_INSTRUCTIONS, usage.instructions);
	} else {
		g_autofree char *why =
			g_strdup_printf("this machine does not count them for us (%s)",
				g_strerror(usage.count_error));

		set_missing(measurement, GATE_INSTRUCTIONS, why);
	}
	return true;
}

static void
show_progress(const struct measure *measure, const char *what, unsigned done, unsigned all)
{
	if (measure->progress)
		measure->progress(measure->progress_data, what, done, all);
}

bool
measure_profiled(const struct measure *measure, unsigned runs, GError **error)
{
	for (unsigned round = 0; round < runs; round++) {
		show_progress(measure, "profiled runs", round, runs);
		for (unsigned turn = 0; turn < measure->side_count; turn++) {
			if (!profile_once(measure, side_of_turn(measure, round, turn), error))
				return false;
		}
	}
	return true;
}

bool
measure_plain(const struct measure *measure, unsigned runs, unsigned warm_ups, GError **error)
{
	for (unsigned round = 0; round < runs + warm_ups; round++) {
		show_progress(measure, "timed runs", round, runs + warm_ups);
		for (unsigned turn = 0; turn < measure->side_count; turn++) {
			if (!run_once(measure, side_of_turn(measure, round, turn),
				    round >= warm_ups, error))
				return false;
		}
	}
	return true;
}

/* Per run: what was added up is divided. */
static void
divide_samples(struct account *samples, unsigned runs)
{
	samples->total[GATE_CPU] = 0;
	for (guint i = 0; i < samples->nodes->len; i++) {
		uint64_t *self =
			&g_array_index(samples->nodes, struct account_node, i).self[GATE_CPU];

		*self /= runs;
		samples->total[GATE_CPU] += *self;
	}
}

bool
measure_samples(
	const struct measure *measure, unsigned runs, struct account *samples[2], GError **error)
{
	for (unsigned round = 0; round < runs; round++) {
		show_progress(measure, "sampled runs", round, runs);
		for (unsigned turn = 0; turn < measure->side_count; turn++) {
			const unsigned side = side_of_turn(measure, round, turn);

			if (!sample_once(measure, side, samples[side], error))
				return false;
		}
	}
	for (unsigned side = 0; side < measure->side_count; side++)
		divide_samples(samples[side], runs);
	return true;
}

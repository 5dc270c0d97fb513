/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Runs that are measured: see measurement.h. */
#include <errno.h>
#include <glib/gstdio.h>

#include "callgrind.h"
#include "measurement.h"
#include "profile_read.h"

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

static bool
make_directory(const char *path, GError **error)
{
	if (!g_mkdir(path, 0700))
		return true;
	g_set_error(error, WORKLOAD_ERROR, 0, "%s cannot be made: %s", path, g_strerror(errno));
	return false;
}

/* The first profile of a side is kept, under a name of its own; the others are read and gone. */
static bool
profile_once(const struct measure *measure, unsigned side, GError **error)
{
	struct measurement *measurement = measure->sides[side].measurement;
	g_autofree char *directory = g_build_filename(measure->directory, "run", NULL);
	const bool first = !measurement->accounts[ACCOUNT_EVENTS];
	bool done;

	if (!make_directory(directory, error))
		return false;
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
sample_once(const struct measure *measure, unsigned side, enum account_kind kind,
	struct account_builder *builder, GError **error)
{
	g_autofree char *directory = g_build_filename(measure->directory, "run", NULL);
	const enum workload_profiling how = kind == ACCOUNT_WALL ? WORKLOAD_WALL : WORKLOAD_CPU;
	struct profile *profile = NULL;

	if (!make_directory(directory, error))
		return false;
	g_autofree char *path =
		workload_profile(measure->sides[side].workload, how, directory, error);

	if (path)
		profile = profile_read(path, error);
	if (profile) {
		struct account *run = account_take(profile, account_kind_sets[kind]);

		account_builder_add_samples(builder, run);
		account_free(run);
	}
	remove_directory(directory);
	return profile != NULL;
}

/* ---- counting ---- */

static bool
add_counts(struct account_builder *builder, const char *program, const char *path, GError **error)
{
	g_autofree char *text = NULL, *why = NULL;

	if (!g_file_get_contents(path, &text, NULL, error))
		return false;
	if (callgrind_parse(builder, program, text, &why))
		return true;
	g_set_error(error, WORKLOAD_ERROR, 0, "what valgrind counted cannot be used: %s", why);
	return false;
}

/* All processes of a run together. The number of files, or -1. */
static int
add_all_counts(
	struct account_builder *builder, const char *program, const char *directory, GError **error)
{
	g_autoptr(GDir) entries = g_dir_open(directory, 0, error);
	const char *name;
	int count = 0;

	if (!entries)
		return -1;
	while ((name = g_dir_read_name(entries))) {
		g_autofree char *path = g_build_filename(directory, name, NULL);

		if (!add_counts(builder, program, path, error))
			return -1;
		count++;
	}
	if (!count)
		g_set_error(error, WORKLOAD_ERROR, 0,
			"valgrind counted nothing: does the program run under it?");
	return count ? count : -1;
}

static bool
count_once(const struct measure *measure, unsigned side, GError **error)
{
	struct measurement *measurement = measure->sides[side].measurement;
	g_autofree char *directory = g_build_filename(measure->directory, "run", NULL);
	struct account_builder *builder = account_builder_new();

	if (!make_directory(directory, error)) {
		account_builder_free(builder);
		return false;
	}
	const struct workload *workload = measure->sides[side].workload;
	const bool done = workload_count(workload, callgrind_options, directory, error) &&
			  add_all_counts(builder, workload->command[0], directory, error) > 0;
	struct account *account =
		account_builder_end(builder, account_kind_sets[ACCOUNT_INSTRUCTIONS]);

	remove_directory(directory);
	if (!done) {
		account_free(account);
		return false;
	}
	measurement->counter = MEASURE_CALLGRIND;
	measurement_add_value(
		measurement, GATE_INSTRUCTIONS, (double)account->total[GATE_INSTRUCTIONS]);
	measurement_keep(measurement, ACCOUNT_INSTRUCTIONS, account);
	return true;
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
	measurement_add_value(measurement, GATE_WALL, usage.wall_ns);
	measurement_add_value(measurement, GATE_CPU, usage.cpu_ns);
	measurement_add_value(measurement, GATE_MAX_RSS, usage.max_rss_bytes);
	if (measure->callgrind)
		return true;
	if (usage.instructions >= 0) {
		measurement_add_value(measurement, GATE_INSTRUCTIONS, usage.instructions);
	} else {
		g_autofree char *why =
			g_strdup_printf("this machine does not count them for us (%s)",
				g_strerror(usage.count_error));

		measurement_set_missing(measurement, GATE_INSTRUCTIONS, why);
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

bool
measure_counted(const struct measure *measure, unsigned runs, GError **error)
{
	for (unsigned round = 0; round < runs; round++) {
		show_progress(measure, "counted runs", round, runs);
		for (unsigned turn = 0; turn < measure->side_count; turn++) {
			if (!count_once(measure, side_of_turn(measure, round, turn), error))
				return false;
		}
	}
	return true;
}

bool
measure_samples(
	const struct measure *measure, enum account_kind kind, unsigned runs, GError **error)
{
	struct account_builder *builders[] = {account_builder_new(), account_builder_new()};
	bool done = true;

	for (unsigned round = 0; round < runs && done; round++) {
		show_progress(measure, "sampled runs", round, runs);
		for (unsigned turn = 0; turn < measure->side_count && done; turn++) {
			const unsigned side = side_of_turn(measure, round, turn);

			done = sample_once(measure, side, kind, builders[side], error);
		}
	}
	for (unsigned side = 0; side < G_N_ELEMENTS(builders); side++) {
		if (done && side < measure->side_count)
			measurement_keep(measure->sides[side].measurement, kind,
				account_builder_end(builders[side], account_kind_sets[kind]));
		else
			account_builder_free(builders[side]);
	}
	return done;
}

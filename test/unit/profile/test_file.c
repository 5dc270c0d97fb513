/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Writing and reading `.thag` files, also broken ones. */
#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "profile_read.h"
#include "profile_write.h"
#include "synthetic.h"

static char *directory, *path;

static void
set_up(void)
{
	directory = g_dir_make_tmp("thag-profile-XXXXXX", NULL);
	path = g_build_filename(directory, "sample.thag", NULL);
}

static unsigned
files_left(void)
{
	GDir *dir = g_dir_open(directory, 0, NULL);
	unsigned count = 0;

	while (g_dir_read_name(dir))
		count++;
	g_dir_close(dir);
	return count;
}

static void
tear_down(void)
{
	g_unlink(path);
	cr_expect_eq(g_rmdir(directory), 0, "something was left behind");
	g_free(directory);
	g_free(path);
}

static void
write_sample(void)
{
	struct profile *profile = synthetic_sample();
	GError *error = NULL;

	cr_assert(profile_write(profile, path, &error), "%s", error ? error->message : "");
	profile_free(profile);
}

static void
execute(const char *sql)
{
	sqlite3 *database;
	char *message = NULL;

	sqlite3_open(path, &database);
	sqlite3_exec(database, sql, NULL, NULL, &message);
	cr_assert_null(message, "%s: %s", sql, message);
	sqlite3_close(database);
}

static gint64
query(const char *sql)
{
	sqlite3 *database;
	sqlite3_stmt *statement = NULL;
	gint64 value;

	sqlite3_open(path, &database);
	cr_assert_eq(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK, "%s: %s",
		sql, sqlite3_errmsg(database));
	cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
	value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(database);
	return value;
}

TestSuite(file, .init = set_up, .fini = tear_down);

Test(file, what_is_read_is_what_was_written)
{
	struct profile *before = synthetic_sample();
	struct profile *after;
	GError *error = NULL;

	write_sample();
	after = profile_read(path, &error);
	cr_assert_not_null(after, "%s", error ? error->message : "");
	cr_assert_eq(after->nodes.count, before->nodes.count);
	cr_assert_arr_eq(after->nodes.parent, before->nodes.parent, 4 * before->nodes.count);
	cr_assert_arr_eq(after->nodes.frame, before->nodes.frame, 4 * before->nodes.count);
	cr_assert_arr_eq(after->nodes.last, before->nodes.last, 4 * before->nodes.count);
	cr_assert_arr_eq(after->nodes.outermost, before->nodes.outermost, before->nodes.count);
	cr_assert_eq(after->memory.count, before->memory.count);
	cr_assert_arr_eq(after->memory.sums, before->memory.sums,
		before->memory.count * sizeof(struct memory_sums));
	cr_assert_arr_eq(after->memory.thread, before->memory.thread, 4 * before->memory.count);
	cr_assert_eq(after->frames->len, before->frames->len);
	cr_assert_eq(after->threads->len, 4);
	cr_assert_eq(profile_process(after, 1)->parent, 0);
	cr_assert_eq(profile_process(after, 0)->parent, -1);
	cr_assert_arr_eq(profile_process(after, 0)->histograms,
		profile_process(before, 0)->histograms, sizeof(struct histogram) * 3);
	cr_assert_eq(profile_process(after, 0)->bin_count, 25);
	cr_assert_arr_eq(profile_process(after, 0)->timeline, profile_process(before, 0)->timeline,
		25 * sizeof(struct timeline_bin));
	cr_assert_str_eq(after->run.command, "./sample --size 'two words'");
	cr_assert_eq(after->run.exit_status, 3);
	cr_assert_eq(after->run.peak_bytes, before->run.peak_bytes);
	profile_free(before);
	profile_free(after);
}

Test(file, the_file_says_what_it_is)
{
	write_sample();
	cr_assert_eq(query("PRAGMA application_id"), PROFILE_APPLICATION_ID);
	cr_assert_eq(query("PRAGMA user_version"), PROFILE_MAJOR * 1000 + PROFILE_MINOR);
	cr_assert_eq(query("SELECT value FROM meta WHERE key = 'complete'"), 1);
}

Test(file, views_agree_with_the_tables)
{
	write_sample();
	cr_assert_eq(query("SELECT sum(allocated_bytes) FROM function_self"),
		query("SELECT sum(allocated_bytes) FROM memory"));
	cr_assert_eq(query("SELECT allocated_bytes FROM function_total WHERE name = 'walk'"),
		query("SELECT allocated_bytes FROM function_self WHERE name = 'walk'"));
	cr_assert_eq(query("SELECT sum(leaked_bytes) FROM leak"),
		query("SELECT sum(leaked_bytes) FROM memory"));
	cr_assert_eq(query("SELECT sum(allocations) FROM thread_memory"),
		query("SELECT sum(allocations) FROM memory"));
	cr_assert_gt(query("SELECT count(*) FROM pragma_foreign_key_check"), -1);
	cr_assert_eq(query("SELECT count(*) FROM pragma_foreign_key_check"), 0);
	cr_assert_eq(query("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check"
			   " <> 'ok'"),
		0);
}

Test(file, another_file_is_never_replaced)
{
	struct profile *profile = synthetic_sample();
	GError *error = NULL;
	char *text;

	g_file_set_contents(path, "precious", -1, NULL);
	cr_assert_not(profile_write(profile, path, &error));
	cr_assert_eq(error->code, PROFILE_ERROR_EXISTS);
	g_file_get_contents(path, &text, NULL, NULL);
	cr_assert_str_eq(text, "precious");
	cr_assert_eq(files_left(), 1);
	profile_free(profile);
}

Test(file, a_full_disk_is_reported_and_nothing_left)
{
	struct profile *profile = synthetic_sample();
	const struct rlimit limit = {20000, 20000};
	GError *error = NULL;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	cr_assert_not(profile_write(profile, path, &error));
	cr_assert_eq(error->code, PROFILE_ERROR_FULL, "%s", error->message);
	cr_assert_eq(files_left(), 0);
	profile_free(profile);
}

Test(file, a_directory_that_is_not_there_is_reported)
{
	struct profile *profile = synthetic_sample();
	GError *error = NULL;

	cr_assert_not(profile_write(profile, "/nowhere/at/all.thag", &error));
	cr_assert_eq(error->code, PROFILE_ERROR_IO);
	cr_assert(strstr(error->message, "No such file"));
	profile_free(profile);
}

static void
assert_refused(enum profile_error code)
{
	GError *error = NULL;

	cr_assert_null(profile_read(path, &error));
	cr_assert_eq(error->code, (gint)code, "%s", error->message);
	cr_assert_eq(strncmp(error->message, path, strlen(path)), 0);
	g_error_free(error);
}

Test(file, files_that_are_no_profile_are_refused)
{
	assert_refused(PROFILE_ERROR_IO);
	g_file_set_contents(path, "", 0, NULL);
	assert_refused(PROFILE_ERROR_FOREIGN);
	g_file_set_contents(path, "hello, world", -1, NULL);
	assert_refused(PROFILE_ERROR_FOREIGN);
	g_unlink(path);
	execute("CREATE TABLE node(id)");
	assert_refused(PROFILE_ERROR_FOREIGN);
}

Test(file, a_newer_major_version_is_refused)
{
	write_sample();
	execute("PRAGMA user_version = 2000");
	assert_refused(PROFILE_ERROR_NEWER);
}

Test(file, a_newer_minor_version_is_read)
{
	write_sample();
	execute("PRAGMA user_version = 1001; CREATE TABLE future(node, thread, total_ns);"
		"ALTER TABLE node ADD COLUMN more; INSERT INTO meta VALUES('more', 1)");
	profile_free(profile_read(path, NULL));
}

Test(file, broken_rows_are_refused)
{
	static const char *const damage[] = {
		"UPDATE node SET parent = 9 WHERE id = 3",
		"UPDATE node SET parent = -1 WHERE id = 3",
		"UPDATE node SET parent = 'main' WHERE id = 3",
		"UPDATE node SET frame = 100000 WHERE id = 3",
		"UPDATE node SET parent = 0 WHERE id = 2;UPDATE node SET parent = 1 WHERE id = 3",
		"DELETE FROM node WHERE id = 4",
		"DELETE FROM memory WHERE node = (SELECT max(node) FROM memory)",
		"UPDATE memory SET thread = thread + 77",
		"UPDATE memory SET allocations = -1",
		"UPDATE memory SET allocations = 0.5",
		"UPDATE thread SET process = 0",
		"UPDATE thread SET creator = 999999",
		"UPDATE frame SET function = 999 WHERE id = 2",
		"UPDATE function SET name = x'00ff' WHERE id = 2",
		"UPDATE timeline SET bin = bin + 100",
		"UPDATE histogram SET bucket = bucket + 1000",
		"UPDATE process SET parent = 2 WHERE id = 2",
		"DELETE FROM meta WHERE key = 'peak_bytes'",
		"DROP TABLE memory",
		"ALTER TABLE node RENAME TO node2; CREATE VIEW node AS SELECT * FROM node2",
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(damage); i++) {
		g_autofree char *sql =
			g_strconcat("PRAGMA legacy_alter_table = ON; PRAGMA foreign_keys = OFF;",
				damage[i], NULL);

		write_sample();
		execute(sql);
		cr_log_info("%s", damage[i]);
		assert_refused(PROFILE_ERROR_CORRUPT);
		g_unlink(path);
	}
}

/* Bytes that are changed anywhere: refused or read, never a crash (the sanitizers watch). */
Test(file, no_damage_is_a_crash, .timeout = 300)
{
	g_autofree char *bytes = NULL;
	gsize length;
	unsigned refused = 0;

	write_sample();
	g_file_get_contents(path, &bytes, &length, NULL);
	g_random_set_seed(1);
	for (unsigned i = 0; i < 600; i++) {
		g_autofree char *copy = g_memdup2(bytes, length);
		struct profile *profile;

		for (unsigned j = 0; j < 1 + i % 8; j++)
			copy[g_random_int_range(0, (gint)length)] ^=
				(char)(1 << g_random_int_range(0, 8));
		g_file_set_contents(path, copy, (gssize)(i % 50 ? length : length / 2), NULL);
		profile = profile_read(path, NULL);
		refused += !profile;
		profile_free(profile);
	}
	cr_assert_gt(refused, 12);
}

Test(file, speed_of_100000_call_paths)
{
	struct symbolizer *symbolizer = symbolizer_new(NULL);
	struct run *run = synthetic_run_new();
	struct process *process = synthetic_process(run, 1);
	struct thread *thread = synthetic_thread(process, 1);
	const struct profile_context context = {.exit_status = 0};
	struct profile *profile;
	clock_t start, built, written;

	synthetic_module(process, "/bin/app", 0x10000, 1);
	for (unsigned i = 0; i < 100000; i++) {
		const uint32_t node =
			synthetic_node(process, i / 4, 0x10000 + (i * 2654435761u >> 8) % 0x4000);

		synthetic_heap(thread, node, 2, 32, 1);
	}
	synthetic_finish(run);
	start = clock();
	profile = profile_build(run, symbolizer, &context);
	built = clock();
	cr_assert(profile_write(profile, path, NULL));
	written = clock();
	profile_free(profile_read(path, NULL));
	printf("# build %ld us, write %ld us, read %ld us\n", (long)(built - start),
		(long)(written - built), (long)(clock() - written));
	cr_assert_lt(written - start, 5 * CLOCKS_PER_SEC, "ten times the aim: slow machines");
	profile_free(profile);
	synthetic_run_free(run);
	symbolizer_free(symbolizer);
}

/* ---- times ---- */

static void
write_times(void)
{
	struct profile *profile = synthetic_time_sample();
	GError *error = NULL;

	cr_assert(profile_write(profile, path, &error), "%s", error ? error->message : "");
	profile_free(profile);
}

Test(file, times_are_read_as_they_were_written)
{
	struct profile *before = synthetic_time_sample();
	struct profile *after;
	GError *error = NULL;

	write_times();
	after = profile_read(path, &error);
	cr_assert_not_null(after, "%s", error ? error->message : "");
	cr_assert_eq(after->calls->len, before->calls->len);
	for (guint i = 0; i < before->calls->len; i++) {
		const struct profile_call *was =
			&g_array_index(before->calls, struct profile_call, i);
		const struct profile_call *is =
			&g_array_index(after->calls, struct profile_call, i);

		cr_assert_eq(is->node, was->node);
		cr_assert_eq(is->thread, was->thread);
		cr_assert_eq(is->p99_ns, was->p99_ns);
		cr_assert_arr_eq(&is->sums, &was->sums, sizeof(is->sums));
		cr_assert_eq(is->histogram.count, was->histogram.count);
		cr_assert_arr_eq(is->histogram.bytes, was->histogram.bytes, was->histogram.count);
	}
	cr_assert_eq(after->samples->len, before->samples->len);
	cr_assert_arr_eq(after->samples->data, before->samples->data,
		before->samples->len * sizeof(struct profile_sample));
	cr_assert_eq(after->moments->len, before->moments->len);
	cr_assert_arr_eq(after->moments->data, before->moments->data,
		before->moments->len * sizeof(struct profile_moment));
	cr_assert_eq(after->chart->len, before->chart->len);
	cr_assert_arr_eq(after->chart->data, before->chart->data,
		before->chart->len * sizeof(struct profile_box));
	cr_assert_eq(profile_process(after, 0)->cost[COST_OF_CALLS].uncertainty_ps, 1500);
	cr_assert_eq(profile_process(after, 0)->own_ns, 12000000);
	cr_assert_eq(profile_process(after, 0)->unsampled_ns, 3000000);
	cr_assert_eq(after->run.chart_hidden, 1234);
	profile_free(before);
	profile_free(after);
}

Test(file, what_older_files_do_not_have_is_0)
{
	static const char *const older[] = {
		"ALTER TABLE moment DROP COLUMN kernel_samples;"
		"ALTER TABLE moment DROP COLUMN kernel_ns; PRAGMA user_version = 1003",
		"ALTER TABLE samples DROP COLUMN kernel_samples;"
		"ALTER TABLE samples DROP COLUMN kernel_periods;"
		"ALTER TABLE samples DROP COLUMN kernel_ns;"
		"ALTER TABLE process DROP COLUMN unsampled_ns; PRAGMA user_version = 1002",
	};

	write_times();
	for (unsigned i = 0; i < G_N_ELEMENTS(older); i++) {
		struct profile *profile;
		GError *error = NULL;

		execute(older[i]);
		profile = profile_read(path, &error);
		cr_assert_not_null(profile, "%s", error ? error->message : "");
		cr_expect_eq(g_array_index(profile->moments, struct profile_moment, 1)
				     .sums.time_ns[SAMPLE_CPU],
			200000000);
		cr_expect_eq(
			g_array_index(profile->moments, struct profile_moment, 1).sums.kernel_ns,
			0);
		cr_expect_eq(profile_process(profile, 0)->unsampled_ns, i ? 0 : 3000000);
		profile_free(profile);
	}
	execute("PRAGMA user_version = 1003");
	cr_assert_null(profile_read(path, NULL), "a file has what its version says");
}

Test(file, views_of_times_agree_with_the_tables)
{
	write_times();
	cr_assert_eq(query("SELECT sum(self_ns) FROM function_calls"),
		query("SELECT sum(self_ns) FROM calls"));
	cr_assert_eq(query("SELECT total_ns FROM function_calls WHERE name = 'walk'"), 700000000);
	cr_assert_eq(query("SELECT cpu_ns FROM function_samples WHERE name = 'walk'"), 700000000);
	cr_assert_eq(query("SELECT sum(traced_ns) FROM thread_time"), INT64_C(3000000000));
	cr_assert_eq(query("SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

Test(file, broken_times_are_refused)
{
	static const char *const damages[] = {
		"UPDATE calls SET node = 99999 WHERE id = 1",
		"UPDATE calls SET calls = -1 WHERE id = 2",
		"UPDATE calls SET node = (SELECT max(node) FROM calls) WHERE id = 1",
		"UPDATE calls SET histogram = 'text' WHERE id = 2",
		"UPDATE samples SET thread = 0 WHERE id = 1",
		"UPDATE samples SET cpu_ns = 'x' WHERE id = 1",
		"UPDATE chart SET kind = 3 WHERE id = 1",
		"UPDATE chart SET start_ns = 1 + (SELECT max(start_ns) FROM chart) WHERE id = 2",
		"DELETE FROM chart WHERE id = 2",
		"DROP TABLE samples",
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(damages); i++) {
		GError *error = NULL;

		write_times();
		execute(damages[i]);
		cr_assert_null(profile_read(path, &error), "%s", damages[i]);
		cr_assert(g_error_matches(error, PROFILE_ERROR, PROFILE_ERROR_CORRUPT));
		g_error_free(error);
		g_unlink(path);
	}
	write_times();
	execute("UPDATE calls SET histogram = x'ff' WHERE id = 2");
	struct profile *profile = profile_read(path, NULL);

	cr_assert_not_null(profile, "a histogram is looked at when it is needed");
	profile_free(profile);
}

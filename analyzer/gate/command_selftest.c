/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * thag-gate selftest: a gate that cannot fail is no gate. Each case is a call of the gate itself on
 * a program of its own (programs/gate_workload.c), with a regression of a known kind or
 * without, and must end as it should and name the function that did it.
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "commands.h"
#include "workload.h"
#include "outcome.h"

struct selftest {
	char *directory, *workload, *self;
	unsigned cases, failures;
};

struct outcome_expected {
	int status, or_status; /* the two may be the same */
	const char *says;      /* in the output; NULL: whatever */
};

/* Calls the gate with words, as a shell would have them. Returns its status; the output is the
 * caller's. */
static int
call_gate(const struct selftest *test, const char *words, char **ret_output)
{
	g_autofree char *line = g_strdup_printf("'%s' gate %s", test->self, words);
	g_autofree char *complaint = NULL, *out = NULL;
	g_autoptr(GError) error = NULL;
	int status = -1;

	if (!g_spawn_command_line_sync(line, &out, &complaint, &status, &error)) {
		*ret_output = g_strdup(error->message);
		return -1;
	}
	*ret_output = g_strconcat(out, complaint, NULL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
check(struct selftest *test, const char *title, const struct outcome_expected *expected,
	const char *words)
{
	g_autofree char *output = NULL;
	const int status = call_gate(test, words, &output);
	const bool as_expected = (status == expected->status || status == expected->or_status) &&
				 (!expected->says || strstr(output, expected->says));

	test->cases++;
	test->failures += !as_expected;
	printf("%-9s %s\n", as_expected ? "ok" : "FAILED", title);
	fflush(stdout);
	if (as_expected)
		return;
	printf("  expected status %d%s%s, got %d:\n  thag-gate %s\n%s\n", expected->status,
		expected->says ? " and the words " : "", expected->says ? expected->says : "",
		status, words, output);
}

/* A regression of an exact metric against the budget that prepare() wrote. */
static void
check_exact(struct selftest *test, const char *title, const char *regression, const char *metric,
	const char *function)
{
	g_autofree char *words = g_strdup_printf(
		"check --budget '%s/budget.json' --name selftest --metrics %s -- '%s' %s",
		test->directory, metric, test->workload, regression);

	check(test, title,
		&(struct outcome_expected){
			GATE_STATUS_REGRESSION, GATE_STATUS_REGRESSION, function},
		words);
}

/* Against the program without a regression, run in turns. */
static void
check_ab(struct selftest *test, const char *title, const char *regression, const char *options,
	const struct outcome_expected *expected)
{
	g_autofree char *words = g_strdup_printf("ab %s --base \"'%s' none\" -- '%s' %s", options,
		test->workload, test->workload, regression);

	check(test, title, expected, words);
}

static void
prepare(struct selftest *test)
{
	g_autofree char *words = g_strdup_printf(
		"accept --budget '%s/budget.json' --name selftest --reason selftest -- '%s' none",
		test->directory, test->workload);

	check(test, "a budget is written", &(struct outcome_expected){0, 0, "accepted"}, words);
}

static void
check_classes(struct selftest *test)
{
	g_autofree char *same =
		g_strdup_printf("check --budget '%s/budget.json' --name selftest -- '%s' none",
			test->directory, test->workload);

	check(test, "the same program passes", &(struct outcome_expected){0, 0, "pass"}, same);
	check_exact(test, "one more allocation fails", "allocation", "allocations", "build");
	check_exact(test, "2 % more bytes fail", "bytes", "bytes", "parse");
	check_exact(test, "a higher peak fails", "peak", "peak", "keep_and_build");
	check_exact(test, "a leak of one block fails", "leak", "leaked", "finish");
	check_exact(test, "one more temporary fails", "temporary", "temporary", "parse");
}

/* What is compared by statistics, or nearly. */
static void
check_noisy(struct selftest *test)
{
	const struct outcome_expected same = {GATE_STATUS_PASS, GATE_STATUS_INCONCLUSIVE, NULL};
	const struct outcome_expected larger = {
		GATE_STATUS_REGRESSION, GATE_STATUS_REGRESSION, NULL};
	const struct outcome_expected slower = {
		GATE_STATUS_REGRESSION, GATE_STATUS_REGRESSION, "work gate_workload.c:"};
	const struct outcome_expected few = {
		GATE_STATUS_INCONCLUSIVE, GATE_STATUS_INCONCLUSIVE, "runs"};
	g_autofree char *accept = g_strdup_printf(
		"accept --budget '%s/budget.json' --name times --metrics cpu --runs 16 "
		"--reason selftest -- '%s' none",
		test->directory, test->workload);
	g_autofree char *budget = g_strdup_printf(
		"check --budget '%s/budget.json' --name times --metrics cpu --runs 16 -- '%s' slow",
		test->directory, test->workload);

	/* One false alarm in a thousand runs at most, where gates have one in a hundred. */
	check_ab(test, "A against A is no regression", "none", "--runs 16 --alpha 0.001", &same);
	check_ab(test, "a larger RSS fails", "rss", "--runs 16 --metrics max-rss", &larger);
	check_ab(test, "a slower program fails", "slow", "--runs 16 --metrics cpu", &slower);
	check_ab(test, "longer waiting fails", "slow", "--runs 16 --metrics wall", &slower);
	check_ab(test, "too few runs are inconclusive", "slow", "--runs 4 --metrics cpu", &few);
	check(test, "a budget of times is written",
		&(struct outcome_expected){GATE_STATUS_PASS, GATE_STATUS_PASS, NULL}, accept);
	check(test, "what is slower than its budget fails", &slower, budget);
}

/* 5 % more instructions in one function, where somebody can count them. */
static void
check_counted(struct selftest *test)
{
	const struct outcome_expected more = {
		GATE_STATUS_REGRESSION, GATE_STATUS_REGRESSION, "work gate_workload.c:"};
	const struct outcome_expected same = {GATE_STATUS_PASS, GATE_STATUS_PASS, NULL};
	const char options[] = "--metrics instructions --instructions callgrind";
	g_autofree char *valgrind = g_find_program_in_path("valgrind");

	if (!valgrind) {
		puts("skipped   instructions: there is no valgrind");
		return;
	}
	check_ab(test, "5 % more instructions fail", "slower", options, &more);
	check_ab(test, "the same instructions pass", "none", options, &same);
}

/* Whatever is missing is never a pass. */
static void
check_refusals(struct selftest *test)
{
	const struct outcome_expected error = {GATE_STATUS_ERROR, GATE_STATUS_ERROR, NULL};
	const struct outcome_expected absent = {
		GATE_STATUS_NO_BASELINE, GATE_STATUS_NO_BASELINE, NULL};
	const struct outcome_expected limit = {GATE_STATUS_LIMIT, GATE_STATUS_LIMIT, "finish"};
	g_autofree char *fails =
		g_strdup_printf("check --budget '%s/budget.json' --name selftest -- '%s' fail",
			test->directory, test->workload);
	g_autofree char *nowhere = g_strdup_printf(
		"check --budget '%s/none.json' -- '%s' none", test->directory, test->workload);
	g_autofree char *unreadable = g_strdup_printf(
		"compare '%s/budget.json' '%s/budget.json'", test->directory, test->directory);
	const struct outcome_expected usage = {GATE_STATUS_USAGE, GATE_STATUS_USAGE, NULL};
	g_autofree char *nonsense =
		g_strdup_printf("run --limit 'speed <= 1' -- '%s' none", test->workload);
	g_autofree char *leaks =
		g_strdup_printf("run --limit 'leaked == 0' -- '%s' leak", test->workload);

	check(test, "an absolute limit fails", &limit, leaks);
	check(test, "a program that fails is an error", &error, fails);
	check(test, "no budget is no pass", &absent, nowhere);
	check(test, "an unreadable profile is an error", &error, unreadable);
	check(test, "a limit that is none is wrong usage", &usage, nonsense);
}

static void
remove_files(const struct selftest *test)
{
	static const char *const names[] = {"budget.paths/cpu/times.paths", "budget.paths/cpu",
		"budget.paths/times.paths", "budget.paths/selftest.paths", "budget.paths",
		"budget.json", ""};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(test->directory, names[i], NULL);

		g_remove(path);
	}
}

int
gate_selftest(int count, char **arguments)
{
	struct selftest test = {.directory = g_dir_make_tmp("thag-gate-XXXXXX", NULL)};

	if (count > 1) {
		const bool help = !strcmp(arguments[1], "--help") || !strcmp(arguments[1], "-h");

		fputs("thag-gate selftest\nProves that regressions of each kind are found and that "
		      "nothing else is.\n",
			help ? stdout : stderr);
		return help ? GATE_STATUS_PASS : GATE_STATUS_USAGE;
	}
	test.workload = workload_own_program("gate-workload");
	test.self = g_file_read_link("/proc/self/exe", NULL);
	if (!test.directory || !test.workload || !test.self) {
		fprintf(stderr, "thag-gate selftest: %s\n",
			test.directory ? "gate-workload is not beside this thag; install it again"
				       : "no temporary directory");
		return GATE_STATUS_ERROR;
	}
	/* The cases are no step of a workflow, and their results are nobody's. */
	g_unsetenv("GITHUB_ACTIONS");
	g_unsetenv("GITHUB_BASE_REF");
	prepare(&test);
	check_classes(&test);
	check_noisy(&test);
	check_counted(&test);
	check_refusals(&test);
	printf("%u of %u as they should be\n", test.cases - test.failures, test.cases);
	remove_files(&test);
	g_free(test.directory);
	g_free(test.workload);
	g_free(test.self);
	return test.failures ? GATE_STATUS_ERROR : GATE_STATUS_PASS;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Absolute limits, and suppressions in LeakSanitizer's format. */
#include <math.h>

#include "accounts.h"
#include "limit.h"
#include "suppressions.h"

static const char paths[] = "1\t-\tmain\tapp\tmain.c:9\n"
			    "2\t10 1000 800 96 2 0\tparse_line\tapp\tparse.c:20\n"
			    "2\t5 500 200 64 1 0\tbuild\tapp\tbuild.c:30\n";

static enum limit_state
state_of(const char *text, double *ret_value)
{
	struct measurement *now = measurement_new();
	g_autofree char *why = NULL;
	struct limit *limit = limit_parse(text, &why);

	cr_assert(limit, "%s", why);
	struct account *account = account_of(paths);

	measurement_keep(now, ACCOUNT_EVENTS, account);
	for (unsigned i = 0; i < GATE_EXACT_METRICS; i++) {
		const double value = (double)account->total[i];

		g_array_append_val(now->values[i], value);
	}
	struct limit_finding *finding = limit_check(limit, now, NULL);
	const enum limit_state state = finding->state;

	*ret_value = finding->value;
	limit_finding_free(finding);
	measurement_free(now);
	limit_free(limit);
	return state;
}

Test(limit, limits_are_kept_or_exceeded)
{
	static const struct {
		const char *text;
		enum limit_state state;
		double value;
	} cases[] = {
		{"allocations <= 15", LIMIT_KEPT, 15},
		{"allocations<15", LIMIT_EXCEEDED, 15},
		{"peak <= 1000 B", LIMIT_KEPT, 1000},
		{"peak <= 0.9kB", LIMIT_EXCEEDED, 1000},
		{"leaked == 0", LIMIT_EXCEEDED, 160},
		{"leak-per-path <= 64", LIMIT_EXCEEDED, 96},
		{"leak-per-path <= 96 B", LIMIT_KEPT, 96},
		{"allocations(build) <= 5", LIMIT_KEPT, 5},
		{"allocations(/^parse_/) <= 9", LIMIT_EXCEEDED, 10},
		{"allocations(/a<b|build/) <= 5", LIMIT_KEPT, 5},
		{"bytes(main) <= 1 KiB", LIMIT_EXCEEDED, 1500},
		{"bytes(nobody) == 0", LIMIT_KEPT, 0},
		{"wall <= 2 s", LIMIT_NOT_MEASURED, 0},
		{"time(parse_line) <= 2 s", LIMIT_NOT_MEASURED, 0},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		double value;

		cr_expect_eq(state_of(cases[i].text, &value), cases[i].state, "%s", cases[i].text);
		cr_expect(fabs(value - cases[i].value) < 1e-9, "%s: %f", cases[i].text, value);
	}
}

/* Three runs in which parse, with what it calls, took 5, 9 and 7 us. */
static struct measurement *
timed_runs(void)
{
	static const uint64_t times_ns[] = {5000, 9000, 7000};
	struct measurement *now = measurement_new();

	now->keep_more = true;
	for (size_t i = 0; i < G_N_ELEMENTS(times_ns); i++) {
		struct account_builder *builder = account_builder_new();
		const struct account_frame parse = {"parse", "app", "a.c", 1};
		const struct account_frame copy = {"copy", "app", "a.c", 9};
		const uint32_t node = account_builder_child(builder, 0, &parse);

		account_builder_add(builder, node, GATE_TIME, 1000);
		account_builder_add(builder, account_builder_child(builder, node, &copy), GATE_TIME,
			times_ns[i] - 1000);
		measurement_add_value(now, GATE_TIME, (double)times_ns[i]);
		measurement_keep(
			now, ACCOUNT_EVENTS, account_builder_end(builder, 1u << GATE_TIME));
	}
	return now;
}

Test(limit, of_a_time_the_median_of_the_runs_counts)
{
	static const struct {
		const char *text;
		enum limit_state state;
	} cases[] = {
		{"time(parse) <= 7 us", LIMIT_KEPT},
		{"time(parse) < 7 us", LIMIT_EXCEEDED},
		{"time(copy) <= 6 us", LIMIT_KEPT},
		{"time <= 7 us", LIMIT_KEPT},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct measurement *now = timed_runs();
		g_autofree char *why = NULL;
		struct limit *limit = limit_parse(cases[i].text, &why);

		cr_assert(limit, "%s", why);
		struct limit_finding *finding = limit_check(limit, now, NULL);

		cr_expect_eq(
			finding->state, cases[i].state, "%s: %f", cases[i].text, finding->value);
		limit_finding_free(finding);
		measurement_free(now);
		limit_free(limit);
	}
}

Test(limit, a_function_that_is_not_there_is_said)
{
	struct measurement *now = timed_runs();
	g_autofree char *why = NULL;
	struct limit *limit = limit_parse("time(pars) <= 7 us", &why);
	struct limit_finding *finding = limit_check(limit, now, NULL);

	cr_expect(finding->unmatched);
	limit_finding_free(finding);
	measurement_free(now);
	limit_free(limit);
}

Test(limit, nonsense_is_refused)
{
	const char *const texts[] = {"", "peak", "peak <=", "peak <= much", "peak <= -1",
		"peak <= 5 ms", "wall <= 5", "wall(main) <= 1 s", "peak >= 5", "pleak <= 5",
		"allocations(/(/) <= 1", "peak <= nan", "peak <= 1 B B"};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *why = NULL;

		cr_expect_null(limit_parse(texts[i], &why), "%s", texts[i]);
		cr_expect_not_null(why, "%s", texts[i]);
	}
}

Test(suppressions, patterns_match_as_leaksanitizers_do)
{
	g_autofree char *why = NULL;
	struct suppressions *list = suppressions_parse(
		"# known\nleak:libfoo.so\nleak:^init_*_table$\n\n leak:cache\n", &why);

	cr_assert(list, "%s", why);
	cr_expect(suppressions_match(list, "f", "/usr/lib/libfoo.so.1", ""));
	cr_expect(suppressions_match(list, "init_big_table", "", ""));
	cr_expect(!suppressions_match(list, "xinit_big_table", "", ""));
	cr_expect(!suppressions_match(list, "init_big_tables", "", ""));
	cr_expect(suppressions_match(list, "f", "", "/src/cache.c"));
	cr_expect(!suppressions_match(list, "f", "app", "main.c"));
	suppressions_free(list);
}

Test(suppressions, other_kinds_are_refused)
{
	g_autofree char *why = NULL;

	cr_assert_null(suppressions_parse("leak:a\nrace:b\n", &why));
	cr_assert(strstr(why, "line 2"));
}

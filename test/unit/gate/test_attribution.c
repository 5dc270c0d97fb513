/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Accounts, and where a change comes from. */
#include <math.h>

#include "account_build.h"
#include "accounts.h"
#include "attribution.h"
#include "random.h"

static const char before_text[] = "1\t-\tmain\t[program]\tmain.c:9\n"
				  "2\t10 1000 0 0 0 0\tparse\t[program]\tparse.c:20\n"
				  "2\t5 500 0 0 0 0\tparse\t[program]\tparse.c:30\n"
				  "2\t1 64 0 0 0 0\told\t[program]\told.c:1\n"
				  "2\t-\ta\t[program]\tab.c:1\n"
				  "3\t3 33 0 0 0 0\tmake\t[program]\tab.c:5\n";

/* Two accounts, from paths files, and what became of the allocations. */
struct found {
	struct account *before, *after;
	struct comparison *comparison;
	struct attribution *attribution;
};

static struct found
find_of(struct account *before, struct account *after, enum gate_metric metric, double measured,
	const struct review *review)
{
	struct found found = {before, after,
		comparison_new(before, after, before->set & after->set, NULL, NULL), NULL};

	cr_assert_not_null(found.comparison);
	found.attribution = attribution_find(found.comparison, metric,
		(int64_t)before->total[metric], (int64_t)after->total[metric], measured, review);
	return found;
}

static struct found
find(const char *before, const char *after)
{
	return find_of(account_of(before), account_of(after), GATE_ALLOCATIONS, NAN, NULL);
}

static void
free_found(struct found *found)
{
	attribution_free(found->attribution);
	comparison_free(found->comparison);
	account_free(found->before);
	account_free(found->after);
}

static struct account_frame
site_of(const struct attribution_entry *entry)
{
	return account_frame(entry->account, attribution_site(entry));
}

static const struct attribution_entry *
entry_at(const struct found *found, guint i)
{
	cr_assert_lt(i, found->attribution->entries->len);
	return &g_array_index(found->attribution->entries, struct attribution_entry, i);
}

Test(account, a_paths_file_is_read_as_it_was_written)
{
	struct account *account = account_of(before_text);
	g_autofree char *text = account_emit(account, GATE_SET_EXACT);
	g_autofree char *why = NULL;
	struct account *again = account_parse(text, &why);
	g_autofree char *second = account_emit(again, GATE_SET_EXACT);

	cr_assert_str_eq(text, second);
	cr_assert_eq(again->total[GATE_ALLOCATIONS], 19);
	account_free(account);
	account_free(again);
}

Test(account, broken_files_are_refused)
{
	const char *const texts[] = {"", "thag-gate-paths 2\n", "thag-gate-paths 1\nx\n",
		"thag-gate-paths 1\n2\t-\tf\tm\ta.c:1\n", "thag-gate-paths 1\n0\t-\tf\tm\ta.c:1\n",
		"thag-gate-paths 1\n1\t1 2 3\tf\tm\ta.c:1\n",
		"thag-gate-paths 1\n1\t-\tf\tm\tnowhere\n",
		"thag-gate-paths 1\n1\t1 1 1 1 1 99999999999999999999\tf\tm\ta.c:1\n",
		"thag-gate-paths 1\n1\t-\t\xff\tm\ta.c:1\n"};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *why = NULL;

		cr_expect_null(account_parse(texts[i], &why), "%zu", i);
		cr_expect_not_null(why);
	}
}

Test(account, a_file_of_samples_says_of_how_many_runs)
{
	g_autofree char *why = NULL;
	struct account *account = account_parse("thag-gate-paths 1 cpu runs=8\n"
						"1\t-\tmain\tapp\tmain.c:9\n"
						"2\t500\tparse\tapp\tparse.c:20\n",
		&why);

	cr_assert(account, "%s", why);
	g_autofree char *text = account_emit(account, account->set);

	cr_expect_eq(account->runs, 8);
	cr_expect_eq(account->set, 1u << GATE_CPU);
	cr_expect_eq(account->total[GATE_CPU], 500);
	cr_expect(g_str_has_prefix(text, "thag-gate-paths 1 cpu runs=8\n"), "%s", text);
	cr_expect(strstr(text, "2\t500\tparse\tapp\tparse.c:20\n"), "%s", text);
	account_free(account);
}

Test(attribution, one_more_on_one_line_is_blamed_on_that_line)
{
	/* All lines of parse moved down by three; the second does one more. */
	struct found found = find(before_text, "1\t-\tmain\t[program]\tmain.c:9\n"
					       "2\t10 1000 0 0 0 0\tparse\t[program]\tparse.c:23\n"
					       "2\t6 600 0 0 0 0\tparse\t[program]\tparse.c:33\n"
					       "2\t1 64 0 0 0 0\told\t[program]\told.c:1\n"
					       "2\t-\ta\t[program]\tab.c:1\n"
					       "3\t3 33 0 0 0 0\tmake\t[program]\tab.c:5\n");
	const struct attribution_entry *entry = entry_at(&found, 0);

	cr_assert_eq(found.attribution->change, 1);
	cr_assert_eq(found.attribution->residual, 0);
	cr_assert_eq(found.attribution->entries->len, 1);
	cr_expect_eq(entry->kind, ATTRIBUTION_CHANGED);
	cr_expect_eq(site_of(entry).line, 33);
	free_found(&found);
}

Test(attribution, a_line_that_was_put_between_others_is_blamed)
{
	struct found found = find("1\t5 5 0 0 0 0\tparse\tapp\tparse.c:20\n"
				  "1\t7 7 0 0 0 0\tparse\tapp\tparse.c:30\n",
		"1\t5 5 0 0 0 0\tparse\tapp\tparse.c:20\n"
		"1\t6 6 0 0 0 0\tparse\tapp\tparse.c:25\n"
		"1\t7 7 0 0 0 0\tparse\tapp\tparse.c:31\n");

	cr_expect_eq(site_of(entry_at(&found, 0)).line, 25);
	free_found(&found);
}

Test(attribution, of_lines_that_do_the_same_the_one_that_was_put_in_is_blamed)
{
	struct found found = find("1\t7 7 0 0 0 0\tparse\tapp\tparse.c:20\n"
				  "1\t7 7 0 0 0 0\tparse\tapp\tparse.c:30\n",
		"1\t21 21 0 0 0 0\tparse\tapp\tparse.c:19\n"
		"1\t7 7 0 0 0 0\tparse\tapp\tparse.c:21\n"
		"1\t7 7 0 0 0 0\tparse\tapp\tparse.c:31\n");

	cr_expect_eq(site_of(entry_at(&found, 0)).line, 19);
	free_found(&found);
}

Test(attribution, new_gone_and_moved_are_told_apart)
{
	struct found found = find(before_text, "1\t-\tmain\t[program]\tmain.c:9\n"
					       "2\t10 1000 0 0 0 0\tparse\t[program]\tparse.c:20\n"
					       "2\t5 500 0 0 0 0\tparse\t[program]\tparse.c:30\n"
					       "2\t7 64 0 0 0 0\tfresh\t[program]\tfresh.c:1\n"
					       "2\t-\tb\t[program]\tab.c:2\n"
					       "3\t3 33 0 0 0 0\tmake\t[program]\tab.c:5\n");

	cr_assert_eq(found.attribution->entries->len, 4);
	cr_expect_eq(entry_at(&found, 0)->kind, ATTRIBUTION_NEW);
	cr_expect_str_eq(site_of(entry_at(&found, 0)).function, "fresh");
	cr_expect_eq(entry_at(&found, 1)->kind, ATTRIBUTION_MOVED);
	cr_expect_eq(entry_at(&found, 2)->kind, ATTRIBUTION_MOVED);
	cr_expect_eq(entry_at(&found, 3)->kind, ATTRIBUTION_GONE);
	cr_expect_eq(found.attribution->residual, 0);
	free_found(&found);
}

Test(attribution, what_a_wrong_total_leaves_is_shown)
{
	struct account *account = account_of(before_text);
	struct comparison *comparison =
		comparison_new(account, account, GATE_SET_EXACT, NULL, NULL);
	struct attribution *attribution =
		attribution_find(comparison, GATE_ALLOCATIONS, 10, 19, NAN, NULL);

	cr_expect_eq(attribution->explained, 0);
	cr_expect_eq(attribution->residual, 9);
	attribution_free(attribution);
	comparison_free(comparison);
	account_free(account);
}

Test(attribution, what_came_of_nothing_is_all_new)
{
	struct found found = find("", before_text);

	cr_expect_eq(found.attribution->change, 19);
	cr_expect_eq(found.attribution->residual, 0);
	for (guint i = 0; i < found.attribution->entries->len; i++)
		cr_expect_eq(entry_at(&found, i)->kind, ATTRIBUTION_NEW);
	free_found(&found);
}

/* Random trees: whatever the two are, the entries add up to the change. */
static struct account *
random_account(uint64_t *state)
{
	GString *text = g_string_new(NULL);
	unsigned depth = 0;

	for (unsigned i = 0; i < 40; i++) {
		depth = 1 + (unsigned)random_below(state, depth + 1);
		g_string_append_printf(text, "%u\t%u 1 1 1 1 1\tf%u\tm\ta.c:%u\n", depth,
			(unsigned)random_below(state, 5), (unsigned)random_below(state, 4),
			(unsigned)random_below(state, 3));
	}
	struct account *account = account_of(text->str);

	g_string_free(text, TRUE);
	return account;
}

Test(attribution, nothing_ever_remains)
{
	uint64_t state = 31;

	for (unsigned i = 0; i < 300; i++) {
		struct account *before = random_account(&state), *after = random_account(&state);

		for (unsigned metric = 0; metric < GATE_EXACT_METRICS; metric++) {
			struct comparison *comparison =
				comparison_new(before, after, GATE_SET_EXACT, NULL, NULL);
			struct attribution *attribution =
				attribution_find(comparison, metric, (int64_t)before->total[metric],
					(int64_t)after->total[metric], NAN, NULL);

			cr_assert_eq(attribution->residual, 0);
			attribution_free(attribution);
			comparison_free(comparison);
		}
		account_free(before);
		account_free(after);
	}
}

/* ---- times ---- */

/* Runs of which the call path main < name took so long in each. */
struct timed {
	const char *name;
	uint64_t cpu_ns[4];
};

static struct account *
sampled(const struct timed *timed, unsigned count)
{
	struct account_builder *builder = account_builder_new();

	for (unsigned run = 0; run < 4; run++) {
		struct account_builder *one = account_builder_new();
		const struct account_frame main = {"main", "app", "main.c", 1};
		const uint32_t parent = account_builder_child(one, 0, &main);

		for (unsigned i = 0; i < count; i++) {
			const struct account_frame frame = {timed[i].name, "app", "a.c", 10 + i};

			account_builder_add(one, account_builder_child(one, parent, &frame),
				GATE_CPU, timed[i].cpu_ns[run]);
		}
		struct account *account = account_builder_end(one, 1u << GATE_CPU);

		account_builder_add_samples(builder, account);
		account_free(account);
	}
	return account_builder_end(builder, 1u << GATE_CPU);
}

Test(attribution, the_function_that_is_surely_slower_comes_first)
{
	static const struct timed before[] = {{"steady", {1000, 1002, 998, 1000}},
		{"wild", {500, 900, 300, 700}}, {"digest", {2000, 2010, 1990, 2000}}};
	static const struct timed after[] = {{"steady", {1001, 1002, 999, 1001}},
		{"wild", {1100, 400, 900, 900}}, {"digest", {2100, 2110, 2090, 2100}}};
	struct found found = find_of(sampled(before, 3), sampled(after, 3), GATE_CPU, 101, NULL);
	const struct attribution_function *first =
		&g_array_index(found.attribution->functions, struct attribution_function, 0);

	/* "wild" grew by 225 in the mean, and by any amount in a run. */
	cr_expect_str_eq(first->function, "digest");
	cr_expect_float_eq(first->after - first->before, 100, 5);
	cr_expect(first->error > 0 && first->error < 10, "%f", first->error);
	cr_expect_str_eq(site_of(entry_at(&found, 0)).function, "digest");
	cr_expect_eq(found.attribution->residual, 0);
	free_found(&found);
}

Test(attribution, of_a_budget_the_mean_is_enough)
{
	static const struct timed after[] = {
		{"steady", {1001, 1002, 999, 1001}}, {"digest", {2100, 2110, 2090, 2100}}};
	g_autofree char *why = NULL;
	struct account *before = account_parse("thag-gate-paths 1 cpu runs=6\n"
					       "1\t-\tmain\tapp\tmain.c:1\n"
					       "2\t1000\tsteady\tapp\ta.c:10\n"
					       "2\t2000\tdigest\tapp\ta.c:11\n",
		&why);
	struct found found = find_of(before, sampled(after, 2), GATE_CPU, 100, NULL);

	cr_expect_str_eq(site_of(entry_at(&found, 0)).function, "digest");
	cr_expect_eq(entry_at(&found, 0)->kind, ATTRIBUTION_CHANGED);
	free_found(&found);
}

/* The machine is faster in some runs; in those of the second program more often. */
static const struct timed swaying_before[] = {
	{"digest", {20000, 22000, 19000, 21000}}, {"parse", {4000, 4400, 3800, 4200}}};
static const struct timed swaying_after[] = {{"digest", {20160, 21420, 19320, 21840}},
	{"parse", {3840, 4080, 3680, 4160}}, {"rare", {30, 20, 40, 30}}};

static struct found
find_swaying(double measured)
{
	return find_of(
		sampled(swaying_before, 2), sampled(swaying_after, 3), GATE_CPU, measured, NULL);
}

static const struct attribution_function *
function_named(const struct found *found, const char *name)
{
	const GArray *functions = found->attribution->functions;

	for (guint i = 0; i < functions->len; i++) {
		const struct attribution_function *function =
			&g_array_index(functions, struct attribution_function, i);

		if (!strcmp(function->function, name))
			return function;
	}
	cr_assert_fail("%s", name);
	return NULL;
}

Test(attribution, samples_are_corrected_by_the_measured_change)
{
	struct found found = find_swaying(1030);
	const struct attribution_function *digest = function_named(&found, "digest");
	double sum = 0;

	/* Sampled it grew by 185 of 20,500, give or take 867. */
	cr_expect_eq(digest,
		&g_array_index(found.attribution->functions, struct attribution_function, 0));
	cr_expect_float_eq(digest->after - digest->before, 1000, 50);
	cr_expect_lt(digest->error, 50);
	for (guint i = 0; i < found.attribution->functions->len; i++) {
		const struct attribution_function *function = &g_array_index(
			found.attribution->functions, struct attribution_function, i);

		sum += function->after - function->before;
	}
	cr_expect_float_eq(sum, 1030, 5);
	free_found(&found);
}

Test(attribution, most_of_the_change_comes_before_a_little_that_is_sure)
{
	/* What samples take from the one they give to the other. */
	static const struct timed before[] = {
		{"digest", {20000, 21200, 18800, 20000}}, {"parse", {4000, 2800, 5200, 4000}}};
	static const struct timed after[] = {{"digest", {21000, 22200, 19800, 21000}},
		{"parse", {4000, 2800, 5200, 4000}}, {"rare", {420, 400, 400, 380}}};
	struct found found = find_of(sampled(before, 2), sampled(after, 3), GATE_CPU, 1400, NULL);

	cr_expect_eq(function_named(&found, "digest"),
		&g_array_index(found.attribution->functions, struct attribution_function, 0));
	free_found(&found);
}

Test(attribution, samples_that_contradict_the_measured_change_stay_as_they_are)
{
	const double measured[] = {NAN, 100000, -100000};

	for (size_t i = 0; i < G_N_ELEMENTS(measured); i++) {
		struct found found = find_swaying(measured[i]);
		const struct attribution_function *digest = function_named(&found, "digest");

		cr_expect_float_eq(digest->before, 20500, 1e-6);
		cr_expect_float_eq(digest->after, 20685, 1e-6);
		cr_expect_float_eq(digest->error, 867, 1);
		free_found(&found);
	}
}

Test(attribution, runs_that_do_not_vary_or_have_no_samples_are_no_trouble)
{
	static const struct timed steady[] = {{"a", {8, 8, 8, 8}}, {"b", {8, 8, 8, 8}}};
	static const struct timed scarce[] = {{"a", {0, 16, 0, 16}}, {"b", {8, 8, 8, 8}}};
	static const struct timed nothing[] = {{"a", {0, 0, 0, 0}}};
	const struct {
		const struct timed *before, *after;
		unsigned functions;
	} rows[] = {{steady, steady, 2}, {steady, scarce, 2}, {scarce, steady, 2},
		{nothing, scarce, 2}, {nothing, nothing, 0}};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct found found =
			find_of(sampled(rows[i].before, rows[i].before == nothing ? 1 : 2),
				sampled(rows[i].after, rows[i].after == nothing ? 1 : 2), GATE_CPU,
				0, NULL);
		const GArray *functions = found.attribution->functions;

		cr_expect_eq(functions->len, rows[i].functions, "%zu", i);
		for (guint j = 0; j < functions->len; j++) {
			const struct attribution_function *function =
				&g_array_index(functions, struct attribution_function, j);

			cr_expect(isfinite(function->after - function->before) &&
					  isfinite(function->error),
				"%zu", i);
		}
		free_found(&found);
	}
}

/* ---- the change under review ---- */

Test(review, a_diff_names_files_and_lines)
{
	struct review *review = review_new();

	review_add(review, "diff --git a/src/parse.c b/src/parse.c\n--- a/src/parse.c\n"
			   "+++ b/src/parse.c\n@@ -10,0 +11,2 @@ parse\n+x\n+y\n");
	cr_expect_eq(review_find(review, "/build/src/parse.c", 12), REVIEW_LINE);
	cr_expect_eq(review_find(review, "../src/parse.c", 13), REVIEW_FILE);
	cr_expect_eq(review_find(review, "/build/other/parse.c", 12), REVIEW_NOTHING);
	cr_expect_eq(review_find(review, "", 12), REVIEW_NOTHING);
	cr_expect_eq(review_find(NULL, "a.c", 12), REVIEW_NOTHING);
	review_free(review);
}

Test(review, a_list_names_files)
{
	struct review *review = review_new();

	review_add(review, "src/a.c\nsrc/b.c:5-7\n\n");
	cr_expect_eq(review_find(review, "/x/src/a.c", 1), REVIEW_FILE);
	cr_expect_eq(review_find(review, "src/b.c", 6), REVIEW_LINE);
	cr_expect_eq(review_find(review, "src/b.c", 8), REVIEW_FILE);
	review_free(review);
}

Test(review, the_nearest_reviewed_frame_is_found)
{
	struct account *after = account_of("1\t-\tmain\t[program]\t/b/main.c:9\n"
					   "2\t-\ta\t[program]\t/b/ab.c:1\n"
					   "3\t9 33 0 0 0 0\tmake\t[program]\t/b/lib.c:5\n");
	struct review *review = review_new();

	review_add(review, "ab.c\nmain.c\n");
	struct found found = find_of(account_of(before_text), after, GATE_ALLOCATIONS, NAN, review);
	g_autofree char *reviewed = attribution_reviewed(entry_at(&found, 0));

	cr_assert_not_null(reviewed);
	cr_expect_str_eq(reviewed, "a ab.c:1");
	free_found(&found);
	review_free(review);
}

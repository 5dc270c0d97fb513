/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Accounts, and where a change comes from. */
#include "accounts.h"
#include "attribution.h"
#include "random.h"

static const char before_text[] = "1\t-\tmain\t[program]\tmain.c:9\n"
				  "2\t10 1000 0 0 0 0\tparse\t[program]\tparse.c:20\n"
				  "2\t5 500 0 0 0 0\tparse\t[program]\tparse.c:30\n"
				  "2\t1 64 0 0 0 0\told\t[program]\told.c:1\n"
				  "2\t-\ta\t[program]\tab.c:1\n"
				  "3\t3 33 0 0 0 0\tmake\t[program]\tab.c:5\n";

static struct attribution *
find(struct account *before, struct account *after, const struct review *review)
{
	return attribution_find(before, after, GATE_ALLOCATIONS,
		(int64_t)before->total[GATE_ALLOCATIONS], (int64_t)after->total[GATE_ALLOCATIONS],
		review);
}

static const struct attribution_entry *
entry_at(const struct attribution *attribution, guint i)
{
	cr_assert_lt(i, attribution->entries->len);
	return &g_array_index(attribution->entries, struct attribution_entry, i);
}

Test(account, a_paths_file_is_read_as_it_was_written)
{
	struct account *account = account_of(before_text);
	g_autofree char *text = account_emit(account);
	g_autofree char *why = NULL;
	struct account *again = account_parse(text, &why);
	g_autofree char *second = account_emit(again);

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

Test(account, modules_of_two_builds_have_one_name)
{
	static const char *const cases[][3] = {
		{"/a/b/app-new", "./app-new", "[program]"},
		{"/usr/lib/libfoo.so.1.2.3", "app", "libfoo.so"},
		{"/usr/lib/libfoo.so", "app", "libfoo.so"},
		{"", "app", "[unknown]"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *name = account_module_name(cases[i][0], cases[i][1]);

		cr_expect_str_eq(name, cases[i][2]);
	}
}

Test(attribution, one_more_on_one_line_is_blamed_on_that_line)
{
	struct account *before = account_of(before_text);
	/* All lines of parse moved down by three; the second does one more. */
	struct account *after = account_of("1\t-\tmain\t[program]\tmain.c:9\n"
					   "2\t10 1000 0 0 0 0\tparse\t[program]\tparse.c:23\n"
					   "2\t6 600 0 0 0 0\tparse\t[program]\tparse.c:33\n"
					   "2\t1 64 0 0 0 0\told\t[program]\told.c:1\n"
					   "2\t-\ta\t[program]\tab.c:1\n"
					   "3\t3 33 0 0 0 0\tmake\t[program]\tab.c:5\n");
	struct attribution *attribution = find(before, after, NULL);
	const struct attribution_entry *entry = entry_at(attribution, 0);

	cr_assert_eq(attribution->change, 1);
	cr_assert_eq(attribution->residual, 0);
	cr_assert_eq(attribution->entries->len, 1);
	cr_expect_eq(entry->kind, ATTRIBUTION_CHANGED);
	cr_expect_eq(attribution_site(entry)->line, 33);
	attribution_free(attribution);
	account_free(before);
	account_free(after);
}

Test(attribution, new_gone_and_moved_are_told_apart)
{
	struct account *before = account_of(before_text);
	struct account *after = account_of("1\t-\tmain\t[program]\tmain.c:9\n"
					   "2\t10 1000 0 0 0 0\tparse\t[program]\tparse.c:20\n"
					   "2\t5 500 0 0 0 0\tparse\t[program]\tparse.c:30\n"
					   "2\t7 64 0 0 0 0\tfresh\t[program]\tfresh.c:1\n"
					   "2\t-\tb\t[program]\tab.c:2\n"
					   "3\t3 33 0 0 0 0\tmake\t[program]\tab.c:5\n");
	struct attribution *attribution = find(before, after, NULL);

	cr_assert_eq(attribution->entries->len, 4);
	cr_expect_eq(entry_at(attribution, 0)->kind, ATTRIBUTION_NEW);
	cr_expect_str_eq(attribution_site(entry_at(attribution, 0))->function, "fresh");
	cr_expect_eq(entry_at(attribution, 1)->kind, ATTRIBUTION_MOVED);
	cr_expect_eq(entry_at(attribution, 2)->kind, ATTRIBUTION_MOVED);
	cr_expect_eq(entry_at(attribution, 3)->kind, ATTRIBUTION_GONE);
	cr_expect_eq(attribution->residual, 0);
	attribution_free(attribution);
	account_free(before);
	account_free(after);
}

Test(attribution, what_a_wrong_total_leaves_is_shown)
{
	struct account *before = account_of(before_text);
	struct attribution *attribution =
		attribution_find(before, before, GATE_ALLOCATIONS, 10, 19, NULL);

	cr_expect_eq(attribution->explained, 0);
	cr_expect_eq(attribution->residual, 9);
	attribution_free(attribution);
	account_free(before);
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
		struct attribution *attribution = find(before, after, NULL);

		cr_assert_eq(attribution->residual, 0);
		attribution_free(attribution);
		account_free(before);
		account_free(after);
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
	struct account *before = account_of(before_text);
	struct account *after = account_of("1\t-\tmain\t[program]\t/b/main.c:9\n"
					   "2\t-\ta\t[program]\t/b/ab.c:1\n"
					   "3\t9 33 0 0 0 0\tmake\t[program]\t/b/lib.c:5\n");
	struct review *review = review_new();

	review_add(review, "ab.c\nmain.c\n");
	struct attribution *attribution = find(before, after, review);
	const struct attribution_entry *entry = entry_at(attribution, 0);

	cr_assert_not_null(attribution_reviewed(entry));
	cr_expect_str_eq(attribution_reviewed(entry)->function, "a");
	attribution_free(attribution);
	review_free(review);
	account_free(before);
	account_free(after);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What valgrind counted, as call paths; and folded, as budgets keep it. */
#include "account_fold.h"
#include "attribution.h"
#include "callgrind.h"
#include "random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* main (line 10) calls parse at line 11, which calls copy of another library at line 21. */
static const char whole[] = "# callgrind format\n"
			    "version: 1\n"
			    "creator: callgrind-3.19.0\n"
			    "pid: 7\n"
			    "cmd:  ./app x\n"
			    "part: 1\n"
			    "\n"
			    "desc: Trigger: Program termination\n"
			    "positions: line\n"
			    "events: Ir\n"
			    "summary: 1000\n"
			    "\n"
			    "ob=(1) /build/app\n"
			    "fl=(1) main.c\n"
			    "fn=(1) main\n"
			    "10 100\n"
			    "cfn=(2) parse'main\n"
			    "calls=3 20\n"
			    "11 900\n"
			    "\n"
			    "fn=(2)\n"
			    "20 300\n"
			    "fi=(2) parse.h\n"
			    "5 200\n"
			    "fe=(1)\n"
			    "cob=(2) /lib/libz.so.1.2.13\n"
			    "cfi=(3) ???\n"
			    "cfn=(3) 0x0000000000001a0'parse'main\n"
			    "calls=1 0\n"
			    "21 400\n"
			    "\n"
			    "ob=(2)\n"
			    "fl=(3)\n"
			    "fn=(3)\n"
			    "0 400\n"
			    "\n"
			    "totals: 1000\n";

static struct account *
parse(const char *text, char **ret_why)
{
	struct account_builder *builder = account_builder_new();

	if (callgrind_parse(builder, "./app", text, ret_why))
		return account_builder_end(builder, 1u << GATE_INSTRUCTIONS);
	account_builder_free(builder);
	return NULL;
}

Test(callgrind, contexts_become_call_paths_with_lines)
{
	g_autofree char *why = NULL;
	struct account *account = parse(whole, &why);

	cr_assert(account, "%s", why);
	g_autofree char *text = account_emit(account, 1u << GATE_INSTRUCTIONS);

	cr_expect_eq(account->total[GATE_INSTRUCTIONS], 1000);
	cr_expect(strstr(text, "1\t100\tmain\t[program]\tmain.c:10\n"), "%s", text);
	cr_expect(strstr(text, "1\t-\tmain\t[program]\tmain.c:11\n"
			       "2\t300\tparse\t[program]\tmain.c:20\n"),
		"%s", text);
	cr_expect(strstr(text, "2\t200\tparse\t[program]\tparse.h:5\n"), "%s", text);
	cr_expect(strstr(text, "2\t-\tparse\t[program]\tmain.c:21\n"
			       "3\t400\tlibz.so+0x1a0\tlibz.so\t:0\n"),
		"%s", text);
	account_free(account);
}

Test(callgrind, what_is_not_whole_is_refused)
{
	static const struct {
		const char *from, *to, *why;
	} cases[] = {
		{"totals: 1000\n", "", "too early"},
		{"10 100", "10 101", "add up"},
		{"10 100", "+2 100", "line 16"},
		{"fn=(2)\n20", "fn=(9)\n20", "line 21"},
		{"events: Ir", "events: Bc", "line 10"},
		{"20 300", "nonsense", "line 22"},
		{"cfn=(2) parse'main\n", "", "line 17"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *why = NULL;
		g_auto(GStrv) parts = g_strsplit(whole, cases[i].from, 2);
		g_autofree char *text = g_strjoinv(cases[i].to, parts);

		cr_expect_null(parse(text, &why), "%zu", i);
		cr_expect(why && strstr(why, cases[i].why), "%zu: %s", i, why ? why : "");
	}
}

Test(callgrind, every_beginning_of_a_file_is_refused)
{
	const size_t end = strlen(whole) - strlen("totals: 1000\n");

	for (size_t length = 0; length <= end; length++) {
		g_autofree char *text = g_strndup(whole, length), *why = NULL;

		cr_expect_null(parse(text, &why), "%zu", length);
	}
}

/* ---- folded ---- */

static struct account *
tree(uint64_t small, uint64_t large)
{
	struct account_builder *builder = account_builder_new();
	const struct account_frame main = {"main", "app", "main.c", 1};
	const uint32_t parent = account_builder_child(builder, 0, &main);

	for (uint32_t i = 0; i < 100; i++) {
		g_autofree char *name = g_strdup_printf("f%u", i);
		const struct account_frame frame = {name, "app", "a.c", i};

		account_builder_add(builder, account_builder_child(builder, parent, &frame),
			GATE_INSTRUCTIONS, i < 5 ? large : small);
	}
	return account_builder_end(builder, 1u << GATE_INSTRUCTIONS);
}

Test(fold, nothing_is_lost)
{
	struct account *account = tree(1, 1000);
	struct account *folded = account_fold(account, GATE_INSTRUCTIONS, 100, NULL);

	cr_expect_eq(folded->total[GATE_INSTRUCTIONS], account->total[GATE_INSTRUCTIONS]);
	cr_expect_eq(account_node_count(folded), 8, "the root, main, five, and the rest");
	cr_expect(account_is_folded(folded));
	cr_expect(!account_is_folded(account));
	account_free(account);
	account_free(folded);
}

Test(fold, two_are_folded_alike)
{
	struct account *before = tree(1, 1000), *after = tree(1, 500);
	struct account *folded = account_fold(before, GATE_INSTRUCTIONS, 100, NULL);
	struct account *alike = account_fold(after, GATE_INSTRUCTIONS, 100, folded);
	struct comparison *comparison =
		comparison_new(folded, alike, 1u << GATE_INSTRUCTIONS, NULL, NULL);
	struct attribution *attribution = attribution_find(comparison, GATE_INSTRUCTIONS,
		(int64_t)before->total[GATE_INSTRUCTIONS], (int64_t)after->total[GATE_INSTRUCTIONS],
		NAN, NULL);

	cr_expect_eq(attribution->residual, 0);
	cr_expect_eq(attribution->entries->len, 5, "what is small did not change");
	attribution_free(attribution);
	comparison_free(comparison);
	account_free(before);
	account_free(after);
	account_free(folded);
	account_free(alike);
}

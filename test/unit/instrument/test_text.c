/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What is done to the bytes of a source: cutting, marking, placing, pairing braces, patches. */
#include <criterion/criterion.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include "braces.h"
#include "heads.h"
#include "lexer.h"
#include "marks.h"
#include "patch.h"
#include "placing.h"
#include "round_trip.h"
#include "words.h"

/* ---- lexer ---- */

/* A letter a token: what it is; small in a directive. Blanks are left out. */
static char *
kinds(const char *text)
{
	static const char letters[] = {
		[LEXER_SPLICE] = 'S',
		[LEXER_NEWLINE] = 'L',
		[LEXER_COMMENT] = 'C',
		[LEXER_WORD] = 'W',
		[LEXER_NUMBER] = 'N',
		[LEXER_LITERAL] = 'T',
		[LEXER_SIGN] = 'P',
	};
	GString *found = g_string_new(NULL);
	struct lexer lexer;
	struct lexer_token token;

	lexer_init(&lexer, text, strlen(text));
	while ((token = lexer_next(&lexer)).kind != LEXER_END) {
		const char letter = letters[token.kind];

		if (token.kind != LEXER_BLANK)
			g_string_append_c(
				found, token.in_directive ? g_ascii_tolower(letter) : letter);
	}
	return g_string_free(found, FALSE);
}

Test(lexer, cuts_source_into_what_it_is)
{
	static const struct {
		const char *text, *kinds;
	} cases[] = {
		{"", ""},
		{"int a;", "WWP"},
		{"a // b\nc", "WCLW"},
		{"a // b \\\n c\nd", "WCLW"},
		{"a // b \\ \r\n c\r\nd", "WCLW"},
		{"/* a\n{ */ b", "CW"},
		{"/* a", "C"},
		{"/* a *//* b */", "CC"},
		{"\"{ // /* \" 'x' '\\''", "TTT"},
		{"\"a\\\"b\" c", "TW"},
		{"\"a\\\nb\" c", "TW"},
		{"it's\nb", "WTLW"},
		{"R\"(a\" /* )\" b", "TW"},
		{"u8R\"x(a)\" )x\" b", "TW"},
		{"LR\"(\n)\"+UR\"(\\)\"", "TPT"},
		{"R\"no paren\" R\"((\"", "WTWT"},
		{"XR\"(a\"", "WT"},
		{"L\"a\" 1'000'000 'a'", "WTNT"},
		{"0x1p-3 .5e+2f 1..2 a.b", "NNNWPW"},
		{"#include <a'b//c.h> // d\ne", "pwtclW"},
		{"  /* x */ # define f(x) { \\\n x }\ny", "CpwwpwppswplW"},
		{"#error don't\na", "pwwtlW"},
		{"%: if x\na", "pwwlW"},
		{"a # b", "WPW"},
		{"a\\\nb", "WSW"},
		{"a\rb\r\nc\nd", "WLWLWLW"},
		{"\xef\xbb\xbf#if x\n", "pwwl"},
		{"\xe9t\xe9 $x", "WW"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *found = kinds(cases[i].text);

		cr_expect_str_eq(found, cases[i].kinds, "%s", cases[i].text);
		cr_expect(round_trip_tokens_hold(cases[i].text, strlen(cases[i].text)));
	}
}

/* ---- marks ---- */

static char *
restored(const char *text)
{
	struct edits edits;
	size_t length;

	edits_init(&edits);
	marks_remove(text, strlen(text), &edits);
	char *result = edits_apply(&edits, text, strlen(text), &length);

	edits_fini(&edits);
	return result;
}

#define S " THAG_PROFILED; " MARKS_MARK

Test(marks, are_taken_out_and_nothing_else)
{
	static const struct {
		const char *with, *without;
	} cases[] = {
		{"int f() {" S " return 1; }", "int f() { return 1; }"},
		{"{" S "}", "{}"},
		{"{" S S "}", "{}"},
		{"{ THAG_PROFILED_AS(THAG_TIME | THAG_GLOBAL); " MARKS_MARK "\n}", "{\n}"},
		{MARKS_INCLUDE "\nx", "\nx"},
		{" \t" MARKS_INCLUDE "\r\nx", " \t\r\nx"},
		{MARKS_INCLUDE " /* c */\nx", "/* c */\nx"},
		{MARKS_INCLUDE " // c\nx", "// c\nx"},
		{"a\n" MARKS_ADDED_LINE "\nb", "a\nb"},
		{"a\r\n" MARKS_ADDED_LINE "\r\nb", "a\r\nb"},
		{"\xef\xbb\xbf" MARKS_ADDED_LINE "\nb", "\xef\xbb\xbf"
							"b"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = restored(cases[i].with);

		cr_expect_str_eq(text, cases[i].without, "%s", cases[i].with);
	}
}

Test(marks, stay_where_they_are_text)
{
	static const char *const texts[] = {
		"{ THAG_PROFILED; }",
		"{ THAG_PROFILED; /* mine */ }",
		"{ THAG_PROFILED_AS(THAG_TIME); }",
		"#include \"thag.h\"\n",
		"#include \"thag.h\" /* thag-instrument */\n",
		"s = \"{" S "\";",
		"s = R\"({" S ")\";",
		"// {" S,
		"/* {" S,
		MARKS_MARK "{}",
		"{ f(); " MARKS_MARK " }",
		"{ MY_THAG; " MARKS_MARK " }",
		"{ THAG_PROFILED_AS(f()); " MARKS_MARK " }",
		"#define X {" S "}\n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *text = restored(texts[i]);

		cr_expect_str_eq(text, texts[i]);
	}
}

Test(marks, go_with_their_line_where_a_formatter_gave_them_one)
{
	g_autofree char *text =
		restored("void f()\n{\n\tTHAG_PROFILED; " MARKS_MARK "\n\tg();\n}\n");

	cr_expect_str_eq(text, "void f()\n{\n\tg();\n}\n");
}

Test(marks, options_are_words)
{
	cr_expect(marks_options_are_valid("THAG_TIME | THAG_MEM_DETAIL"));
	cr_expect_not(marks_options_are_valid(""));
	cr_expect_not(marks_options_are_valid("f()"));
	cr_expect_not(marks_options_are_valid("a\nb"));
}

/* ---- anything, and back ---- */

static const char *const pieces[] = {
	"int f(void) {",
	"{",
	"}",
	"{",
	"}",
	";",
	"\n",
	"\n",
	"\n",
	"\r\n",
	"\r",
	" ",
	"\t",
	"\\\n",
	"/* c */",
	"// l",
	"/*",
	"*/",
	"//",
	"/",
	"\"s{\"",
	"\"",
	"'{'",
	"'",
	"R\"(",
	"R\"x(",
	")x\"",
	")\"",
	"#",
	"#if X",
	"#ifndef G\n#define G\n",
	"#else",
	"#endif",
	"#include <a.h>",
	"#include \"thag.h\"",
	"#include \"thag.h\" ",
	"#define M {",
	"THAG_PROFILED;",
	" THAG_PROFILED; ",
	" THAG_PROFILED_AS(THAG_TIME); ",
	MARKS_MARK,
	MARKS_LINE_MARK,
	S,
	MARKS_INCLUDE,
	MARKS_ADDED_LINE "\n",
	"word",
	"extern \"C\" {",
	"\xef\xbb\xbf",
	"\xe9",
	"1'0",
	"<%",
	"?\?<",
	"%:",
	"(",
	")",
	"=",
};

Test(round_trip, of_anything_leaves_it_as_it_was, .timeout = 60)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(20261123);

	for (unsigned round = 0; round < 100000; round++) {
		g_autoptr(GString) text = g_string_new(NULL);

		for (int i = g_rand_int_range(random, 0, 40); i > 0; i--)
			g_string_append(
				text, pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
		cr_assert(round_trip_tokens_hold(text->str, text->len), "%s", text->str);
		cr_assert(round_trip_holds(text->str, text->len, round), "round %u:\n%s", round,
			text->str);
	}
}

/* ---- placing ---- */

/* The place is where @ stands; the limit is the word FIRST, or the end. */
static void
expect_place(const char *marked, enum placing_form form)
{
	g_autofree char *text = g_strdup(marked);
	char *at = strchr(text, '@');
	const size_t wanted = at ? (size_t)(at - text) : 0;

	if (at)
		memmove(at, at + 1, strlen(at));
	const char *first = strstr(text, "FIRST");
	const size_t limit = first ? (size_t)(first - text) : strlen(text);
	const struct placing placing = placing_find(text, strlen(text), limit);

	cr_expect_eq(placing.form, form, "form %d of:\n%s", placing.form, marked);
	if (form != PLACING_THERE)
		cr_expect_eq(placing.offset, wanted, "%zu of:\n%s", placing.offset, marked);
}

Test(placing, behind_the_includes_where_there_is_room)
{
	expect_place("/* c */\n#include <a.h>\n#include <b.h>\n@\nint x;\nFIRST", PLACING_BLANK);
	expect_place("#include <a.h>\n  \t@\nFIRST", PLACING_BLANK);
	expect_place("#include <a.h>\r\n@\r\nFIRST", PLACING_BLANK);
	expect_place("#include <a.h>\n  @/* c */ // d\nFIRST", PLACING_COMMENT);
	expect_place("#include <a.h>\n@/* c\n\n*/\n\nFIRST", PLACING_COMMENT);
	expect_place("#include <a.h>\nint a,\n\nb;\n@\nFIRST", PLACING_BLANK);
	expect_place("#include <a.h>\nint a[] = {\n\n};\n@\nFIRST", PLACING_BLANK);
	expect_place("#if A\n#include <a.h>\n\n#endif\n@\nFIRST", PLACING_BLANK);
	expect_place("#include <a.h>\n#define M \\\n\n@\nFIRST", PLACING_BLANK);
	expect_place("#include <a.h>\n#\n@\nFIRST", PLACING_BLANK);
}

Test(placing, at_the_top_of_a_source_without_includes)
{
	expect_place("@/* c */\n\nFIRST", PLACING_COMMENT);
	expect_place("@\nFIRST", PLACING_BLANK);
	expect_place("\xef\xbb\xbf@// c\nFIRST", PLACING_COMMENT);
}

Test(placing, between_the_includes_before_a_line_is_added)
{
	expect_place("#include <a.h>\n\n#include <b.h>\n@\n#include <c.h>\nFIRST", PLACING_BLANK);
	expect_place("/* c */\n#define _GNU_SOURCE\n#include <a.h>\n@FIRST", PLACING_LINE);
	expect_place("@FIRST", PLACING_LINE);
	expect_place("\xef\xbb\xbf@int x;\nFIRST", PLACING_LINE);
}

Test(placing, within_a_guard_but_in_no_other_condition)
{
	expect_place("#ifndef A_H\n#define A_H\n#include <a.h>\n@\nFIRST\n#endif\n", PLACING_BLANK);
	expect_place("#if !defined(A_H)\n#define A_H\n@\nFIRST\n#endif\n", PLACING_BLANK);
	expect_place("#ifndef X\n#define X\n\n#endif\nint x;\n@\nFIRST", PLACING_BLANK);
	expect_place("#ifdef X\n\n#endif\nint x;\n@\nFIRST", PLACING_BLANK);
	expect_place("#include <a.h>\n@\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\nFIRST",
		PLACING_BLANK);
}

Test(placing, not_where_it_is_there_already)
{
	expect_place("#include \"thag.h\"\n\nFIRST", PLACING_THERE);
	expect_place("#include <thag.h>\n\nFIRST", PLACING_THERE);
	expect_place("#if A\n#include <thag.h>\n#endif\n@\nFIRST", PLACING_BLANK);
	expect_place("@\nFIRST\n#include <thag.h>\n", PLACING_BLANK);
}

/* ---- braces ---- */

/* Whether the first { pairs with the last }. */
static bool
pairs(const char *text)
{
	struct braces braces;

	braces_find(&braces, text, strlen(text));
	const bool match = braces_match(
		&braces, (size_t)(strchr(text, '{') - text), (size_t)(strrchr(text, '}') - text));

	braces_fini(&braces);
	return match;
}

Test(braces, pair_by_what_is_code)
{
	cr_expect(pairs("{ { } }"));
	cr_expect_not(pairs("{ } { }"));
	cr_expect(pairs("{ \"}\" /* } */ '}' // }\n }"));
	cr_expect_not(pairs("{ MACRO } }"));
}

Test(braces, count_one_branch_of_a_condition)
{
	cr_expect(pairs("{\n#if A\n if (a) {\n#else\n if (b) {\n#endif\n }\n}"));
	cr_expect(pairs("{\n#if A\n {\n#elif B\n {\n#else\n {\n#endif\n }\n}"));
	cr_expect(pairs("{\n#if A\n#if B\n {\n#else\n {\n#endif\n }\n#endif\n}"));
	cr_expect(pairs("{\n#define OPEN {\n}"));
	cr_expect(pairs("#endif\n#else\n{\n}"));
}

/* ---- heads and words ---- */

Test(heads, may_be_constant_by_a_macro)
{
	static const struct {
		const char *text; /* START and BODY stand for themselves */
		bool constant;
	} cases[] = {
		{"int x; MY_CONSTEXPR START f() BODY", true},
		{"MY_CONSTEXPR START f() BODY", true},
		{"int x; START _CONSTEXPR20 f() BODY", true},
		{"constexpr int x = 1; START f() BODY", false},
		{"constexpr int g() { } START f() BODY", false},
		{"#define CONSTEXPR\nSTART f() BODY", false},
		{"START f() BODY constexpr int x;", false},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *text = cases[i].text;
		struct heads heads;

		heads_find(&heads, text, strlen(text));
		cr_expect_eq(heads_may_be_constant(&heads, (size_t)(strstr(text, "START") - text),
				     (size_t)(strstr(text, "BODY") - text)),
			cases[i].constant, "%s", text);
		heads_fini(&heads);
	}
}

Test(words, name_the_resolvers_of_ifuncs)
{
	static const char text[] = "void f(void) __attribute__((ifunc(\"choose_f\")));\n"
				   "/* ifunc(\"no\") */ int ifunc; // ifunc(\"no\")\n"
				   "void g(void) __attribute__((__ifunc__ (\"choose_g\")));\n";
	GHashTable *names = words_resolvers(text, strlen(text));

	cr_expect_eq(g_hash_table_size(names), 2);
	cr_expect(g_hash_table_contains(names, "choose_f"));
	cr_expect(g_hash_table_contains(names, "choose_g"));
	g_hash_table_unref(names);
}

Test(words, show_whether_there_are_bodies)
{
	static const struct {
		const char *text;
		bool shown;
	} cases[] = {
		{"int f(void)\n/* c */ { }", true},
		{"int f(a) int a; { }", true},
		{"int f() const noexcept { }", true},
		{"S() : a{1} { }", true},
		{"S() try { } catch", true},
		{"auto f() -> int { }", true},
		{"struct s { int a; }; enum e { A }; extern \"C\" { int f(void); }", false},
		{"namespace n { class c : d { }; }", false},
		{"int a[] = { 1 };", false},
		{"#define F() { }\n", false},
		{"/* f() { } */ \"f() { }\"", false},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		cr_expect_eq(words_show_bodies(cases[i].text, strlen(cases[i].text)),
			cases[i].shown, "%s", cases[i].text);
}

/* ---- patches ---- */

static char *
patch(const char *text, const struct edits *edits)
{
	char *printed = NULL;
	size_t length;
	FILE *file = open_memstream(&printed, &length);

	patch_print(file, "a.c", text, strlen(text), edits);
	fclose(file);
	return printed;
}

static void
expect_patch(const char *text, const char *after, const char *inserted, const char *wanted)
{
	struct edits edits;

	edits_init(&edits);
	if (inserted)
		edits_insert(
			&edits, (size_t)(strstr(text, after) + strlen(after) - text), inserted);
	g_autofree char *printed = patch(text, &edits);

	edits_fini(&edits);
	cr_expect_str_eq(printed, wanted);
}

Test(patch, shows_lines_with_what_is_around_them)
{
	expect_patch("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "5", "x",
		"--- a.c\n+++ a.c\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+5x\n 6\n 7\n 8\n");
	expect_patch("1\n2", "2", "x",
		"--- a.c\n+++ a.c\n@@ -1,2 +1,2 @@\n 1\n-2\n\\ No newline at end of file\n+2x\n"
		"\\ No newline at end of file\n");
	expect_patch("1\n2\n", "1\n", "x\n", "--- a.c\n+++ a.c\n@@ -1,2 +1,3 @@\n 1\n+x\n 2\n");
	expect_patch("1\n", "", "x\n", "--- a.c\n+++ a.c\n@@ -1 +1,2 @@\n+x\n 1\n");
	expect_patch("1\n", "", NULL, "");
}

Test(patch, parts_what_is_far_apart)
{
	static const char text[] = "1\n2\n3\n4\n5\n6\n7\n8\n9\na\nb\nc\n";
	struct edits edits;

	edits_init(&edits);
	edits_insert(&edits, 0, "new\n");
	edits_remove(&edits, strlen(text) - 2, 2);
	g_autofree char *printed = patch(text, &edits);

	edits_fini(&edits);
	cr_expect_str_eq(printed, "--- a.c\n+++ a.c\n@@ -1,3 +1,4 @@\n+new\n 1\n 2\n 3\n"
				  "@@ -9,4 +10,3 @@\n 9\n a\n b\n-c\n");
}

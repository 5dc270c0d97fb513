/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which functions are found in a source, which of them are taken, and what a source becomes. */
#include <criterion/criterion.h>
#include <glib.h>
#include <string.h>
#include "choice.h"
#include "functions.h"
#include "instrument.h"
#include "instrument_options.h"
#include "marks.h"

static const char *const no_flags[] = {NULL};

/* "name name!reason ...", in the order of the source. */
static char *
found(const char *path, const char *text, const char *const *flags, bool lambdas)
{
	const struct functions_source source = {
		.path = path,
		.bytes = text,
		.length = strlen(text),
		.flags = flags,
		.is_cxx = g_str_has_suffix(path, ".cc"),
		.lambdas = lambdas,
	};
	GString *names = g_string_new(NULL);
	struct functions functions;
	char *why = NULL;

	cr_assert_eq(functions_find(&source, &functions, &why), 0, "%s", why);
	for (guint i = 0; i < functions.list->len; i++) {
		const struct function *f = &g_array_index(functions.list, struct function, i);

		g_string_append_printf(names, "%s%s%s%s", i ? " | " : "", f->qualified_name,
			f->skip ? "!" : "", f->skip ? skip_names[f->skip] : "");
		if (!f->skip)
			cr_expect_eq(text[f->body - 1], '{', "%s", f->name);
	}
	functions_fini(&functions);
	return g_string_free(names, FALSE);
}

static void
expect(const char *path, const char *text, const char *wanted)
{
	g_autofree char *names = found(path, text, no_flags, false);

	cr_expect_str_eq(names, wanted, "%s", text);
}

Test(functions, of_c_with_a_body_are_taken)
{
	expect("/x/a.c", "int f(void);\nint f(void) { return 1; }\nstatic void g() {}\n", "f | g");
	expect("/x/a.c", "int k(a, b)\n\tint a;\n\tchar *b;\n{ return a; }\n", "k");
	expect("/x/a.c", "typedef int (*fn)(void);\nfn get(void) { return 0; }\n", "get");
	expect("/x/a.c", "int (*get(int a))(void) { return 0; }\n", "get");
	expect("/x/a.c", "struct s { int a; } f(void) { return (struct s) { 1 }; }\n", "f");
	expect("/x/a.c", "static inline int f(void) { return 1; }\n", "f");
	expect("/x/a.c", "#if 0\nint f(void) {}\n#endif\nint g(void) { return 0; }\n", "g");
	expect("/x/a.c", "\xef\xbb\xbfint f(void)\r\n{\r\n}\r\n", "f");
	expect("/x/a.c", "/* \xe9\xff */ const char *f(void) { return \"\xe9\xff\"; }", "f");
}

Test(functions, of_c_that_cannot_take_it_are_left)
{
	expect("/x/a.c", "inline int f(void) { return 1; }\n", "f!inline with external linkage");
	expect("/x/a.c", "__attribute__((naked)) void f(void) { __asm__(\"ret\"); }", "f!naked");
	expect("/x/a.c", "void f(void) __attribute__((naked));\nvoid f(void) { __asm__(\"ret\"); }",
		"f!naked");
	expect("/x/a.c", "#define N __attribute__((__no_instrument_function__))\nN void f(void) {}",
		"f!no_instrument_function");
	expect("/x/a.c", "#define F(n) void n(void) { }\nF(a)\nF(b)\nvoid c(void) { }\n",
		"a!body from a macro | b!body from a macro | c");
	expect("/x/a.c", "#define BEGIN {\nvoid f(void) BEGIN }\n", "f!body from a macro");
	expect("/x/a.c", "#define ID(x) x\nID(void f(void) { })\n", "f!body from a macro");
	expect("/x/a.c", "#define HEAD(n) void n(void)\nHEAD(f) { }\n", "f");
	expect("/x/a.c",
		"static void *r(void) { return 0; }\n"
		"void g(void) __attribute__((ifunc(\"r\")));\n",
		"r!ifunc resolver");
}

Test(functions, that_are_instrumented_are_left)
{
	expect("/x/a.c", "#define THAG_PROFILED\nvoid f(void) { THAG_PROFILED; }\n",
		"f!already instrumented");
	expect("/x/a.c",
		"#define THAG_PROFILED_AS(x)\nvoid f(void)\n{\n\t/* c */\n"
		"\tTHAG_PROFILED_AS(1);\n}\nvoid g(void) { }\n",
		"f!already instrumented | g");
}

Test(functions, of_cxx_have_whole_names)
{
	expect("/x/a.cc",
		"namespace n { namespace { struct S {\n"
		"S() : a{1} {}\n~S() {}\noperator int() { return a; }\nint a;\n"
		"friend int fr(S s) { return s.a; }\n"
		"template <class T> T g(T t) { return t; }\n"
		"int operator[](int i) const { return i; }\n"
		"}; } }\nextern \"C\" { int c() { return 0; } }\n",
		"n::(anonymous)::S::S | n::(anonymous)::S::~S | "
		"n::(anonymous)::S::operator int | n::(anonymous)::fr | n::(anonymous)::S::g | "
		"n::(anonymous)::S::operator[] | c");
	expect("/x/a.cc",
		"template <class T> struct V { T get() { return T(); } void h(); };\n"
		"template <class T> void V<T>::h() { struct L { void m() {} }; }\n"
		"template <> void V<int>::h() {}\n",
		"V::get | V::h | V::h::L::m | V::h");
	expect("/x/a.cc",
		"struct S { S() = default; S(int) = delete; S(char) try { } catch (...) { } };",
		"S::S");
	expect("/x/a.cc",
		"struct A { int a = 1; int f() noexcept { return a; } };\n"
		"auto g() -> int { return 1; }\nint main() { return g(); }\n",
		"A::f | g | main");
}

Test(functions, that_nobody_wrote_are_none)
{
	expect("/x/a.cc", "struct S { virtual ~S() = default; };\nint f() { S s; return 1; }", "f");
	expect("/x/a.cc", "struct S { S(); };\nS::S() = default;\nS s;\n", "");
}

Test(functions, of_cxx_that_cannot_take_it_are_left)
{
	expect("/x/a.cc", "constexpr int f() { return 1; }\n", "f!constexpr");
	expect("/x/a.cc",
		"struct S { constexpr S() {} template <class T> constexpr int g(T) { return 1; } "
		"};",
		"S::S!constexpr | S::g!constexpr");
	expect("/x/a.cc", "#define MY_CONSTEXPR20\nMY_CONSTEXPR20 int f() { return 1; }\n",
		"f!constexpr");
	expect("/x/a.cc", "[[gnu::naked]] void f() { __asm__(\"ret\"); }\n", "f!naked");
	expect("/x/a.cc", "int f() { [[clang::musttail]] return f(); }\n", "f!musttail");
	expect("/x/a.cc", "inline int f() { return 1; }\n", "f");
}

Test(functions, coroutines_are_left)
{
	static const char *const flags[] = {"-std=c++20", NULL};
	g_autofree char *names = found("/x/a.cc",
		"struct task { };\ntask f() { co_return; }\ntask g() { return {}; }\n"
		"consteval int h() { return 1; }\n",
		flags, false);

	cr_expect_str_eq(names, "f!coroutine | g | h!constexpr");
}

Test(functions, lambdas_are_taken_on_request)
{
	static const char text[] = "void f() { auto a = [] { return 1; }; a(); }\n"
				   "constexpr auto b = [](int i) { return i; };\n"
				   "auto c = []() constexpr { return 1; };\n";
	g_autofree char *without = found("/x/a.cc", text, no_flags, false);
	g_autofree char *with = found("/x/a.cc", text, no_flags, true);

	cr_expect_str_eq(without, "f | f::a::lambda!lambda | b::lambda!lambda | c::lambda!lambda");
	cr_expect_str_eq(with, "f | f::a::lambda | b::lambda!constexpr | c::lambda!constexpr");
}

Test(functions, are_found_though_headers_are_missing)
{
	expect("/x/a.c",
		"#include \"none.h\"\nfoo_t *f(foo_t *p)\n{\n\tfoo_t *q = (foo_t *)p;\n"
		"\tlist_for_each(x, y) { go(); }\n\treturn q;\n}\nint g(void) { return 1; }\n",
		"f | g");
	expect("/x/a.c", "#include \"none.h\"\nSTRUCT(foo) { int x; };\n",
		"STRUCT!head not understood");
	expect("/x/a.c",
		"#include \"none.h\"\n#define BEGIN {\nint f(void) { if (1) BEGIN } return 1; }\n",
		"f!braces not understood");
}

Test(functions, are_found_though_flags_are_not_known)
{
	static const char *const flags[] = {
		"-mindirect-branch=thunk", "-mtune=none", "-std=gnu42", NULL};
	g_autofree char *names = found("/x/a.c", "int f(void) { return 1; }\n", flags, false);

	cr_expect_str_eq(names, "f");
}

/* ---- a whole source ---- */

/* NULL: it is refused. */
static char *
instrument(const char *path, const char *text, const struct instrument_wishes *wishes)
{
	struct instrument_result result;
	g_autofree char *why = NULL;
	size_t length;

	if (instrument_source(path, text, strlen(text), no_flags, wishes, &result, &why)) {
		cr_expect(*why);
		return NULL;
	}
	char *made = edits_apply(&result.edits, text, strlen(text), &length);

	instrument_result_fini(&result);
	return made;
}

static void
expect_made(const char *path, const char *text, const struct instrument_wishes *wishes,
	const char *wanted)
{
	g_autofree char *made = instrument(path, text, wishes);

	cr_expect_eq(g_strcmp0(made, wanted), 0, "%s\nbecame:\n%s", text, made ? made : "nothing");
}

static struct instrument_wishes wishes;

static void
wish_everything(void)
{
	choice_init(&wishes.choice);
}

static void
wish_nothing(void)
{
	choice_fini(&wishes.choice);
}

TestSuite(instrument, .init = wish_everything, .fini = wish_nothing);

#define S " THAG_PROFILED; " MARKS_MARK

Test(instrument, puts_in_statements_and_the_include)
{
	expect_made("/x/a.c", "/* c */\nint f(void)\n{\n}", &wishes,
		MARKS_INCLUDE " /* c */\nint f(void)\n{" S "\n}");
	expect_made("/x/a.c", "int f(void) {}\r\n", &wishes,
		MARKS_ADDED_LINE "\r\nint f(void) {" S "}\r\n");
	wishes.no_include = true;
	wishes.options = "THAG_TIME";
	expect_made("/x/a.c", "\nint f(void) {}", &wishes,
		"\nint f(void) { THAG_PROFILED_AS(THAG_TIME); " MARKS_MARK "}");
}

Test(instrument, leaves_what_has_no_function)
{
	expect_made("/x/a.c", "\nint f(void);\n", &wishes, "\nint f(void);\n");
	expect_made("/x/a.c", "", &wishes, "");
	cr_expect(choice_exclude(&wishes.choice, "f", NULL));
	expect_made("/x/a.c", "\nint f(void) {}\n", &wishes, "\nint f(void) {}\n");
}

Test(instrument, takes_a_header_for_what_understands_it)
{
	expect_made("/x/a.h", "\nclass A { void f() {} };\n", &wishes,
		MARKS_INCLUDE "\nclass A { void f() {" S "} };\n");
	expect_made("/x/a.h", "\nstatic int class(int new) { return new; }\n", &wishes,
		MARKS_INCLUDE "\nstatic int class(int new) {" S " return new; }\n");
}

Test(instrument, takes_a_header_for_what_the_flags_are_of)
{
	static const char *const flags[] = {"-std=c++17", NULL};
	static const char text[] = "\nstruct A { void f() {} };\n";
	struct instrument_result result;
	char *why = NULL;

	cr_assert_eq(instrument_source("/x/a.h", text, strlen(text), flags, &wishes, &result, &why),
		0, "%s", why);
	cr_expect_eq(result.counts[SKIP_NOT], 1);
	instrument_result_fini(&result);
}

Test(instrument, refuses_what_it_does_not_understand)
{
	static const char text[] = "\nMODULE(x)\nint f(void) { return 1; }\n}\nint g(void) { }\n";

	expect_made("/x/a.c", text, &wishes, NULL);
	wishes.partial = true;
	expect_made("/x/a.c", text, &wishes,
		MARKS_INCLUDE "\nMODULE(x)\nint f(void) { return 1; }\n}\nint g(void) {" S " }\n");
}

Test(instrument, leaves_a_header_without_bodies_whatever_is_in_it)
{
	static const char text[] = "\nvoid f(int a, foo_t *b, { c);\nstruct { foo x; } s;\n";

	expect_made("/x/a.h", text, &wishes, text);
}

Test(instrument, twice_is_once)
{
	g_autofree char *once =
		instrument("/x/a.cc", "\nint f() { return 1; }\nint g() { return 2; }\n", &wishes);

	expect_made("/x/a.cc", once, &wishes, once);
}

/* ---- choices ---- */

Test(choice, of_functions_by_name_and_length)
{
	static const struct {
		const char *wanted, *unwanted;
		unsigned lines_min;
		enum choice_verdict verdict; /* of n::T::parse_all, 5 lines */
	} cases[] = {
		{NULL, NULL, 0, CHOICE_TAKEN},
		{"parse_*", NULL, 0, CHOICE_TAKEN},
		{"parse", NULL, 0, CHOICE_NOT_WANTED},
		{"n::*", NULL, 0, CHOICE_TAKEN},
		{"T::*", NULL, 0, CHOICE_NOT_WANTED},
		{"/T::parse/", NULL, 0, CHOICE_TAKEN},
		{"/^parse/", NULL, 0, CHOICE_NOT_WANTED},
		{NULL, "*_all", 0, CHOICE_NOT_WANTED},
		{"parse_*", "/all$/", 0, CHOICE_NOT_WANTED},
		{NULL, NULL, 5, CHOICE_TAKEN},
		{NULL, NULL, 6, CHOICE_TOO_SHORT},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct choice choice;

		choice_init(&choice);
		choice.lines_min = cases[i].lines_min;
		if (cases[i].wanted)
			cr_assert(choice_want(&choice, cases[i].wanted, NULL));
		if (cases[i].unwanted)
			cr_assert(choice_exclude(&choice, cases[i].unwanted, NULL));
		cr_expect_eq(choice_judge(&choice, "parse_all", "n::T::parse_all", 5),
			cases[i].verdict, "case %zu", i);
		choice_fini(&choice);
	}
}

Test(choice, refuses_what_is_no_expression)
{
	struct choice choice;
	g_autoptr(GError) error = NULL;

	choice_init(&choice);
	cr_expect_not(choice_want(&choice, "/(/", &error));
	cr_expect_not_null(error);
	choice_fini(&choice);
}

Test(options, of_the_macro_are_words)
{
	static const struct {
		const char *words, *constants;
	} cases[] = {
		{"time", "THAG_TIME"},
		{"time,mem_summary", "THAG_TIME | THAG_MEM_SUMMARY"},
		{"time | mem_detail", "THAG_TIME | THAG_MEM_DETAIL"},
		{"both,global", "THAG_BOTH | THAG_GLOBAL"},
		{"", NULL},
		{"time,", NULL},
		{"Time", NULL},
		{"f()", NULL},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *constants = instrument_options_translate(cases[i].words);

		cr_expect_eq(g_strcmp0(constants, cases[i].constants), 0, "%s: %s", cases[i].words,
			constants);
		cr_expect(!constants || marks_options_are_valid(constants));
	}
}

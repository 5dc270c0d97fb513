/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What is read from debug information, of each form that compilers and linkers give it. */
#include <criterion/criterion.h>
#include <glib.h>
#include "fixture.h"

struct place {
	const char *label;
	struct expected_symbol expected[EXPECTED_MAX];
};

static const struct place c_places[] = {
	{"at_leaf", {{"chain_leaf", "at_leaf"}, {"chain_middle", "call_leaf"},
			    {"chain_outer", "call_middle"}}},
	{"at_middle", {{"chain_middle", "at_middle"}, {"chain_outer", "call_middle"}}},
	{"at_outer", {{"chain_outer", "at_outer"}}},
	{"at_static", {{"chain_static", "at_static"}}},
	{"at_plain", {{"chain_plain", "at_plain"}}},
};

/* `labels` is a copy of the program with its symbols. */
static void
expect_c_places_by(const char *program, const char *labels)
{
	for (size_t i = 0; i < G_N_ELEMENTS(c_places); i++)
		fixture_expect(fixture_resolve(program, fixture_label(labels, c_places[i].label)),
			"chain.c", c_places[i].expected);
}

static void
expect_c_places(const char *program)
{
	expect_c_places_by(program, program);
}

/* Every combination of one from each row is built and must say the same. */
static const char *const compilers[] = {"gcc", "clang"};
static const char *const versions[] = {"-gdwarf-4", "-gdwarf-5"};
static const char *const links[] = {
	"-O2 -DCHAIN_MAIN -fpie -pie",
	"-O1 -DCHAIN_MAIN -fno-pie -no-pie",
	"-O2 -shared -fPIC",
	"-O0 -DCHAIN_MAIN -gsplit-dwarf",
	"-O2 -DCHAIN_MAIN -gsplit-dwarf",
	"-O2 -DCHAIN_MAIN -gz",
	"-O2 -DCHAIN_MAIN -ffunction-sections -Wl,--gc-sections",
	"-O2 -DCHAIN_MAIN -g3",
};

static void
expect_all_builds(const char *compiler)
{
	for (size_t v = 0; v < G_N_ELEMENTS(versions); v++)
		for (size_t l = 0; l < G_N_ELEMENTS(links); l++) {
			fixture_run("%s -g %s %s $SRC/chain.c -o chain", compiler, versions[v],
				links[l]);
			expect_c_places("chain");
			cr_assert_str_empty(fixture_complaint());
		}
}

Test(debug_info, every_form_that_gcc_makes_gives_lines_and_inlined_functions, .timeout = 120)
{
	expect_all_builds(compilers[0]);
}

Test(debug_info, every_form_that_clang_makes_gives_lines_and_inlined_functions, .timeout = 120)
{
	expect_all_builds(compilers[1]);
}

static const struct place cc_places[] = {
	{"at_constructor", {{"outer::(anonymous namespace)::Box::Box", "at_constructor"},
				   {"outer::construct(int)", "call_constructor"}}},
	{"at_template", {{"outer::Holder<int>::twice(int) const", "at_template"}}},
};

static void
expect_cc_places(const char *program)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cc_places); i++)
		fixture_expect(fixture_resolve(program, fixture_label(program, cc_places[i].label)),
			"chain.cc", cc_places[i].expected);
}

Test(debug_info, names_of_cxx_functions_are_whole_with_gcc, .timeout = 60)
{
	fixture_run("g++ -g -O2 $SRC/chain.cc -o chain");
	expect_cc_places("chain");
	fixture_expect(fixture_resolve("chain", fixture_label("chain", "at_lambda")), "chain.cc",
		(const struct expected_symbol[EXPECTED_MAX]){
			{"outer::call_lambda(int)::{lambda}::operator()", "at_lambda"},
			{"outer::call_lambda(int)", "call_lambda"}});
	fixture_expect(fixture_resolve("chain", fixture_label("chain", "at_local")), "chain.cc",
		(const struct expected_symbol[EXPECTED_MAX]){
			{"outer::call_local(int)::Local::member", "at_local"}});
}

Test(debug_info, names_of_cxx_functions_are_whole_with_clang, .timeout = 60)
{
	struct symbol_chain chain;

	fixture_run("clang++ -g -O2 $SRC/chain.cc -o chain");
	fixture_expect(fixture_resolve("chain", fixture_label("chain", "at_template")), "chain.cc",
		cc_places[1].expected);
	chain = fixture_resolve("chain", fixture_label("chain", "at_constructor"));
	cr_assert_geq(chain.count, 2);
	cr_assert(g_str_has_prefix(
		chain.symbols[0].function, "outer::(anonymous namespace)::Box::Box"));
	cr_assert_str_eq(chain.symbols[chain.count - 1].function, "outer::construct(int)");
}

Test(debug_info, link_time_optimisation_keeps_the_chain, .timeout = 60)
{
	fixture_run("gcc -g -O2 -flto -DCHAIN_MAIN $SRC/chain.c -o chain");
	expect_c_places("chain");
}

Test(debug_info, a_missing_dwo_file_degrades_to_names_and_is_said, .timeout = 60)
{
	struct symbol_chain chain;

	fixture_run("gcc -g -O2 -gsplit-dwarf -DCHAIN_MAIN -c $SRC/chain.c -o chain.o && "
		    "gcc chain.o -o chain && rm -f *.dwo");
	chain = fixture_resolve("chain", fixture_label("chain", "at_outer"));
	cr_assert_eq(chain.count, 1);
	cr_assert_str_eq(chain.symbols[0].function, "chain_outer");
	cr_assert_eq(chain.symbols[0].line, fixture_line("chain.c", "at_outer"));
	cr_assert(strstr(fixture_complaint(), ".dwo") != NULL, "%s", fixture_complaint());
}

Test(debug_info, dwz_common_files_are_followed, .timeout = 60)
{
	fixture_run("dwz --version >dwz.version 2>&1; "
		    "gcc -g -gdwarf-4 -O2 -DCHAIN_MAIN $SRC/chain.c -o chain && cp chain whole && "
		    "cp chain second && dwz -m common.debug -M $PWD/common.debug chain second");
	expect_c_places("chain");
	cr_assert_str_empty(fixture_complaint());
}

/* As Debian's packages have it: the debug file is separate, and has a common file of its own. */
static void
make_separate_with_common_file(void)
{
	fixture_run("gcc -g -gdwarf-4 -O2 -DCHAIN_MAIN $SRC/chain.c -o chain && cp chain whole && "
		    "cp chain second && dwz -m common.debug -M $PWD/common.debug chain second && "
		    "objcopy --only-keep-debug chain chain.debug && strip chain && "
		    "objcopy --add-gnu-debuglink=chain.debug chain");
}

Test(debug_info, dwz_common_files_of_separate_debug_files_are_followed, .timeout = 60)
{
	make_separate_with_common_file();
	expect_c_places_by("chain", "whole");
	cr_assert_str_empty(fixture_complaint());
}

Test(debug_info, a_missing_common_file_gives_no_wrong_names, .timeout = 60)
{
	struct symbol_chain chain;

	make_separate_with_common_file();
	fixture_run("rm common.debug");
	chain = fixture_resolve("chain", fixture_label("whole", "at_outer"));
	cr_assert_str_eq(chain.symbols[chain.count - 1].function, "chain_outer");
	cr_assert(strstr(fixture_complaint(), "common.debug") != NULL, "%s", fixture_complaint());
}

Test(debug_info, assembler_code_has_the_name_of_its_label, .timeout = 60)
{
	fixture_run("gcc -g -O2 -DCHAIN_MAIN $SRC/chain.c -o chain");
	fixture_expect_name(fixture_resolve("chain", fixture_label("chain", "chain_assembler")),
		"chain_assembler", SYMBOL_NAME);
}

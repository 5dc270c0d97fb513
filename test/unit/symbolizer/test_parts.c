/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The small parts, and the front's promises. */
#include <criterion/criterion.h>
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include "demangle.h"
#include "dwarf_paths.h"
#include "fixture.h"
#include "perf_map.h"
#include "range_index.h"

Test(demangle, cxx_and_rust_names_become_readable)
{
	static const char *const names[][2] = {
		{"_ZN5outer6HolderIiE5twiceEi", "outer::Holder<int>::twice(int)"},
		{"_ZN1A3fooEv.cold", "A::foo() [clone .cold]"},
		{"_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE", "core::fmt::Write::write_fmt"},
		{"_RNvCs1234_7mycrate3foo", "mycrate::foo"},
		{"_RNvMs_Cs4Cv8Wi1oAIB_7mycrateNtB4_7Example3foo", "<mycrate::Example>::foo"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		char *name = demangle_name(names[i][0]);

		cr_assert(name != NULL, "%s", names[i][0]);
		cr_assert_str_eq(name, names[i][1]);
		free(name);
	}
}

Test(demangle, other_names_are_left_alone)
{
	static const char *const names[] = {
		"main", "_Z", "_R", "_ZTooShort", "", "_", "Zebra", "R"};
	g_autofree char *endless = g_strnfill(1 << 20, 'N');

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		cr_assert_null(demangle_name(names[i]), "%s", names[i]);
	memcpy(endless, "_Z", 2);
	cr_assert_null(demangle_name(endless));
}

Test(range_index, the_innermost_of_nested_ranges_is_found)
{
	struct range_index index;

	range_index_init(&index);
	range_index_add(&index, 30, 40, 2);
	range_index_add(&index, 0, 100, 0);
	range_index_add(&index, 20, 60, 1);
	range_index_add(&index, 20, 60, 3);
	range_index_add(&index, 50, 50, 4);
	range_index_sort(&index);
	cr_assert_eq(range_index_smallest(&index, 35)->value, 2);
	cr_assert_eq(range_index_smallest(&index, 40)->value, 1);
	cr_assert_eq(range_index_last(&index, 35)->value, 3);
	cr_assert_eq(range_index_smallest(&index, 99)->value, 0);
	cr_assert_null(range_index_smallest(&index, 100));
	range_index_fini(&index);
}

Test(perf_map, pieces_are_found_and_later_ones_win)
{
	static const char text[] = "1000 20 first piece\n"
				   "0x1010 0x8 py::inner:/a b.py\r\n"
				   "not a line\n"
				   "2000 zz x\n"
				   "ffffffffffffffff 10 beyond\n"
				   "11111111111111111 10 too long\n"
				   "3000 10 \n"
				   "1000 4 _ZN1A3fooEv\n"
				   "4000 10 no newline";
	struct symbol_names names;
	struct perf_map *map;

	symbol_names_init(&names);
	map = perf_map_parse(text, sizeof text - 1, &names);
	cr_assert_str_eq(perf_map_find(map, 0x1004), "first piece");
	cr_assert_str_eq(perf_map_find(map, 0x1010), "py::inner:/a b.py");
	cr_assert_str_eq(perf_map_find(map, 0x101f), "first piece");
	cr_assert_str_eq(perf_map_find(map, 0x1003), "A::foo()");
	cr_assert_str_eq(perf_map_find(map, 0x400f), "no newline");
	cr_assert_null(perf_map_find(map, 0x1020));
	cr_assert_null(perf_map_find(map, 0x2000));
	cr_assert_null(perf_map_find(map, 0x3000));
	perf_map_free(map);
	symbol_names_fini(&names);
}

Test(dwarf_paths, one_file_has_one_name)
{
	static const char *const paths[][3] = {
		{"/build/x", "a.c", "/build/x/a.c"},
		{"/build/x", "../y/./a.c", "/build/y/a.c"},
		{"/build", "/usr/bin/../lib//c++/map", "/usr/lib/c++/map"},
		{NULL, "b.c", "b.c"},
		{NULL, "../b.c", "../b.c"},
		{"./libio", "./libio/fclose.c", "libio/fclose.c"},
		{"./grp", "../nss/getXX.c", "nss/getXX.c"},
	};
	struct symbol_names names;
	struct dwarf_paths known;

	symbol_names_init(&names);
	dwarf_paths_init(&known, &names);
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
		cr_assert_str_eq(dwarf_paths_intern(&known, paths[i][0], paths[i][1]), paths[i][2]);
	cr_assert_null(dwarf_paths_intern(&known, "/build", ""));
	cr_assert_null(dwarf_paths_intern(&known, "/build", NULL));
	dwarf_paths_fini(&known);
	symbol_names_fini(&names);
}

Test(symbol_names, broken_text_becomes_utf8_and_equal_strings_equal_pointers)
{
	struct symbol_names names;

	symbol_names_init(&names);
	cr_assert_str_eq(symbol_names_intern(&names, "a\xff"), "a\xef\xbf\xbd");
	cr_assert_eq(symbol_names_intern(&names, "twice"), symbol_names_intern(&names, "twice"));
	symbol_names_fini(&names);
}

Test(symbolizer, a_map_of_run_time_code_is_a_module)
{
	struct symbolizer *symbolizer = fixture_symbolizer();
	int64_t module;

	fixture_run("printf '7f0000001000 10 jitted\\n' > perf-1.map");
	module = symbolizer_add_map(symbolizer, fixture_path("perf-1.map"));
	cr_assert_geq(module, 0);
	symbolizer_want(symbolizer, (uint32_t)module, 0x7f000000100f);
	symbolizer_want(symbolizer, (uint32_t)module, 0x7f0000001010);
	symbolizer_resolve_all(symbolizer);
	fixture_expect_name(symbolizer_find(symbolizer, (uint32_t)module, 0x7f000000100f), "jitted",
		SYMBOL_NAME);
	fixture_expect_name(symbolizer_find(symbolizer, (uint32_t)module, 0x7f0000001010),
		"perf-1.map+0x7f0000001010", SYMBOL_OFFSET);
	cr_assert_eq(symbolizer_add_map(symbolizer, "/nowhere/perf-2.map"), -ENOENT);
	cr_assert_lt(symbolizer_add_map(symbolizer, "/tmp"), 0);
	symbolizer_free(symbolizer);
}

Test(symbolizer, one_file_has_one_number, .timeout = 30)
{
	struct symbolizer *symbolizer = fixture_symbolizer();
	struct symbolizer_module first = {.path = fixture_path("chain")};
	struct symbolizer_module second = {.path = fixture_path("link")};
	const uint8_t other[] = {1, 2, 3, 4};
	uint32_t number;

	fixture_run("gcc -O1 -DCHAIN_MAIN $SRC/chain.c -o chain && ln chain link");
	number = symbolizer_add_module(symbolizer, &first);
	cr_assert_eq(symbolizer_add_module(symbolizer, &first), number);
	cr_assert_eq(symbolizer_add_module(symbolizer, &second), number);
	first.build_id = other;
	first.build_id_bytes = sizeof other;
	cr_assert_neq(symbolizer_add_module(symbolizer, &first), number);
	fixture_run("rm chain && gcc -O0 -DCHAIN_MAIN $SRC/chain.c -o chain");
	first.build_id = NULL;
	cr_assert_neq(symbolizer_add_module(symbolizer, &first), number);
	symbolizer_free(symbolizer);
}

Test(symbolizer, addresses_not_wanted_have_their_offset_and_later_wants_are_resolved, .timeout = 30)
{
	struct symbolizer *symbolizer = fixture_symbolizer();
	const struct symbolizer_module description = {.path = fixture_path("chain")};
	uint32_t module;
	uint64_t plain;

	fixture_run("gcc -O1 -DCHAIN_MAIN $SRC/chain.c -o chain");
	plain = fixture_label("chain", "at_plain");
	module = symbolizer_add_module(symbolizer, &description);
	symbolizer_resolve_all(symbolizer);
	cr_assert_eq(
		symbolizer_find(symbolizer, module, plain).symbols[0].precision, SYMBOL_OFFSET);
	symbolizer_want(symbolizer, module, plain);
	symbolizer_resolve_all(symbolizer);
	fixture_expect_name(symbolizer_find(symbolizer, module, plain), "chain_plain", SYMBOL_NAME);
	symbolizer_free(symbolizer);
}

enum {
	PARALLEL_MODULES = 8,
	PARALLEL_ADDRESSES = 500,
	PARALLEL_STEP = 48,
};

static void
resolve_copies(unsigned threads, char **ret_names)
{
	const struct symbolizer_options options = {
		.debug_directories = "/nowhere", .threads = threads};
	struct symbolizer *symbolizer = symbolizer_new(&options);
	GString *text = g_string_new(NULL);

	for (uint32_t i = 0; i < PARALLEL_MODULES; i++) {
		g_autofree char *name = g_strdup_printf("chain%u", i);
		const struct symbolizer_module description = {.path = fixture_path(name)};

		cr_assert_eq(symbolizer_add_module(symbolizer, &description), i);
		for (uint64_t a = 0; a < PARALLEL_ADDRESSES; a++)
			symbolizer_want(symbolizer, i, 0x1000 + a * PARALLEL_STEP);
	}
	symbolizer_resolve_all(symbolizer);
	for (uint32_t i = 0; i < PARALLEL_MODULES; i++)
		for (uint64_t a = 0; a < PARALLEL_ADDRESSES; a++)
			g_string_append_printf(text, "%s\n",
				symbolizer_find(symbolizer, i, 0x1000 + a * PARALLEL_STEP)
					.symbols[0]
					.function);
	symbolizer_free(symbolizer);
	*ret_names = g_string_free(text, FALSE);
}

Test(symbolizer, threads_find_what_one_finds, .timeout = 60)
{
	char *one, *four;

	for (unsigned i = 0; i < PARALLEL_MODULES; i++)
		fixture_run("g++ -g -O%u -DPART=%u $SRC/chain.cc -o chain%u", i % 4, i, i);
	resolve_copies(1, &one);
	resolve_copies(4, &four);
	cr_assert_str_eq(one, four);
	g_free(one);
	g_free(four);
}

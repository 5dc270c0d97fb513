/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Stripped files, the places their debug information may be in, and files that are not what they
 * were. */
#include <criterion/criterion.h>
#include <glib.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>
#include "elf_file.h"
#include "fixture.h"

static const struct expected_symbol leaf_chain[EXPECTED_MAX] = {
	{"chain_leaf", "at_leaf"}, {"chain_middle", "call_leaf"}, {"chain_outer", "call_middle"}};

/* Leaves "whole", with everything in it, and the same in "chain", for the test to take apart. */
static uint64_t
build_whole(const char *flags)
{
	fixture_run("gcc -g -O2 -DCHAIN_MAIN %s $SRC/chain.c -o whole && cp whole chain", flags);
	return fixture_label("whole", "at_leaf");
}

static struct elf_build_id
build_id_in(const char *name)
{
	struct elf_file file;
	struct elf_build_id build_id;

	cr_assert_eq(elf_file_open(&file, fixture_path(name)), 0);
	build_id = file.build_id;
	elf_file_close(&file);
	return build_id;
}

/* Moves `name` to where the debug file of the build id of "whole" is looked for. */
static void
place_by_build_id(const char *name)
{
	const struct elf_build_id build_id = build_id_in("whole");
	g_autofree char *id = elf_build_id_text(&build_id);

	fixture_run("mkdir -p debug/.build-id/%.2s && mv %s debug/.build-id/%.2s/%s.debug", id,
		name, id, id + 2);
}

Test(separate, debug_file_by_build_id, .timeout = 30)
{
	const uint64_t leaf = build_whole("");

	fixture_run("objcopy --only-keep-debug chain chain.debug && strip chain");
	place_by_build_id("chain.debug");
	fixture_expect(fixture_resolve("chain", leaf), "chain.c", leaf_chain);
	cr_assert_str_empty(fixture_complaint());
}

/* Where .gnu_debuglink is followed to; %s is the directory of the program. */
static const char *const link_places[] = {".", ".debug", "debug/%s"};

Test(separate, debug_file_by_debuglink, .timeout = 30)
{
	const uint64_t leaf = build_whole("-Wl,--build-id=none");

	for (size_t i = 0; i < G_N_ELEMENTS(link_places); i++) {
		g_autofree char *place = g_strdup_printf("debug/%s", fixture_directory());

		if (i < 2)
			place = (g_free(place), g_strdup(link_places[i]));
		fixture_run("objcopy --only-keep-debug whole linked.debug && cp whole chain && "
			    "strip chain && objcopy --add-gnu-debuglink=linked.debug chain");
		if (i > 0)
			fixture_run("mkdir -p '%s' && mv linked.debug '%s'", place, place);
		fixture_expect(fixture_resolve("chain", leaf), "chain.c", leaf_chain);
		fixture_run("rm '%s/linked.debug'", place);
	}
}

Test(separate, debug_file_of_another_build_is_refused, .timeout = 30)
{
	const uint64_t leaf = build_whole("-Wl,--build-id=none");

	fixture_run("objcopy --only-keep-debug chain linked.debug && strip chain && "
		    "objcopy --add-gnu-debuglink=linked.debug chain && "
		    "gcc -g -O0 -DCHAIN_MAIN $SRC/chain.c -o linked.debug");
	cr_assert_eq(fixture_resolve("chain", leaf).symbols[0].precision, SYMBOL_OFFSET);
	cr_assert(strstr(fixture_complaint(), "stripped") != NULL);
}

Test(separate, mini_debug_info_names_local_functions, .timeout = 30)
{
	build_whole("");
	fixture_run(
		"xz --version >xz.version && nm chain -f posix | awk '$2==\"t\"{print $1}' > keep "
		"&& objcopy -S --remove-section .gdb_index --remove-section .comment "
		"--keep-symbols=keep whole mini && xz -k mini && strip chain && "
		"objcopy --add-section .gnu_debugdata=mini.xz chain");
	fixture_expect_name(fixture_resolve("chain", fixture_label("whole", "at_static")),
		"chain_static", SYMBOL_NAME);
}

Test(separate, symbol_table_without_debug_info, .timeout = 30)
{
	const uint64_t leaf = build_whole("");

	fixture_run("strip -g chain");
	fixture_expect_name(fixture_resolve("chain", leaf), "chain_outer", SYMBOL_NAME);
	cr_assert(strstr(fixture_complaint(), "no debug information") != NULL);
}

Test(separate, exported_symbols_alone_name_nothing_else, .timeout = 30)
{
	build_whole("-shared -fPIC");
	fixture_run("strip chain");
	fixture_expect_name(fixture_resolve("chain", fixture_label("whole", "at_leaf")),
		"chain_outer", SYMBOL_NAME);
	cr_assert_eq(fixture_resolve("chain", fixture_label("whole", "chain_static") + 1)
			     .symbols[0]
			     .precision,
		SYMBOL_OFFSET);
	cr_assert(strstr(fixture_complaint(), "stripped") != NULL);
}

Test(separate, addresses_of_an_unknown_function_share_its_name, .timeout = 30)
{
	g_autofree char *expected = NULL;

	build_whole("");
	fixture_run("strip chain");
	expected = g_strdup_printf(
		"chain+0x%" G_GINT64_MODIFIER "x", fixture_label("whole", "chain_outer"));
	fixture_expect_name(fixture_resolve("chain", fixture_label("whole", "at_leaf")), expected,
		SYMBOL_OFFSET);
	fixture_expect_name(fixture_resolve("chain", fixture_label("whole", "at_outer")), expected,
		SYMBOL_OFFSET);
}

/* Adds "chain" with the build id of "whole". */
static uint32_t
add_chain(struct symbolizer *symbolizer, const struct elf_build_id *build_id)
{
	const struct symbolizer_module description = {
		.path = fixture_path("chain"),
		.build_id = build_id->bytes,
		.build_id_bytes = build_id->byte_count,
	};

	return symbolizer_add_module(symbolizer, &description);
}

static struct symbol_chain
resolve(struct symbolizer *symbolizer, uint32_t module, uint64_t address)
{
	symbolizer_want(symbolizer, module, address);
	symbolizer_resolve_all(symbolizer);
	return symbolizer_find(symbolizer, module, address);
}

Test(separate, a_file_deleted_or_replaced_after_it_was_added_does_no_harm, .timeout = 30)
{
	const uint64_t leaf = build_whole("");
	const struct elf_build_id build_id = build_id_in("whole");
	struct symbolizer *symbolizer = fixture_symbolizer();
	const uint32_t module = add_chain(symbolizer, &build_id);

	fixture_run("rm chain && gcc -O0 -DCHAIN_MAIN $SRC/chain.c -o chain");
	fixture_expect(resolve(symbolizer, module, leaf), "chain.c", leaf_chain);
	cr_assert_null(symbolizer_complaint(symbolizer, module));
	symbolizer_free(symbolizer);
}

Test(separate, a_file_overwritten_in_place_gives_no_names, .timeout = 30)
{
	const uint64_t leaf = build_whole("");
	const struct elf_build_id build_id = build_id_in("whole");
	struct symbolizer *symbolizer = fixture_symbolizer();
	const uint32_t module = add_chain(symbolizer, &build_id);

	fixture_run("truncate -s 5000 chain");
	cr_assert_eq(resolve(symbolizer, module, leaf).symbols[0].precision, SYMBOL_OFFSET);
	cr_assert(strstr(symbolizer_complaint(symbolizer, module), "overwritten") != NULL);
	symbolizer_free(symbolizer);
}

Test(separate, a_file_of_another_build_id_gives_no_names, .timeout = 30)
{
	const uint64_t leaf = build_whole("");
	const struct elf_build_id build_id = build_id_in("whole");
	struct symbolizer *symbolizer = fixture_symbolizer();
	uint32_t module;

	fixture_run("gcc -g -O0 -DCHAIN_MAIN $SRC/chain.c -o chain");
	module = add_chain(symbolizer, &build_id);
	cr_assert_eq(resolve(symbolizer, module, leaf).symbols[0].precision, SYMBOL_OFFSET);
	cr_assert(strstr(symbolizer_complaint(symbolizer, module), "build id") != NULL);
	symbolizer_free(symbolizer);
}

Test(separate, a_debug_file_stands_in_for_a_file_that_is_gone, .timeout = 30)
{
	const uint64_t leaf = build_whole("");
	const struct elf_build_id build_id = build_id_in("whole");
	struct symbolizer *symbolizer = fixture_symbolizer();
	uint32_t module;

	fixture_run("objcopy --only-keep-debug chain chain.debug && rm chain");
	place_by_build_id("chain.debug");
	module = add_chain(symbolizer, &build_id);
	fixture_expect(resolve(symbolizer, module, leaf), "chain.c", leaf_chain);
	cr_assert_null(symbolizer_complaint(symbolizer, module));
	symbolizer_free(symbolizer);
}

static const char *const unreadable[] = {
	"rm -f chain",
	"echo 'not a program' > chain",
	"head -c 30 whole > chain",
	"head -c 3000 whole > chain",
	": > chain",
	"rm chain && mkdir chain",
	"rmdir chain && mkfifo chain",
	"rm chain && gcc -g -c $SRC/chain.c -o chain",
};

Test(separate, what_cannot_be_read_gives_offsets_and_a_reason, .timeout = 30)
{
	const uint64_t leaf = build_whole("");
	g_autofree char *expected = g_strdup_printf("chain+0x%" G_GINT64_MODIFIER "x", leaf);

	for (size_t i = 0; i < G_N_ELEMENTS(unreadable); i++) {
		fixture_run("true && %s", unreadable[i]);
		fixture_expect_name(fixture_resolve("chain", leaf), expected, SYMBOL_OFFSET);
		cr_assert(*fixture_complaint() != '\0', "%s", unreadable[i]);
	}
}

Test(separate, the_vdso_is_read_from_memory)
{
	struct symbolizer *symbolizer = fixture_symbolizer();
	const struct symbolizer_module description = {.path = "[vdso]"};
	const uint32_t module = symbolizer_add_module(symbolizer, &description);
	bool named = false;

	for (uint64_t address = 0; address < 8192; address += 16)
		symbolizer_want(symbolizer, module, address);
	symbolizer_resolve_all(symbolizer);
	for (uint64_t address = 0; address < 8192; address += 16)
		named |= strstr(symbolizer_find(symbolizer, module, address).symbols[0].function,
				 "clock_gettime") != NULL;
	cr_assert(named);
	symbolizer_free(symbolizer);
}

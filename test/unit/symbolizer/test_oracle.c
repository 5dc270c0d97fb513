/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every address of a program held against addr2line and llvm-symbolizer: the same file, line and
 * inlined functions.
 *
 * Names are not compared: addr2line gives "Box" for an inlined constructor where we give
 * "outer::(anonymous namespace)::Box::Box". Padding between functions, which addr2line counts to
 * the function before, and code without debug information are left out. addr2line 2.40 misses
 * inlined functions in clang's DWARF 5 and in split DWARF, so llvm-symbolizer judges those.
 */
#include <criterion/criterion.h>
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fixture.h"

struct oracle {
	struct symbolizer *symbolizer;
	uint32_t module;
	uint32_t compared;
};

/* The lines of what addr2line says of one address: function, place, function, place ... */
static void
oracle_compare(struct oracle *oracle, uint64_t address, char **lines, guint line_count)
{
	const struct symbol_chain chain =
		symbolizer_find(oracle->symbolizer, oracle->module, address);

	if (chain.symbols[0].precision != SYMBOL_LINE || chain.symbols[0].line == 0)
		return;
	cr_assert_eq(chain.count * 2, line_count, "0x%" PRIx64 ": %u symbols, not %u", address,
		chain.count, line_count / 2);
	for (uint32_t i = 0; i < chain.count; i++) {
		const struct symbol *symbol = &chain.symbols[i];
		g_autofree char *place = g_strdup_printf("%s:%u", symbol->file, symbol->line);

		g_strdelimit(lines[i * 2 + 1], " ", '\0');
		cr_assert_str_eq(place, lines[i * 2 + 1], "0x%" PRIx64, address);
	}
	oracle->compared++;
}

static void
oracle_want(struct oracle *oracle, char **lines)
{
	for (guint i = 0; lines[i]; i++)
		symbolizer_want(oracle->symbolizer, oracle->module, strtoull(lines[i], NULL, 16));
	symbolizer_resolve_all(oracle->symbolizer);
}

static void
oracle_compare_all(struct oracle *oracle, char **said)
{
	guint end;

	for (guint i = 0; said[i] && *said[i]; i = end) {
		for (end = i + 1; said[end] && *said[end] && !g_str_has_prefix(said[end], "0x");)
			end++;
		oracle_compare(oracle, strtoull(said[i], NULL, 16), &said[i + 1], end - i - 1);
	}
}

static char **
oracle_read_lines(const char *name)
{
	char *text, **lines;

	cr_assert(g_file_get_contents(fixture_path(name), &text, NULL, NULL));
	lines = g_strsplit(g_strchomp(text), "\n", -1);
	g_free(text);
	return lines;
}

static void
expect_agreement(const char *oracle_command, const char *compile)
{
	struct oracle oracle = {.symbolizer = fixture_symbolizer()};
	const struct symbolizer_module description = {.path = fixture_path("chain")};
	g_auto(GStrv) addresses = NULL, said = NULL;

	fixture_run("%s $SRC/chain.cc -o chain && objdump -d -j .text chain | "
		    "sed -n 's/^ *\\([0-9a-f]*\\):\\t.*/0x\\1/p' > addresses",
		compile);
	fixture_run("%s -a -i -f -C -e chain < addresses > said", oracle_command);
	addresses = oracle_read_lines("addresses");
	said = oracle_read_lines("said");
	oracle.module = symbolizer_add_module(oracle.symbolizer, &description);
	oracle_want(&oracle, addresses);
	oracle_compare_all(&oracle, said);
	cr_assert_gt(oracle.compared, 20);
	symbolizer_free(oracle.symbolizer);
}

Test(oracle, every_address_has_the_lines_that_addr2line_gives, .timeout = 60)
{
	static const char *const compiles[] = {
		"g++ -g -gdwarf-4 -O2",
		"g++ -g -gdwarf-5 -O2",
		"g++ -g -gdwarf-5 -O0",
		"g++ -g -gdwarf-5 -O3 -fno-pie -no-pie",
		"clang++ -g -gdwarf-4 -O2",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(compiles); i++)
		expect_agreement("addr2line", compiles[i]);
}

Test(oracle, every_address_has_the_lines_that_llvm_symbolizer_gives, .timeout = 60)
{
	static const char *const compiles[] = {
		"g++ -g -gdwarf-5 -O2",
		"g++ -g -gdwarf-4 -O1 -gsplit-dwarf",
		"g++ -g -gdwarf-5 -O2 -gsplit-dwarf",
		"clang++ -g -gdwarf-5 -O2",
		"clang++ -g -gdwarf-5 -O1 -gsplit-dwarf",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(compiles); i++)
		expect_agreement("llvm-symbolizer-14 --output-style=GNU", compiles[i]);
}

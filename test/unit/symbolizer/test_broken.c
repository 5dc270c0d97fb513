/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Files with bytes changed at random must neither crash nor hang the symbolizer, whatever it says
 * of them. The changes are those of a seed, so that a failure can be had again.
 *
 * BROKEN_ROUNDS in the environment makes the test as long as one likes.
 */
#include <criterion/criterion.h>
#include <glib.h>
#include <stdlib.h>
#include "fixture.h"

enum {
	BROKEN_ROUNDS = 40,
	BROKEN_BYTES = 24, /* changed in each round */
	BROKEN_ADDRESSES = 400,
};

static const char *const builds[] = {
	"gcc -g -gdwarf-5 -O2 $SRC/chain.cc -o whole",
	"gcc -g -gdwarf-4 -O2 $SRC/chain.cc -o whole",
	"clang -g -gdwarf-5 -O2 $SRC/chain.cc -o whole",
	"gcc -g -O2 -gz $SRC/chain.cc -o whole",
	"gcc -O2 $SRC/chain.cc -o whole",
};

static void
resolve_everywhere(const char *name, uint64_t start)
{
	struct symbolizer *symbolizer = fixture_symbolizer();
	const struct symbolizer_module description = {.path = fixture_path(name)};
	const uint32_t module = symbolizer_add_module(symbolizer, &description);

	for (uint64_t i = 0; i < BROKEN_ADDRESSES; i++)
		symbolizer_want(symbolizer, module, start + i);
	symbolizer_resolve_all(symbolizer);
	for (uint64_t i = 0; i < BROKEN_ADDRESSES; i++) {
		const struct symbol_chain chain = symbolizer_find(symbolizer, module, start + i);

		cr_assert_geq(chain.count, 1);
		for (uint32_t s = 0; s < chain.count; s++)
			cr_assert(g_utf8_validate(chain.symbols[s].function, -1, NULL));
	}
	symbolizer_free(symbolizer);
}

static void
break_bytes(GRand *random, char *bytes, gsize byte_count)
{
	/* Everything but the first bytes: without its magic number a file is no ELF at all. */
	for (int i = 0; i < BROKEN_BYTES; i++) {
		const gint32 at = g_rand_int_range(random, 16, (gint32)byte_count);

		bytes[at] = (char)g_rand_int_range(random, 0, 256);
	}
}

static void
break_build(const char *build, guint32 seed)
{
	g_autofree char *bytes = NULL;
	gsize byte_count;
	uint64_t start;

	fixture_run("%s", build);
	start = fixture_label("whole", "main") & ~UINT64_C(0xff);
	cr_assert(g_file_get_contents(fixture_path("whole"), &bytes, &byte_count, NULL));
	for (guint32 round = 0; round < seed; round++) {
		g_autofree char *broken = g_memdup2(bytes, byte_count);
		GRand *random = g_rand_new_with_seed(round);

		break_bytes(random, broken, byte_count);
		g_rand_free(random);
		g_file_set_contents(fixture_path("broken"), broken, (gssize)byte_count, NULL);
		resolve_everywhere("broken", start);
	}
}

Test(broken, files_with_bytes_changed_do_no_harm, .timeout = 120)
{
	const char *rounds = getenv("BROKEN_ROUNDS");

	for (size_t i = 0; i < G_N_ELEMENTS(builds); i++)
		break_build(builds[i], rounds ? (guint32)atoi(rounds) : BROKEN_ROUNDS);
}

Test(broken, files_cut_short_do_no_harm, .timeout = 60)
{
	uint64_t start;

	fixture_run("%s", builds[0]);
	start = fixture_label("whole", "main") & ~UINT64_C(0xff);
	for (unsigned part = 1; part < 40; part++) {
		fixture_run("head -c $(($(stat -c %%s whole) * %u / 40)) whole > broken", part);
		resolve_everywhere("broken", start);
	}
}

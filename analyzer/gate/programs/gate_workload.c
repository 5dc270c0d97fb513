/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The program that `thag-gate selftest` measures: some allocations and some work, and by the first
 * argument one regression of a known size in a function of its own name.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Functions keep their names and places in the call path, whichever compiler it is. */
#if defined(__clang__)
#define KEEP __attribute__((noinline))
#else
#define KEEP __attribute__((noinline, noclone))
#endif

static const char *regression = "";

/* Makes a block's use visible, so that no call is optimized away. */
static void *
use(void *block)
{
	__asm__ volatile("" : "+r"(block) : : "memory");
	return block;
}

static int
is(const char *name)
{
	return !strcmp(regression, name);
}

/* 200 temporary blocks of 100 bytes; "temporary": 201, "bytes": each 2 % larger. */
static KEEP void
parse(void)
{
	const size_t size = is("bytes") ? 102 : 100;
	const int count = is("temporary") ? 201 : 200;

	for (int i = 0; i < count; i++)
		free(use(malloc(size)));
}

/* Blocks that live together; "allocation": one more, of no bytes; "peak": the order makes it. */
static KEEP void
build(void)
{
	void *blocks[101];
	const int count = is("allocation") ? 101 : 100;

	for (int i = 0; i < count; i++)
		blocks[i] = use(malloc(i < 100 ? 1000 : 0));
	for (int i = 0; i < count; i++)
		free(blocks[i]);
}

/* "peak": held while build() runs, and before that freed first. */
static KEEP void
keep_and_build(void)
{
	void *held = use(malloc(4000));

	if (!is("peak"))
		free(held);
	build();
	if (is("peak"))
		free(held);
}

/* "leak": one block is not freed. */
static KEEP void
finish(void)
{
	void *block = use(malloc(64));

	if (!is("leak"))
		free(block);
}

/* "rss": 24 MiB are touched, else 4; not of the heap, whose peak is another case. */
static KEEP void
touch(void)
{
	static volatile char pages[(size_t)24 << 20];
	const size_t size = is("rss") ? sizeof(pages) : (size_t)4 << 20;

	for (size_t i = 0; i < size; i += 4096)
		pages[i] = 1;
}

/* "slow": ten times the work: more than the noise of the worst machine. "slower": 5 % more. */
static KEEP uint64_t
work(void)
{
	const uint64_t percent = is("slow") ? 1000 : is("slower") ? 105 : 100;
	const uint64_t steps = percent * UINT64_C(40000);
	uint64_t state = 1;

	for (uint64_t i = 0; i < steps; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(state));
	}
	return state;
}

int
main(int count, char **arguments)
{
	if (count > 1)
		regression = arguments[1];
	if (is("fail"))
		return 3;
	parse();
	keep_and_build();
	finish();
	touch();
	return work() == 0;
}

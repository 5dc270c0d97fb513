/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Call sites with known numbers, for the programs that e2e/engine runs: SITE(name) defines
 *
 *	site_name(count, size)	count blocks of size bytes that stay
 *	churn_name(count, size)	count blocks of size bytes, each released before the next
 */
#ifndef THAG_TEST_SITES_H
#define THAG_TEST_SITES_H

#include <stddef.h>
#include <stdlib.h>

#define KEEP __attribute__((noinline, noclone))

/* Makes a block's use visible, so that no call is optimized away. */
static inline void *
use(void *block)
{
	__asm__ volatile("" : "+r"(block) : : "memory");
	return block;
}

#define SITE(name)                                                                                 \
	__attribute__((unused)) static KEEP void site_##name(unsigned count, size_t size)          \
	{                                                                                          \
		/* Each its own function: equal ones would be made one. */                         \
		__asm__ volatile("# site " #name);                                                 \
		for (unsigned i = 0; i < count; i++)                                               \
			use(malloc(size));                                                         \
	}                                                                                          \
	__attribute__((unused)) static KEEP void churn_##name(unsigned count, size_t size)         \
	{                                                                                          \
		__asm__ volatile("# churn " #name);                                                \
		for (unsigned i = 0; i < count; i++)                                               \
			free(use(malloc(size)));                                                   \
	}

/* A program's cases by name; the last one has none. */
struct test_case {
	const char *name;
	int (*run)(char **arguments); /* after the name; returns the exit status */
};

int run_case(const struct test_case *cases, char **arguments);

#endif

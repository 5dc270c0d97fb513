/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * For programs compiled with -finstrument-functions whose calls are known: e2e/time has the tree
 * that each case must yield, whatever the compiler and the level of optimization.
 */
#ifndef THAG_TEST_TRACED_H
#define THAG_TEST_TRACED_H

#include <string.h>

/* A function of its own. */
#define KEEP	 __attribute__((noinline))
#define UNTRACED __attribute__((no_instrument_function))
#define INLINED	 inline __attribute__((always_inline))

/* The end of a function's body: something is left to do after its last call. */
#define END __asm__ volatile("" : : : "memory")

struct traced_case {
	const char *name;
	void (*run)(void);
};

UNTRACED static inline int
run_traced(const struct traced_case *cases, char **arguments)
{
	for (; arguments[1] && cases->name; cases++) {
		if (!strcmp(cases->name, arguments[1])) {
			cases->run();
			return 0;
		}
	}
	return 2;
}

#endif

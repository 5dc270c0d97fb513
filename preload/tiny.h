/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Empty functions with hooks, as compilers make them, by which calibrate.c finds what tracing a
 * call costs. Compilers differ, and where code lies matters as much: so there are two of each kind,
 * for use in turn, which has the processor predict no better than in a program.
 */
#ifndef THAG_PRELOAD_TINY_H
#define THAG_PRELOAD_TINY_H

#include <stdbool.h>

enum {
	TINY_TURNS = 2
};

typedef void tiny(void);

/* By whether they jump to their exit hook. */
extern tiny *const tiny_traced[2][TINY_TURNS];

/* Without hooks. */
void tiny_plain(void);

#endif

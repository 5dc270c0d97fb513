/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which functions' calls are traced: options include, exclude and the same for modules.
 *
 * Names are matched when a function is first called, never again: the verdict is kept by address in
 * a direct-mapped table of single words, which needs no lock.
 *
 *	word	address << 16 | generation of the modules << 1 | 1: wanted
 *
 * An unloading voids all words. A function without a name is wanted where no name is asked for.
 */
#ifndef THAG_PRELOAD_CALL_FILTER_H
#define THAG_PRELOAD_CALL_FILTER_H

#include <stdbool.h>
#include <stdint.h>
#include "atomics.h"
#include "modules.h"

enum {
	CALL_FILTER_VERDICTS = 1 << 14
};

struct options;

/* NULL: all functions are traced. */
extern uint64_t *call_filter_verdicts;

/* Called by session start. Returns false where there is no memory for what is asked for. */
bool call_filter_init(const struct options *options);

bool call_filter_ask_slow(uint64_t function);

static inline uint64_t
call_filter_word(uint64_t function)
{
	return function << 16 | (load_relaxed(&modules_generation) & 0x7fff) << 1;
}

static inline uint64_t *
call_filter_place(uint64_t function)
{
	return &call_filter_verdicts[(function >> 4 ^ function >> 16) % CALL_FILTER_VERDICTS];
}

static inline bool
call_filter_wants(uint64_t function)
{
	if (likely(!call_filter_verdicts))
		return true;
	const uint64_t verdict = load_relaxed(call_filter_place(function));

	if (likely((verdict | 1) == (call_filter_word(function) | 1)))
		return verdict & 1;
	return call_filter_ask_slow(function);
}

#endif

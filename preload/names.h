/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the source gave a name, by number. A place (struct thag_place_ of include/thag.h) lies in
 * the program's own data and holds its number; the first use of it announces the name.
 *
 * Numbers are handed out in the process, and a fork's child goes on where its parent was: what its
 * memory holds stays true. Any thread; within the gate.
 */
#ifndef THAG_PRELOAD_NAMES_H
#define THAG_PRELOAD_NAMES_H

#include "atomics.h"
#include "thag.h"
#include "thread.h"

uint32_t names_announce(struct writer *writer, struct thag_place_ *place);

/* The number of a place, from 1. */
static inline uint32_t
names_number(struct writer *writer, struct thag_place_ *place)
{
	/* Relaxed: whoever gets the number announced needs nothing else that its maker wrote. */
	const uint32_t number = load_relaxed(&place->number);

	return likely(number) ? number : names_announce(writer, place);
}

/* The program counter by which it stands in call paths. */
static inline uint64_t
names_pc(struct writer *writer, struct thag_place_ *place)
{
	return RECORD_PC_NAMED | names_number(writer, place);
}

/* Says that something was used in a way that means nothing; `node`: where. */
void names_misuse(struct writer *writer, uint32_t number, enum record_misuse kind, uint32_t node);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The modules that stacks have led through, told to the reader before (or soon after) the first
 * call path in them.
 *
 * A module is noted when an address in it is first looked up (rules.c) and announced by whichever
 * thread next makes a call path. dlclose (a hook) and each fresh chunk have the list checked: where
 * the loader no longer has a module as it was noted, all rules and remembered stacks are dropped,
 * and where its addresses came to belong to another module the stack tree starts anew. This finds
 * also what libc loads and unloads behind the program's back.
 */
#ifndef THAG_PRELOAD_MODULES_H
#define THAG_PRELOAD_MODULES_H

#include <stdint.h>
#include "atomics.h"
#include "loader.h"
#include "writer.h"

/* Bumped when something was unloaded: what was remembered by address before is void. */
extern uint32_t modules_generation;

/* Notes the module that an address was found in, if it is new. */
void modules_note(const struct loader_object *object);

/* How many are noted and not announced. */
extern uint32_t modules_unannounced;

void modules_announce_slow(struct writer *writer);

static inline void
modules_announce(struct writer *writer)
{
	if (unlikely(load_acquire(&modules_unannounced)))
		modules_announce_slow(writer);
}

/* Compares with the loader, see above. Lock-free; about 40 ns a module. */
void modules_check(struct writer *writer);

#endif

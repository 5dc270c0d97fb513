/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The symbol tables of the modules' files: what a function is called, where the loader does not
 * know. Static functions are in no table that is mapped, so the files are read: once for a module,
 * when the first of its functions is asked for, into memory of their own (a file that is mapped may
 * be cut short under us).
 *
 * No lock: two threads that come together read the file twice, and one of them has done so in vain.
 */
#ifndef THAG_PRELOAD_SYMBOLS_H
#define THAG_PRELOAD_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>
#include "loader.h"

/* Called by session start: notes the path of the main program, which has no name for the loader. */
void symbols_init(void);

/* Path of a module, as modules.h announces it. */
const char *symbols_module_path(const struct loader_object *object);

/*
 * Calls `visit` for each name of the function that begins at `address`, in `object`, until it
 * returns true. Returns whether it did.
 */
bool symbols_visit(const struct loader_object *object, uint64_t address,
	bool (*visit)(void *context, const char *name), void *context);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the dynamic loader knows, read without any of its locks and without allocating.
 *
 * glibc 2.35 and later tell the module of an address by _dl_find_object(), which is safe in signal
 * handlers. Symbols are looked up in the modules' own hash tables.
 */
#ifndef THAG_PRELOAD_LOADER_H
#define THAG_PRELOAD_LOADER_H

#include <stdbool.h>
#include <stdint.h>
#include <link.h>

struct loader_object {
	uint64_t start, end; /* of its mapping */
	const struct link_map *map;
	const uint8_t *eh_frame_header; /* NULL: it has none */
};

/* Returns false where the address lies in no module. */
bool loader_find(uint64_t address, struct loader_object *ret_object);

/*
 * The function that `symbol` would mean were this library not there: its definition in the first
 * module that was loaded after it. NULL: there is none. For start-up, while no module goes away.
 */
void *loader_find_next(const char *symbol);

#endif

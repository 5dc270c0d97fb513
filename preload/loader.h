/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which module an address belongs to, asked of the dynamic loader without any of its locks.
 *
 * glibc 2.35 and later answer by _dl_find_object(), which is safe in signal handlers.
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

#endif

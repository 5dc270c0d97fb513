/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * From a 64-bit key to a 32-bit number: an open-addressed table, for the maps that are asked once
 * per call path (parent and frame -> node), where a general hash table would be most of the time.
 */
#ifndef THAG_PROFILE_ID_MAP_H
#define THAG_PROFILE_ID_MAP_H

#include <stdint.h>

struct id_map {
	struct id_map_slot *slots;
	uint32_t slot_count; /* a power of two, or 0 */
	uint32_t count;
};

enum {
	ID_MAP_NONE = UINT32_MAX /* never a value */
};

void id_map_init(struct id_map *map);
void id_map_fini(struct id_map *map);

/*
 * The place of the key's value, which is ID_MAP_NONE for a key that was not there: the caller must
 * store another one. Borrowed until the next call.
 */
uint32_t *id_map_place(struct id_map *map, uint64_t key);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See id_map.h. Linear probing; at most three quarters full. */
#include <glib.h>

#include "id_map.h"

struct id_map_slot {
	uint64_t key;
	uint32_t value; /* ID_MAP_NONE: free */
};

enum {
	FIRST_SLOTS = 64
};

void
id_map_init(struct id_map *map)
{
	*map = (struct id_map){0};
}

void
id_map_fini(struct id_map *map)
{
	g_free(map->slots);
	id_map_init(map);
}

/* The finalizer of MurmurHash3: every bit of the key reaches the low bits. */
static uint32_t
hash(uint64_t key)
{
	key ^= key >> 33;
	key *= UINT64_C(0xff51afd7ed558ccd);
	key ^= key >> 33;
	key *= UINT64_C(0xc4ceb9fe1a85ec53);
	key ^= key >> 33;
	return (uint32_t)key;
}

static struct id_map_slot *
find(const struct id_map *map, uint64_t key)
{
	const uint32_t mask = map->slot_count - 1;

	for (uint32_t i = hash(key) & mask;; i = (i + 1) & mask) {
		struct id_map_slot *slot = &map->slots[i];

		if (slot->value == ID_MAP_NONE || slot->key == key)
			return slot;
	}
}

static void
grow(struct id_map *map)
{
	const struct id_map old = *map;

	map->slot_count = old.slot_count ? 2 * old.slot_count : FIRST_SLOTS;
	map->slots = g_new(struct id_map_slot, map->slot_count);
	for (uint32_t i = 0; i < map->slot_count; i++)
		map->slots[i].value = ID_MAP_NONE;
	for (uint32_t i = 0; i < old.slot_count; i++) {
		if (old.slots[i].value != ID_MAP_NONE)
			*find(map, old.slots[i].key) = old.slots[i];
	}
	g_free(old.slots);
}

uint32_t *
id_map_place(struct id_map *map, uint64_t key)
{
	struct id_map_slot *slot;

	if ((uint64_t)map->count * 4 >= (uint64_t)map->slot_count * 3)
		grow(map);
	slot = find(map, key);
	if (slot->value == ID_MAP_NONE) {
		slot->key = key;
		map->count++;
	}
	return &slot->value;
}

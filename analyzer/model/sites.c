/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Storage of sites: see sites.h. */
#include "sites.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_BITS = 4,
	CACHE_LINE = 64
};

void
site_pool_init(struct site_pool *pool)
{
	*pool = (struct site_pool){0};
}

void
site_pool_fini(struct site_pool *pool)
{
	for (uint32_t i = 0; i < pool->block_count; i++)
		free(pool->blocks[i]);
	g_free(pool->blocks);
	g_free(pool->spare);
	*pool = (struct site_pool){0};
}

static struct site_state *
new_block(void)
{
	const size_t bytes = SITE_BLOCK * sizeof(struct site_state);
	struct site_state *block = aligned_alloc(CACHE_LINE, bytes);

	if (!block)
		g_error("no memory for %zu bytes", bytes);
	return memset(block, 0, bytes);
}

uint32_t
site_pool_add(struct site_pool *pool)
{
	if (pool->spare_count)
		return pool->spare[--pool->spare_count];
	if (pool->count == pool->block_count * SITE_BLOCK) {
		if (pool->block_count == pool->block_room) {
			pool->block_room = pool->block_room ? 2 * pool->block_room : 16;
			pool->blocks = g_renew(struct site_state *, pool->blocks, pool->block_room);
		}
		pool->blocks[pool->block_count++] = new_block();
	}
	return pool->count++;
}

void
site_add(struct site_state *to, const struct site_state *from)
{
	tally_add(&to->allocated, from->allocated);
	tally_add(&to->freed, from->freed);
	tally_add(&to->temporary, from->temporary);
	to->largest_bytes = MAX(to->largest_bytes, from->largest_bytes);
	to->lifetime_ticks += from->lifetime_ticks;
	to->lifetime_max_ticks = MAX(to->lifetime_max_ticks, from->lifetime_max_ticks);
}

void
site_pool_drop(struct site_pool *pool, uint32_t number)
{
	if (pool->spare_count == pool->spare_room) {
		pool->spare_room = pool->spare_room ? 2 * pool->spare_room : SITE_BLOCK;
		pool->spare = g_renew(uint32_t, pool->spare, pool->spare_room);
	}
	memset(site_at(pool, number), 0, sizeof(struct site_state));
	pool->spare[pool->spare_count++] = number;
}

void
site_map_fini(struct site_map *map)
{
	g_free(map->slots);
	*map = (struct site_map){0};
}

static void
place(struct site_map *map, struct site_map_slot entry)
{
	uint32_t i = site_map_home(map, entry.key);

	while (map->slots[i].key)
		i = (i + 1) & map->mask;
	map->slots[i] = entry;
}

static void
resize(struct site_map *map, unsigned bits)
{
	const struct site_map old = *map;

	map->slots = g_new0(struct site_map_slot, (gsize)1 << bits);
	map->mask = (UINT32_C(1) << bits) - 1;
	map->shift = 32 - bits;
	for (uint32_t i = 0; old.slots && i <= old.mask; i++)
		if (old.slots[i].key)
			place(map, old.slots[i]);
	g_free(old.slots);
}

uint32_t
site_map_add_slow(struct site_map *map, struct site_pool *pool, uint32_t key)
{
	const struct site_map_slot entry = {key, site_pool_add(pool)};
	struct site_state *site = site_at(pool, entry.site);

	site->node = (key - 1) / MEMORY_CATEGORIES;
	site->category = (key - 1) % MEMORY_CATEGORIES;
	site->thread = map->thread & SITE_THREAD_MASK;
	if (!map->slots)
		resize(map, FIRST_BITS);
	else if (map->count >= map->mask / 2)
		resize(map, 32 - map->shift + 1);
	place(map, entry);
	map->count++;
	return entry.site;
}

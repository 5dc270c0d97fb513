/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sites: what each call path of each thread did with one category of memory, while the model is
 * fed.
 *
 * Composition at the peak without copying anything at a peak. A peak's number goes up whenever a
 * new one is reached. A site remembers what was live of it when it was last at rest at a peak, and
 * that peak's number; before it changes, site_settle() brings this up to date, for it has not
 * changed since the latest peak if its number is older than that:
 *
 *	peak 6 -------- peak 7 ------------------------------ end: peak 7 was the largest
 *	     site touched     site touched: number 6 < 7,
 *	     (number 6)       so what is live now was live at
 *	                      peak 7: keep it (number 7)
 *
 * Sites live in one pool per run, named by 32-bit numbers, so that a live block's entry stays small
 * and thousands of small processes share memory.
 */
#ifndef THAG_SITES_H
#define THAG_SITES_H

#include <stdint.h>

#include "live_table.h"
#include "model.h"

enum peak_domain {
	PEAK_HEAP,
	PEAK_MAPPED, /* MEMORY_MMAP and MEMORY_BREAK */
	PEAK_DOMAINS,
};

static inline enum peak_domain
peak_domain_of(enum memory_category category)
{
	return category == MEMORY_HEAP ? PEAK_HEAP : PEAK_MAPPED;
}

/* Live bytes of a process, or of the run, and their largest value so far. */
struct peak {
	uint64_t live_bytes;
	uint64_t peak_bytes;
	uint64_t peak_ticks;
	uint64_t number;
};

/* Three cache lines: what every event touches, what frees and new peaks do, what frees of older
 * blocks do. */
struct site_state {
	uint32_t node;
	uint32_t category : 2;
	uint32_t thread : 30; /* number in its process, low bits */
	struct tally allocated;
	struct tally freed;
	uint64_t peak_number;	  /* of the process's peak when at_peak was settled */
	uint64_t run_peak_number; /* of the run's */
	uint64_t largest_bytes;

	struct tally at_peak;
	struct tally at_run_peak;
	struct tally temporary;
	uint64_t lifetime_ticks;
	uint64_t lifetime_max_ticks;

	/* See spans.h. What had been freed when the current interval began; of what has been freed
	 * since then that which came in earlier intervals, and in the one before. */
	_Alignas(64) struct tally told;
	uint64_t told_temporary;
	struct tally older, before;
};

enum {
	SITE_BLOCK_BITS = 8,
	SITE_BLOCK = 1 << SITE_BLOCK_BITS,
	SITE_THREAD_MASK = (1 << 30) - 1,
};

struct site_pool {
	struct site_state **blocks;
	uint32_t count, block_count, block_room;
	uint32_t *spare; /* numbers that were given back */
	uint32_t spare_count, spare_room;
};

void site_pool_init(struct site_pool *pool);
void site_pool_fini(struct site_pool *pool);

/* Number of a new site, all zero. */
uint32_t site_pool_add(struct site_pool *pool);

/* Adds what another one did, but what was live at peaks, and spans. */
void site_add(struct site_state *to, const struct site_state *from);

/* Gives it back: nothing refers to it. */
void site_pool_drop(struct site_pool *pool, uint32_t number);

static inline struct site_state *
site_at(const struct site_pool *pool, uint32_t number)
{
	return &pool->blocks[number >> SITE_BLOCK_BITS][number & (SITE_BLOCK - 1)];
}

/* A thread's sites, by node and category. */
struct site_map_slot {
	uint32_t key; /* node * MEMORY_CATEGORIES + category + 1; 0: empty */
	uint32_t site;
};

struct site_map {
	struct site_map_slot *slots; /* NULL: nothing yet */
	uint32_t count;
	uint32_t mask;
	unsigned shift;
	uint32_t thread; /* whose it is: goes to its sites */
};

enum {
	/* A node with a higher number is one that a broken stream made up. */
	SITE_NODE_MAX = 1 << 28
};

void site_map_fini(struct site_map *map);

/* Number of the site, made in `pool` where it is not there. `node` at most SITE_NODE_MAX. */
uint32_t site_map_add_slow(struct site_map *map, struct site_pool *pool, uint32_t key);

static inline uint32_t
site_map_home(const struct site_map *map, uint32_t key)
{
	return (key * UINT32_C(0x9e3779b1)) >> map->shift;
}

static ALWAYS_INLINE void
site_map_prefetch(const struct site_map *map, uint32_t node, enum memory_category category)
{
	if (map->slots)
		__builtin_prefetch(
			&map->slots[site_map_home(map, node * MEMORY_CATEGORIES + category + 1)]);
}

static ALWAYS_INLINE void
site_prefetch(const struct site_state *site)
{
	__builtin_prefetch(site, 1);
	__builtin_prefetch((const char *)site + 64, 1);
}

/* Asks for the site itself, if its slot is the first one looked at. */
static ALWAYS_INLINE void
site_map_prefetch_site(const struct site_map *map, const struct site_pool *pool, uint32_t node,
	enum memory_category category)
{
	const uint32_t key = node * MEMORY_CATEGORIES + category + 1;
	const struct site_map_slot *slot;

	if (!map->slots)
		return;
	slot = &map->slots[site_map_home(map, key)];
	if (slot->key == key)
		site_prefetch(site_at(pool, slot->site));
}

static inline uint32_t
site_map_find_or_add(
	struct site_map *map, struct site_pool *pool, uint32_t node, enum memory_category category)
{
	const uint32_t key = node * MEMORY_CATEGORIES + category + 1;

	if (!map->slots)
		return site_map_add_slow(map, pool, key);
	for (uint32_t i = site_map_home(map, key);; i = (i + 1) & map->mask) {
		if (map->slots[i].key == key)
			return map->slots[i].site;
		if (!map->slots[i].key)
			return site_map_add_slow(map, pool, key);
	}
}

static inline struct tally
site_live(const struct site_state *site)
{
	return (struct tally){site->allocated.count - site->freed.count,
		site->allocated.bytes - site->freed.bytes};
}

/* To be called before a site's live blocks change. */
static inline void
site_settle(struct site_state *site, const struct peak *process, const struct peak *run)
{
	if (site->peak_number != process->number) {
		site->peak_number = process->number;
		site->at_peak = site_live(site);
	}
	if (site->run_peak_number != run->number) {
		site->run_peak_number = run->number;
		site->at_run_peak = site_live(site);
	}
}

static inline void
peak_add(struct peak *peak, uint64_t bytes, uint64_t ticks)
{
	peak->live_bytes += bytes;
	if (peak->live_bytes > peak->peak_bytes) {
		peak->peak_bytes = peak->live_bytes;
		peak->peak_ticks = ticks;
		peak->number++;
	}
}

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * When blocks came and when they went, by site: what was allocated in any stretch of the run and
 * was still live at the end of it is a sum of these.
 *
 *		gone    0    1    2    never
 *	born 0		12    3         1
 *	     1		      7    2    4	allocated in [1, 2]: 7 + 2 + 4 + 5 blocks
 *	     2		           .    5	of these live at the end of 2: 4 + 5
 *
 * The run is cut into at most SPANS_MAX intervals of one length, which doubles when they do not
 * reach. Cells are kept for what has gone alone, in one hash table for all sites; a live block is
 * its own cell until its process ends. Most blocks go in the interval in which they came, and those
 * cost nothing while it lasts: when it is over they are what the site has freed since it began,
 * less the older ones, which are added up one by one. Of these, most came in the interval before
 * and have a sum of their own in the site.
 *
 * Memory is proportional to sites: when there are more than CELLS_PER_SITE cells per site, the
 * intervals double too. So a program with very many call paths gets a coarser answer, not a slower
 * analyzer.
 */
#ifndef THAG_SPANS_H
#define THAG_SPANS_H

#include "sites.h"

struct span_cell {
	uint64_t key;	    /* site << 16 | born << 8 | gone; with a zero tally: an empty slot */
	struct tally tally; /* blocks that came and went then */
	uint64_t temporary; /* gone then as temporary ones; of the cells [n, n] alone */
};

enum {
	SPANS_WAITING = 16, /* a power of two */
};

/* A block on its way to its cell, which is asked for meanwhile. */
struct span_waiting {
	uint64_t key;
	uint64_t bytes;
};

/*
 * Somebody else who keeps something by interval. `settle` is called when the current interval is
 * over, with the time it ends; `halve` when all have become twice as long, and returns how much is
 * kept then.
 */
struct span_keeper {
	void (*settle)(void *context, uint64_t ticks);
	uint64_t (*halve)(void *context);
	void *context;
};

struct span_table {
	struct span_keeper keeper;
	uint64_t kept; /* by the keeper: counts like cells */
	struct span_cell *cells;
	uint64_t count, mask;
	unsigned shift;
	uint64_t origin_ticks, width_ticks;
	uint64_t start_ticks, end_ticks; /* of the current interval */
	uint64_t before_ticks;		 /* start of the one before it */
	uint32_t current;		 /* its number */
	double spans_per_tick;
	struct span_waiting waiting[SPANS_WAITING];
	uint32_t arrived, taken; /* of those that wait; `arrived` - `taken` are there */
};

/* Intervals begin with `origin_ticks`. */
void span_table_init(struct span_table *table, uint64_t origin_ticks, uint64_t width_ticks);
void span_table_fini(struct span_table *table);

/* To be called before anything is told of a time past the current interval. */
void spans_advance_slow(struct span_table *table, struct site_pool *sites, uint64_t ticks);

static inline void
spans_advance(struct span_table *table, struct site_pool *sites, uint64_t ticks)
{
	if (__builtin_expect(ticks >= table->end_ticks, 0))
		spans_advance_slow(table, sites, ticks);
}

/* A block goes that came in an earlier interval; out of line. */
void spans_older_slow(struct span_table *table, struct site_pool *sites, uint32_t number,
	uint64_t born_ticks, uint64_t bytes);

/* A block that is live when its process ends. */
void spans_never(struct span_table *table, struct site_pool *sites, uint32_t number,
	uint64_t born_ticks, uint64_t bytes);

/* A block of the site `number` goes; its `freed` counts it. */
static inline void
spans_gone(struct span_table *table, struct site_pool *sites, uint32_t number, uint64_t born_ticks,
	uint64_t bytes)
{
	if (__builtin_expect(born_ticks < table->start_ticks, 0))
		spans_older_slow(table, sites, number, born_ticks, bytes);
}

/*
 * A site whose thread is over, or whose process has ended, becomes a part of another one. Cells are
 * not found by their site, so many sites are moved at once: spans_close() for each, then
 * spans_move() for all.
 */
struct span_move {
	uint32_t to;  /* the other one + 1; 0: this site is not moved */
	uint8_t gone; /* where the process has ended, the interval: that of what was live then */
};

/* What has gone in the current interval has its cells after this. */
void spans_close(struct span_table *table, struct site_pool *sites, uint32_t number);

/* `moves`: by number of the site, for the first `count`. Sites that are moved are given back. */
void spans_move(struct span_table *table, struct site_pool *sites, const struct span_move *moves,
	uint32_t count);

/* The interval of a time, the current one of what is younger. */
uint32_t spans_number(const struct span_table *table, uint64_t ticks);

/*
 * All cells, those of one site together: those of `site` are [first[site], first[site + 1]) of
 * `cells`. To be freed with g_free().
 */
struct span_index {
	struct span_cell *cells;
	uint32_t *first;
};

struct span_index span_table_index(struct span_table *table, struct site_pool *sites);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The rare half of the table of intervals: see spans.h. */
#include "spans.h"

enum {
	FIRST_BITS = 14,
	/* Intervals double no further for memory's sake: fewer say nothing. */
	SPANS_MIN = 8,
	CELLS_PER_SITE = 8,
	/* So many cells are never too many: 6 MiB. */
	CELLS_FREE = 1 << 18,
};

static void
allocate(struct span_table *table, unsigned bits)
{
	table->cells = g_new0(struct span_cell, (gsize)1 << bits);
	table->mask = (UINT64_C(1) << bits) - 1;
	table->shift = 64 - bits;
	table->count = 0;
}

static void
set_current(struct span_table *table, uint32_t current)
{
	const uint64_t start = table->origin_ticks + current * table->width_ticks;

	table->current = current;
	table->end_ticks = start + table->width_ticks;
	/* What is older than the run, by a clock that is a little behind, is of the first. */
	table->start_ticks = current ? start : 0;
	table->before_ticks = current > 1 ? start - table->width_ticks : 0;
}

void
span_table_init(struct span_table *table, uint64_t origin_ticks, uint64_t width_ticks)
{
	allocate(table, FIRST_BITS);
	table->origin_ticks = origin_ticks;
	table->width_ticks = MAX(width_ticks, 1);
	set_current(table, 0);
}

void
span_table_fini(struct span_table *table)
{
	g_free(table->cells);
	*table = (struct span_table){0};
}

/* ---- cells ---- */

static uint64_t
key_of(uint32_t site, uint32_t born, uint32_t gone)
{
	return (uint64_t)site << 16 | born << 8 | gone;
}

static void add(struct span_table *table, uint64_t key, struct tally more);

static void
rebuild(struct span_table *table, unsigned bits, uint64_t (*rename)(uint64_t key))
{
	const struct span_table old = *table;

	allocate(table, bits);
	for (uint64_t i = 0; i <= old.mask; i++)
		if (old.cells[i].tally.count)
			add(table, rename ? rename(old.cells[i].key) : old.cells[i].key,
				old.cells[i].tally);
	g_free(old.cells);
}

static void
add(struct span_table *table, uint64_t key, struct tally more)
{
	uint64_t i = key * UINT64_C(0x9e3779b97f4a7c15) >> table->shift;

	while (table->cells[i].tally.count && table->cells[i].key != key)
		i = (i + 1) & table->mask;
	if (!table->cells[i].tally.count) {
		table->cells[i].key = key;
		table->count++;
	}
	table->cells[i].tally.count += more.count;
	table->cells[i].tally.bytes += more.bytes;
	if (table->count > table->mask - table->mask / 4)
		rebuild(table, 64 - table->shift + 1, NULL);
}

/* ---- intervals ---- */

static uint64_t
halved(uint64_t key)
{
	const uint32_t born = key >> 8 & 0xff, gone = key & 0xff;

	return key_of((uint32_t)(key >> 16), born / 2, gone == SPAN_NEVER ? SPAN_NEVER : gone / 2);
}

static void
widen(struct span_table *table, struct site_pool *sites)
{
	for (uint32_t i = 0; i < sites->count; i++) {
		spans_settle_slow(table, i, site_at(sites, i));
		site_at(sites, i)->span /= 2;
	}
	table->width_ticks *= 2;
	set_current(table, table->current / 2);
	rebuild(table, 64 - table->shift, halved);
}

void
spans_advance_slow(struct span_table *table, struct site_pool *sites, uint64_t ticks)
{
	while ((ticks - table->origin_ticks) / table->width_ticks >= SPANS_MAX)
		widen(table, sites);
	set_current(table, (uint32_t)((ticks - table->origin_ticks) / table->width_ticks));
}

static void
limit(struct span_table *table, struct site_pool *sites)
{
	while (table->count > MAX((uint64_t)CELLS_FREE, CELLS_PER_SITE * (uint64_t)sites->count) &&
		table->current >= SPANS_MIN)
		widen(table, sites);
}

/* ---- blocks ---- */

static uint32_t
span_of(const struct span_table *table, uint64_t ticks)
{
	const uint64_t span = ticks <= table->origin_ticks
				      ? 0
				      : (ticks - table->origin_ticks) / table->width_ticks;

	return (uint32_t)MIN(span, table->current);
}

void
spans_gone_slow(struct span_table *table, struct site_pool *sites, uint32_t site,
	uint64_t born_ticks, uint64_t bytes)
{
	add(table, key_of(site, span_of(table, born_ticks), table->current),
		(struct tally){1, bytes});
	limit(table, sites);
}

void
spans_never(struct span_table *table, struct site_pool *sites, uint32_t site, uint64_t born_ticks,
	uint64_t bytes)
{
	if (born_ticks >= table->end_ticks)
		spans_advance_slow(table, sites, born_ticks);
	add(table, key_of(site, span_of(table, born_ticks), SPAN_NEVER), (struct tally){1, bytes});
	limit(table, sites);
}

void
spans_settle_slow(struct span_table *table, uint32_t number, struct site_state *site)
{
	for (uint32_t before = 0; before < 2; before++) {
		if (site->in_span[before].count)
			add(table, key_of(number, site->span - before, site->span),
				site->in_span[before]);
		site->in_span[before] = (struct tally){0};
	}
	site->span = table->current;
}

/* ---- the end ---- */

struct span_index
span_table_index(struct span_table *table, struct site_pool *sites)
{
	struct span_index index = {.first = g_new0(uint32_t, (gsize)sites->count + 2)};

	for (uint32_t i = 0; i < sites->count; i++)
		spans_settle_slow(table, i, site_at(sites, i));
	index.cells = g_new(struct span_cell, table->count + 1);
	for (uint64_t i = 0; i <= table->mask; i++)
		if (table->cells[i].tally.count)
			index.first[(table->cells[i].key >> 16) + 2]++;
	for (uint32_t i = 0; i < sites->count; i++)
		index.first[i + 2] += index.first[i + 1];
	/* first[site + 1] is where the next cell of the site goes, and at last where they end */
	for (uint64_t i = 0; i <= table->mask; i++)
		if (table->cells[i].tally.count)
			index.cells[index.first[(table->cells[i].key >> 16) + 1]++] =
				table->cells[i];
	return index;
}

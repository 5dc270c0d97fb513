/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The rare half of the table of intervals: see spans.h. */
#include "spans.h"

enum {
	FIRST_BITS = 14,
	/* Intervals double no further for memory's sake: fewer say nothing. */
	SPANS_MIN = 8,
	CELLS_PER_SITE = 8,
	/* So many cells are never too many, to keep or to write. */
	CELLS_FREE = 1 << 15,
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
	table->spans_per_tick = 1.0 / (double)table->width_ticks;
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

static bool
is_used(const struct span_cell *cell)
{
	return cell->tally.count || cell->temporary;
}

static void add(struct span_table *table, const struct span_cell *more);

static void
rebuild(struct span_table *table, unsigned bits,
	uint64_t (*rename)(const struct span_move *moves, uint64_t key),
	const struct span_move *moves)
{
	const struct span_table old = *table;

	allocate(table, bits);
	for (uint64_t i = 0; i <= old.mask; i++) {
		struct span_cell cell = old.cells[i];

		if (!is_used(&cell))
			continue;
		cell.key = rename ? rename(moves, cell.key) : cell.key;
		add(table, &cell);
	}
	g_free(old.cells);
}

static uint64_t
home(const struct span_table *table, uint64_t key)
{
	return key * UINT64_C(0x9e3779b97f4a7c15) >> table->shift;
}

static void
add(struct span_table *table, const struct span_cell *more)
{
	uint64_t i = home(table, more->key);
	struct span_cell *cell;

	while (is_used(&table->cells[i]) && table->cells[i].key != more->key)
		i = (i + 1) & table->mask;
	cell = &table->cells[i];
	if (!is_used(cell)) {
		cell->key = more->key;
		table->count++;
	}
	cell->tally.count += more->tally.count;
	cell->tally.bytes += more->tally.bytes;
	cell->temporary += more->temporary;
	if (table->count > table->mask - table->mask / 4)
		rebuild(table, 64 - table->shift + 1, NULL, NULL);
}

static void
add_blocks(struct span_table *table, uint64_t key, struct tally blocks)
{
	const struct span_cell more = {.key = key, .tally = blocks};

	if (blocks.count)
		add(table, &more);
}

/* ---- blocks on their way ---- */

static void
take_one(struct span_table *table)
{
	const struct span_waiting *one = &table->waiting[table->taken++ % SPANS_WAITING];

	add_blocks(table, one->key, (struct tally){1, one->bytes});
}

static void
take_all(struct span_table *table)
{
	while (table->taken != table->arrived)
		take_one(table);
}

static void
put_one(struct span_table *table, uint64_t key, uint64_t bytes)
{
	if (table->arrived - table->taken == SPANS_WAITING)
		take_one(table);
	table->waiting[table->arrived++ % SPANS_WAITING] = (struct span_waiting){key, bytes};
	__builtin_prefetch(&table->cells[home(table, key)], 1);
}

/* ---- intervals ---- */

static void
add_to(struct tally *sum, uint64_t count, uint64_t bytes)
{
	sum->count += count;
	sum->bytes += bytes;
}

/* Makes cells of what went in the current interval, which is over. */
static void
settle(struct span_table *table, uint32_t number, struct site_state *site)
{
	const struct tally gone = {
		site->freed.count - site->told.count, site->freed.bytes - site->told.bytes};
	const struct span_cell same = {
		.key = key_of(number, table->current, table->current),
		.tally = {gone.count - site->older.count, gone.bytes - site->older.bytes},
		.temporary = site->temporary.count - site->told_temporary,
	};

	if (!gone.count)
		return;
	if (is_used(&same))
		add(table, &same);
	if (site->before.count)
		add_blocks(table, key_of(number, table->current - 1, table->current), site->before);
	site->told = site->freed;
	site->told_temporary = site->temporary.count;
	site->older = site->before = (struct tally){0};
}

static void
settle_all(struct span_table *table, struct site_pool *sites)
{
	take_all(table);
	for (uint32_t i = 0; i < sites->count; i++) {
		struct site_state *site = site_at(sites, i);

		if (site->category == MEMORY_HEAP)
			settle(table, i, site);
	}
}

static void
settle_keeper(struct span_table *table)
{
	if (table->keeper.settle)
		table->keeper.settle(table->keeper.context, table->end_ticks);
}

static uint64_t
halved(const struct span_move *moves, uint64_t key)
{
	const uint32_t born = key >> 8 & 0xff, gone = key & 0xff;

	(void)moves;
	return key_of((uint32_t)(key >> 16), born / 2, gone == SPAN_NEVER ? SPAN_NEVER : gone / 2);
}

static bool
is_full(const struct span_table *table, const struct site_pool *sites)
{
	const uint64_t used = sites->count - sites->spare_count;

	return table->count + table->kept > MAX((uint64_t)CELLS_FREE, CELLS_PER_SITE * used) &&
	       table->current >= SPANS_MIN;
}

static void
widen(struct span_table *table)
{
	table->width_ticks *= 2;
	set_current(table, table->current / 2);
	rebuild(table, 64 - table->shift, halved, NULL);
	if (table->keeper.halve)
		table->kept = table->keeper.halve(table->keeper.context);
}

static void
limit(struct span_table *table, struct site_pool *sites)
{
	if (!is_full(table, sites))
		return;
	settle_all(table, sites);
	while (is_full(table, sites))
		widen(table);
}

void
spans_advance_slow(struct span_table *table, struct site_pool *sites, uint64_t ticks)
{
	const uint64_t since = ticks - table->origin_ticks;

	settle_all(table, sites);
	while (since / table->width_ticks >= SPANS_MAX)
		widen(table);
	while (since / table->width_ticks > table->current) {
		settle_keeper(table);
		set_current(table, table->current + 1);
	}
	limit(table, sites);
}

/* ---- blocks ---- */

/* A division without one: what rounding did to the product is put right. */
static uint32_t
span_of(const struct span_table *table, uint64_t ticks)
{
	const uint64_t since = ticks <= table->origin_ticks ? 0 : ticks - table->origin_ticks;
	uint64_t span = (uint64_t)((double)since * table->spans_per_tick);

	if (span >= table->current)
		span = table->current;
	if (span * table->width_ticks > since)
		span--;
	else if ((span + 1) * table->width_ticks <= since && span < table->current)
		span++;
	return (uint32_t)span;
}

void
spans_older_slow(struct span_table *table, struct site_pool *sites, uint32_t number,
	uint64_t born_ticks, uint64_t bytes)
{
	struct site_state *site = site_at(sites, number);

	add_to(&site->older, 1, bytes);
	if (born_ticks >= table->before_ticks)
		add_to(&site->before, 1, bytes);
	else
		put_one(table, key_of(number, span_of(table, born_ticks), table->current), bytes);
	limit(table, sites);
}

void
spans_never(struct span_table *table, struct site_pool *sites, uint32_t number, uint64_t born_ticks,
	uint64_t bytes)
{
	spans_advance(table, sites, born_ticks);
	put_one(table, key_of(number, span_of(table, born_ticks), SPAN_NEVER), bytes);
	limit(table, sites);
}

/* ---- sites that become part of others ---- */

void
spans_close(struct span_table *table, struct site_pool *sites, uint32_t number)
{
	struct site_state *site = site_at(sites, number);

	if (site->category == MEMORY_HEAP)
		settle(table, number, site);
}

static uint64_t
moved(const struct span_move *moves, uint64_t key)
{
	const struct span_move *move = &moves[key >> 16];
	const uint32_t born = key >> 8 & 0xff, gone = key & 0xff;

	if (!move->to)
		return key;
	return key_of(move->to - 1, born, gone == SPAN_NEVER ? MAX(move->gone, born) : gone);
}

void
spans_move(struct span_table *table, struct site_pool *sites, const struct span_move *moves,
	uint32_t count)
{
	unsigned bits = FIRST_BITS;

	take_all(table);
	while (table->count > (UINT64_C(1) << bits) / 2)
		bits++;
	rebuild(table, MIN(bits, 64 - table->shift), moved, moves);
	for (uint32_t i = 0; i < count; i++)
		if (moves[i].to)
			site_pool_drop(sites, i);
}

uint32_t
spans_number(const struct span_table *table, uint64_t ticks)
{
	return span_of(table, ticks);
}

/* ---- the end ---- */

struct span_index
span_table_index(struct span_table *table, struct site_pool *sites)
{
	struct span_index index = {.first = g_new0(uint32_t, (gsize)sites->count + 2)};

	settle_all(table, sites);
	settle_keeper(table);
	index.cells = g_new(struct span_cell, table->count + 1);
	for (uint64_t i = 0; i <= table->mask; i++)
		if (is_used(&table->cells[i]))
			index.first[(table->cells[i].key >> 16) + 2]++;
	for (uint32_t i = 0; i < sites->count; i++)
		index.first[i + 2] += index.first[i + 1];
	/* first[site + 1] is where the next cell of the site goes, and at last where they end */
	for (uint64_t i = 0; i <= table->mask; i++)
		if (is_used(&table->cells[i]))
			index.cells[index.first[(table->cells[i].key >> 16) + 1]++] =
				table->cells[i];
	return index;
}

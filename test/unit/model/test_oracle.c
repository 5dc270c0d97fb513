/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Random programs, whose account is kept twice: by the model, and here in the plainest way, with
 * the composition of each peak copied whole when it is reached.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "feeder.h"

enum {
	SEEDS = 3000,
	EVENTS = 300,
	PROCESSES = 3,
	THREADS = 3,
	NODES = 4,
	ADDRESSES = 24,
};

struct sums {
	struct memory_sums memory;
	struct tally live;
};

struct block {
	uint64_t size; /* of a live one; ADDRESSES of them per process */
	uint64_t ticks;
	unsigned thread, node;
	uint64_t serial;
	bool live;
};

struct program {
	struct sums site[PROCESSES][THREADS][NODES];
	struct block block[PROCESSES][ADDRESSES];
	uint64_t serial[PROCESSES][THREADS];
	uint64_t live[PROCESSES], peak[PROCESSES], run_live, run_peak;
	uint64_t peak_ticks[PROCESSES];
	uint64_t unknown[PROCESSES];
	bool ended[PROCESSES];
	uint64_t ticks;
	uint64_t seed;
};

static unsigned
pick(struct program *program, unsigned count)
{
	program->seed = program->seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(program->seed >> 33) % count;
}

static uint64_t
address_of(unsigned slot)
{
	return 0x1000 + slot * (uint64_t)16;
}

/* ---- the plain account ---- */

static void
copy_composition(struct program *program, unsigned process, bool of_run)
{
	for (unsigned t = 0; t < THREADS; t++)
		for (unsigned n = 0; n < NODES; n++) {
			struct sums *site = &program->site[process][t][n];

			if (of_run)
				site->memory.at_run_peak = site->live;
			else
				site->memory.at_peak = site->live;
		}
}

static void
look_for_peak(struct program *program, unsigned process)
{
	if (program->live[process] > program->peak[process]) {
		program->peak[process] = program->live[process];
		program->peak_ticks[process] = program->ticks;
		copy_composition(program, process, false);
	}
	if (program->run_live > program->run_peak) {
		program->run_peak = program->run_live;
		for (unsigned p = 0; p < PROCESSES; p++)
			copy_composition(program, p, true);
	}
}

static void
account_alloc(
	struct program *program, unsigned p, unsigned t, unsigned n, unsigned slot, uint64_t size)
{
	struct sums *site = &program->site[p][t][n];

	site->memory.allocated.count++;
	site->memory.allocated.bytes += size;
	site->memory.largest_bytes = MAX(site->memory.largest_bytes, size);
	site->live.count++;
	site->live.bytes += size;
	program->live[p] += size;
	program->run_live += size;
	program->block[p][slot] =
		(struct block){size, program->ticks, t, n, ++program->serial[p][t], true};
	look_for_peak(program, p);
}

static void
account_free(struct program *program, unsigned p, unsigned t, unsigned slot)
{
	struct block *block = &program->block[p][slot];
	struct sums *site = &program->site[p][block->thread][block->node];
	const uint64_t lifetime = program->ticks - block->ticks;

	site->memory.freed.count++;
	site->memory.freed.bytes += block->size;
	site->memory.lifetime_ns += lifetime;
	site->memory.lifetime_max_ns = MAX(site->memory.lifetime_max_ns, lifetime);
	if (block->thread == t && block->serial == program->serial[p][t]) {
		site->memory.temporary.count++;
		site->memory.temporary.bytes += block->size;
	}
	site->live.count--;
	site->live.bytes -= block->size;
	program->live[p] -= block->size;
	program->run_live -= block->size;
	block->live = false;
}

static void
account_end(struct program *program, unsigned p)
{
	program->ended[p] = true;
	program->run_live -= program->live[p];
	for (unsigned t = 0; t < THREADS; t++)
		for (unsigned n = 0; n < NODES; n++) {
			struct sums *site = &program->site[p][t][n];

			site->memory.leaked = site->live;
			site->live = (struct tally){0};
		}
}

/* ---- the same to both ---- */

static void
do_alloc(struct program *program, struct model *model, unsigned p, unsigned t, unsigned slot)
{
	const unsigned node = pick(program, NODES);
	const uint64_t size = pick(program, 8) ? pick(program, 1000) : 0;

	account_alloc(program, p, t, node, slot, size);
	feed_alloc(model, feeder_thread(model, p + 1, t + 1), program->ticks, node + 1, size,
		address_of(slot));
}

static void
do_free(struct program *program, struct model *model, unsigned p, unsigned t, unsigned slot,
	uint16_t flags)
{
	if (program->block[p][slot].live)
		account_free(program, p, t, slot);
	else
		program->unknown[p]++;
	feed_free(
		model, feeder_thread(model, p + 1, t + 1), program->ticks, address_of(slot), flags);
}

static unsigned
free_slot(struct program *program, unsigned p)
{
	unsigned slot = pick(program, ADDRESSES);

	for (unsigned i = 0; i < ADDRESSES && program->block[p][slot].live; i++)
		slot = (slot + 1) % ADDRESSES;
	return slot;
}

static void
do_realloc(struct program *program, struct model *model, unsigned p, unsigned t, unsigned slot)
{
	struct model_thread *thread = feeder_thread(model, p + 1, t + 1);

	if (!program->block[p][slot].live)
		return;
	if (pick(program, 3)) {
		do_free(program, model, p, t, slot, RECORD_REALLOC);
		do_alloc(program, model, p, t, pick(program, 2) ? slot : free_slot(program, p));
		return;
	}
	feed_free(model, thread, program->ticks, address_of(slot), RECORD_REALLOC);
	feed_numbers(
		model, thread, RECORD_REALLOC_FAILED, program->ticks, address_of(slot), 0, 0, 0, 0);
}

static void
step(struct program *program, struct model *model)
{
	const unsigned p = pick(program, PROCESSES), t = pick(program, THREADS);
	const unsigned what = pick(program, 100), slot = pick(program, ADDRESSES);

	/* Further apart than clocks can disagree. */
	program->ticks += 5000 + pick(program, 10000);
	if (program->ended[p])
		return;
	if (what == 0 && pick(program, 3) == 0) {
		account_end(program, p);
		model_process_end(model_process(model, p + 1, 0, 0), program->ticks);
	} else if (what < 50 && !program->block[p][slot].live) {
		do_alloc(program, model, p, t, slot);
	} else if (what < 85) {
		do_free(program, model, p, t, slot, 0);
	} else {
		do_realloc(program, model, p, t, slot);
	}
}

static bool
same(const struct memory_sums *a, const struct memory_sums *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static void
check_process(const struct program *program, const struct run *run, unsigned p)
{
	const struct memory_sums none = {0};
	const struct process *process = g_ptr_array_index(run->processes, p);

	cr_assert_eq(process->peak_bytes, program->peak[p]);
	cr_assert_eq(process->peak_ns, program->peak_ticks[p]);
	cr_assert_eq(process->frees_unknown, program->unknown[p]);
	cr_assert_eq(process->memory[MEMORY_HEAP].at_peak.bytes, program->peak[p]);
	for (unsigned t = 0; t < THREADS; t++)
		for (unsigned n = 0; n < NODES; n++) {
			const struct memory_sums *site =
				site_by_pc(run, p + 1, t + 1, 0x4000 + n, MEMORY_HEAP);

			cr_assert(same(site ? site : &none, &program->site[p][t][n].memory),
				"process %u thread %u node %u", p, t, n);
		}
}

static void
run_seed(uint64_t seed)
{
	struct program *program = calloc(1, sizeof(*program));
	struct model *model = feeder_new();
	struct run *run;
	uint64_t at_run_peak = 0;

	program->seed = seed;
	for (unsigned p = 0; p < PROCESSES; p++)
		for (unsigned t = 0; t < THREADS; t++)
			for (unsigned n = 0; n < NODES; n++)
				model_node(
					feeder_thread(model, p + 1, t + 1), n + 1, 0, 0x4000 + n);
	for (unsigned i = 0; i < EVENTS; i++)
		step(program, model);
	for (unsigned p = 0; p < PROCESSES; p++)
		if (!program->ended[p])
			account_end(program, p);
	run = feeder_finish(model, program->ticks + 1);
	cr_assert_eq(run->peak_bytes, program->run_peak);
	for (unsigned p = 0; p < PROCESSES; p++) {
		const struct process *process = g_ptr_array_index(run->processes, p);

		check_process(program, run, p);
		at_run_peak += process->memory[MEMORY_HEAP].at_run_peak.bytes;
	}
	cr_assert_eq(at_run_peak, run->peak_bytes);
	run_free(run);
	free(program);
}

Test(oracle, every_number_of_thousands_of_random_programs_is_the_plain_account)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_seed(seed);
}

/* ---- mappings against a map of pages ---- */

enum {
	PAGES = 64,
	MAP_EVENTS = 200,
	PAGE = 4096,
};

struct page {
	bool mapped;
	unsigned node;
	unsigned mapping; /* which call made it */
};

struct page_map {
	struct page page[PAGES];
	struct tally allocated[NODES], freed[NODES];
	unsigned mappings;
	uint64_t live, peak;
};

static void
unmap_pages(struct page_map *map, unsigned from, unsigned count)
{
	for (unsigned i = from; i < from + count; i++) {
		struct page *page = &map->page[i];
		unsigned others = 0;

		if (!page->mapped)
			continue;
		page->mapped = false;
		for (unsigned other = 0; other < PAGES; other++)
			others += map->page[other].mapped &&
				  map->page[other].mapping == page->mapping;
		map->freed[page->node].bytes += PAGE;
		map->freed[page->node].count += !others;
		map->live -= PAGE;
	}
}

static void
map_pages(struct page_map *map, unsigned from, unsigned count, unsigned node)
{
	unmap_pages(map, from, count);
	map->mappings++;
	map->allocated[node].count++;
	map->allocated[node].bytes += (uint64_t)count * PAGE;
	for (unsigned i = from; i < from + count; i++)
		map->page[i] = (struct page){true, node, map->mappings};
	map->live += (uint64_t)count * PAGE;
	map->peak = MAX(map->peak, map->live);
}

static uint64_t
page_address(unsigned page)
{
	return 0x7f0000000000 + (uint64_t)page * PAGE;
}

static void
map_step(struct program *program, struct page_map *map, struct model *model)
{
	struct model_thread *thread = feeder_thread(model, 1, 1 + pick(program, THREADS));
	const unsigned from = pick(program, PAGES), node = pick(program, NODES);
	const unsigned count = 1 + pick(program, PAGES - from);

	program->ticks += 1 + pick(program, 100);
	if (pick(program, 2)) {
		map_pages(map, from, count, node);
		feed_numbers(model, thread, RECORD_MAP, program->ticks, node + 1,
			page_address(from), (uint64_t)count * PAGE, 0, 0);
	} else {
		unmap_pages(map, from, count);
		feed_numbers(model, thread, RECORD_UNMAP, program->ticks, page_address(from),
			(uint64_t)count * PAGE, 0, 0, 0);
	}
}

static void
check_pages(const struct page_map *map, const struct run *run)
{
	const struct process *process = g_ptr_array_index(run->processes, 0);

	cr_assert_eq(process->mapped_peak_bytes, map->peak);
	cr_assert_eq(process->memory[MEMORY_MMAP].leaked.bytes, map->live);
	for (unsigned n = 0; n < NODES; n++) {
		struct tally allocated = {0}, freed = {0};

		for (unsigned t = 1; t <= THREADS; t++) {
			const struct memory_sums *site =
				site_by_pc(run, 1, t, 0x4000 + n, MEMORY_MMAP);

			if (!site)
				continue;
			allocated.count += site->allocated.count;
			allocated.bytes += site->allocated.bytes;
			freed.count += site->freed.count;
			freed.bytes += site->freed.bytes;
		}
		cr_assert_eq(allocated.count, map->allocated[n].count);
		cr_assert_eq(allocated.bytes, map->allocated[n].bytes);
		cr_assert_eq(freed.count, map->freed[n].count);
		cr_assert_eq(freed.bytes, map->freed[n].bytes);
	}
}

Test(oracle, mappings_cut_and_covered_are_what_a_map_of_pages_says)
{
	for (uint64_t seed = 1; seed <= SEEDS / 3; seed++) {
		struct program program = {.seed = seed};
		struct page_map map = {0};
		struct model *model = feeder_new();
		struct run *run;

		for (unsigned n = 0; n < NODES; n++)
			model_node(feeder_thread(model, 1, 1), n + 1, 0, 0x4000 + n);
		for (unsigned i = 0; i < MAP_EVENTS; i++)
			map_step(&program, &map, model);
		run = feeder_finish(model, program.ticks + 1);
		check_pages(&map, run);
		run_free(run);
	}
}

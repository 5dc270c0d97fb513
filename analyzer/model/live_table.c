/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The rare half of the table of live blocks: see live_table.h. */
#include "live_table.h"

#include <glib.h>
#include <sys/mman.h>

enum {
	FIRST_BITS = 6,
	HUGE_PAGE_BYTES = 2 * 1024 * 1024,
};

/* A look-up in a large table would mostly wait for page tables, were its pages small. */
static void *
map_huge(size_t bytes)
{
	char *memory = mmap(NULL, bytes + HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (memory == MAP_FAILED)
		g_error("no memory for %zu bytes", bytes);
	before = -(uintptr_t)memory % HUGE_PAGE_BYTES;
	if (before)
		munmap(memory, before);
	munmap(memory + before + bytes, HUGE_PAGE_BYTES - before);
	madvise(memory + before, bytes, MADV_HUGEPAGE);
	return memory + before;
}

static size_t
bytes_of(const struct live_table *table)
{
	return (table->mask + 1) * sizeof(struct live_block);
}

static void
release(struct live_table *table)
{
	if (table->slots && bytes_of(table) >= HUGE_PAGE_BYTES)
		munmap(table->slots, bytes_of(table));
	else
		g_free(table->slots);
}

static void
allocate(struct live_table *table, unsigned bits)
{
	const size_t bytes = sizeof(struct live_block) << bits;

	table->slots = bytes >= HUGE_PAGE_BYTES ? map_huge(bytes) : g_malloc0(bytes);
	table->mask = (UINT64_C(1) << bits) - 1;
	table->shift = 64 - bits;
}

void
live_table_init(struct live_table *table)
{
	table->count = 0;
	allocate(table, FIRST_BITS);
}

void
live_table_fini(struct live_table *table)
{
	release(table);
	*table = (struct live_table){0};
}

void
live_table_grow_slow(struct live_table *table)
{
	struct live_table old = *table;

	allocate(table, 64 - old.shift + 1);
	for (uint64_t i = 0; i <= old.mask; i++) {
		uint64_t slot;

		if (!old.slots[i].address)
			continue;
		slot = live_table_home(table, old.slots[i].address);
		while (table->slots[slot].address)
			slot = (slot + 1) & table->mask;
		table->slots[slot] = old.slots[i];
	}
	release(&old);
}

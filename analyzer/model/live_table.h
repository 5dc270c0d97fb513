/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The live blocks of a process: a hash table from address to block.
 *
 * Open addressing with linear probing in one array of 32-byte entries, two to a cache line, at most
 * half full. Removal moves later entries of the run back, so that there are no tombstones
 * and the table's speed does not depend on its history. An allocation and a free touch one cache
 * line each as a rule, and live_table_prefetch() lets a caller who knows what comes ask for it in
 * advance.
 *
 * I1. Address 0 marks an empty slot; it is never a block's.
 * I2. Between an entry and its home slot no slot is empty.
 */
#ifndef THAG_LIVE_TABLE_H
#define THAG_LIVE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * For functions that do nothing but prefetch: gcc 12 takes them for free of effects and drops the
 * calls, unless it inlines them before it looks.
 */
#define ALWAYS_INLINE inline __attribute__((always_inline))

struct live_block {
	uint64_t address;
	uint64_t size;
	uint64_t ticks;
	uint32_t site;	 /* number in the site pool */
	uint32_t serial; /* low bits of its thread's allocation count: for temporaries */
};

struct live_table {
	struct live_block *slots;
	uint64_t count;
	uint64_t mask;	/* slots - 1 */
	unsigned shift; /* of the hash, so that its top bits choose the slot */
};

void live_table_init(struct live_table *table);
void live_table_fini(struct live_table *table);

/* Doubles the table; out of line. */
void live_table_grow_slow(struct live_table *table);

/* Blocks are 16 bytes apart at least: the low bits say little. */
static inline uint64_t
live_table_home(const struct live_table *table, uint64_t address)
{
	return ((address >> 4) * UINT64_C(0x9e3779b97f4a7c15)) >> table->shift;
}

static ALWAYS_INLINE void
live_table_prefetch(const struct live_table *table, uint64_t address)
{
	__builtin_prefetch(&table->slots[live_table_home(table, address)], 1);
}

/* Borrowed: valid until the next insertion or removal. NULL: not live. */
static inline struct live_block *
live_table_find(const struct live_table *table, uint64_t address)
{
	for (uint64_t i = live_table_home(table, address);; i = (i + 1) & table->mask) {
		struct live_block *slot = &table->slots[i];

		if (slot->address == address)
			return slot;
		if (!slot->address)
			return NULL;
	}
}

/*
 * The entry for `address`, which must not be 0: an existing one, or a new one with `address` set
 * and the rest to be filled in by the caller. Borrowed like live_table_find()'s.
 */
static inline struct live_block *
live_table_insert(struct live_table *table, uint64_t address, bool *ret_existed)
{
	if (__builtin_expect(table->count > table->mask / 2, 0))
		live_table_grow_slow(table);
	for (uint64_t i = live_table_home(table, address);; i = (i + 1) & table->mask) {
		struct live_block *slot = &table->slots[i];

		if (slot->address == address) {
			*ret_existed = true;
			return slot;
		}
		if (!slot->address) {
			slot->address = address;
			table->count++;
			*ret_existed = false;
			return slot;
		}
	}
}

/* Removes an entry of the table; pointers to entries are void then. */
static inline void
live_table_remove(struct live_table *table, struct live_block *block)
{
	uint64_t hole = (uint64_t)(block - table->slots);

	table->count--;
	for (uint64_t i = (hole + 1) & table->mask; table->slots[i].address;
		i = (i + 1) & table->mask) {
		const uint64_t home = live_table_home(table, table->slots[i].address);

		/* It may move back unless its home lies behind the hole. */
		if (((i - home) & table->mask) >= ((i - hole) & table->mask)) {
			table->slots[hole] = table->slots[i];
			hole = i;
		}
	}
	table->slots[hole].address = 0;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The rare half of the table of live blocks: see live_table.h. */
#include "live_table.h"

#include <glib.h>

enum {
	FIRST_BITS = 6
};

static void
allocate(struct live_table *table, unsigned bits)
{
	table->slots = g_new0(struct live_block, (gsize)1 << bits);
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
	g_free(table->slots);
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
	g_free(old.slots);
}

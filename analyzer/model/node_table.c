/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Trees of call paths. A forked child shares its parent's nodes by going on from the parent's
 * table, so that a shell with thousands of children has its nodes once.
 */
#include "state.h"

enum {
	/* Ids are handed out one by one; a thread may announce its own a little late. A jump
	 * further than this is a broken stream, not worth the memory. */
	NODE_GAP_MAX = 1 << 20
};

struct node_table *
node_table_new(struct node_table *parent, uint32_t first)
{
	struct node_table *table = g_new0(struct node_table, 1);

	table->references = 1;
	table->parent = parent ? node_table_ref(parent) : NULL;
	table->first = parent ? first : 0;
	table->nodes = g_array_new(FALSE, TRUE, sizeof(struct node));
	return table;
}

struct node_table *
node_table_ref(struct node_table *table)
{
	table->references++;
	return table;
}

void
node_table_unref(struct node_table *table)
{
	while (table && !--table->references) {
		struct node_table *parent = table->parent;

		g_array_unref(table->nodes);
		g_free(table);
		table = parent;
	}
}

uint32_t
node_table_count(const struct node_table *table)
{
	return table->first + table->nodes->len;
}

uint32_t
node_table_limit(const struct node_table *table)
{
	return MIN(node_table_count(table) + NODE_GAP_MAX, SITE_NODE_MAX);
}

void
node_table_set(struct node_table *table, uint32_t node, uint32_t parent, uint64_t pc)
{
	uint32_t index;

	/* Parents are made before children: anything else would be a circle. */
	if (!node || node < table->first || parent >= node || node >= node_table_limit(table))
		return;
	index = node - table->first;
	if (index >= table->nodes->len)
		g_array_set_size(table->nodes, index + 1);
	g_array_index(table->nodes, struct node, index) = (struct node){.parent = parent, .pc = pc};
}

/* Ticks, until the end. */
void
node_table_set_seen(struct node_table *table, uint32_t node, uint64_t ticks)
{
	if (node >= table->first && node < node_table_count(table))
		g_array_index(table->nodes, struct node, node - table->first).seen_ns = ticks;
}

struct node
node_table_get(const struct node_table *table, uint32_t node)
{
	const struct node unknown = {.pc = RECORD_PC_UNKNOWN};

	while (table && node < table->first)
		table = table->parent;
	if (!table || node - table->first >= table->nodes->len)
		return unknown;
	const struct node *found = &g_array_index(table->nodes, struct node, node - table->first);

	return found->pc ? *found : unknown;
}

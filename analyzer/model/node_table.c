/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Trees of call paths. A forked child shares its parent's nodes by going on from the parent's
 * table, so that a shell with thousands of children has its nodes once.
 */
#include "state.h"

#include <string.h>

enum {
	/* Ids are handed out one by one; a thread may announce its own a little late. A jump
	 * further than this is a broken stream, not worth the memory. */
	NODE_GAP_MAX = 1 << 20,
	NODES_FIRST = 16,
};

struct node_table *
node_table_new(struct node_table *parent, uint32_t first)
{
	struct node_table *table = g_new0(struct node_table, 1);

	table->references = 1;
	table->parent = parent ? node_table_ref(parent) : NULL;
	table->first = parent ? first : 0;
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

		g_free(table->nodes);
		g_free(table);
		table = parent;
	}
}

uint32_t
node_table_count(const struct node_table *table)
{
	return table->first + table->count;
}

uint32_t
node_table_limit(const struct node_table *table)
{
	return MIN(node_table_count(table) + NODE_GAP_MAX, SITE_NODE_MAX);
}

static void
resize(struct node_table *table, uint32_t room)
{
	table->nodes = g_renew(struct table_node, table->nodes, room);
	table->room = room;
}

static void
reach(struct node_table *table, uint32_t count)
{
	if (count <= table->count)
		return;
	if (count > table->room)
		resize(table, MAX(count, table->room ? 2 * table->room : NODES_FIRST));
	memset(&table->nodes[table->count], 0, (count - table->count) * sizeof(struct table_node));
	table->count = count;
}

void
node_table_trim(struct node_table *table)
{
	if (table->count < table->room)
		resize(table, table->count);
}

void
node_table_set(struct node_table *table, uint32_t node, uint32_t parent, uint64_t pc)
{
	uint32_t index;

	/* Parents are made before children: anything else would be a circle. */
	if (!node || node < table->first || parent >= node || node >= node_table_limit(table))
		return;
	index = node - table->first;
	reach(table, index + 1);
	table->nodes[index] = (struct table_node){.parent = parent, .pc = pc};
}

/* Ticks, until the end. */
void
node_table_set_seen(struct node_table *table, uint32_t node, uint64_t ticks)
{
	if (node >= table->first && node < node_table_count(table))
		table->nodes[node - table->first].seen_ticks = ticks;
}

struct node
node_table_get(const struct node_table *table, uint32_t node)
{
	const struct node unknown = {.pc = RECORD_PC_UNKNOWN};

	while (table && node < table->first)
		table = table->parent;
	if (!table || node - table->first >= table->count)
		return unknown;
	const struct table_node *found = &table->nodes[node - table->first];

	return found->pc ? (struct node){.parent = found->parent,
				   .pc = found->pc,
				   .seen_ns = found->seen_ticks}
			 : unknown;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See tree_builder.h. Nothing here recurses: trees may be 100,000 deep. */
#include <stdlib.h>

#include "tree_builder.h"

void
tree_builder_init(struct tree_builder *tree)
{
	const uint32_t root = 0;

	tree->parents = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	tree->frames = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_array_append_val(tree->parents, root);
	g_array_append_val(tree->frames, root);
	id_map_init(&tree->children);
}

void
tree_builder_fini(struct tree_builder *tree)
{
	g_array_free(tree->parents, TRUE);
	g_array_free(tree->frames, TRUE);
	id_map_fini(&tree->children);
}

uint32_t
tree_builder_child(struct tree_builder *tree, uint32_t parent, uint32_t frame)
{
	uint32_t *place = id_map_place(&tree->children, (uint64_t)parent << 32 | frame);

	if (*place == ID_MAP_NONE) {
		*place = tree->parents->len;
		g_array_append_val(tree->parents, parent);
		g_array_append_val(tree->frames, frame);
	}
	return *place;
}

/* ---- numbering ---- */

struct edge {
	uint32_t parent, frame, node;
};

static int
compare_edges(const void *a, const void *b)
{
	const struct edge *left = a, *right = b;

	if (left->parent != right->parent)
		return left->parent < right->parent ? -1 : 1;
	return (left->frame > right->frame) - (left->frame < right->frame);
}

/* All nodes but the root, by parent and final frame. */
static struct edge *
sorted_edges(const struct tree_builder *tree, const uint32_t *frame_number)
{
	const uint32_t count = tree->parents->len - 1;
	struct edge *edges = g_new(struct edge, count);

	for (uint32_t i = 0; i < count; i++) {
		edges[i] = (struct edge){
			.parent = g_array_index(tree->parents, uint32_t, i + 1),
			.frame = frame_number[g_array_index(tree->frames, uint32_t, i + 1)],
			.node = i + 1,
		};
	}
	if (count)
		qsort(edges, count, sizeof(*edges), compare_edges);
	return edges;
}

/* first[p] to first[p + 1] are the edges below provisional node p. */
static uint32_t *
first_edges(const struct edge *edges, uint32_t node_count)
{
	uint32_t *first = g_new(uint32_t, node_count + 1);
	uint32_t edge = 0;

	for (uint32_t node = 0; node <= node_count; node++) {
		while (edge < node_count - 1 && edges[edge].parent < node)
			edge++;
		first[node] = edge;
	}
	return first;
}

uint32_t *
tree_builder_number(
	struct tree_builder *tree, const uint32_t *frame_number, struct profile *profile)
{
	const uint32_t count = tree->parents->len;
	g_autofree struct edge *edges = sorted_edges(tree, frame_number);
	g_autofree uint32_t *first = first_edges(edges, count);
	g_autofree uint32_t *next = g_memdup2(first, count * sizeof(*first));
	uint32_t *ret_number = g_new(uint32_t, count);
	uint32_t node = 0, number = 1;

	profile_resize_nodes(profile, count);
	ret_number[0] = 0;
	for (;;) {
		if (next[node] < first[node + 1]) {
			const struct edge *edge = &edges[next[node]++];

			profile->nodes.parent[number] = ret_number[node];
			profile->nodes.frame[number] = edge->frame;
			node = edge->node;
			ret_number[node] = number++;
		} else if (node) {
			node = g_array_index(tree->parents, uint32_t, node);
		} else {
			break;
		}
	}
	return ret_number;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See folded.h. Call paths that differ only in lines or modules have one text: they are merged into
 * a tree of names first. Below a node, its own line "name 12" and the lines "name;..." below it
 * are sorted as two items among its siblings', which gives the order of whole lines without ever
 * comparing those: all lines with one prefix stand together.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "folded.h"
#include "id_map.h"
#include "named_tables.h"

enum {
	BUFFER_BYTES = 256 * 1024
};

static const char unknown[] = "[unknown]";
static const char deeper[] = "[deeper frames]";

/* Does it end in " <digits>", where readers look for the value? */
static char *
numeric_end(char *name)
{
	char *space = strrchr(name, ' ');

	if (!space || !g_ascii_isdigit(space[1]))
		return NULL;
	return space[1 + strspn(space + 1, "0123456789.")] == '\0' ? space : NULL;
}

char *
folded_name(const char *function)
{
	g_autofree char *name = g_strdup(function);
	char *space;

	for (char *at = name; *at; at++) {
		if (*at == ';')
			*at = ':';
		else if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
	}
	g_strstrip(name);
	if (*name == '#')
		*name = '_';
	space = numeric_end(name);
	if (space)
		*space = '_';
	return *name ? g_steal_pointer(&name) : g_strdup(unknown);
}

/* ---- the tree of names ---- */

struct item {
	uint32_t parent;
	uint32_t node;
	bool below; /* the lines below the node, not its own */
};

struct tree {
	GArray *parents; /* uint32_t */
	GArray *names;	 /* uint32_t, into texts */
	GArray *values;	 /* uint64_t, self */
	uint32_t *depth;
	GPtrArray *texts;
	uint32_t depth_max; /* 0: no cut */
};

static uint32_t
name_number(struct tree *tree, GHashTable *numbers, const char *function)
{
	g_autofree char *name = folded_name(function);
	gpointer known;

	if (!g_hash_table_lookup_extended(numbers, name, NULL, &known)) {
		known = GUINT_TO_POINTER(tree->texts->len);
		g_hash_table_insert(numbers, name, known);
		g_ptr_array_add(tree->texts, g_steal_pointer(&name));
	}
	return GPOINTER_TO_UINT(known);
}

static uint32_t
add_node(struct tree *tree, uint32_t parent, uint32_t name)
{
	const uint64_t zero = 0;

	g_array_append_val(tree->parents, parent);
	g_array_append_val(tree->names, name);
	g_array_append_val(tree->values, zero);
	return tree->parents->len - 1;
}

static uint32_t
child(struct tree *tree, struct id_map *children, uint32_t parent, uint32_t name)
{
	uint32_t *place = id_map_place(children, (uint64_t)parent << 32 | name);

	if (*place == ID_MAP_NONE)
		*place = add_node(tree, parent, name);
	return *place;
}

/* What is not `shown` (NULL: all is) is its caller's. */
static void
tree_init(struct tree *tree, const struct profile *profile, const uint64_t *self,
	const uint8_t *shown)
{
	g_autoptr(GHashTable) numbers = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree uint32_t *name = g_new(uint32_t, profile->functions->len);
	g_autofree uint32_t *placed = g_new0(uint32_t, profile->nodes.count);
	struct id_map children;

	*tree = (struct tree){
		.parents = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.names = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.values = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.texts = g_ptr_array_new_with_free_func(g_free),
	};
	id_map_init(&children);
	add_node(tree, 0, 0);
	for (guint i = 0; i < profile->functions->len; i++)
		name[i] = name_number(tree, numbers, profile_function(profile, i)->name);
	for (uint32_t node = 0; node < profile->nodes.count; node++) {
		if (shown && !shown[node])
			placed[node] = placed[profile->nodes.parent[node]];
		else if (node)
			placed[node] = child(tree, &children, placed[profile->nodes.parent[node]],
				name[profile_node_function(profile, node)]);
		else if (self[0]) /* what has no call path at all */
			placed[0] = child(tree, &children, 0, name[0]);
		g_array_index(tree->values, uint64_t, placed[node]) += self[node];
		if (!node)
			placed[0] = 0;
	}
	id_map_fini(&children);
	tree->depth = g_new0(uint32_t, tree->parents->len);
	for (guint i = 1; i < tree->parents->len; i++)
		tree->depth[i] = tree->depth[g_array_index(tree->parents, uint32_t, i)] + 1;
}

static void
tree_fini(struct tree *tree)
{
	g_array_unref(tree->parents);
	g_array_unref(tree->names);
	g_array_unref(tree->values);
	g_ptr_array_unref(tree->texts);
	g_free(tree->depth);
}

static uint32_t
parent_of(const struct tree *tree, uint32_t node)
{
	return g_array_index(tree->parents, uint32_t, node);
}

static const char *
text_of(const struct tree *tree, uint32_t node)
{
	return g_ptr_array_index(tree->texts, g_array_index(tree->names, uint32_t, node));
}

static uint64_t *
value_of(const struct tree *tree, uint32_t node)
{
	return &g_array_index(tree->values, uint64_t, node);
}

/* Of each text. Many nodes have the same one. */
static size_t *
text_lengths(const struct tree *tree)
{
	size_t *lengths = g_new(size_t, MAX(tree->texts->len, 1));

	for (guint i = 0; i < tree->texts->len; i++)
		lengths[i] = strlen(g_ptr_array_index(tree->texts, i));
	return lengths;
}

/* ---- the cut ---- */

/* Bytes of all lines if call paths were cut at each depth: of the lines that end there. */
static uint64_t
text_bytes(const struct tree *tree, uint32_t depth_max)
{
	g_autofree uint64_t *length = g_new0(uint64_t, tree->parents->len);
	g_autofree size_t *text_length = text_lengths(tree);
	uint64_t bytes = 0;

	for (guint i = 1; i < tree->parents->len; i++) {
		if (depth_max && tree->depth[i] > depth_max)
			continue;
		length[i] = length[parent_of(tree, i)] +
			    text_length[g_array_index(tree->names, uint32_t, i)] + 1;
		if (*value_of(tree, i))
			bytes += length[i] + 8;
	}
	return bytes;
}

/*
 * Gives what lies deeper than depth_max to one child of the node at that depth. Where values are
 * totals, what is deeper still is in them already.
 */
static void
put_together(struct tree *tree, bool totals)
{
	g_autofree uint32_t *heir = g_new0(uint32_t, tree->parents->len);
	const uint32_t name = tree->texts->len;

	g_ptr_array_add(tree->texts, g_strdup(deeper));
	/* Parents come before children: from the end, what is too deep moves up. */
	for (guint i = tree->parents->len - 1; i > 0; i--) {
		if (tree->depth[i] > tree->depth_max + 1) {
			if (!totals)
				*value_of(tree, parent_of(tree, i)) += *value_of(tree, i);
			*value_of(tree, i) = 0;
		}
	}
	for (guint i = 1; i < tree->parents->len; i++) {
		uint32_t *at = &heir[parent_of(tree, i)];

		if (tree->depth[i] != tree->depth_max + 1)
			continue;
		if (!*at) {
			*at = i;
			g_array_index(tree->names, uint32_t, i) = name;
		} else {
			*value_of(tree, *at) += *value_of(tree, i);
			*value_of(tree, i) = 0;
		}
	}
}

static void
cut(struct tree *tree, uint64_t bytes_max, bool totals)
{
	uint32_t deepest = 0;

	if (text_bytes(tree, 0) <= bytes_max)
		return;
	for (guint i = 0; i < tree->parents->len; i++)
		deepest = MAX(deepest, tree->depth[i]);
	do {
		deepest = (deepest + 1) / 2;
		tree->depth_max = deepest;
	} while (deepest > 1 && text_bytes(tree, deepest) > bytes_max);

	put_together(tree, totals);
}

/* ---- order and output ---- */

/* What follows the first `skip` bytes of the item's name in its lines. */
static const char *
rest_of(const struct tree *tree, const struct item *item, size_t skip, char buffer[24])
{
	const char *rest = text_of(tree, item->node) + skip;

	if (*rest)
		return rest;
	if (item->below)
		return ";";
	g_snprintf(buffer, 24, " %" G_GUINT64_FORMAT, *value_of(tree, item->node));
	return buffer;
}

/* As the lines of both items would compare. Names hold no ';', so neither is the other's prefix. */
static int
compare_items(gconstpointer a, gconstpointer b, gpointer context)
{
	const struct item *left = a, *right = b;
	const struct tree *tree = context;
	char left_buffer[24], right_buffer[24];
	const char *left_text, *right_text;
	size_t common;
	int order;

	if (left->parent != right->parent)
		return left->parent < right->parent ? -1 : 1;
	left_text = text_of(tree, left->node);
	right_text = text_of(tree, right->node);
	common = MIN(strlen(left_text), strlen(right_text));
	order = memcmp(left_text, right_text, common);
	if (order)
		return order;
	return strcmp(rest_of(tree, left, common, left_buffer),
		rest_of(tree, right, common, right_buffer));
}

/* Items by parent and order. Nothing below which all is zero has an item. */
static GArray *
sorted_items(const struct tree *tree)
{
	GArray *items = g_array_new(FALSE, FALSE, sizeof(struct item));
	g_autofree uint8_t *below = g_new0(uint8_t, tree->parents->len);

	for (guint i = tree->parents->len - 1; i > 0; i--) {
		const struct item own = {parent_of(tree, i), i, false};
		const struct item lines = {parent_of(tree, i), i, true};

		if (*value_of(tree, i))
			g_array_append_val(items, own);
		if (below[i])
			g_array_append_val(items, lines);
		below[own.parent] |= below[i] || *value_of(tree, i);
	}
	g_array_sort_with_data(items, compare_items, (gpointer)(uintptr_t)tree);
	return items;
}

struct level {
	guint item; /* next one */
	gsize prefix_bytes;
};

static void
write_items(FILE *file, const struct tree *tree, const GArray *items)
{
	g_autofree guint *first = g_new0(guint, tree->parents->len + 1);
	g_autofree size_t *text_length = text_lengths(tree);
	g_autoptr(GString) line = g_string_new(NULL);
	g_autoptr(GArray) levels = g_array_new(FALSE, FALSE, sizeof(struct level));
	struct level root = {0, 0};

	for (guint i = items->len; i > 0; i--)
		first[g_array_index(items, struct item, i - 1).parent] = i - 1;
	g_array_append_val(levels, root);
	for (uint32_t parent = 0; levels->len;) {
		struct level *level = &g_array_index(levels, struct level, levels->len - 1);
		const struct item *item = level->item < items->len
						  ? &g_array_index(items, struct item, level->item)
						  : NULL;
		struct level next;

		g_string_truncate(line, level->prefix_bytes);
		if (!item || item->parent != parent) {
			g_array_set_size(levels, levels->len - 1);
			parent = parent_of(tree, parent);
			continue;
		}
		level->item++;
		g_string_append_len(line, text_of(tree, item->node),
			(gssize)text_length[g_array_index(tree->names, uint32_t, item->node)]);
		if (!item->below) {
			g_string_append_printf(
				line, " %" G_GUINT64_FORMAT "\n", *value_of(tree, item->node));
			fwrite(line->str, 1, line->len, file);
			continue;
		}
		g_string_append_c(line, ';');
		next = (struct level){first[item->node], line->len};
		parent = item->node;
		g_array_append_val(levels, next);
	}
}

/* ---- values ---- */

/* Nanoseconds to microseconds; what is left over is the caller's. */
static void
round_to_us(struct tree *tree)
{
	for (guint i = tree->parents->len - 1; i > 0; i--) {
		uint64_t *value = value_of(tree, i);

		*value_of(tree, parent_of(tree, i)) += *value % 1000;
		*value /= 1000;
	}
	*value_of(tree, 0) = 0;
}

static void
sum_up(struct tree *tree)
{
	for (guint i = tree->parents->len - 1; i > 0; i--)
		*value_of(tree, parent_of(tree, i)) += *value_of(tree, i);
	*value_of(tree, 0) = 0;
}

typedef int write_function(FILE *file, const struct selection *selection, enum metric metric,
	uint64_t bytes_max, uint32_t *ret_depth);

static int
write_tree(FILE *file, const struct tree *tree, uint32_t *ret_depth)
{
	g_autoptr(GArray) items = sorted_items(tree);

	errno = 0;
	write_items(file, tree, items);
	if (ret_depth)
		*ret_depth = tree->depth_max;
	if (fflush(file) != 0 || ferror(file))
		return errno ? -errno : -EIO;
	return 0;
}

static void
make_tree(struct tree *tree, const struct selection *selection, enum metric metric)
{
	g_autofree uint64_t *self = selection_self(selection, metric);

	tree_init(tree, selection->profile, self, NULL);
	if (metric_table[metric].unit == UNIT_NS)
		round_to_us(tree);
}

int
folded_write(FILE *file, const struct selection *selection, enum metric metric, uint64_t bytes_max,
	uint32_t *ret_depth)
{
	struct tree tree;
	int result;

	make_tree(&tree, selection, metric);
	cut(&tree, bytes_max, false);
	result = write_tree(file, &tree, ret_depth);
	tree_fini(&tree);
	return result;
}

int
folded_write_inclusive(FILE *file, const struct selection *selection, enum metric metric,
	uint64_t bytes_max, uint32_t *ret_depth)
{
	struct tree tree;
	int result;

	make_tree(&tree, selection, metric);
	sum_up(&tree);
	/* After the sums, because every node now has a line. */
	cut(&tree, bytes_max, true);
	result = write_tree(file, &tree, ret_depth);
	tree_fini(&tree);
	return result;
}

int
folded_write_sections(FILE *file, const struct selection *selection, enum metric metric,
	uint64_t bytes_max, uint32_t *ret_depth)
{
	g_autofree uint8_t *shown = named_frames(selection->profile);
	g_autofree uint64_t *self = named_self(selection, metric, shown);
	struct tree tree;
	int result;

	tree_init(&tree, selection->profile, self, shown);
	if (metric_table[metric].unit == UNIT_NS)
		round_to_us(&tree);
	/* The root is what was outside of all. */
	*value_of(&tree, 0) = 0;
	cut(&tree, bytes_max, false);
	result = write_tree(file, &tree, ret_depth);
	tree_fini(&tree);
	return result;
}

static int
write_file(const char *path, const struct selection *selection, enum metric metric,
	uint32_t *ret_depth, write_function *write)
{
	FILE *file = fopen(path, "wxe");
	g_autofree char *buffer = NULL;
	int result;

	if (!file)
		return -errno;
	/* Totals of a program with deep stacks take tens of megabytes. */
	buffer = g_malloc(BUFFER_BYTES);
	setvbuf(file, buffer, _IOFBF, BUFFER_BYTES);
	result = write(file, selection, metric, FOLDED_BYTES_MAX, ret_depth);
	if (fclose(file) != 0 && !result)
		result = -errno;
	if (result)
		g_unlink(path);
	return result;
}

int
folded_write_file(const char *path, const struct selection *selection, enum metric metric,
	uint32_t *ret_depth)
{
	return write_file(path, selection, metric, ret_depth, folded_write);
}

int
folded_write_inclusive_file(const char *path, const struct selection *selection, enum metric metric,
	uint32_t *ret_depth)
{
	return write_file(path, selection, metric, ret_depth, folded_write_inclusive);
}

int
folded_write_sections_file(const char *path, const struct selection *selection, enum metric metric,
	uint32_t *ret_depth)
{
	return write_file(path, selection, metric, ret_depth, folded_write_sections);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Trees and the function table as text: see report.h. A tree prints children by value; what is
 * below a share of the whole, or beyond the limit of lines, is counted and said, never dropped
 * silently.
 */
#include <string.h>

#include "id_map.h"
#include "names.h"
#include "report.h"
#include "tables.h"

enum {
	TREE_LINES = 60,
	FUNCTION_LINES = 30,
	INDENT_MAX = 24,
	TREE_NUMBERS = 38,
};

/* ---- functions ---- */

static void
print_rows(const struct text *text, const struct selection *selection, GArray *rows,
	enum metric sort, unsigned limit, const char *(*name)(const struct profile *, uint32_t))
{
	const uint64_t whole = selection_whole(selection, sort);

	text_print(text, STYLE_DIM, "%10s %8s %10s\n", "total", "", "self");
	for (guint i = 0; i < rows->len && i < limit; i++) {
		const struct table_row *row = &g_array_index(rows, struct table_row, i);
		char total[TEXT_CELL], total_share[TEXT_CELL], self[TEXT_CELL],
			self_share[TEXT_CELL];

		fprintf(text->file, "%10s %8s %10s %8s  ",
			text_metric(sort, row->total[sort], total),
			text_share(row->total[sort], whole, total_share),
			text_metric(sort, row->self[sort], self),
			text_share(row->self[sort], whole, self_share));
		text_clip(text, STYLE_PLAIN, name(selection->profile, row->key), text->width - 41);
		fputc('\n', text->file);
	}
	if (rows->len > limit)
		text_print(text, STYLE_DIM, "%41s… and %u more\n", "", rows->len - limit);
}

static const char *
function_name(const struct profile *profile, uint32_t function)
{
	return profile_function(profile, function)->name;
}

static const char *
module_name(const struct profile *profile, uint32_t module)
{
	const char *path = profile_module(profile, module)->path;

	return *path ? path : "[unknown]";
}

void
report_functions(const struct text *text, const struct selection *selection,
	const struct report_options *options)
{
	const unsigned limit = options->limit ? options->limit : FUNCTION_LINES;

	report_times(text, selection, options);
	if (metric_table[options->sort].source != SOURCE_MEMORY ||
		!metric_is_there(selection->profile, options->sort))
		return;
	g_autoptr(GArray) functions = table_functions(selection, options->sort);
	g_autoptr(GArray) modules = table_modules(selection, options->sort);

	text_heading(text, "Functions by %s", metric_table[options->sort].key);
	print_rows(text, selection, functions, options->sort, limit, function_name);
	if (*selection->profile->run.folded)
		return; /* which know no modules */
	text_heading(text, "Modules by %s", metric_table[options->sort].key);
	print_rows(text, selection, modules, options->sort, limit, module_name);
}

/* ---- trees ---- */

/* A tree to print, whatever it was made from. Parents come before children. */
struct shown {
	const struct profile *profile;
	uint32_t count;
	const uint32_t *parent;
	const uint32_t *node; /* of the profile, for the name */
	const uint64_t *self, *total;
	enum metric metric;
	bool places; /* show file and line */
};

struct child {
	uint32_t parent, index;
	uint64_t value;
};

static int
compare_children(gconstpointer a, gconstpointer b)
{
	const struct child *left = a, *right = b;

	if (left->parent != right->parent)
		return left->parent < right->parent ? -1 : 1;
	if (left->value != right->value)
		return left->value > right->value ? -1 : 1;
	return (left->index > right->index) - (left->index < right->index);
}

static GArray *
sorted_children(const struct shown *shown)
{
	GArray *children = g_array_new(FALSE, FALSE, sizeof(struct child));

	for (uint32_t i = 1; i < shown->count; i++) {
		const struct child child = {shown->parent[i], i, shown->total[i]};

		if (child.value)
			g_array_append_val(children, child);
	}
	g_array_sort(children, compare_children);
	return children;
}

static void
print_line(const struct text *text, const struct shown *shown, uint32_t index, unsigned depth)
{
	const uint32_t node = shown->node[index];
	g_autofree char *name = name_short(
		profile_function(shown->profile, profile_node_function(shown->profile, node))->name,
		true);
	g_autofree char *place = shown->places ? table_place(shown->profile, node) : g_strdup("");
	g_autofree char *line = g_strdup_printf("%s  %s", name, place);
	char total[TEXT_CELL], share[TEXT_CELL], self[TEXT_CELL];
	const unsigned indent = MIN(depth, INDENT_MAX);

	fprintf(text->file, "%10s %8s %10s  ",
		text_metric(shown->metric, shown->total[index], total),
		text_share(shown->total[index], shown->total[0], share),
		shown->self[index] ? text_metric(shown->metric, shown->self[index], self) : "");
	/* Deeper than the indentation goes, the depth is written out. */
	if (depth > INDENT_MAX)
		text_print(text, STYLE_DIM, "%*s[%u] ", (int)indent, "", depth);
	else
		fprintf(text->file, "%*s", (int)indent, "");
	text_clip(text, STYLE_PLAIN, g_strchomp(line),
		MAX(20, (int)text->width - TREE_NUMBERS - (int)indent));
	fputc('\n', text->file);
}

/* Depth first without recursion; `next` is the position of each node's next child. */
static void
print_tree(const struct text *text, const struct shown *shown, unsigned limit)
{
	g_autoptr(GArray) children = sorted_children(shown);
	g_autofree guint *next = g_new0(guint, shown->count);
	uint32_t index = 0;
	unsigned depth = 0, lines = 0;

	for (guint i = children->len; i > 0; i--)
		next[g_array_index(children, struct child, i - 1).parent] = i - 1;
	while (lines < limit) {
		const struct child *child =
			next[index] < children->len
				? &g_array_index(children, struct child, next[index])
				: NULL;
		const bool more = child && child->parent == index;

		if (more) {
			next[index]++;
			index = child->index;
			print_line(text, shown, index, depth++);
			lines++;
		} else if (index) {
			index = shown->parent[index];
			depth--;
		} else {
			break;
		}
	}
	if (lines < children->len)
		text_print(text, STYLE_DIM, "%32s… and %u more lines: see --limit\n", "",
			children->len - lines);
}

static void
print_tree_heading(const struct text *text, const char *kind, enum metric metric)
{
	text_heading(text, "%s by %s", kind, metric_table[metric].key);
	text_print(text, STYLE_DIM, "%10s %8s %10s\n", "total", "", "self");
}

void
report_tree(const struct text *text, const struct selection *selection,
	const struct report_options *options)
{
	const struct profile *profile = selection->profile;
	g_autofree uint64_t *self = selection_self(selection, options->sort);
	g_autofree uint64_t *total = selection_total(profile, self);
	g_autofree uint32_t *node = g_new(uint32_t, profile->nodes.count);
	const struct shown shown = {profile, profile->nodes.count, profile->nodes.parent, node,
		self, total, options->sort, true};

	for (uint32_t i = 0; i < profile->nodes.count; i++)
		node[i] = i;
	print_tree_heading(text, "Call tree", options->sort);
	print_tree(text, &shown, options->limit ? options->limit : TREE_LINES);
}

enum {
	CALLERS_MAX = 64, /* levels upwards: a bottom-up tree of deep recursion is quadratic */
};

static uint32_t
bottom_up_child(struct id_map *map, GArray *parents, GArray *nodes, uint32_t parent,
	uint32_t function, uint32_t node)
{
	uint32_t *place = id_map_place(map, (uint64_t)parent << 32 | function);

	if (*place == ID_MAP_NONE) {
		*place = parents->len;
		g_array_append_val(parents, parent);
		g_array_append_val(nodes, node);
	}
	return *place;
}

void
report_bottom_up(const struct text *text, const struct selection *selection,
	const struct report_options *options)
{
	const struct profile *profile = selection->profile;
	g_autofree uint64_t *self = selection_self(selection, options->sort);
	g_autoptr(GArray) parents = g_array_new(FALSE, TRUE, sizeof(uint32_t));
	g_autoptr(GArray) nodes = g_array_new(FALSE, TRUE, sizeof(uint32_t));
	g_autoptr(GArray) totals = g_array_new(FALSE, TRUE, sizeof(uint64_t));
	g_autofree uint64_t *none = NULL;
	struct id_map map;

	id_map_init(&map);
	g_array_set_size(parents, 1);
	g_array_set_size(nodes, 1);
	g_array_set_size(totals, 1);
	for (uint32_t node = 0; node < profile->nodes.count; node++) {
		uint32_t at = 0, from = node;

		g_array_index(totals, uint64_t, 0) += self[node];
		for (unsigned level = 0; self[node] && from && level < CALLERS_MAX; level++) {
			at = bottom_up_child(&map, parents, nodes, at,
				profile_node_function(profile, from), from);
			g_array_set_size(totals, parents->len);
			g_array_index(totals, uint64_t, at) += self[node];
			from = profile->nodes.parent[from];
		}
	}
	id_map_fini(&map);
	none = g_new0(uint64_t, parents->len);
	print_tree_heading(text,
		metric_table[options->sort].source == SOURCE_MEMORY ? "Callers of what allocates,"
								    : "Callers of what runs,",
		options->sort);
	print_tree(text,
		&(struct shown){profile, parents->len,
			(const uint32_t *)(const void *)parents->data,
			(const uint32_t *)(const void *)nodes->data, none,
			(const uint64_t *)(const void *)totals->data, options->sort, false},
		options->limit ? options->limit : TREE_LINES);
}

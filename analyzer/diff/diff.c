/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See diff.h. Both trees are given to the flamegraph's merging as one forest, the nodes of A and
 * then those of B, with a column for each metric of each side: what it gives back is the union in
 * preorder.
 */
#include <string.h>

#include "diff.h"
#include "flame_tree.h"
#include "match.h"

const char *const diff_class_names[DIFF_CLASSES] = {
	[DIFF_SAME] = "same",
	[DIFF_CHANGED] = "changed",
	[DIFF_NEW] = "new",
	[DIFF_GONE] = "gone",
};

static void
fail(GError **error, const char *why)
{
	g_set_error(
		error, PROFILE_ERROR, PROFILE_ERROR_FOREIGN, "they cannot be compared: %s", why);
}

/* ---- the forest ---- */

struct forest {
	const struct selection *sides[DIFF_SIDES];
	uint32_t count; /* boxes; those of B begin with `middle` */
	uint32_t middle;
	uint32_t *parent, *frame;
	uint64_t *self[METRICS][DIFF_SIDES]; /* by box, 0 for the other side's */
	unsigned metric_count;
	enum metric metrics[METRICS];
};

/* Node n of a side is box n - 1, counted from where its side begins; the roots are left out. */
static void
add_side(struct forest *forest, const uint32_t *frame_numbers, enum diff_side side)
{
	const struct profile *profile = forest->sides[side]->profile;
	const uint32_t first = side == DIFF_A ? 0 : forest->middle;

	for (uint32_t node = 1; node < profile->nodes.count; node++) {
		const uint32_t parent = profile->nodes.parent[node];

		forest->parent[first + node - 1] = parent ? first + parent - 1 : FLAME_NO_PARENT;
		forest->frame[first + node - 1] = frame_numbers[profile->nodes.frame[node]];
	}
}

static void
add_values(struct forest *forest, unsigned at, enum diff_side side)
{
	const struct selection *selection = forest->sides[side];
	const uint32_t first = side == DIFF_A ? 0 : forest->middle;
	g_autofree uint64_t *self = selection_self(selection, forest->metrics[at]);

	forest->self[at][side] = g_new0(uint64_t, MAX(forest->count, 1));
	memcpy(forest->self[at][side] + first, self + 1,
		(selection->profile->nodes.count - 1) * sizeof(*self));
}

static void
forest_init(struct forest *forest, const struct selection *a, const struct selection *b,
	struct match *match, unsigned metrics)
{
	*forest = (struct forest){
		.sides = {a, b},
		.middle = a->profile->nodes.count - 1,
		.count = a->profile->nodes.count + b->profile->nodes.count - 2,
	};
	forest->parent = g_new(uint32_t, MAX(forest->count, 1));
	forest->frame = g_new(uint32_t, MAX(forest->count, 1));
	for (unsigned side = 0; side < DIFF_SIDES; side++) {
		g_autofree uint32_t *numbers =
			match_frames(match, forest->sides[side]->profile, (enum diff_side)side);

		add_side(forest, numbers, (enum diff_side)side);
	}
	for (unsigned metric = 0; metric < METRICS; metric++) {
		const bool wanted =
			metrics ? metrics >> metric & 1
				: metric_is_known((enum metric)metric, a->profile) &&
					  metric_is_known((enum metric)metric, b->profile);

		if (!wanted)
			continue;
		forest->metrics[forest->metric_count] = (enum metric)metric;
		add_values(forest, forest->metric_count, DIFF_A);
		add_values(forest, forest->metric_count++, DIFF_B);
	}
}

static void
forest_fini(struct forest *forest)
{
	g_free(forest->parent);
	g_free(forest->frame);
	for (unsigned i = 0; i < forest->metric_count; i++) {
		g_free(forest->self[i][DIFF_A]);
		g_free(forest->self[i][DIFF_B]);
	}
}

static int
merge(struct flame_tree *ret_tree, const struct forest *forest, const struct match *match)
{
	g_autofree struct flame_frame *frames =
		g_new0(struct flame_frame, MAX(match->frames->len, 1));
	struct flame_metric metrics[METRICS * DIFF_SIDES] = {0};

	for (guint i = 0; i < match->frames->len; i++)
		frames[i].function = g_array_index(match->frames, struct diff_frame, i).function;
	for (unsigned i = 0; i < forest->metric_count * DIFF_SIDES; i++)
		metrics[i].self = forest->self[i / DIFF_SIDES][i % DIFF_SIDES];
	return flame_tree_init(ret_tree,
		&(struct flame){
			.kind = FLAME_GRAPH,
			.box_count = forest->count,
			.parent = forest->parent,
			.frame = forest->frame,
			.frame_count = match->frames->len,
			.frames = frames,
			.metric_count = forest->metric_count * DIFF_SIDES,
			.metrics = metrics,
		},
		NULL);
}

/* ---- the union ---- */

static void
take_nodes(struct diff *diff, const struct flame_tree *tree)
{
	diff->node_count = tree->count + 1;
	diff->parent = g_new0(uint32_t, diff->node_count);
	diff->frame = g_new0(uint32_t, diff->node_count);
	diff->end = g_new0(uint32_t, diff->node_count);
	diff->end[0] = diff->node_count;
	for (uint32_t i = 0; i < tree->count; i++) {
		diff->parent[i + 1] = tree->parent[i] == FLAME_NO_PARENT ? 0 : tree->parent[i] + 1;
		diff->frame[i + 1] = tree->frame[i];
		diff->end[i + 1] = tree->end[i] + 1;
	}
}

static void
take_places(struct diff *diff, const struct flame_tree *tree, const struct forest *forest)
{
	for (unsigned side = 0; side < DIFF_SIDES; side++) {
		const uint32_t first = side == DIFF_A ? 0 : forest->middle;
		const uint32_t count = forest->sides[side]->profile->nodes.count;

		diff->place[side] = g_new0(uint32_t, count);
		for (uint32_t node = 1; node < count; node++)
			diff->place[side][node] = tree->place[first + node - 1] + 1;
	}
}

/* Walks in preorder; `open[f]` counts the nodes of f on the way to the root. */
static void
find_outermost(struct diff *diff)
{
	g_autofree uint32_t *open = g_new0(uint32_t, diff->function_count + 1);
	uint32_t top = 0;

	diff->outermost = g_new0(uint8_t, diff->node_count);
	for (uint32_t node = 1; node < diff->node_count; node++) {
		for (; top != diff->parent[node]; top = diff->parent[top])
			open[diff->frames[diff->frame[top]].function_number]--;
		diff->outermost[node] =
			open[diff->frames[diff->frame[node]].function_number]++ == 0;
		top = node;
	}
}

/* Returns false where the sum is beyond INT64_MAX; `root_self` is what no call path has. */
static bool
take_column(struct diff *diff, struct diff_column *column, const uint64_t *self, uint64_t root_self)
{
	uint64_t sum = root_self;

	for (uint32_t i = 0; i + 1 < diff->node_count; i++)
		sum = flame_add(sum, self[i]);
	if (sum > INT64_MAX)
		return false;
	column->self = g_new(int64_t, diff->node_count);
	column->self[0] = (int64_t)root_self;
	for (uint32_t node = 1; node < diff->node_count; node++)
		column->self[node] = (int64_t)self[node - 1];
	return true;
}

static void
sum_up(const struct diff *diff, struct diff_column *column)
{
	column->total = g_memdup2(column->self, diff->node_count * sizeof(int64_t));
	for (uint32_t node = diff->node_count - 1; node > 0; node--)
		column->total[diff->parent[node]] += column->total[node];
}

/*
 * Scales the selves by `to` / `from`, their sum being `from`; each is rounded where the running sum
 * is, so that the new sum is `to` to the last unit.
 */
static void
scale(int64_t *self, uint32_t count, int64_t from, int64_t to)
{
	__int128 running = 0;
	int64_t before = 0;

	if (!from)
		return;
	for (uint32_t i = 0; i < count; i++) {
		running += self[i];
		const int64_t now = (int64_t)((running * to + from / 2) / from);

		self[i] = now - before;
		before = now;
	}
}

static uint64_t
self_of_root(const struct selection *selection, enum metric metric)
{
	g_autofree uint64_t *self = selection_self(selection, metric);

	return self[0];
}

static bool
take_metric(
	struct diff *diff, unsigned at, const struct flame_tree *tree, const struct forest *forest)
{
	struct diff_column *columns = diff->columns[at];

	diff->metrics[at] = forest->metrics[at];
	for (unsigned side = 0; side < DIFF_SIDES; side++) {
		if (!take_column(diff, &columns[side], tree->self[at * DIFF_SIDES + side],
			    self_of_root(forest->sides[side], forest->metrics[at])))
			return false;
		sum_up(diff, &columns[side]);
	}
	if (diff->options.normalise) {
		scale(columns[DIFF_A].self, diff->node_count, columns[DIFF_A].total[0],
			columns[DIFF_B].total[0]);
		g_free(columns[DIFF_A].total);
		sum_up(diff, &columns[DIFF_A]);
	}
	return true;
}

static bool
take(struct diff *diff, const struct flame_tree *tree, const struct forest *forest,
	struct match *match)
{
	bool fits = true;

	diff->frame_count = match->frames->len;
	diff->function_count = g_hash_table_size(match->known);
	diff->frames =
		g_memdup2(match->frames->data, diff->frame_count * sizeof(struct diff_frame));
	take_nodes(diff, tree);
	take_places(diff, tree, forest);
	find_outermost(diff);
	diff->metric_count = forest->metric_count;
	for (unsigned i = 0; fits && i < forest->metric_count; i++)
		fits = take_metric(diff, i, tree, forest);
	return fits;
}

struct diff *
diff_new(const struct selection *a, const struct selection *b, const struct diff_options *options,
	GError **error)
{
	struct diff *diff = g_new0(struct diff, 1);
	struct flame_tree tree;
	struct forest forest;
	struct match match;
	const char *why = NULL;

	diff->strings = g_string_chunk_new(4096);
	if (options)
		diff->options = *options;
	match_init(&match, a->profile, b->profile, &diff->options, diff->strings);
	forest_init(&forest, a, b, &match, diff->options.metrics);
	if (!forest.metric_count) {
		why = "they count different things";
	} else if (merge(&tree, &forest, &match)) {
		why = "they are broken";
	} else {
		if (!take(diff, &tree, &forest, &match))
			why = "their sums are beyond 63 bits";
		flame_tree_fini(&tree);
	}
	forest_fini(&forest);
	match_fini(&match);
	if (!why)
		return diff;
	fail(error, why);
	diff_free(diff);
	return NULL;
}

void
diff_free(struct diff *diff)
{
	if (!diff)
		return;
	for (unsigned i = 0; i < diff->metric_count; i++) {
		for (unsigned side = 0; side < DIFF_SIDES; side++) {
			g_free(diff->columns[i][side].self);
			g_free(diff->columns[i][side].total);
		}
	}
	g_free(diff->parent);
	g_free(diff->frame);
	g_free(diff->end);
	g_free(diff->outermost);
	g_free(diff->place[DIFF_A]);
	g_free(diff->place[DIFF_B]);
	g_free(diff->frames);
	g_string_chunk_free(diff->strings);
	g_free(diff);
}

/* ---- asking ---- */

int
diff_find_metric(const struct diff *diff, enum metric metric)
{
	for (unsigned i = 0; i < diff->metric_count; i++) {
		if (diff->metrics[i] == metric)
			return (int)i;
	}
	return -1;
}

static int64_t
magnitude(struct diff_values values)
{
	return values.b > values.a ? values.b - values.a : values.a - values.b;
}

enum diff_class
diff_classify(const struct diff *diff, unsigned metric, struct diff_values values)
{
	const struct diff_values whole = diff_total(diff, metric, 0);
	const double band = diff->options.noise * (double)MAX(whole.a, whole.b);

	if (values.a == values.b || (double)magnitude(values) <= band)
		return DIFF_SAME;
	if (!values.a)
		return DIFF_NEW;
	return values.b ? DIFF_CHANGED : DIFF_GONE;
}

static int
compare_rows(gconstpointer left, gconstpointer right, gpointer context)
{
	const struct diff_row *a = left, *b = right;
	const struct diff *diff = context;
	const int64_t more = magnitude(a->inclusive), less = magnitude(b->inclusive);
	int order;

	if (more != less)
		return more > less ? -1 : 1;
	order = strcmp(diff->frames[a->frame].function, diff->frames[b->frame].function);
	return order ? order : strcmp(diff->frames[a->frame].module, diff->frames[b->frame].module);
}

static void
add(struct diff_values *sum, struct diff_values values)
{
	sum->a += values.a;
	sum->b += values.b;
}

GArray *
diff_functions(const struct diff *diff, unsigned metric)
{
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct diff_row));
	g_autofree struct diff_row *all = g_new0(struct diff_row, diff->function_count);

	for (uint32_t node = 1; node < diff->node_count; node++) {
		struct diff_row *row = &all[diff->frames[diff->frame[node]].function_number];

		row->frame = diff->frame[node];
		add(&row->exclusive, diff_self(diff, metric, node));
		if (diff->outermost[node])
			add(&row->inclusive, diff_total(diff, metric, node));
	}
	for (uint32_t i = 0; i < diff->function_count; i++) {
		all[i].class = diff_classify(diff, metric, all[i].inclusive);
		if (all[i].inclusive.a || all[i].inclusive.b)
			g_array_append_val(rows, all[i]);
	}
	g_array_sort_with_data(rows, compare_rows, (gpointer)(uintptr_t)diff);
	return rows;
}

struct path_order {
	const struct diff *diff;
	unsigned metric;
};

static int
compare_paths(gconstpointer left, gconstpointer right, gpointer context)
{
	const struct path_order *order = context;
	const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const int64_t more = magnitude(diff_self(order->diff, order->metric, a));
	const int64_t less = magnitude(diff_self(order->diff, order->metric, b));

	if (more != less)
		return more > less ? -1 : 1;
	return (a > b) - (a < b);
}

GArray *
diff_paths(const struct diff *diff, unsigned metric)
{
	GArray *paths = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	struct path_order order = {diff, metric};

	for (uint32_t node = 0; node < diff->node_count; node++) {
		const struct diff_values self = diff_self(diff, metric, node);

		if (self.a || self.b)
			g_array_append_val(paths, node);
	}
	g_array_sort_with_data(paths, compare_paths, &order);
	return paths;
}

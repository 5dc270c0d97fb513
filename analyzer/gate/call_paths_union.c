/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See call_paths_union.h. */
#include "call_paths_union.h"

enum {
	/* Places of one call path that are aligned; beyond, the largest is the witness. */
	ALIGNED_MAX = 256,
};

struct key {
	uint32_t parent;
	const char *function, *module; /* interned */
};

static guint
key_hash(gconstpointer data)
{
	const struct key *key = data;

	return key->parent * 2654435761u ^ g_direct_hash(key->function) * 31 ^
	       g_direct_hash(key->module);
}

static gboolean
key_equal(gconstpointer a, gconstpointer b)
{
	const struct key *x = a, *y = b;

	return x->parent == y->parent && x->function == y->function && x->module == y->module;
}

static uint32_t
find_or_add(struct call_paths_union *paths, GHashTable *known, const struct key *key)
{
	gpointer value;

	if (g_hash_table_lookup_extended(known, key, NULL, &value))
		return GPOINTER_TO_UINT(value);
	const struct union_path path = {.parent = key->parent};
	const uint32_t id = paths->paths->len;

	g_array_append_val(paths->paths, path);
	g_hash_table_insert(known, g_memdup2(key, sizeof(*key)), GUINT_TO_POINTER(id));
	return id;
}

static void
add_account(struct call_paths_union *paths, GHashTable *known, unsigned side)
{
	const struct account *account = paths->account[side];
	g_autofree uint32_t *path_of = g_new0(uint32_t, account->nodes->len);

	for (guint i = 1; i < account->nodes->len; i++) {
		const struct account_node *node = account_node(account, i);
		const struct key key = {path_of[node->parent], node->function, node->module};

		path_of[i] = find_or_add(paths, known, &key);
		struct union_path *path =
			&g_array_index(paths->paths, struct union_path, path_of[i]);

		if (!path->nodes[side])
			path->nodes[side] = g_array_new(FALSE, FALSE, sizeof(uint32_t));
		g_array_append_val(path->nodes[side], i);
	}
}

/* Two nodes of one path are equally deep: their topmost different line decides. */
static int
compare_lines(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct account *account = data;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = 0;

	while (x != y) {
		const struct account_node *left = account_node(account, x);
		const struct account_node *right = account_node(account, y);

		if (left->line != right->line)
			order = left->line < right->line ? -1 : 1;
		x = left->parent;
		y = right->parent;
	}
	return order;
}

static void
sort_nodes(struct call_paths_union *paths)
{
	for (guint i = 0; i < paths->paths->len; i++) {
		const struct union_path *path = &g_array_index(paths->paths, struct union_path, i);

		for (unsigned side = 0; side < UNION_SIDES; side++) {
			if (path->nodes[side])
				g_array_sort_with_data(path->nodes[side], compare_lines,
					(gpointer)(uintptr_t)paths->account[side]);
		}
	}
}

void
call_paths_union_init(
	struct call_paths_union *paths, const struct account *before, const struct account *after)
{
	g_autoptr(GHashTable) known = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
	const struct union_path root = {.parent = 0};

	*paths = (struct call_paths_union){
		.account = {before, after},
		.paths = g_array_new(FALSE, FALSE, sizeof(struct union_path)),
	};
	g_array_append_val(paths->paths, root);
	add_account(paths, known, UNION_BEFORE);
	add_account(paths, known, UNION_AFTER);
	sort_nodes(paths);
}

void
call_paths_union_fini(struct call_paths_union *paths)
{
	for (guint i = 0; i < paths->paths->len; i++) {
		const struct union_path *path = &g_array_index(paths->paths, struct union_path, i);

		for (unsigned side = 0; side < UNION_SIDES; side++) {
			if (path->nodes[side])
				g_array_unref(path->nodes[side]);
		}
	}
	g_array_unref(paths->paths);
}

static const GArray *
nodes_of(const struct call_paths_union *paths, uint32_t path, unsigned side)
{
	return g_array_index(paths->paths, struct union_path, path).nodes[side];
}

/* What the i-th node of a path did. */
static uint64_t
value(const struct call_paths_union *paths, const GArray *nodes, guint i, unsigned side,
	enum gate_metric metric)
{
	return account_node(paths->account[side], g_array_index(nodes, uint32_t, i))->self[metric];
}

uint64_t
call_paths_union_self(
	const struct call_paths_union *paths, uint32_t path, unsigned side, enum gate_metric metric)
{
	const GArray *nodes = nodes_of(paths, path, side);
	uint64_t sum = 0;

	for (guint i = 0; nodes && i < nodes->len; i++)
		sum += value(paths, nodes, i, side, metric);
	return sum;
}

/* ---- the witness ---- */

/*
 * For two rows of values, common[i][j]: the longest common subsequence of mine from i and of theirs
 * from j. The caller's.
 */
static uint16_t *
align(const uint64_t *mine, guint my_count, const uint64_t *theirs, guint their_count)
{
	const guint stride = their_count + 1;
	uint16_t *common = g_new0(uint16_t, (gsize)(my_count + 1) * stride);

	for (guint i = my_count; i-- > 0;) {
		for (guint j = their_count; j-- > 0;) {
			const uint16_t skipped =
				MAX(common[(i + 1) * stride + j], common[i * stride + j + 1]);

			common[i * stride + j] =
				mine[i] == theirs[j]
					? MAX(skipped, common[(i + 1) * stride + j + 1] + 1)
					: skipped;
		}
	}
	return common;
}

/*
 * Walks the alignment: what is between two common values is paired in order, and the one of mine
 * that exceeds its partner (or nothing) the most is returned.
 */
static guint
most_exceeding(const uint64_t *mine, guint my_count, const uint64_t *theirs, guint their_count)
{
	g_autofree uint16_t *common = align(mine, my_count, theirs, their_count);
	const guint stride = their_count + 1;
	guint best = 0, i = 0, j = 0;
	int64_t most = INT64_MIN;

	while (i < my_count) {
		const bool same = j < their_count && mine[i] == theirs[j] &&
				  common[i * stride + j] == common[(i + 1) * stride + j + 1] + 1;
		const bool mine_extra = common[(i + 1) * stride + j] == common[i * stride + j];
		const bool theirs_extra =
			j < their_count && common[i * stride + j + 1] == common[i * stride + j];

		if (same) {
			i++;
			j++;
		} else if (mine_extra) {
			const bool paired = theirs_extra && common[(i + 1) * stride + j + 1] ==
								    common[i * stride + j];
			const int64_t over = (int64_t)(mine[i] - (paired ? theirs[j] : 0));

			if (over > most) {
				most = over;
				best = i;
			}
			i++;
			j += paired;
		} else {
			j++;
		}
	}
	return best;
}

static uint64_t *
values(const struct call_paths_union *paths, const GArray *nodes, unsigned side,
	enum gate_metric metric)
{
	const guint count = nodes ? nodes->len : 0;
	uint64_t *result = g_new(uint64_t, count + 1);

	for (guint i = 0; i < count; i++)
		result[i] = value(paths, nodes, i, side, metric);
	return result;
}

uint32_t
call_paths_union_witness(
	const struct call_paths_union *paths, uint32_t path, unsigned side, enum gate_metric metric)
{
	const unsigned other = UNION_AFTER - side;
	const GArray *mine = nodes_of(paths, path, side);
	const GArray *theirs = nodes_of(paths, path, other);
	g_autofree uint64_t *my_values = values(paths, mine, side, metric);
	g_autofree uint64_t *their_values = values(paths, theirs, other, metric);
	guint their_count = theirs ? theirs->len : 0;

	if (mine->len > ALIGNED_MAX || their_count > ALIGNED_MAX)
		their_count = 0;
	const guint my_count = MIN(mine->len, UINT16_MAX - 1);

	return g_array_index(
		mine, uint32_t, most_exceeding(my_values, my_count, their_values, their_count));
}

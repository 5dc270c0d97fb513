/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See comparison.h. */
#include "comparison.h"

#include <math.h>

enum {
	/* Places of one call path that are aligned; beyond, the largest is the witness. */
	ALIGNED_MAX = 256,
};

/* ---- nodes by path ---- */

/* Two nodes of one path are equally deep: their topmost different line decides. */
static int
compare_lines(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct profile *profile = data;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = 0;

	while (x != y) {
		const uint32_t left = profile_node_frame(profile, x)->line;
		const uint32_t right = profile_node_frame(profile, y)->line;

		if (left != right)
			order = left < right ? -1 : 1;
		x = profile->nodes.parent[x];
		y = profile->nodes.parent[y];
	}
	return order;
}

/* A counting sort of the side's nodes by path, each path's then by line. */
static void
index_nodes(struct comparison *comparison, enum diff_side side)
{
	const struct profile *profile = comparison->account[side]->profile;
	const struct diff *diff = comparison->diff;
	const uint32_t *place = diff->place[side];
	uint32_t *first = g_new0(uint32_t, diff->node_count + 2);
	uint32_t *nodes = g_new0(uint32_t, profile->nodes.count);

	for (uint32_t node = 0; node < profile->nodes.count; node++)
		first[place[node] + 2]++;
	for (uint32_t path = 0; path < diff->node_count; path++)
		first[path + 2] += first[path + 1];
	for (uint32_t node = 0; node < profile->nodes.count; node++)
		nodes[first[place[node] + 1]++] = node;
	for (uint32_t path = 0; path < diff->node_count; path++)
		g_qsort_with_data(nodes + first[path], (gint)(first[path + 1] - first[path]),
			sizeof(*nodes), compare_lines, (gpointer)(uintptr_t)profile);
	comparison->first[side] = first;
	comparison->nodes[side] = nodes;
}

static unsigned
columns_of(unsigned set)
{
	unsigned columns = 0;

	for (unsigned i = 0; i < GATE_PATH_METRICS; i++)
		columns |= gate_set_has(set, i) ? 1u << gate_metrics[i].column : 0;
	return columns;
}

struct comparison *
comparison_new(const struct account *before, const struct account *after, unsigned set,
	const struct selection *part, GError **error)
{
	const struct diff_options options = {.any_inlining = true, .metrics = columns_of(set)};
	struct diff *diff = diff_new(&before->all, part ? part : &after->all, &options, error);

	if (!diff)
		return NULL;
	struct comparison *comparison = g_new0(struct comparison, 1);

	comparison->account[DIFF_A] = before;
	comparison->account[DIFF_B] = after;
	comparison->diff = diff;
	for (unsigned side = 0; side < DIFF_SIDES; side++)
		index_nodes(comparison, (enum diff_side)side);
	return comparison;
}

void
comparison_free(struct comparison *comparison)
{
	if (!comparison)
		return;
	diff_free(comparison->diff);
	for (unsigned side = 0; side < DIFF_SIDES; side++) {
		g_free(comparison->first[side]);
		g_free(comparison->nodes[side]);
	}
	g_free(comparison);
}

unsigned
comparison_column(const struct comparison *comparison, enum gate_metric metric)
{
	const int column = diff_find_metric(comparison->diff, gate_metrics[metric].column);

	g_assert(column >= 0);
	return (unsigned)column;
}

/* ---- the witness ---- */

/* The values of a path's nodes on one side, in the order of their lines. */
struct row {
	double *values;
	uint32_t count;
};

static struct row
row_of(const struct comparison *comparison, uint32_t path, enum diff_side side,
	uint64_t *const self[DIFF_SIDES])
{
	const uint32_t from = comparison->first[side][path];
	const uint32_t count = comparison->first[side][path + 1] - from;
	double *values = g_new(double, count + 1);

	for (uint32_t i = 0; i < count; i++)
		values[i] = (double)self[side][comparison->nodes[side][from + i]];
	return (struct row){values, count};
}

/*
 * cost[i][j]: of mine from i on and theirs from j on, the least that has to be added or taken away
 * to make one the other, in order. The caller's.
 */
static double *
align(const struct row *mine, const struct row *theirs)
{
	const uint32_t stride = theirs->count + 1;
	double *cost = g_new0(double, (gsize)(mine->count + 1) * stride);

	for (uint32_t i = mine->count + 1; i-- > 0;) {
		for (uint32_t j = theirs->count + 1; j-- > 0;) {
			double least = i == mine->count && j == theirs->count ? 0 : INFINITY;

			if (i < mine->count)
				least = MIN(least, cost[(i + 1) * stride + j] + mine->values[i]);
			if (j < theirs->count)
				least = MIN(least, cost[i * stride + j + 1] + theirs->values[j]);
			if (i < mine->count && j < theirs->count)
				least = MIN(
					least, cost[(i + 1) * stride + j + 1] +
						       fabs(mine->values[i] - theirs->values[j]));
			cost[i * stride + j] = least;
		}
	}
	return cost;
}

/* Walks the cheapest way; the one of mine that exceeds its partner (or nothing) the most. */
static uint32_t
most_exceeding(const struct row *mine, const struct row *theirs)
{
	g_autofree double *cost = align(mine, theirs);
	const uint32_t stride = theirs->count + 1;
	uint32_t best = 0, i = 0, j = 0;
	double most = -INFINITY;

	while (i < mine->count) {
		const double here = cost[i * stride + j];
		const double difference =
			j < theirs->count ? mine->values[i] - theirs->values[j] : INFINITY;
		const bool paired = j < theirs->count &&
				    !(cost[(i + 1) * stride + j + 1] + fabs(difference) > here);
		const bool alone = !(cost[(i + 1) * stride + j] + mine->values[i] > here);

		const bool equal = paired && !(fabs(difference) > 0);

		/* Of two ways that cost the same, the one in which more stays as it was. */
		if (paired || alone) {
			const bool pair = equal || (paired && !alone);
			const double over = pair ? difference : mine->values[i];

			if (over > most) {
				most = over;
				best = i;
			}
			i++;
			j += pair;
		} else {
			j++;
		}
	}
	return best;
}

uint32_t
comparison_witness(const struct comparison *comparison, uint32_t path, enum diff_side side,
	uint64_t *const self[DIFF_SIDES])
{
	const struct row mine = row_of(comparison, path, side, self);
	struct row theirs = row_of(comparison, path, (enum diff_side)(DIFF_B - side), self);

	if (mine.count > ALIGNED_MAX || theirs.count > ALIGNED_MAX)
		theirs.count = 0;
	const uint32_t witness = most_exceeding(&mine, &theirs);

	g_free(mine.values);
	g_free(theirs.values);
	return comparison->nodes[side][comparison->first[side][path] + witness];
}

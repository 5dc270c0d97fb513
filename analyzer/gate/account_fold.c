/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See account_fold.h. */
#include "account_fold.h"

#include <string.h>

#include "account_build.h"
#include "comparison.h"

static const char small[] = "(small)";

bool
account_is_folded(const struct account *account)
{
	const GArray *functions = account->profile->functions;

	for (guint i = 1; i < functions->len; i++) {
		if (!strcmp(g_array_index(functions, struct profile_function, i).name, small))
			return true;
	}
	return false;
}

/* By path of the comparison: does it stay? */
static bool *
find_kept(const struct comparison *comparison, enum gate_metric metric, uint64_t parts, bool like)
{
	const struct diff *diff = comparison->diff;
	const unsigned column = comparison_column(comparison, metric);
	const int64_t least = diff_total(diff, column, 0).b / (int64_t)parts;
	const uint32_t *first = comparison->first[DIFF_A];
	bool *kept = g_new0(bool, diff->node_count);

	for (uint32_t path = 0; path < diff->node_count; path++)
		kept[path] = diff_total(diff, column, path).b > least ||
			     (like && first[path + 1] > first[path]);
	return kept;
}

/* By node: its place in the builder, or that of what it is folded into. */
static uint32_t *
place_nodes(const struct account *account, const struct comparison *comparison, const bool *kept,
	struct account_builder *builder)
{
	const struct account_frame rest = {small, "[small]", "", 0};
	const uint32_t count = account_node_count(account);
	uint32_t *place = g_new0(uint32_t, count);
	g_autofree bool *folded = g_new0(bool, count);

	for (uint32_t node = 1; node < count; node++) {
		const uint32_t parent = account_parent(account, node);
		const struct account_frame frame = account_frame(account, node);

		folded[node] = folded[parent] || !kept[comparison->diff->place[DIFF_B][node]];
		place[node] = folded[parent] ? place[parent]
					     : account_builder_child(builder, place[parent],
						       folded[node] ? &rest : &frame);
	}
	return place;
}

struct account *
account_fold(const struct account *account, enum gate_metric metric, uint64_t parts,
	const struct account *like)
{
	struct comparison *comparison =
		comparison_new(like ? like : account, account, 1u << metric, NULL, NULL);

	if (!comparison)
		return NULL;
	struct account_builder *builder = account_builder_new();
	g_autofree bool *kept = find_kept(comparison, metric, parts, like != NULL);
	g_autofree uint32_t *place = place_nodes(account, comparison, kept, builder);
	g_autofree uint64_t *self = account_self(account, metric);

	for (uint32_t node = 0; node < account_node_count(account); node++)
		account_builder_add(builder, place[node], metric, self[node]);
	comparison_free(comparison);
	return account_builder_end(builder, 1u << metric);
}

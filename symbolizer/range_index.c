/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "range_index.h"

void
range_index_init(struct range_index *index)
{
	index->ranges = g_array_new(FALSE, FALSE, sizeof(struct range));
}

void
range_index_fini(struct range_index *index)
{
	g_clear_pointer(&index->ranges, g_array_unref);
}

void
range_index_add(struct range_index *index, uint64_t low, uint64_t high, uint32_t value)
{
	const struct range range = {.low = low, .high = high, .value = value};

	if (low < high)
		g_array_append_val(index->ranges, range);
}

static int
range_compare(const void *left_, const void *right_)
{
	const struct range *left = left_, *right = right_;

	if (left->low != right->low)
		return left->low < right->low ? -1 : 1;
	return left->value < right->value ? -1 : left->value > right->value;
}

void
range_index_sort(struct range_index *index)
{
	struct range *range = (struct range *)(void *)index->ranges->data;
	uint64_t reach = 0;

	g_array_sort(index->ranges, range_compare);
	for (guint i = 0; i < index->ranges->len; i++) {
		reach = MAX(reach, range[i].high);
		range[i].reach = reach;
	}
}

/* How many ranges begin at or before `address`. */
static guint
range_index_begun(const struct range_index *index, uint64_t address)
{
	const struct range *range = (const struct range *)(const void *)index->ranges->data;
	guint low = 0, high = index->ranges->len;

	while (low < high) {
		const guint middle = low + (high - low) / 2;

		if (range[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct range *
range_index_next(const struct range_index *index, uint64_t address, const struct range *previous)
{
	const struct range *first = (const struct range *)(const void *)index->ranges->data;
	guint i = previous ? (guint)(previous - first) : range_index_begun(index, address);

	/* From the last that begins in time down, until none further down reaches so far. */
	while (i-- > 0 && first[i].reach > address)
		if (first[i].high > address)
			return &first[i];
	return NULL;
}

const struct range *
range_index_smallest(const struct range_index *index, uint64_t address)
{
	const struct range *best = NULL;

	for (const struct range *range = NULL;
		(range = range_index_next(index, address, range)) != NULL;)
		if (!best || range->high - range->low <= best->high - best->low)
			best = range;
	return best;
}

const struct range *
range_index_last(const struct range_index *index, uint64_t address)
{
	const struct range *best = NULL;

	for (const struct range *range = NULL;
		(range = range_index_next(index, address, range)) != NULL;)
		if (!best || range->value > best->value)
			best = range;
	return best;
}

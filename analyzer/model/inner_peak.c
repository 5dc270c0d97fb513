/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See inner_peak.h. */
#include "inner_peak.h"

enum {
	GROUPS_FEW = 64 /* empty ones are looked for only beyond */
};

void
inner_peaks_fini(struct inner_peaks *peaks)
{
	if (peaks->groups)
		g_array_unref(peaks->groups);
	*peaks = (struct inner_peaks){.groups = NULL};
}

static struct inner_peak_group *
group_at(struct inner_peaks *peaks, guint index)
{
	return &g_array_index(peaks->groups, struct inner_peak_group, index);
}

/* Groups in between may be left without sections; no more than there are others. */
static void
drop_empty(struct inner_peaks *peaks)
{
	guint kept = 0;

	for (guint i = 0; i < peaks->groups->len; i++)
		if (group_at(peaks, i)->open)
			*group_at(peaks, kept++) = *group_at(peaks, i);
	g_array_set_size(peaks->groups, kept);
}

uint64_t
inner_peaks_begin(struct inner_peaks *peaks, uint64_t live_bytes)
{
	const struct inner_peak_group group = {++peaks->begun, live_bytes, 1};

	if (!peaks->groups)
		peaks->groups = g_array_new(FALSE, FALSE, sizeof(group));
	if (peaks->groups->len > GROUPS_FEW &&
		peaks->groups->len > 2 * (peaks->begun - peaks->ended))
		drop_empty(peaks);
	g_array_append_val(peaks->groups, group);
	return group.since;
}

static guint
find_group(struct inner_peaks *peaks, uint64_t number)
{
	guint low = 0, high = peaks->groups->len;

	while (high - low > 1) {
		const guint middle = low + (high - low) / 2;

		if (group_at(peaks, middle)->since <= number)
			low = middle;
		else
			high = middle;
	}
	return low;
}

uint64_t
inner_peaks_end(struct inner_peaks *peaks, uint64_t number)
{
	struct inner_peak_group *group = group_at(peaks, find_group(peaks, number));
	const uint64_t bytes = group->bytes;

	group->open--;
	peaks->ended++;
	while (peaks->groups->len && !group_at(peaks, peaks->groups->len - 1)->open)
		g_array_set_size(peaks->groups, peaks->groups->len - 1);
	return bytes;
}

void
inner_peaks_rise(struct inner_peaks *peaks, uint64_t live_bytes)
{
	guint last = peaks->groups->len - 1;
	uint64_t open = group_at(peaks, last)->open;

	for (; last && group_at(peaks, last - 1)->bytes <= live_bytes; last--)
		open += group_at(peaks, last - 1)->open;
	group_at(peaks, last)->bytes = live_bytes;
	group_at(peaks, last)->open = open;
	g_array_set_size(peaks->groups, last + 1);
}

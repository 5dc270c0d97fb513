/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Timelines: what a process had live, interval by interval.
 *
 * All intervals of a run are equally long. When there would be more than TIMELINE_BINS of them from
 * the start of the run to now, each pair becomes one and the length doubles, so a timeline has
 * between half that number and that number whatever the run's length. A process's timeline starts
 * with the interval in which it started.
 *
 * The open interval costs an event one comparison: what was allocated in it is the difference of
 * the process's sums at its two ends.
 *
 * Where `open_end_ticks` is 0 the next event looks it up, on its way through the slow half: so the
 * first one of a process is told to the spans, which may be intervals behind when it starts.
 */
#include "state.h"

#include <string.h>

enum {
	TIMELINE_BINS = 2000
};

static uint64_t
bin_of(const struct model *model, uint64_t ticks)
{
	return ticks <= model->clock.start_ticks
		       ? 0
		       : (ticks - model->clock.start_ticks) / model->bin_ticks;
}

static uint64_t
end_of(const struct model *model, uint64_t bin)
{
	return model->clock.start_ticks + (bin + 1) * model->bin_ticks;
}

static void
open_bin(struct model_process *process, uint64_t bin)
{
	struct timeline *timeline = &process->timeline;

	timeline->open = bin;
	timeline->open_end_ticks = end_of(process->model, bin);
	timeline->live_max_bytes = process->peak[PEAK_HEAP].live_bytes;
	timeline->rss_bytes = 0;
	timeline->open_cpu_ns = 0;
	timeline->allocated = process->allocated;
	timeline->freed = process->freed;
	process_watch_live(process);
}

static struct tally
difference(struct tally now, struct tally before)
{
	return (struct tally){now.count - before.count, now.bytes - before.bytes};
}

static void
close_bin(struct model_process *process)
{
	const struct timeline *timeline = &process->timeline;
	const struct timeline_bin bin = {
		.live_bytes = process->peak[PEAK_HEAP].live_bytes,
		.live_max_bytes = timeline->live_max_bytes,
		.live_blocks = process->allocated.count - process->freed.count,
		.mapped_bytes = process->peak[PEAK_MAPPED].live_bytes,
		.rss_bytes = timeline->rss_bytes,
		.cpu_ns = timeline->open_cpu_ns,
		.allocated = difference(process->allocated, timeline->allocated),
		.freed = difference(process->freed, timeline->freed),
	};

	g_array_append_val(timeline->bins, bin);
}

/* Adds the later one of a pair to the earlier one. */
static void
fold(struct timeline_bin *earlier, const struct timeline_bin *later)
{
	const uint64_t max = MAX(earlier->live_max_bytes, later->live_max_bytes);
	const uint64_t rss = later->rss_bytes ? later->rss_bytes : earlier->rss_bytes;
	const uint64_t cpu_ns = earlier->cpu_ns + later->cpu_ns;
	const struct tally allocated = earlier->allocated, freed = earlier->freed;

	*earlier = *later;
	earlier->live_max_bytes = max;
	earlier->rss_bytes = rss;
	earlier->cpu_ns = cpu_ns;
	earlier->allocated.count += allocated.count;
	earlier->allocated.bytes += allocated.bytes;
	earlier->freed.count += freed.count;
	earlier->freed.bytes += freed.bytes;
}

static void
halve_closed(struct timeline *timeline)
{
	GArray *bins = timeline->bins;
	unsigned kept = 0;

	for (unsigned i = 0; i < bins->len; i++) {
		const struct timeline_bin bin = g_array_index(bins, struct timeline_bin, i);

		if ((timeline->first + i) % 2 && i)
			fold(&g_array_index(bins, struct timeline_bin, kept - 1), &bin);
		else
			g_array_index(bins, struct timeline_bin, kept++) = bin;
	}
	g_array_set_size(bins, kept);
	timeline->first /= 2;
}

/* The open interval is the second of a pair: what was closed as the first is opened again. */
static void
reopen_last(struct timeline *timeline)
{
	const struct timeline_bin *last =
		&g_array_index(timeline->bins, struct timeline_bin, timeline->bins->len - 1);

	timeline->live_max_bytes = MAX(timeline->live_max_bytes, last->live_max_bytes);
	if (!timeline->rss_bytes)
		timeline->rss_bytes = last->rss_bytes;
	timeline->open_cpu_ns += last->cpu_ns;
	timeline->allocated = difference(timeline->allocated, last->allocated);
	timeline->freed = difference(timeline->freed, last->freed);
	g_array_set_size(timeline->bins, timeline->bins->len - 1);
}

static void
halve(struct model_process *process)
{
	struct timeline *timeline = &process->timeline;

	if (!process->ended && timeline->open % 2 && timeline->bins->len)
		reopen_last(timeline);
	halve_closed(timeline);
	timeline->open /= 2;
	if (!process->ended)
		timeline->open_end_ticks = 0;
}

static void
widen(struct model *model)
{
	model->bin_ticks *= 2;
	for (unsigned i = 0; i < model->process_list->len; i++)
		halve(g_ptr_array_index(model->process_list, i));
}

static void
make_room(struct model *model, uint64_t ticks)
{
	while (bin_of(model, ticks) >= TIMELINE_BINS)
		widen(model);
}

void
timeline_init(struct model_process *process, uint64_t ticks)
{
	make_room(process->model, ticks);
	process->timeline.first = bin_of(process->model, ticks);
	open_bin(process, process->timeline.first);
	process->timeline.open_end_ticks = 0;
}

void
timeline_advance_slow(struct model_process *process, uint64_t ticks)
{
	struct timeline *timeline = &process->timeline;
	struct model *model = process->model;

	/* Longer, and of these a whole number: where one of them ends, so does one of ours. */
	spans_advance(&model->spans, &model->sites, ticks);
	if (process->ended)
		return;
	make_room(model, ticks);
	timeline->open_end_ticks = end_of(model, timeline->open);
	while (ticks >= timeline->open_end_ticks) {
		close_bin(process);
		open_bin(process, timeline->open + 1);
	}
}

/* Between two measurements it is spread evenly: no more is known. */
void
timeline_cpu(struct model_process *process, uint64_t ticks, uint64_t cpu_ns)
{
	struct timeline *timeline = &process->timeline;
	const uint64_t from = MAX(timeline->cpu_ticks, process->start_ticks);
	const uint64_t length = ticks > from ? ticks - from : 0;
	const uint64_t used_ns = cpu_ns > timeline->cpu_ns ? cpu_ns - timeline->cpu_ns : 0;
	uint64_t at = MAX(bin_of(process->model, from), timeline->first), told_ns = 0;

	timeline->cpu_ticks = MAX(ticks, timeline->cpu_ticks);
	timeline->cpu_ns = MAX(cpu_ns, timeline->cpu_ns);
	for (; length && at < timeline->open; at++) {
		const uint64_t end = end_of(process->model, at);
		const uint64_t share_ns =
			(uint64_t)((unsigned __int128)used_ns * MIN(end - from, length) / length);

		g_array_index(timeline->bins, struct timeline_bin, at - timeline->first).cpu_ns +=
			share_ns - told_ns;
		told_ns = share_ns;
	}
	timeline->open_cpu_ns += used_ns - told_ns;
}

void
timeline_end(struct model_process *process, uint64_t ticks)
{
	timeline_advance(process, ticks);
	close_bin(process);
	process->timeline.open_end_ticks = UINT64_MAX;
}

/* ---- several in one ---- */

/* Makes room for the intervals from `first` up to `end`, these not included. */
static void
stretch(struct timeline *timeline, uint64_t first, uint64_t end)
{
	GArray *bins = timeline->bins;

	if (!bins->len)
		timeline->first = first;
	if (first < timeline->first) {
		const guint before = (guint)(timeline->first - first), count = bins->len;

		g_array_set_size(bins, count + before);
		memmove(&g_array_index(bins, struct timeline_bin, before), bins->data,
			count * sizeof(struct timeline_bin));
		memset(bins->data, 0, before * sizeof(struct timeline_bin));
		timeline->first = first;
	}
	if (end > timeline->first + bins->len)
		g_array_set_size(bins, (guint)(end - timeline->first));
}

static void
add_bin(struct timeline_bin *to, const struct timeline_bin *from)
{
	to->live_bytes += from->live_bytes;
	to->live_max_bytes += from->live_max_bytes;
	to->live_blocks += from->live_blocks;
	to->mapped_bytes += from->mapped_bytes;
	to->rss_bytes += from->rss_bytes;
	to->cpu_ns += from->cpu_ns;
	to->allocated.count += from->allocated.count;
	to->allocated.bytes += from->allocated.bytes;
	to->freed.count += from->freed.count;
	to->freed.bytes += from->freed.bytes;
}

void
timeline_add(struct timeline *to, const struct timeline *from)
{
	stretch(to, from->first, from->first + from->bins->len);
	for (guint i = 0; i < from->bins->len; i++)
		add_bin(&g_array_index(to->bins, struct timeline_bin,
				(guint)(from->first - to->first) + i),
			&g_array_index(from->bins, struct timeline_bin, i));
}

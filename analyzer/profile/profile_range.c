/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See profile_range.h. */
#include "profile_range.h"

#include <string.h>

/* What is being made, of the intervals [first, last]. */
struct range {
	const struct profile *whole;
	struct profile *part;
	uint32_t first, last;
	uint64_t from_ns, to_ns;
	uint32_t peak;	       /* at the end of this interval most was live */
	uint8_t *thread_spans; /* see profile_thread_spans() */
};

/* ---- the heap ---- */

static bool
is_live(const struct range *range, const struct profile_span *span, uint32_t interval)
{
	return span->born <= interval && profile_span_end(span, range->thread_spans) > interval;
}

static void
find_peak(struct range *range)
{
	const struct profile_spans *spans = &range->whole->spans;
	int64_t change[SPAN_NEVER + 2] = {0}, live = 0, most = -1;

	for (uint32_t i = 0; i < spans->count; i++) {
		const struct profile_span *span = &spans->rows[i];

		change[span->born] += (int64_t)span->blocks.bytes;
		change[profile_span_end(span, range->thread_spans)] -= (int64_t)span->blocks.bytes;
	}
	for (uint32_t interval = 0; interval <= range->last; interval++) {
		live += change[interval];
		if (interval >= range->first && live > most) {
			most = live;
			range->peak = interval;
		}
	}
	range->part->run.peak_bytes = (uint64_t)MAX(most, 0);
	range->part->run.peak_ns =
		MIN((range->peak + 1) * spans->span_ns, range->whole->run.duration_ns);
}

static void
add_tally(struct tally *sum, const struct tally *more)
{
	sum->count += more->count;
	sum->bytes += more->bytes;
}

static void
add_span(const struct range *range, const struct profile_span *span, struct memory_sums *sums)
{
	const bool came = span->born >= range->first && span->born <= range->last;
	const bool went = span->gone >= range->first && span->gone <= range->last;

	if (came)
		add_tally(&sums->allocated, &span->blocks);
	if (went)
		add_tally(&sums->freed, &span->blocks);
	if (went)
		sums->temporary.count += span->temporary;
	if (came && span->gone > range->last)
		add_tally(&sums->leaked, &span->blocks);
	if (is_live(range, span, range->peak))
		add_tally(&sums->at_run_peak, &span->blocks);
}

static bool
is_empty(const struct memory_sums *sums)
{
	return !sums->allocated.count && !sums->freed.count && !sums->at_run_peak.count;
}

/* Of the whole run, since no interval knows it: the largest block, the mean lifetime. */
static void
add_facts(struct memory_sums *sums, const struct memory_sums *whole)
{
	sums->largest_bytes = whole->largest_bytes;
	sums->lifetime_max_ns = whole->lifetime_max_ns;
	if (whole->freed.count)
		sums->lifetime_ns =
			(uint64_t)((double)whole->lifetime_ns / (double)whole->freed.count *
				   (double)sums->freed.count);
	sums->at_peak = sums->at_run_peak;
}

static bool
is_same(const struct profile_span *a, const struct profile_span *b)
{
	return a->node == b->node && a->thread == b->thread;
}

/* The heap's row of the same call path and thread, at or after `row`; both are in order. */
static uint32_t
find_row(const struct profile_memory *memory, uint32_t row, const struct profile_span *span)
{
	while (row < memory->count &&
		(memory->node[row] < span->node ||
			(memory->node[row] == span->node &&
				(memory->thread[row] < span->thread ||
					(memory->thread[row] == span->thread &&
						memory->category[row] != MEMORY_HEAP)))))
		row++;
	return row;
}

static void
make_memory(struct range *range)
{
	const struct profile_spans *spans = &range->whole->spans;
	const struct profile_memory *from = &range->whole->memory;
	struct profile_memory *to = &range->part->memory;
	uint32_t count = 0, row = 0, next;

	profile_resize_memory(range->part, from->count);
	for (uint32_t i = 0; i < spans->count && count < from->count; i = next) {
		const struct profile_span *first = &spans->rows[i];
		struct memory_sums sums = {0};

		for (next = i; next < spans->count && is_same(first, &spans->rows[next]); next++)
			add_span(range, &spans->rows[next], &sums);
		row = find_row(from, row, first);
		if (is_empty(&sums) || row == from->count)
			continue;
		add_facts(&sums, &from->sums[row]);
		to->node[count] = first->node;
		to->thread[count] = first->thread;
		to->category[count] = MEMORY_HEAP;
		to->sums[count++] = sums;
	}
	profile_resize_memory(range->part, count);
}

static void
make_spans(struct range *range)
{
	const struct profile_spans *from = &range->whole->spans;
	struct profile_spans *to = &range->part->spans;

	to->span_ns = from->span_ns;
	to->rows = g_new(struct profile_span, MAX(from->count, 1));
	for (uint32_t i = 0; i < from->count; i++)
		if (from->rows[i].born >= range->first && from->rows[i].born <= range->last)
			to->rows[to->count++] = from->rows[i];
}

/* ---- times ---- */

/* Moments do not keep how many periods samples stood for, but their process's rate tells. */
static uint64_t
periods_of(const struct range *range, const struct profile_moment *moment, enum sample_kind kind,
	uint64_t time_ns)
{
	const struct profile_thread *thread = profile_thread(range->whole, moment->thread);
	const struct profile_process *process = profile_process(range->whole, thread->process);

	return (uint64_t)((double)time_ns * (double)process->sampling[kind].rate_hz / 1e9 + 0.5);
}

static struct sample_tally
tally_of(const struct range *range, const struct profile_moment *moment, enum sample_kind kind)
{
	const struct moment_sums *sums = &moment->sums;
	struct sample_tally tally = {
		.samples = sums->samples[kind], .time_ns = sums->time_ns[kind]};

	if (kind == SAMPLE_CPU) {
		tally.kernel_samples = sums->kernel_samples;
		tally.kernel_ns = sums->kernel_ns;
		tally.kernel_periods = periods_of(range, moment, kind, tally.kernel_ns);
	}
	tally.periods =
		MAX(tally.samples, tally.kernel_periods + periods_of(range, moment, kind,
								  tally.time_ns - tally.kernel_ns));
	return tally;
}

static void
add_sample(struct range *range, const struct profile_moment *moment)
{
	GArray *samples = range->part->samples;
	struct profile_sample sample = {.node = moment->node, .thread = moment->thread};
	struct profile_sample *last =
		samples->len ? &g_array_index(samples, struct profile_sample, samples->len - 1)
			     : NULL;

	for (unsigned kind = 0; kind < SAMPLE_KINDS; kind++)
		sample.sums[kind] = tally_of(range, moment, kind);
	if (last && last->node == sample.node && last->thread == sample.thread)
		sample_sums_add(last->sums, sample.sums);
	else
		g_array_append_val(samples, sample);
}

/* Moments of the range, and what samples say in them. */
static void
make_samples(struct range *range)
{
	const GArray *from = range->whole->moments;

	for (guint i = 0; i < from->len; i++) {
		const struct profile_moment *moment =
			&g_array_index(from, struct profile_moment, i);

		if (moment->span < range->first || moment->span > range->last)
			continue;
		g_array_append_vals(range->part->moments, moment, 1);
		if (moment->sums.samples[SAMPLE_CPU] || moment->sums.samples[SAMPLE_WALL])
			add_sample(range, moment);
	}
}

/* By node: calls, self and, for it and what it called, total; of one thread. */
struct call_columns {
	uint64_t *calls, *self_ns, *total_ns;
};

static void
add_calls_of(struct range *range, uint32_t thread, const struct call_columns *columns)
{
	const struct profile_nodes *nodes = &range->whole->nodes;

	for (uint32_t node = nodes->count - 1; node > 0; node--) {
		columns->total_ns[node] += columns->self_ns[node];
		columns->total_ns[nodes->parent[node]] += columns->total_ns[node];
	}
	columns->total_ns[0] = 0;
	for (uint32_t node = 1; node < nodes->count; node++) {
		const struct profile_call call = {.node = node,
			.thread = thread,
			.sums = {.calls = columns->calls[node],
				.self_ns = columns->self_ns[node],
				.total_ns = columns->total_ns[node]}};

		if (call.sums.calls || call.sums.total_ns)
			g_array_append_val(range->part->calls, call);
	}
	memset(columns->calls, 0, nodes->count * sizeof(uint64_t));
	memset(columns->self_ns, 0, nodes->count * sizeof(uint64_t));
	memset(columns->total_ns, 0, nodes->count * sizeof(uint64_t));
}

static gint
by_node_and_thread(gconstpointer a, gconstpointer b)
{
	const struct profile_call *left = a, *right = b;

	if (left->node != right->node)
		return left->node < right->node ? -1 : 1;
	return (left->thread > right->thread) - (left->thread < right->thread);
}

static void
make_calls(struct range *range)
{
	const uint32_t count = range->whole->nodes.count;
	const GArray *moments = range->part->moments;
	g_autofree uint64_t *calls = g_new0(uint64_t, count);
	g_autofree uint64_t *self_ns = g_new0(uint64_t, count);
	g_autofree uint64_t *total_ns = g_new0(uint64_t, count);
	const struct call_columns columns = {calls, self_ns, total_ns};

	for (uint32_t thread = 0; thread < range->whole->threads->len; thread++) {
		bool any = false;

		for (guint i = 0; i < moments->len; i++) {
			const struct profile_moment *moment =
				&g_array_index(moments, struct profile_moment, i);

			if (moment->thread != thread)
				continue;
			calls[moment->node] += moment->sums.calls;
			self_ns[moment->node] += moment->sums.self_ns;
			any = any || moment->sums.calls || moment->sums.self_ns;
		}
		if (any)
			add_calls_of(range, thread, &columns);
	}
	g_array_sort(range->part->calls, by_node_and_thread);
}

static void
make_chart(struct range *range)
{
	const GArray *from = range->whole->chart;

	for (guint i = 0; i < from->len; i++) {
		struct profile_box box = g_array_index(from, struct profile_box, i);
		const uint64_t start_ns = MAX(box.start_ns, range->from_ns);
		const uint64_t end_ns = MIN(box.start_ns + box.duration_ns, range->to_ns);

		if (end_ns <= start_ns)
			continue;
		box.start_ns = start_ns;
		box.duration_ns = end_ns - start_ns;
		g_array_append_val(range->part->chart, box);
	}
}

/* ---- processes ---- */

/* The bins that lie in the range, whole ones: intervals are made of bins. */
static void
make_timeline(const struct range *range, struct profile_process *process)
{
	const uint64_t bin_ns = MAX(range->whole->run.bin_ns, 1);
	const uint64_t from = MAX(process->bin_first, (range->from_ns + bin_ns / 2) / bin_ns);
	const uint64_t to = MIN((uint64_t)process->bin_first + process->bin_count,
		(range->to_ns + bin_ns - 1) / bin_ns);
	const uint32_t count = to > from ? (uint32_t)(to - from) : 0;

	process->timeline = count ? g_memdup2(process->timeline + (from - process->bin_first),
					    count * sizeof(struct timeline_bin))
				  : NULL;
	process->bin_first = count ? (uint32_t)from : 0;
	process->bin_count = count;
	process->rss_peak_bytes = 0;
	for (uint32_t i = 0; i < count; i++)
		process->rss_peak_bytes =
			MAX(process->rss_peak_bytes, process->timeline[i].rss_bytes);
}

static void
make_processes(struct range *range)
{
	for (guint i = 0; i < range->whole->processes->len; i++) {
		struct profile_process process = *profile_process(range->whole, i);

		memset(process.histograms, 0, sizeof(process.histograms));
		process.mapped_peak_bytes = process.mapped_peak_ns = 0;
		process.peak_bytes = 0;
		process.unsampled_ns = 0;
		process.peak_ns = range->part->run.peak_ns;
		make_timeline(range, &process);
		g_array_append_val(range->part->processes, process);
	}
	for (uint32_t i = 0; i < range->part->memory.count; i++) {
		const struct profile_thread *thread =
			profile_thread(range->whole, range->part->memory.thread[i]);

		g_array_index(range->part->processes, struct profile_process, thread->process)
			.peak_bytes += range->part->memory.sums[i].at_run_peak.bytes;
	}
}

/* ---- all of it ---- */

static struct profile *
part_new(const struct profile *whole)
{
	struct profile *part = g_new(struct profile, 1);

	*part = (struct profile){
		.whole = whole,
		.run = whole->run,
		.modules = whole->modules,
		.files = whole->files,
		.functions = whole->functions,
		.frames = whole->frames,
		.threads = whole->threads,
		.nodes = whole->nodes,
		.strings = whole->strings,
		.named = whole->named, /* of the whole run: intervals are not known of these */
	};
	profile_init_parts(part);
	return part;
}

static bool
find_intervals(struct range *range, struct profile_range *asked, GError **error)
{
	const uint64_t span_ns = range->whole->spans.span_ns;
	const uint64_t end_ns = range->whole->run.duration_ns;
	const uint64_t to_ns = asked->to_ns ? MIN(asked->to_ns, end_ns) : end_ns;

	if (!span_ns || (!range->whole->spans.count && !range->whole->moments->len)) {
		g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_RANGE,
			"the profile does not know what happened when: nothing can be said of a "
			"part of its time");
		return false;
	}
	if (asked->from_ns >= to_ns) {
		g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_RANGE,
			"there is nothing from %.3f s to %.3f s: the run lasted %.3f s",
			(double)asked->from_ns / 1e9,
			(double)(asked->to_ns ? asked->to_ns : end_ns) / 1e9, (double)end_ns / 1e9);
		return false;
	}
	range->first = (uint32_t)MIN(asked->from_ns / span_ns, SPANS_MAX - 1);
	range->last = (uint32_t)MIN((to_ns - 1) / span_ns, SPANS_MAX - 1);
	range->from_ns = asked->from_ns = range->first * span_ns;
	range->to_ns = asked->to_ns = MIN((range->last + 1) * span_ns, end_ns);
	return true;
}

struct profile *
profile_of_range(const struct profile *whole, struct profile_range *asked, GError **error)
{
	struct range range = {.whole = whole};

	if (!find_intervals(&range, asked, error))
		return NULL;
	range.part = part_new(whole);
	range.thread_spans = profile_thread_spans(whole);
	range.part->run.duration_ns = range.to_ns - range.from_ns;
	find_peak(&range);
	make_memory(&range);
	make_spans(&range);
	make_samples(&range);
	make_calls(&range);
	make_chart(&range);
	make_processes(&range);
	g_free(range.thread_spans);
	return range.part;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Processes and threads of the run: see members.h. */
#include "members.h"

#include "recording.h"

enum {
	RSS_INTERVAL_US = 20 * 1000,
	/* Per living process, so that many of them do not cost more than a percent. */
	RSS_INTERVAL_EACH_US = 1000,
	/* The most there ever was is asked for once in so many measurements. */
	RSS_ROUNDS_PER_PEAK = 10,
};

static void
replace_pid(struct collector *collector, struct member *member)
{
	struct member *before = g_hash_table_lookup(collector->pids, GUINT_TO_POINTER(member->pid));

	if (before && before->number > member->number) {
		watch_end(collector->watch, &member->watched);
		return;
	}
	if (before)
		watch_end(collector->watch, &before->watched);
	g_hash_table_insert(collector->pids, GUINT_TO_POINTER(member->pid), member);
}

/* The time as its writer says it, but of what is made of records nothing is later than now. */
static uint64_t
at_most_now(const struct collector *collector, uint64_t ticks)
{
	return MIN(ticks, collector->now_ticks);
}

static struct member *
add_member(struct collector *collector, uint32_t number, uint32_t pid, uint64_t base_ticks)
{
	const uint64_t model_ticks = at_most_now(collector, base_ticks);
	struct member *member = g_new0(struct member, 1);

	member->number = number;
	member->pid = pid;
	member->model = model_process(collector->model, number, pid, model_ticks);
	member->lanes = g_hash_table_new(NULL, NULL);
	member->watched.owner = member;
	g_hash_table_insert(collector->members, GUINT_TO_POINTER(number), member);
	g_ptr_array_add(collector->living, member);
	/* What is replayed has ended long ago. */
	member->watched.ended = !collector->pool;
	if (!collector->pool)
		return member;
	/* Whose pid it is depends on when it began: that may well be after this look did. */
	watch_begin(collector->watch, &member->watched, pid,
		clock_line_monotonic_ns(&collector->clock, MIN(base_ticks, clock_line_now())));
	replace_pid(collector, member);
	if (!member->watched.ended)
		model_rss(member->model, model_ticks, watch_resident_bytes(pid), 0);
	return member;
}

struct member *
member_get(struct collector *collector, uint32_t number, uint32_t pid, uint64_t base_ticks)
{
	struct member *member = g_hash_table_lookup(collector->members, GUINT_TO_POINTER(number));

	if (member)
		return member;
	return add_member(collector, number, pid, base_ticks);
}

struct lane *
member_lane(struct collector *collector, struct member *member, uint32_t thread, uint32_t tid,
	uint64_t base_ticks)
{
	struct lane *lane;

	if (!member->lanes)
		member->lanes = g_hash_table_new(NULL, NULL);
	lane = g_hash_table_lookup(member->lanes, GUINT_TO_POINTER(thread));
	if (lane)
		return lane;
	lane = g_new0(struct lane, 1);
	/* The threads of one that is over go when it joins others. */
	lane->thread = member->over ? model_nobody(collector->model)
				    : model_thread(member->model, thread, tid,
					      at_most_now(collector, base_ticks));
	lane->process = member->number;
	lane->pid = member->pid;
	lane->number = thread;
	lane->tid = tid;
	lane->discard = member->over;
	g_hash_table_insert(member->lanes, GUINT_TO_POINTER(thread), lane);
	return lane;
}

void
lane_mark_changed(struct collector *collector, struct lane *lane)
{
	if (lane->changed)
		return;
	lane->changed = true;
	g_ptr_array_add(collector->changed, lane);
}

void
lane_mark_last(struct collector *collector, struct lane *lane)
{
	if (lane->last)
		return;
	lane->last = true;
	g_ptr_array_add(collector->ending, lane);
	lane_mark_changed(collector, lane);
}

static void
drop_lane(struct collector *collector, struct lane *lane)
{
	const struct member *member =
		g_hash_table_lookup(collector->members, GUINT_TO_POINTER(lane->process));

	if (!lane->discard)
		model_thread_over(lane->thread);
	if (collector->recording)
		recording_put_thread_over(collector->recording, lane);
	g_hash_table_remove(member->lanes, GUINT_TO_POINTER(lane->number));
	lane_fini(lane, &collector->source);
	g_free(lane);
}

/* Whether all of it has been merged. A scan may have passed what another one finds. */
static bool
is_lane_over(const struct collector *collector, struct lane *lane)
{
	if (lane->ready || lane->pieces || lane->sums)
		return false;
	if (lane->waited || !collector->pool)
		return true;
	lane->waited = true;
	return false;
}

/* In the order of their ends, so that a recording gives the same. */
static void
drop_lanes(struct collector *collector)
{
	GPtrArray *ending = collector->ending;
	guint kept = 0;

	for (guint i = 0; i < ending->len; i++) {
		struct lane *lane = g_ptr_array_index(ending, i);

		if (is_lane_over(collector, lane))
			drop_lane(collector, lane);
		else
			ending->pdata[kept++] = lane;
	}
	g_ptr_array_set_size(ending, (gint)kept);
}

/* A lane held up by a missing chunk goes on without it when a second scan has not brought it. */
static void
mind_gap(struct collector *collector, struct lane *lane)
{
	if (!lane_has_gap(lane)) {
		lane->gap = false;
		return;
	}
	/* A recording has all in order: what is missing is missing. */
	if (lane->gap || !collector->pool) {
		lane_skip_gap(lane, &collector->source);
		lane->gap = false;
		merge_add(&collector->merge, lane);
		return;
	}
	lane->gap = true;
	g_ptr_array_add(collector->gaps, lane);
}

void
members_merge(struct collector *collector, uint64_t limit_ticks, uint64_t end_ticks)
{
	for (unsigned i = 0; i < collector->gaps->len; i++)
		lane_mark_changed(collector, g_ptr_array_index(collector->gaps, i));
	g_ptr_array_set_size(collector->gaps, 0);
	for (unsigned i = 0; i < collector->changed->len; i++) {
		struct lane *lane = g_ptr_array_index(collector->changed, i);

		lane->changed = false;
		merge_add(&collector->merge, lane);
		mind_gap(collector, lane);
	}
	g_ptr_array_set_size(collector->changed, 0);
	merge_run(&collector->merge, limit_ticks, end_ticks);
	drop_lanes(collector);
}

/* ---- the end of a process ---- */

void
members_mark_final(struct collector *collector)
{
	for (unsigned i = 0; i < collector->living->len; i++) {
		struct member *member = g_ptr_array_index(collector->living, i);

		member->final = member->watched.ended;
	}
}

static void
free_lanes(struct collector *collector, struct member *member)
{
	GHashTableIter iter;
	gpointer value;

	if (!member->lanes)
		return;
	g_hash_table_iter_init(&iter, member->lanes);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct lane *lane = value;

		if (lane->ready)
			merge_remove(&collector->merge, lane);
		g_ptr_array_remove_fast(collector->changed, lane);
		g_ptr_array_remove_fast(collector->gaps, lane);
		if (lane->last)
			g_ptr_array_remove(collector->ending, lane);
		lane_fini(lane, &collector->source);
		g_free(lane);
	}
	g_hash_table_unref(member->lanes);
	member->lanes = NULL;
}

void
member_over(struct collector *collector, struct member *member, uint64_t ticks)
{
	if (member->over)
		return;
	watch_end(collector->watch, &member->watched);
	free_lanes(collector, member);
	model_process_end(member->model, ticks);
	if (collector->recording)
		recording_put_end(collector->recording, member->number, ticks);
	member->over = true;
	g_ptr_array_remove_fast(collector->living, member);
	if (g_hash_table_lookup(collector->pids, GUINT_TO_POINTER(member->pid)) == member)
		g_hash_table_remove(collector->pids, GUINT_TO_POINTER(member->pid));
}

/* What is left waits for a missing chunk, or for its time: it is looked at in the next scan. */
static bool
is_drained(struct collector *collector, const struct member *member)
{
	bool drained = true;

	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, member->lanes);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct lane *lane = value;

		if (!lane->ready && !lane->pieces)
			continue;
		lane_mark_changed(collector, lane);
		drained = false;
	}
	return drained;
}

/* Those that ended before this scan and of which nothing is left. */
void
members_retire(struct collector *collector, uint64_t ticks)
{
	for (unsigned i = collector->living->len; i-- > 0;) {
		struct member *member = g_ptr_array_index(collector->living, i);

		if (!member->final || !is_drained(collector, member))
			continue;
		/* What is only recorded is not looked at: its last moments are merged, when it is
		 * replayed, in the scan after this. */
		if (collector->source.verbatim && !member->waited) {
			member->waited = true;
			continue;
		}
		scan_take_tallies(collector, member);
		member_over(collector, member, ticks);
	}
}

/* ---- resident memory and CPU time ---- */

static void
measure(struct collector *collector, struct member *member, uint64_t ticks, bool peak)
{
	const uint64_t bytes = watch_resident_bytes(member->pid);
	const uint64_t peak_bytes = peak ? watch_resident_peak_bytes(member->pid) : 0;
	const uint64_t cpu_ns = watch_cpu_ns(member->pid);

	if (!bytes)
		return;
	model_rss(member->model, ticks, bytes, peak_bytes);
	model_cpu(member->model, ticks, cpu_ns);
	if (collector->recording)
		recording_put_rss(collector->recording,
			&(struct recording_rss){member->number, ticks, bytes, peak_bytes, cpu_ns});
}

void
members_measure(struct collector *collector, uint64_t ticks)
{
	const unsigned count = watch_count(collector->watch);
	const double interval_ns =
		1000.0 * MAX(RSS_INTERVAL_US, (double)count * RSS_INTERVAL_EACH_US);
	const double since_ns = (double)(ticks - collector->rss_ticks) *
				clock_line_get(&collector->clock).ns_per_tick;

	if (since_ns < interval_ns)
		return;
	collector->rss_ticks = ticks;
	collector->rss_rounds++;
	for (unsigned i = 0; i < count; i++)
		measure(collector, watch_at(collector->watch, i)->owner, ticks,
			collector->rss_rounds % RSS_ROUNDS_PER_PEAK == 0);
}

void
members_free(struct collector *collector)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, collector->members);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct member *member = value;

		watch_end(collector->watch, &member->watched);
		free_lanes(collector, member);
		g_free(member);
	}
	g_hash_table_unref(collector->members);
	g_hash_table_unref(collector->pids);
	g_ptr_array_unref(collector->living);
	g_ptr_array_unref(collector->changed);
	g_ptr_array_unref(collector->gaps);
	g_ptr_array_unref(collector->ending);
}

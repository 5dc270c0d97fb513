/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See rest.h. */
#include "rest.h"

#include "naming.h"
#include "timing.h"

enum {
	ROWS_KEPT = 1 << 17,
	ROWS_OF_THREAD = 32, /* what a thread takes without any call path */
	THREADS_ALWAYS = 16, /* of each process */
	/* A thread is long that had such a part of the run, and no less than that. */
	LONG_PART = 64,
	LONG_NS = 100000000,
	/* Heaps join when they have so many sites, and more where joining takes long. */
	SITES_JOINING = 1 << 12,
	BLOCKS_PER_SITE = 64,
	/* So many of those that wait are looked at again with each thread that is over. */
	WAITING_TRIED = 2,
};

/* ---- which ones ---- */

static bool
is_long(const struct model_thread *thread)
{
	const struct model *model = thread->model;
	const uint64_t lived = thread->end_ticks - MIN(thread->start_ticks, thread->end_ticks);
	const uint64_t run = model->ticks - MIN(model->clock.start_ticks, model->ticks);

	return lived >= run / LONG_PART && model_span_ns(&model->clock, lived) >= LONG_NS;
}

static uint64_t
rows_of(const struct model_thread *thread)
{
	return ROWS_OF_THREAD + thread->sites.count +
	       (thread->timing ? timing_thread_rows(thread->timing) : 0);
}

static bool
is_kept(const struct model_thread *thread)
{
	const struct rest *rest = &thread->process->rest;
	const uint64_t room = is_long(thread) ? ROWS_KEPT : ROWS_KEPT / 2;

	return thread->public->number == 1 || rest->kept_threads < THREADS_ALWAYS ||
	       thread->model->kept_rows + rows_of(thread) <= room;
}

static bool
is_parked(const struct model_thread *thread)
{
	const GArray *parked = thread->model->parked;

	for (guint i = 0; i < parked->len; i++)
		if (g_array_index(parked, struct model_event, i).thread == thread)
			return true;
	return false;
}

/* Whether nothing refers to it. */
static bool
may_join(const struct model_thread *thread)
{
	return !thread->tentative.address && !is_parked(thread) &&
	       !(thread->tasks && thread->tasks->len) &&
	       (!thread->timing || timing_may_move(thread->timing));
}

static void
keep(struct model_thread *thread)
{
	struct rest *rest = &thread->process->rest;
	const uint64_t rows = rows_of(thread);

	thread->kept = true;
	rest->kept_threads++;
	rest->kept_rows += rows;
	thread->model->kept_rows += rows;
}

/* ---- the thread that stands for them ---- */

static struct model_thread *
rest_of(struct model_process *process)
{
	struct rest *rest = &process->rest;

	if (!rest->thread) {
		rest->thread = model_thread(process, 0, 0, UINT64_MAX);
		rest->thread->ended = true;
	}
	return rest->thread;
}

static void
add_facts(struct model_thread *to, const struct model_thread *from)
{
	to->public->together++;
	to->start_ticks = MIN(to->start_ticks, from->start_ticks);
	to->end_ticks = MAX(to->end_ticks, from->end_ticks);
	to->public->missed_events += from->public->missed_events;
	tally_add(&to->releases, from->releases);
	for (unsigned i = 0; i < POOL_LEFT_OUT_REASONS; i++)
		to->left_out[i] += from->left_out[i];
}

/* Nobody finds it any more: should a broken stream name it again, that is another one. */
static void
take_out(struct model_thread *thread)
{
	struct model_process *process = thread->process;

	g_hash_table_steal(process->threads, GUINT_TO_POINTER(thread->public->number));
	g_ptr_array_remove_fast(process->public->threads, thread->public);
	thread->public = NULL;
}

/* ---- heaps ---- */

/* Both are as they were at the latest peaks, and what goes in this interval has its cells. */
static void
add_site(struct model_thread *to, uint32_t number, struct span_move *moves)
{
	struct model *model = to->model;
	struct model_process *process = to->process;
	const struct site_state *from = site_at(&model->sites, number);
	const enum peak_domain domain = peak_domain_of(from->category);
	const uint32_t to_number = site_map_find_or_add(
		&to->sites, &model->sites, from->node, (enum memory_category)from->category);
	struct site_state *sum = site_at(&model->sites, to_number);

	spans_close(&model->spans, &model->sites, number);
	site_settle(
		site_at(&model->sites, number), &process->peak[domain], &process->run_peak[domain]);
	site_settle(sum, &process->peak[domain], &process->run_peak[domain]);
	site_add(sum, from);
	tally_add(&sum->at_peak, from->at_peak);
	tally_add(&sum->at_run_peak, from->at_run_peak);
	tally_add(&sum->told, from->freed);
	sum->told_temporary += from->temporary.count;
	moves[number].to = to_number + 1;
}

static void
add_sites(struct model_thread *to, const struct model_thread *from, struct span_move *moves)
{
	for (uint32_t i = 0; i <= from->sites.mask; i++)
		if (from->sites.slots[i].key)
			add_site(to, from->sites.slots[i].site, moves);
}

static void
move_blocks(struct live_table *live, const struct span_move *moves, uint32_t count)
{
	for (uint64_t i = 0; live->slots && i <= live->mask; i++) {
		struct live_block *block = &live->slots[i];

		if (block->address && block->site < count && moves[block->site].to)
			block->site = moves[block->site].to - 1;
	}
}

static void
join_heaps(struct model_process *process)
{
	struct model *model = process->model;
	struct rest *rest = &process->rest;
	/* What joins may need sites of the rest: those have no moves. */
	const uint32_t count = model->sites.count;
	g_autofree struct span_move *moves = g_new0(struct span_move, (gsize)count + 1);

	for (guint i = 0; i < rest->joining->len; i++)
		add_sites(rest->thread, g_ptr_array_index(rest->joining, i), moves);
	move_blocks(&process->live, moves, count);
	mappings_move(process->mappings, moves, count);
	spans_move(&model->spans, &model->sites, moves, count);
	g_ptr_array_set_size(rest->joining, 0);
	rest->joining_sites = 0;
}

/* Joining goes over all sites of the run, and all blocks and mappings of the process. */
static uint64_t
sites_joining_most(const struct model_process *process)
{
	const uint64_t sites = MAX(process->model->sites.count / 2, (uint32_t)SITES_JOINING);
	const uint64_t blocks = process->live.count + (uint64_t)g_tree_nnodes(process->mappings);

	return MAX(sites, blocks / BLOCKS_PER_SITE);
}

static void
join_later(struct model_thread *thread)
{
	struct rest *rest = &thread->process->rest;

	if (!rest->joining)
		rest->joining = g_ptr_array_new_with_free_func(model_thread_free);
	g_ptr_array_add(rest->joining, thread);
	rest->joining_sites += thread->sites.count;
	if (rest->joining_sites > sites_joining_most(thread->process))
		join_heaps(thread->process);
}

/* ---- ends ---- */

static void
join(struct model_thread *thread)
{
	struct model_thread *to = rest_of(thread->process);

	add_facts(to, thread);
	if (thread->process->naming)
		naming_move_thread(thread->process->naming, thread->public->number);
	if (thread->timing)
		timing_move_thread(thread->timing, to);
	take_out(thread);
	if (thread->sites.count)
		join_later(thread);
	else
		model_thread_free(thread);
}

static void
take(struct model_thread *thread)
{
	if (!may_join(thread)) {
		thread->waiting = true;
		g_queue_push_tail(&thread->process->rest.waiting, thread);
		return;
	}
	/* It was announced, and did nothing. */
	if (thread->timing && !timing_thread_rows(thread->timing))
		timing_thread_drop(thread->timing);
	if (is_kept(thread))
		keep(thread);
	else
		join(thread);
}

static void
look_at_waiting(struct rest *rest)
{
	for (unsigned i = 0; i < WAITING_TRIED && rest->waiting.length; i++) {
		struct model_thread *thread = g_queue_pop_head(&rest->waiting);

		thread->waiting = false;
		if (thread->over)
			take(thread);
	}
}

void
rest_take(struct model_thread *thread)
{
	struct rest *rest = &thread->process->rest;

	if (!thread->kept && !thread->waiting)
		take(thread);
	look_at_waiting(rest);
}

void
rest_join(struct model_process *process)
{
	if (process->rest.joining && process->rest.joining->len)
		join_heaps(process);
}

void
rest_finish(struct model_process *process)
{
	const struct model_thread *thread = process->rest.thread;
	const uint32_t count = thread ? thread->public->together : 0;

	if (thread)
		thread->public->name =
			g_strdup_printf("%u more thread%s", count, count == 1 ? "" : "s");
}

void
rest_fini(struct rest *rest)
{
	g_queue_clear(&rest->waiting);
	g_clear_pointer(&rest->joining, g_ptr_array_unref);
}

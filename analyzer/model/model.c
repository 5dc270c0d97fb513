/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The model while it is fed: dispatch of events, processes and threads. See feed.h. */
#include "naming.h"
#include "state.h"

enum {
	/* How far the clocks of two cores may be apart: about ten times what was seen. */
	SKEW_NS = 1000,
	/*
	 * How far calls may be ahead of what other threads did. The names of functions depend on
	 * it: a call is of the module that is known by then. Nobody unloads a library and loads
	 * another one in its place in so short a time. But what one thread calls in that one,
	 * sooner than this after another thread's loading it, is named after the earlier one.
	 */
	AHEAD_NS = 10 * 1000,
	/* First length of the timeline's intervals. */
	BIN_NS = 1000 * 1000,
	/* First length of the intervals of spans: a tenth of a second has its 100. */
	SPAN_NS = BIN_NS,
	/* Events asked for ahead of the one at work. */
	PREFETCH_AHEAD = 40,
	/* Ahead of the one at work: by then what was asked for has come, and names the site. */
	PREFETCH_SITE_AHEAD = 16,
};

void
model_thread_free(gpointer data)
{
	struct model_thread *thread = data;

	site_map_fini(&thread->sites);
	if (thread->unseen)
		g_array_unref(thread->unseen);
	if (thread->tasks)
		g_ptr_array_unref(thread->tasks);
	g_free(thread);
}

/* What nobody needs when it has ended. */
static void
free_storage(struct model_process *process)
{
	live_table_fini(&process->live);
	inner_peaks_fini(&process->inner_peaks);
	g_clear_pointer(&process->threads, g_hash_table_unref);
	g_clear_pointer(&process->mappings, g_tree_unref);
	g_clear_pointer(&process->timeline.bins, g_array_unref);
	rest_fini(&process->rest);
}

void
model_process_empty(struct model_process *process)
{
	process->modules = g_ptr_array_ref(process->public->modules);
	free_storage(process);
	g_clear_pointer(&process->public, process_free);
}

void
model_process_forget(struct model_process *process)
{
	g_clear_pointer(&process->modules, g_ptr_array_unref);
	g_clear_pointer(&process->nodes, node_table_unref);
}

static void
free_process(gpointer data)
{
	struct model_process *process = data;

	free_storage(process);
	model_process_forget(process);
	g_free(process);
}

static uint64_t
ticks_of_ns(const struct model_clock *clock, uint64_t ns)
{
	const double ticks = (double)ns / clock->ns_per_tick;

	return ticks < 1 ? 1 : (uint64_t)ticks;
}

struct model *
model_new(const struct model_clock *clock)
{
	struct model *model = g_new0(struct model, 1);

	model->clock = *clock;
	model->ticks = clock->start_ticks;
	model->ns_per_tick_scaled = (uint64_t)(clock->ns_per_tick * 4294967296.0);
	model->skew_ticks = ticks_of_ns(clock, SKEW_NS);
	model->ahead_ticks = ticks_of_ns(clock, AHEAD_NS);
	model->bin_ticks = ticks_of_ns(clock, BIN_NS);
	site_pool_init(&model->sites);
	span_table_init(&model->spans, clock->start_ticks, ticks_of_ns(clock, SPAN_NS));
	model->processes = g_hash_table_new(NULL, NULL);
	model->process_list = g_ptr_array_new_with_free_func(free_process);
	model->parked = g_array_new(FALSE, FALSE, sizeof(struct model_event));
	model->sinks = g_array_new(FALSE, FALSE, sizeof(struct model_sink_entry));
	crowds_init(&model->crowds);
	timing_attach(model);
	naming_attach(model);
	return model;
}

static void
free_sinks(struct model *model)
{
	for (unsigned i = 0; i < model->sinks->len; i++) {
		const struct model_sink_entry *entry =
			&g_array_index(model->sinks, struct model_sink_entry, i);

		if (entry->sink.free)
			entry->sink.free(entry->context);
	}
	g_array_unref(model->sinks);
}

void
model_free(struct model *model)
{
	if (!model)
		return;
	for (unsigned i = 0; i < model->process_list->len; i++) {
		struct model_process *process = g_ptr_array_index(model->process_list, i);

		g_clear_pointer(&process->public, process_free);
	}
	free_sinks(model);
	crowds_fini(&model->crowds, free_process);
	g_ptr_array_unref(model->process_list);
	g_hash_table_unref(model->processes);
	g_array_unref(model->parked);
	site_pool_fini(&model->sites);
	span_table_fini(&model->spans);
	g_free(model);
}

void
model_add_sink(struct model *model, const struct model_sink *sink, void *context)
{
	const struct model_sink_entry entry = {*sink, context};

	g_array_append_val(model->sinks, entry);
	model->sink_kinds |= sink->kinds;
}

void
model_on_module(struct model *model,
	uint32_t (*found)(void *context, uint32_t pid, const struct module *module), void *context)
{
	model->module_found = found;
	model->module_context = context;
}

/* ---- processes and threads ---- */

struct model_process *
model_process_new(struct model *model, uint32_t number, uint32_t pid, uint64_t ticks)
{
	struct model_process *process = g_new0(struct model_process, 1);

	process->model = model;
	process->public = process_new();
	process->public->number = number;
	process->public->pid = pid;
	process->start_ticks = ticks;
	process->run_peak = model->peak;
	process->threads = g_hash_table_new_full(NULL, NULL, NULL, model_thread_free);
	process->mappings = mappings_new();
	process->nodes = node_table_new(NULL, 0);
	process->timeline.bins = g_array_new(FALSE, TRUE, sizeof(struct timeline_bin));
	return process;
}

static struct model_process *
add_process(struct model *model, uint32_t number, uint32_t pid, uint64_t ticks)
{
	struct model_process *process = model_process_new(model, number, pid, ticks);

	live_table_init(&process->live);
	timeline_init(process, ticks);
	g_hash_table_insert(model->processes, GUINT_TO_POINTER(number), process);
	g_ptr_array_add(model->process_list, process);
	return process;
}

struct model_process *
model_process(struct model *model, uint32_t number, uint32_t pid, uint64_t ticks)
{
	struct model_process *process =
		g_hash_table_lookup(model->processes, GUINT_TO_POINTER(number));

	return process ? process : add_process(model, number, pid, ticks);
}

static struct model_thread *
add_thread(struct model_process *process, uint32_t number, uint32_t tid, uint64_t ticks)
{
	struct model_thread *thread = g_new0(struct model_thread, 1);

	thread->model = process->model;
	thread->process = process;
	thread->public = thread_new();
	thread->public->number = number;
	thread->public->tid = tid;
	thread->sites.thread = number;
	thread->start_ticks = ticks;
	g_ptr_array_add(process->public->threads, thread->public);
	g_hash_table_insert(process->threads, GUINT_TO_POINTER(number), thread);
	return thread;
}

struct model_thread *
model_thread(struct model_process *process, uint32_t number, uint32_t tid, uint64_t ticks)
{
	struct model_thread *thread;

	if (!process->threads)
		return model_nobody(process->model);
	thread = g_hash_table_lookup(process->threads, GUINT_TO_POINTER(number));
	if (!thread)
		return add_thread(process, number, tid, ticks);
	/* Of a broken stream: somebody refers to it again. */
	thread->over = false;
	return thread;
}

/* It went without a word, or that was lost: what is open ends. */
static void
end_thread(struct model_thread *thread)
{
	struct record record = {.kind = RECORD_EXTENDED, .ticks = thread->model->ticks};

	record.extended = (struct record_extended){
		.type = RECORD_THREAD_END, .number_count = 1, .number = {record.ticks}};
	model_extended(thread->model, thread, &record);
}

void
model_thread_over(struct model_thread *thread)
{
	if (thread->process->ended)
		return;
	model_nodes_seen(thread, thread->model->ticks);
	if (!thread->ended)
		end_thread(thread);
	thread->over = true;
	rest_take(thread);
}

/* What is live of them stays so: their shares of both peaks are settled. */
static void
settle_sites(struct model_process *process)
{
	struct model *model = process->model;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, process->threads);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct model_thread *thread = value;
		const struct site_map *map = &thread->sites;

		model_nodes_seen(thread, model->ticks);

		for (uint32_t i = 0; map->slots && i <= map->mask; i++) {
			if (!map->slots[i].key)
				continue;
			struct site_state *site = site_at(&model->sites, map->slots[i].site);
			const enum peak_domain domain = peak_domain_of(site->category);

			site_settle(site, &process->peak[domain], &process->run_peak[domain]);
		}
	}
}

void
model_process_leave(struct model_process *process)
{
	struct model *model = process->model;

	if (process->run_peak != model->peak)
		return;
	rest_join(process);
	settle_sites(process);
	for (unsigned i = 0; i < PEAK_DOMAINS; i++) {
		model->peak[i].live_bytes -= process->peak[i].live_bytes;
		/* A peak that is never reached. */
		process->nowhere[i] =
			(struct peak){.peak_bytes = UINT64_MAX, .number = model->peak[i].number};
	}
	process->run_peak = process->nowhere;
}

void
model_process_end(struct model_process *process, uint64_t ticks)
{
	struct model *model = process->model;

	if (process->ended)
		return;
	ticks = MAX(ticks, process->start_ticks);
	timeline_advance(process, ticks);
	rest_join(process);
	heap_process_end(process);
	for (unsigned i = 0; i < model->sinks->len; i++) {
		const struct model_sink_entry *entry =
			&g_array_index(model->sinks, struct model_sink_entry, i);

		if (entry->sink.process_end)
			entry->sink.process_end(entry->context, process, ticks);
	}
	timeline_end(process, ticks);
	process->end_ticks = ticks;
	process->ended = true;
	if (process->run_peak == model->peak)
		model_process_leave(process);
	else
		settle_sites(process);
	g_clear_pointer(&process->mappings, g_tree_unref);
	node_table_trim(process->nodes);
	crowds_take_ended(model, process);
}

bool
model_process_ended(const struct model_process *process)
{
	return process->ended;
}

/* ---- events ---- */

static void
tell_sinks(struct model *model, const struct model_event *event)
{
	for (unsigned i = 0; i < model->sinks->len; i++) {
		const struct model_sink_entry *entry =
			&g_array_index(model->sinks, struct model_sink_entry, i);

		if (entry->sink.kinds & 1u << event->kind)
			entry->sink.event(entry->context, event);
	}
}

static inline void
apply_one(struct model *model, const struct model_event *event)
{
	if (event->ticks > model->ticks)
		model->ticks = event->ticks;
	timeline_advance(event->thread->process, event->ticks);
	if (event->kind == RECORD_ALLOC)
		heap_alloc(model, event);
	else if (event->kind == RECORD_FREE)
		heap_free(model, event);
	if (unlikely(model->sink_kinds & 1u << event->kind))
		tell_sinks(model, event);
}

static ALWAYS_INLINE void
prefetch(const struct model_event *event)
{
	live_table_prefetch(&event->thread->process->live, event->address);
	if (event->kind == RECORD_ALLOC)
		site_map_prefetch(&event->thread->sites, event->node, MEMORY_HEAP);
}

static ALWAYS_INLINE void
prefetch_site(const struct model *model, const struct model_event *event)
{
	const struct live_table *live = &event->thread->process->live;
	const struct live_block *block = &live->slots[live_table_home(live, event->address)];

	if (event->kind == RECORD_ALLOC)
		site_map_prefetch_site(
			&event->thread->sites, &model->sites, event->node, MEMORY_HEAP);
	else if (block->address == event->address && event->address)
		site_prefetch(site_at(&model->sites, block->site));
}

void
model_apply(struct model *model, const struct model_event *events, unsigned count)
{
	if (!count)
		return;
	if (unlikely(model->parked->len))
		heap_expire_parked(model, events[0].ticks);
	model->events += count;
	for (unsigned i = 0; i < count && i < PREFETCH_AHEAD; i++)
		prefetch(&events[i]);
	for (unsigned i = 0; i < count; i++) {
		if (i + PREFETCH_AHEAD < count)
			prefetch(&events[i + PREFETCH_AHEAD]);
		if (i + PREFETCH_SITE_AHEAD < count)
			prefetch_site(model, &events[i + PREFETCH_SITE_AHEAD]);
		apply_one(model, &events[i]);
	}
}

/*
 * What is done at the end of an interval takes the order in which things happened, and so do the
 * live heap of sections, and the limits of calls.
 */
uint64_t
model_calls_until(const struct model_thread *thread, uint64_t others)
{
	const struct model_process *process = thread->process;
	const uint64_t ahead = others + process->model->ahead_ticks;

	if (process->ended || inner_peaks_threshold(&process->inner_peaks) != UINT64_MAX ||
		timing_orders_calls(process->model))
		return 0;
	return MIN(MAX(ahead, others), process->timeline.open_end_ticks);
}

void
model_calls(struct model_thread *thread, const struct model_call *calls, unsigned count)
{
	struct model *model = thread->model;

	model->events += count;
	model->ticks = MAX(model->ticks, calls[count - 1].ticks);
	timing_calls(thread, calls, count);
}

void
model_node(struct model_thread *thread, uint32_t node, uint32_t parent, uint64_t pc)
{
	node_table_set(thread->process->nodes, node, parent, pc);
	if (!thread->unseen)
		thread->unseen = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_array_append_val(thread->unseen, node);
}

void
model_nodes_seen(struct model_thread *thread, uint64_t ticks)
{
	GArray *unseen = thread->unseen;

	for (unsigned i = 0; unseen && i < unseen->len; i++)
		node_table_set_seen(
			thread->process->nodes, g_array_index(unseen, uint32_t, i), ticks);
	if (unseen)
		g_array_set_size(unseen, 0);
}

void
model_extended(struct model *model, struct model_thread *thread, const struct record *record)
{
	if (record->ticks > model->ticks)
		model->ticks = record->ticks;
	timeline_advance(thread->process, record->ticks);
	records_apply(model, thread, record);
	for (unsigned i = 0; i < model->sinks->len; i++) {
		const struct model_sink_entry *entry =
			&g_array_index(model->sinks, struct model_sink_entry, i);

		if (entry->sink.extended)
			entry->sink.extended(entry->context, thread, record);
	}
}

void
model_tallies(struct model_thread *thread, const struct pool_tally *tallies, unsigned count)
{
	struct model *model = thread->model;
	struct model_process *process = thread->process;

	for (unsigned i = 0; i < count; i++) {
		const struct pool_tally *tally = &tallies[i];
		struct site_state *site;

		if (!tally->count)
			continue;
		model->events += tally->count;
		if (!tally->node) {
			thread->releases.count += tally->count;
			process->freed.count += tally->count;
			continue;
		}
		if (tally->node > SITE_NODE_MAX)
			continue;
		site = site_at(&model->sites, site_map_find_or_add(&thread->sites, &model->sites,
						      tally->node, MEMORY_HEAP));
		site->allocated.count += tally->count;
		site->allocated.bytes += tally->bytes;
		process->allocated.count += tally->count;
		process->allocated.bytes += tally->bytes;
	}
}

void
model_rss(struct model_process *process, uint64_t ticks, uint64_t bytes, uint64_t peak_bytes)
{
	if (process->ended)
		return;
	/* At its start it is measured before its time has come: other processes are behind. */
	if (ticks > process->start_ticks)
		timeline_advance(process, ticks);
	if (bytes)
		process->timeline.rss_bytes = bytes;
	process->public->rss_peak_bytes =
		MAX(process->public->rss_peak_bytes, MAX(bytes, peak_bytes));
}

void
model_cpu(struct model_process *process, uint64_t ticks, uint64_t cpu_ns)
{
	if (process->ended || !cpu_ns)
		return;
	timeline_advance(process, ticks);
	timeline_cpu(process, ticks, cpu_ns);
}

void
model_missed(struct model_thread *thread, uint32_t missed)
{
	/* Each chunk says what it was when it was the last one. */
	thread->public->missed_events = MAX(thread->public->missed_events, missed);
}

void
model_left_out(struct model_thread *thread, const uint64_t count[POOL_LEFT_OUT_REASONS])
{
	for (unsigned i = 0; i < POOL_LEFT_OUT_REASONS; i++)
		thread->left_out[i] = MAX(thread->left_out[i], count[i]);
}

uint64_t
model_events(const struct model *model)
{
	return model->events;
}

uint64_t
model_live_bytes(const struct model *model)
{
	return model->peak[PEAK_HEAP].live_bytes;
}

/* ---- the end ---- */

static gint
by_number(gconstpointer a, gconstpointer b)
{
	const struct process *left = *(struct process *const *)a;
	const struct process *right = *(struct process *const *)b;

	return left->number < right->number ? -1 : left->number > right->number;
}

static void
finish_sums(const struct model *model, struct run *run, const struct model_clock *clock)
{
	const struct peak *heap = &model->peak[PEAK_HEAP], *mapped = &model->peak[PEAK_MAPPED];

	run->start_realtime_ns = clock->start_realtime_ns;
	run->bin_ns = model_span_ns(clock, model->bin_ticks);
	run->span_ns = model_span_ns(clock, model->spans.width_ticks);
	run->peak_bytes = heap->peak_bytes;
	run->peak_ns = heap->peak_bytes ? model_ns(clock, heap->peak_ticks) : 0;
	run->mapped_peak_bytes = mapped->peak_bytes;
	run->mapped_peak_ns = mapped->peak_bytes ? model_ns(clock, mapped->peak_ticks) : 0;
	run->events = model->events;
}

/* Whoever ends may leave the list. */
static void
end_all(struct model *model, uint64_t end_ticks)
{
	g_autoptr(GPtrArray) list = g_ptr_array_sized_new(model->process_list->len);

	for (unsigned i = 0; i < model->process_list->len; i++)
		g_ptr_array_add(list, g_ptr_array_index(model->process_list, i));
	for (unsigned i = 0; i < list->len; i++)
		model_process_end(g_ptr_array_index(list, i), end_ticks);
}

static void
finish_all_modules(struct model *model, const struct model_clock *clock)
{
	g_autoptr(GHashTable) finished = g_hash_table_new(NULL, NULL);

	for (unsigned i = 0; i < model->process_list->len; i++) {
		const struct model_process *process = g_ptr_array_index(model->process_list, i);

		if (g_hash_table_add(finished, process->public->modules))
			finish_modules(process->public->modules, clock);
	}
}

struct run *
model_finish(struct model *model, const struct model_clock *clock, uint64_t end_ticks)
{
	struct run *run = run_new();

	heap_expire_parked(model, UINT64_MAX);
	end_all(model, end_ticks);
	crowds_finish(model);
	const struct span_index spans = span_table_index(&model->spans, &model->sites);

	finish_sums(model, run, clock);
	run->duration_ns = model_ns(clock, end_ticks);
	model->clock = *clock; /* for sinks, which have no other */
	finish_all_modules(model, clock);
	for (unsigned i = 0; i < model->process_list->len; i++) {
		struct model_process *process = g_ptr_array_index(model->process_list, i);

		finish_process(process, clock, &spans);
		run->lost_events += process->public->lost_events;
		g_ptr_array_add(run->processes, process->public);
		process->public = NULL;
	}
	timing_finish_run(model, run);
	g_ptr_array_sort(run->processes, by_number);
	g_free(spans.cells);
	g_free(spans.first);
	model_free(model);
	return run;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * From what the model kept to what readers see: sites with all their sums, sums of threads and
 * processes, nodes that something refers to (renumbered, a parent still before its children), and
 * nanoseconds for ticks.
 */
#include "state.h"

/* ---- nodes ---- */

struct node_marks {
	const struct node_table *table;
	uint32_t count;	  /* of old ids; those from here on are unknown */
	uint32_t *number; /* by old id: 0, or 1 while marking, the new id after */
	uint32_t unknown; /* the same for all that are unknown */
};

static void
mark_node(void *context, uint32_t node)
{
	struct node_marks *marks = context;

	if (node >= marks->count)
		marks->unknown = 1;
	while (node && node < marks->count && !marks->number[node]) {
		marks->number[node] = 1;
		node = node_table_get(marks->table, node).parent;
	}
}

static uint32_t
renumber(void *context, uint32_t node)
{
	const struct node_marks *marks = context;

	return node < marks->count ? marks->number[node] : marks->unknown;
}

static void
mark_nodes(struct model_process *process, struct node_marks *marks)
{
	const struct model *model = process->model;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, process->threads);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct model_thread *thread = value;

		mark_node(marks, thread->public->creator);
		for (uint32_t i = 0; thread->sites.slots && i <= thread->sites.mask; i++)
			if (thread->sites.slots[i].key)
				mark_node(marks,
					site_at(&model->sites, thread->sites.slots[i].site)->node);
	}
	for (unsigned i = 0; i < model->sinks->len; i++) {
		const struct model_sink_entry *entry =
			&g_array_index(model->sinks, struct model_sink_entry, i);

		if (entry->sink.mark_nodes)
			entry->sink.mark_nodes(entry->context, process, mark_node, marks);
	}
}

static void
number_nodes(
	struct model_process *process, struct node_marks *marks, const struct model_clock *clock)
{
	GArray *nodes = process->public->nodes;
	const struct node none = {0}, unknown = {.pc = RECORD_PC_UNKNOWN};

	g_array_append_val(nodes, none);
	for (uint32_t id = 1; id < marks->count; id++) {
		struct node node;

		if (!marks->number[id])
			continue;
		node = node_table_get(marks->table, id);
		node.parent = renumber(marks, node.parent);
		node.seen_ns = model_ns(clock, node.seen_ns);
		marks->number[id] = nodes->len;
		g_array_append_val(nodes, node);
	}
	if (marks->unknown) {
		marks->unknown = nodes->len;
		g_array_append_val(nodes, unknown);
	}
}

/* ---- sites ---- */

static void
add_sums(struct memory_sums *sum, const struct memory_sums *more)
{
	tally_add(&sum->allocated, more->allocated);
	tally_add(&sum->freed, more->freed);
	tally_add(&sum->temporary, more->temporary);
	tally_add(&sum->leaked, more->leaked);
	tally_add(&sum->at_run_peak, more->at_run_peak);
	tally_add(&sum->at_peak, more->at_peak);
	sum->largest_bytes = MAX(sum->largest_bytes, more->largest_bytes);
	sum->lifetime_ns += more->lifetime_ns;
	sum->lifetime_max_ns = MAX(sum->lifetime_max_ns, more->lifetime_max_ns);
}

/* All sites were settled when the process ended: what is newer of the run happened without it. */
static struct memory_sums
sums_of(const struct model_process *process, const struct site_state *site,
	const struct model_clock *clock)
{
	const struct peak *run_peak = &process->model->peak[peak_domain_of(site->category)];
	struct memory_sums sums = {
		.allocated = site->allocated,
		.freed = site->freed,
		.temporary = site->temporary,
		.leaked = site_live(site),
		.at_peak = site->at_peak,
		.largest_bytes = site->largest_bytes,
		.lifetime_ns = model_span_ns(clock, site->lifetime_ticks),
		.lifetime_max_ns = model_span_ns(clock, site->lifetime_max_ticks),
	};

	if (site->run_peak_number == run_peak->number)
		sums.at_run_peak = site->at_run_peak;
	if (process->public->summary && site->category == MEMORY_HEAP)
		sums.leaked = sums.at_peak = sums.at_run_peak = (struct tally){0};
	return sums;
}

static gint
by_node(gconstpointer a, gconstpointer b)
{
	const struct site *left = a, *right = b;

	if (left->node != right->node)
		return left->node < right->node ? -1 : 1;
	return (int)left->category - (int)right->category;
}

static void
finish_spans(struct thread *public, const struct span_index *spans, uint32_t site, uint32_t node)
{
	for (uint32_t i = spans->first[site]; i < spans->first[site + 1]; i++) {
		const struct span_cell *cell = &spans->cells[i];
		const struct span span = {.node = node,
			.born = cell->key >> 8 & 0xff,
			.gone = cell->key & 0xff,
			.blocks = cell->tally,
			.temporary = cell->temporary};

		g_array_append_val(public->spans, span);
	}
}

static void
finish_sites(struct model_thread *thread, struct node_marks *marks, const struct model_clock *clock,
	const struct span_index *spans)
{
	struct thread *public = thread->public;

	for (uint32_t i = 0; thread->sites.slots && i <= thread->sites.mask; i++) {
		const struct site_state *state;
		struct site site;

		if (!thread->sites.slots[i].key)
			continue;
		state = site_at(&thread->model->sites, thread->sites.slots[i].site);
		site = (struct site){renumber(marks, state->node), state->category,
			sums_of(thread->process, state, clock)};
		g_array_append_val(public->sites, site);
		finish_spans(public, spans, thread->sites.slots[i].site, site.node);
		add_sums(&public->memory[site.category], &site.memory);
	}
	if (thread->releases.count) {
		const struct site releases = {
			.category = MEMORY_HEAP, .memory = {.freed = thread->releases}};

		g_array_append_val(public->sites, releases);
		add_sums(&public->memory[MEMORY_HEAP], &releases.memory);
	}
	g_array_sort(public->sites, by_node);
	site_map_fini(&thread->sites);
}

/* ---- threads and processes ---- */

static void
finish_thread(struct model_thread *thread, struct node_marks *marks,
	const struct model_clock *clock, const struct span_index *spans)
{
	struct model_process *process = thread->process;
	struct thread *public = thread->public;

	finish_sites(thread, marks, clock, spans);
	public->creator = renumber(marks, public->creator);
	public->start_ns = model_ns(clock, thread->start_ticks);
	public->end_ns = model_ns(clock, thread->ended ? thread->end_ticks : process->end_ticks);
	process->missed += public->missed_events;
	for (unsigned i = 0; i < POOL_LEFT_OUT_REASONS; i++)
		process->model->left_out[i] += thread->left_out[i];
	for (unsigned i = 0; i < MEMORY_CATEGORIES; i++)
		add_sums(&process->public->memory[i], &public->memory[i]);
}

void
finish_modules(GPtrArray *modules, const struct model_clock *clock)
{
	for (unsigned i = 0; i < modules->len; i++) {
		struct module *module = g_ptr_array_index(modules, i);

		module->start_ns = model_ns(clock, module->start_ns);
		if (module->end_ns != UINT64_MAX)
			module->end_ns = model_ns(clock, module->end_ns);
	}
}

static gint
by_number(gconstpointer a, gconstpointer b)
{
	const struct thread *left = *(struct thread *const *)a;
	const struct thread *right = *(struct thread *const *)b;

	/* 0, several threads, comes last. */
	return left->number - 1 < right->number - 1 ? -1 : left->number - 1 > right->number - 1;
}

static void
finish_peaks(struct model_process *process, const struct model_clock *clock)
{
	const struct peak *heap = &process->peak[PEAK_HEAP];
	const struct peak *mapped = &process->peak[PEAK_MAPPED];
	struct process *public = process->public;

	public->peak_bytes = heap->peak_bytes;
	public->peak_ns = heap->peak_bytes ? model_ns(clock, heap->peak_ticks) : 0;
	public->mapped_peak_bytes = mapped->peak_bytes;
	public->mapped_peak_ns = mapped->peak_bytes ? model_ns(clock, mapped->peak_ticks) : 0;
}

static void
finish_timeline(struct model_process *process)
{
	g_array_unref(process->public->timeline);
	process->public->timeline = process->timeline.bins;
	process->public->timeline_first = (uint32_t)process->timeline.first;
	process->timeline.bins = NULL;
}

static void
finish_sinks(struct model_process *process, struct node_marks *marks)
{
	GArray *sinks = process->model->sinks;

	for (unsigned i = 0; i < sinks->len; i++) {
		const struct model_sink_entry *entry =
			&g_array_index(sinks, struct model_sink_entry, i);

		if (entry->sink.finish)
			entry->sink.finish(
				entry->context, process, process->public, renumber, marks);
	}
}

void
finish_process(struct model_process *process, const struct model_clock *clock,
	const struct span_index *spans)
{
	struct process *public = process->public;
	struct node_marks marks = {.table = process->nodes};
	GHashTableIter iter;
	gpointer value;

	marks.count = node_table_count(process->nodes);
	marks.number = g_new0(uint32_t, marks.count);
	mark_nodes(process, &marks);
	number_nodes(process, &marks, clock);
	g_hash_table_iter_init(&iter, process->threads);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		finish_thread(value, &marks, clock, spans);
	rest_finish(process);
	g_ptr_array_sort(public->threads, by_number);
	public->start_ns = model_ns(clock, process->start_ticks);
	public->end_ns = model_ns(clock, process->end_ticks);
	public->lost_events += process->lost_full + MAX(process->lost_nested, process->missed);
	finish_peaks(process, clock);
	finish_timeline(process);
	finish_sinks(process, &marks);
	g_free(marks.number);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See crowd.h. */
#include "crowd.h"

#include <string.h>

#include "common_tree.h"
#include "timing.h"

enum {
	ROWS_KEPT = 1 << 16,
	ROWS_OF_PROCESS = 16, /* what one takes without any call path */
	NODES_PER_ROW = 8,
	/* Of executables: all others are one crowd. */
	CROWDS_MOST = 256,
	/* Of those in a crowd so many are kept for children that turn up late, with so many nodes.
	 */
	GONE_KEPT = 4096,
	GONE_NODES_KEPT = 1 << 18,
};

/* Of one executable. */
struct crowd {
	struct model_process *process;
	struct model_thread *thread;
	struct common_tree tree;
};

/* One process on its way into its crowd. */
struct joining {
	struct model *model;
	struct crowd *crowd;
	struct model_process *from;
	struct common_view view;
	struct span_move *moves;    /* by number of the site */
	bool highest[PEAK_DOMAINS]; /* its peak is the crowd's */
};

void
crowds_init(struct crowds *crowds)
{
	*crowds = (struct crowds){
		.rows_most = ROWS_KEPT,
		.ended = g_ptr_array_new(),
		.crowds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.gone = g_ptr_array_new(),
	};
}

void
crowds_fini(struct crowds *crowds, void (*free_process)(void *process))
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, crowds->crowds);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		common_tree_fini(&((struct crowd *)value)->tree);
		g_free(value);
	}
	g_hash_table_unref(crowds->crowds);
	g_ptr_array_unref(crowds->ended);
	for (guint i = 0; i < crowds->gone->len; i++)
		free_process(g_ptr_array_index(crowds->gone, i));
	if (crowds->nobody) {
		model_process_empty(crowds->nobody);
		free_process(crowds->nobody);
	}
	g_ptr_array_unref(crowds->gone);
}

/* ---- which ones ---- */

static uint64_t
rows_of(const struct model_process *process)
{
	uint64_t rows = ROWS_OF_PROCESS + timing_process_rows(process->timing) +
			process->nodes->count / NODES_PER_ROW;
	GHashTableIter iter;
	gpointer thread;

	g_hash_table_iter_init(&iter, process->threads);
	while (g_hash_table_iter_next(&iter, NULL, &thread))
		rows += 1 + ((const struct model_thread *)thread)->sites.count;
	return rows;
}

/* How long it ran, and what it had: a byte of memory weighs as much as the nanosecond that it takes
 * to fill it. */
static uint64_t
weight_of(const struct model_process *process)
{
	return model_span_ns(&process->model->clock, process->end_ticks - process->start_ticks) +
	       process->peak[PEAK_HEAP].peak_bytes;
}

static gint
by_weight(gconstpointer a, gconstpointer b)
{
	const struct model_process *left = *(struct model_process *const *)a;
	const struct model_process *right = *(struct model_process *const *)b;

	if (left->weight != right->weight)
		return left->weight < right->weight ? -1 : 1;
	return left->public->number < right->public->number ? 1 : -1;
}

/*
 * A forked child may be in places that its parents named: it knows them by the same numbers. What
 * one in a crowd could hand on had no names.
 */
static bool
has_names(const struct model_process *process)
{
	GHashTable *processes = process->model->processes;

	while (process && !process->crowd) {
		const uint32_t parent = process->parent_number;

		if (process->naming)
			return true;
		/* Otherwise it is a broken stream's, and may go in a circle. */
		if (!parent || parent >= process->public->number)
			return false;
		process = g_hash_table_lookup(processes, GUINT_TO_POINTER(parent));
	}
	return false;
}

/*
 * The first process is what the run is named after. What the source named is not put together, and
 * calls that were put off refer to their threads.
 */
static bool
may_join(const struct model_process *process)
{
	return process != g_ptr_array_index(process->model->process_list, 0) &&
	       !process->model->timing->limits.ring && !has_names(process);
}

/* ---- crowds ---- */

static struct crowd *
crowd_new(struct model *model, const char *executable)
{
	struct crowd *crowd = g_new0(struct crowd, 1);
	/* From above: those of processes come from below. */
	const uint32_t number = UINT32_MAX - g_hash_table_size(model->crowds.crowds);
	struct model_process *process = model_process_new(model, number, 0, UINT64_MAX);

	process->public->exe = g_strdup(executable);
	process->ended = true;
	process->timeline.open_end_ticks = UINT64_MAX;
	crowd->process = process;
	crowd->thread = model_thread(process, 0, 0, UINT64_MAX);
	crowd->thread->ended = true;
	common_tree_init(&crowd->tree, process);
	g_ptr_array_add(model->process_list, process);
	g_hash_table_insert(model->crowds.crowds, g_strdup(executable), crowd);
	return crowd;
}

static struct crowd *
crowd_of(struct model *model, const struct model_process *process)
{
	GHashTable *crowds = model->crowds.crowds;
	const char *executable = process->public->exe ? process->public->exe : "";
	struct crowd *crowd = g_hash_table_lookup(crowds, executable);

	if (crowd)
		return crowd;
	if (g_hash_table_size(crowds) >= CROWDS_MOST)
		crowd = g_hash_table_lookup(crowds, executable = "");
	return crowd ? crowd : crowd_new(model, executable);
}

/* ---- the heap and mappings ---- */

/* Both are at rest: what was not settled at the latest peak was not there then. */
static void
add_at_run_peak(struct site_state *to, const struct site_state *from, const struct peak *run)
{
	if (from->run_peak_number != run->number)
		return;
	if (to->run_peak_number != run->number)
		to->at_run_peak = (struct tally){0};
	to->run_peak_number = run->number;
	tally_add(&to->at_run_peak, from->at_run_peak);
}

static void
add_at_peak(struct site_state *to, const struct site_state *from, const struct peak *peak)
{
	if (to->peak_number != peak->number)
		to->at_peak = (struct tally){0};
	to->peak_number = peak->number;
	tally_add(&to->at_peak, from->at_peak);
}

static void
add_site(struct joining *joining, uint32_t number)
{
	struct site_pool *sites = &joining->model->sites;
	struct model_thread *thread = joining->crowd->thread;
	const struct site_state *from = site_at(sites, number);
	const enum peak_domain domain = peak_domain_of(from->category);
	uint32_t to_number;
	struct site_state *to;

	spans_close(&joining->model->spans, sites, number);
	to_number = site_map_find_or_add(&thread->sites, sites,
		common_node(&joining->view, from->node), (enum memory_category)from->category);
	to = site_at(sites, to_number);
	site_add(to, from);
	add_at_run_peak(to, from, &joining->model->peak[domain]);
	if (joining->highest[domain])
		add_at_peak(to, from, &joining->crowd->process->peak[domain]);
	/* Its cells are there: nothing of it went in the current interval. */
	to->told = to->freed;
	to->told_temporary = to->temporary.count;
	joining->moves[number].to = to_number + 1;
	joining->moves[number].gone =
		(uint8_t)spans_number(&joining->model->spans, joining->from->end_ticks);
}

static void
take_peaks(struct joining *joining)
{
	for (unsigned i = 0; i < PEAK_DOMAINS; i++) {
		struct peak *to = &joining->crowd->process->peak[i];
		const struct peak *from = &joining->from->peak[i];

		joining->highest[i] = from->peak_bytes > to->peak_bytes;
		if (!joining->highest[i])
			continue;
		to->peak_bytes = from->peak_bytes;
		to->peak_ticks = from->peak_ticks;
		to->number++;
	}
}

/* ---- threads ---- */

static void
add_thread(struct joining *joining, const struct model_thread *from)
{
	struct model_thread *to = joining->crowd->thread;

	for (uint32_t i = 0; from->sites.slots && i <= from->sites.mask; i++)
		if (from->sites.slots[i].key)
			add_site(joining, from->sites.slots[i].site);
	tally_add(&to->releases, from->releases);
	for (unsigned i = 0; i < POOL_LEFT_OUT_REASONS; i++)
		to->left_out[i] += from->left_out[i];
	to->public->missed_events += from->public->missed_events;
}

static void
add_threads(struct joining *joining)
{
	const GPtrArray *threads = joining->from->public->threads;
	struct model_thread *to = joining->crowd->thread;
	GHashTableIter iter;
	gpointer thread;

	g_hash_table_iter_init(&iter, joining->from->threads);
	while (g_hash_table_iter_next(&iter, NULL, &thread))
		add_thread(joining, thread);
	for (guint i = 0; i < threads->len; i++) {
		const struct thread *public = g_ptr_array_index(threads, i);

		to->public->together += public->number ? 1 : public->together;
	}
	if (joining->from->timing)
		timing_move_process(joining->from->timing, to, &joining->view);
}

/* ---- facts ---- */

static void
add_histogram(struct histogram *to, const struct histogram *from)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(to->bucket); i++)
		tally_add(&to->bucket[i], from->bucket[i]);
}

/* By nested events and by threads that say what they missed: the same ones are in both. */
static uint64_t
lost_of(const struct model_process *process)
{
	const GPtrArray *threads = process->public->threads;
	uint64_t missed = 0;

	for (guint i = 0; i < threads->len; i++)
		missed += ((const struct thread *)g_ptr_array_index(threads, i))->missed_events;
	return MAX(process->lost_nested, missed);
}

static void
add_facts(struct joining *joining)
{
	struct model_process *to = joining->crowd->process;
	const struct model_process *from = joining->from;
	struct process *sum = to->public;
	const struct process *more = from->public;

	sum->together++;
	sum->summary |= more->summary;
	sum->profiled |= more->profiled;
	sum->rss_peak_bytes = MAX(sum->rss_peak_bytes, more->rss_peak_bytes);
	sum->frees_unknown += more->frees_unknown;
	sum->lost_events += more->lost_events;
	to->lost_full += from->lost_full;
	to->lost_nested += lost_of(from);
	add_histogram(&sum->sizes_allocated, &more->sizes_allocated);
	add_histogram(&sum->sizes_freed, &more->sizes_freed);
	add_histogram(&sum->lifetimes, &more->lifetimes);
	timeline_add(&to->timeline, &from->timeline);
	to->start_ticks = MIN(to->start_ticks, from->start_ticks);
	to->end_ticks = MAX(to->end_ticks, from->end_ticks);
	joining->crowd->thread->start_ticks = to->start_ticks;
	joining->crowd->thread->end_ticks = to->end_ticks;
}

/* ---- joining ---- */

static void
join(struct model *model, struct model_process *process, struct span_move *moves)
{
	struct joining joining = {
		.model = model,
		.crowd = crowd_of(model, process),
		.from = process,
		.moves = moves,
	};

	common_view_init(&joining.view, &joining.crowd->tree, process);
	take_peaks(&joining);
	add_facts(&joining);
	add_threads(&joining);
	common_view_fini(&joining.view);
	model->kept_rows -= process->rest.kept_rows;
	process->crowd = joining.crowd->process;
}

/* Their modules and nodes are for children; of all else nothing is left. */
static void
bury(struct model *model, struct model_process *process)
{
	struct crowds *crowds = &model->crowds;

	model_process_empty(process);
	g_ptr_array_add(crowds->gone, process);
	crowds->nodes += process->nodes->count;
	while (crowds->gone->len - crowds->forgotten > GONE_KEPT ||
		crowds->nodes > GONE_NODES_KEPT) {
		struct model_process *oldest = g_ptr_array_index(crowds->gone, crowds->forgotten++);

		crowds->nodes -= oldest->nodes->count;
		model_process_forget(oldest);
	}
}

static void
remove_buried(GPtrArray *list)
{
	guint kept = 0;

	for (guint i = 0; i < list->len; i++) {
		struct model_process *process = g_ptr_array_index(list, i);

		if (!process->crowd)
			list->pdata[kept++] = process;
	}
	list->len = kept;
}

/*
 * That may be by themselves. Joining goes over all sites of the run: so where these are many, more
 * rows join at once.
 */
static uint64_t
rows_most(const struct model *model)
{
	const struct site_pool *sites = &model->sites;

	return MAX(model->crowds.rows_most, (uint64_t)(sites->count - sites->spare_count) / 2);
}

/* The lightest ones, until there is room for a while. */
static void
make_room(struct model *model)
{
	struct crowds *crowds = &model->crowds;
	const uint64_t most = rows_most(model);
	/* What joins a crowd may need sites for it: those have no moves. */
	const uint32_t count = model->sites.count;
	g_autofree struct span_move *moves = g_new0(struct span_move, (gsize)count + 1);
	guint joined = 0;

	g_ptr_array_sort(crowds->ended, by_weight);
	for (; joined < crowds->ended->len && crowds->rows > most / 2; joined++) {
		struct model_process *process = g_ptr_array_index(crowds->ended, joined);

		crowds->rows -= process->rows;
		join(model, process, moves);
	}
	spans_move(&model->spans, &model->sites, moves, count);
	timing_drop_processes(model->timing);
	for (guint i = 0; i < joined; i++)
		bury(model, g_ptr_array_index(crowds->ended, i));
	if (joined)
		g_ptr_array_remove_range(crowds->ended, 0, joined);
	remove_buried(model->process_list);
}

void
crowds_take_ended(struct model *model, struct model_process *process)
{
	struct crowds *crowds = &model->crowds;

	if (!may_join(process))
		return;
	process->weight = weight_of(process);
	process->rows = rows_of(process);
	crowds->rows += process->rows;
	g_ptr_array_add(crowds->ended, process);
	if (crowds->rows > rows_most(model))
		make_room(model);
}

struct model_thread *
model_nobody(struct model *model)
{
	struct crowds *crowds = &model->crowds;

	if (!crowds->nobody) {
		crowds->nobody = model_process_new(model, 0, 0, 0);
		crowds->nobody->ended = true;
	}
	return model_thread(crowds->nobody, 1, 0, 0);
}

/* ---- the end ---- */

/* What was at the peak of one that had the highest then, but not in the end. */
static void
drop_lower_peaks(const struct model *model, const struct crowd *crowd)
{
	const struct site_map *map = &crowd->thread->sites;

	for (uint32_t i = 0; map->slots && i <= map->mask; i++) {
		struct site_state *site;

		if (!map->slots[i].key)
			continue;
		site = site_at(&model->sites, map->slots[i].site);
		if (site->peak_number !=
			crowd->process->peak[peak_domain_of(site->category)].number)
			site->at_peak = (struct tally){0};
	}
}

void
crowds_finish(struct model *model)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, model->crowds.crowds);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct crowd *crowd = value;
		struct thread *public = crowd->thread->public;

		drop_lower_peaks(model, crowd);
		public->name = g_strdup_printf("%u threads", public->together);
	}
	/* Children of one that is in a crowd are the crowd's. */
	for (guint i = 0; i < model->process_list->len; i++) {
		struct process *public =
			((struct model_process *)g_ptr_array_index(model->process_list, i))->public;
		const struct model_process *parent =
			g_hash_table_lookup(model->processes, GUINT_TO_POINTER(public->parent));

		if (parent && parent->crowd)
		public->parent = parent->crowd->public->number;
	}
}

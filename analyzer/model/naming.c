/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See naming.h. */
#include "naming.h"

#include <math.h>
#include <string.h>

#include "durations.h"
#include "series.h"

enum {
	PLACES_MAX = 1 << 20, /* of one process: more are a broken stream */
};

struct span_sums {
	uint32_t place;
	struct durations durations;
	uint64_t peak_bytes;
};

struct open_span {
	uint32_t place;
	uint64_t start;
	uint64_t peak_number, live_bytes;
};

struct series_of {
	uint32_t place, thread;
	struct series series;
};

/* ---- the process ---- */

static void
free_place(gpointer data)
{
	struct named_place *place = data;

	g_free(place->name);
	g_free(place->file);
	g_free(place->function);
	g_free(place);
}

static void
free_span(gpointer data)
{
	struct span_sums *sums = data;

	call_histogram_fini(&sums->durations.histogram);
	g_free(sums);
}

static void
free_series(gpointer data)
{
	struct series_of *of = data;

	series_fini(&of->series);
	g_free(of);
}

static guint
hash_misuse(gconstpointer data)
{
	const struct named_misuse *misuse = data;

	return ((misuse->place * 31 + misuse->kind) * 8191 + misuse->thread) * 31 + misuse->node;
}

static gboolean
equal_misuse(gconstpointer a, gconstpointer b)
{
	const struct named_misuse *left = a, *right = b;

	return left->place == right->place && left->kind == right->kind &&
	       left->thread == right->thread && left->node == right->node;
}

static struct naming_process *
get_process(struct model_process *process)
{
	struct naming_process *naming = process->naming;

	if (naming)
		return naming;
	naming = g_new0(struct naming_process, 1);
	naming->process = process;
	naming->places = g_hash_table_new_full(NULL, NULL, NULL, free_place);
	naming->spans = g_hash_table_new_full(NULL, NULL, NULL, free_span);
	naming->open = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	naming->counters = g_hash_table_new_full(NULL, NULL, NULL, free_series);
	naming->marks = g_hash_table_new_full(NULL, NULL, NULL, free_series);
	naming->misuses = g_hash_table_new_full(hash_misuse, equal_misuse, g_free, NULL);
	return process->naming = naming;
}

static void
free_process(struct naming_process *naming)
{
	g_hash_table_unref(naming->places);
	g_hash_table_unref(naming->spans);
	g_hash_table_unref(naming->open);
	g_hash_table_unref(naming->counters);
	g_hash_table_unref(naming->marks);
	g_hash_table_unref(naming->misuses);
	tasks_free(naming->tasks);
	g_free(naming);
}

/* ---- places ---- */

static char *
text(const struct record *record, unsigned index)
{
	const struct record_string *string = &record->extended.string[index];

	return g_strndup(string->length ? (const char *)string->bytes : "", string->length);
}

static void
apply_named(struct naming_process *naming, struct model_thread *thread, const struct record *record)
{
	const uint64_t *number = record->extended.number;
	struct named_place *place;

	(void)thread;
	if (!number[NAMED_NUMBER] || number[NAMED_NUMBER] > PLACES_MAX ||
		g_hash_table_contains(naming->places, GUINT_TO_POINTER(number[NAMED_NUMBER])))
		return;
	place = g_new0(struct named_place, 1);
	place->number = (uint32_t)number[NAMED_NUMBER];
	place->kind = (uint32_t)MIN(number[NAMED_KIND], UINT32_MAX);
	place->line = (uint32_t)MIN(number[NAMED_LINE], UINT32_MAX);
	place->name = text(record, NAMED_NAME);
	place->file = text(record, NAMED_FILE);
	place->function = text(record, NAMED_FUNCTION);
	g_hash_table_insert(naming->places, GUINT_TO_POINTER(place->number), place);
}

static uint32_t
place_of(uint64_t number)
{
	return number <= PLACES_MAX ? (uint32_t)number : 0;
}

/* ---- spans ---- */

static struct span_sums *
find_sums(struct naming_process *naming, uint32_t place)
{
	struct span_sums *sums = g_hash_table_lookup(naming->spans, GUINT_TO_POINTER(place));

	if (!sums) {
		sums = g_new0(struct span_sums, 1);
		sums->place = place;
		durations_init(&sums->durations);
		g_hash_table_insert(naming->spans, GUINT_TO_POINTER(place), sums);
	}
	return sums;
}

static void
apply_span_begin(
	struct naming_process *naming, struct model_thread *thread, const struct record *record)
{
	struct model_process *process = naming->process;
	struct open_span *span;

	(void)thread;
	if (process->ended)
		return;
	span = g_new0(struct open_span, 1);
	span->place = place_of(record->extended.number[1]);
	span->start = record->ticks;
	span->live_bytes = process->peak[PEAK_HEAP].live_bytes;
	span->peak_number = process_peak_begin(process);
	g_hash_table_insert(
		naming->open, GSIZE_TO_POINTER((gsize)record->extended.number[2]), span);
}

static void
end_span(struct naming_process *naming, const struct open_span *span, uint64_t ticks, bool finished)
{
	struct span_sums *sums = find_sums(naming, span->place);
	const uint64_t peak = process_peak_end(naming->process, span->peak_number);

	sums->peak_bytes = MAX(sums->peak_bytes, peak - MIN(peak, span->live_bytes));
	durations_add(&sums->durations, ticks > span->start ? ticks - span->start : 0, finished);
}

/* One that is not known ended twice, which is misuse, or is a fork's parent's. */
static void
apply_span_end(
	struct naming_process *naming, struct model_thread *thread, const struct record *record)
{
	gpointer instance = GSIZE_TO_POINTER((gsize)record->extended.number[2]);
	const struct open_span *span = g_hash_table_lookup(naming->open, instance);
	const struct named_misuse misuse = {.place = place_of(record->extended.number[1]),
		.kind = MISUSE_ENDED,
		.thread = thread->public->number,
		.count = 1};

	if (span) {
		end_span(naming, span, record->ticks, true);
		g_hash_table_remove(naming->open, instance);
	} else if (!naming->process->public->parent && !naming->process->ended) {
		struct named_misuse *known = g_hash_table_lookup(naming->misuses, &misuse);

		if (known)
			known->count++;
		else
			g_hash_table_add(naming->misuses, g_memdup2(&misuse, sizeof(misuse)));
	}
}

/* ---- marks, counters, misuse ---- */

static struct series *
find_series(GHashTable *table, uint32_t place, uint32_t thread)
{
	gpointer key = GSIZE_TO_POINTER((gsize)thread << 32 | place);
	struct series_of *of = g_hash_table_lookup(table, key);

	if (!of) {
		of = g_new0(struct series_of, 1);
		of->place = place;
		of->thread = thread;
		g_hash_table_insert(table, key, of);
	}
	return &of->series;
}

static void
apply_mark(struct naming_process *naming, struct model_thread *thread, const struct record *record)
{
	const uint32_t place = place_of(record->extended.number[1]);

	series_add(find_series(naming->marks, place, thread->public->number), record->ticks, 0);
}

void
naming_move_thread(struct naming_process *naming, uint32_t thread)
{
	GHashTableIter iter;
	gpointer place;

	g_hash_table_iter_init(&iter, naming->places);
	while (g_hash_table_iter_next(&iter, &place, NULL)) {
		const uint32_t number = GPOINTER_TO_UINT(place);
		gpointer key = GSIZE_TO_POINTER((gsize)thread << 32 | number);
		const struct series_of *of = g_hash_table_lookup(naming->marks, key);

		if (!of)
			continue;
		series_merge(find_series(naming->marks, number, 0), &of->series);
		g_hash_table_remove(naming->marks, key);
	}
}

/* What is no number has no place among numbers. */
static void
apply_counter(
	struct naming_process *naming, struct model_thread *thread, const struct record *record)
{
	double value;

	(void)thread;
	memcpy(&value, &record->extended.number[2], sizeof(value));
	if (isfinite(value))
		series_add(find_series(naming->counters, place_of(record->extended.number[1]), 0),
			record->ticks, value);
}

static void
apply_misuse(
	struct naming_process *naming, struct model_thread *thread, const struct record *record)
{
	const uint64_t *number = record->extended.number;
	struct named_misuse misuse = {
		.place = place_of(number[MISUSE_NUMBER]),
		.kind = (uint32_t)MIN(number[MISUSE_KIND], MISUSE_KINDS),
		.thread = thread->public->number,
		.node = number[MISUSE_NODE] <= SITE_NODE_MAX ? (uint32_t)number[MISUSE_NODE] : 0,
		.count = number[MISUSE_COUNT],
	};
	struct named_misuse *known = g_hash_table_lookup(naming->misuses, &misuse);

	if (known)
		known->count += misuse.count;
	else
		g_hash_table_add(naming->misuses, g_memdup2(&misuse, sizeof(misuse)));
}

/* ---- records ---- */

static void
apply_thread_end(
	struct naming_process *naming, struct model_thread *thread, const struct record *record)
{
	if (naming->tasks)
		tasks_thread_end(naming->tasks, thread, record->ticks);
}

static void
apply_extended(void *context, struct model_thread *thread, const struct record *record)
{
	static void (*const appliers[])(
		struct naming_process *, struct model_thread *, const struct record *) = {
		[RECORD_THREAD_END] = apply_thread_end,
		[RECORD_NAMED] = apply_named,
		[RECORD_SPAN_BEGIN] = apply_span_begin,
		[RECORD_SPAN_END] = apply_span_end,
		[RECORD_MARK] = apply_mark,
		[RECORD_COUNTER] = apply_counter,
		[RECORD_TASK] = tasks_apply,
		[RECORD_MISUSE] = apply_misuse,
	};
	const uint32_t type = record->extended.type;

	(void)context;
	if (type >= G_N_ELEMENTS(appliers) || !appliers[type])
		return;
	if (type == RECORD_THREAD_END && !thread->process->naming)
		return;
	appliers[type](get_process(thread->process), thread, record);
}

static void
end_process(void *context, struct model_process *process, uint64_t ticks)
{
	struct naming_process *naming = process->naming;
	GHashTableIter iter;
	gpointer span;

	(void)context;
	if (!naming)
		return;
	g_hash_table_iter_init(&iter, naming->open);
	while (g_hash_table_iter_next(&iter, NULL, &span))
		end_span(naming, span, ticks, false);
	g_hash_table_remove_all(naming->open);
	if (naming->tasks)
		tasks_process_end(naming->tasks, ticks);
}

/* ---- the end ---- */

static void
mark_nodes(void *context, struct model_process *process, void (*mark)(void *marks, uint32_t node),
	void *marks)
{
	const struct naming_process *naming = process->naming;
	GHashTableIter iter;
	gpointer misuse;

	(void)context;
	if (!naming)
		return;
	g_hash_table_iter_init(&iter, naming->misuses);
	while (g_hash_table_iter_next(&iter, &misuse, NULL))
		mark(marks, ((const struct named_misuse *)misuse)->node);
	if (naming->tasks)
		tasks_mark_nodes(naming->tasks, mark, marks);
}

static gint
by_number(gconstpointer a, gconstpointer b)
{
	const struct named_place *left = a, *right = b;

	return left->number < right->number ? -1 : left->number > right->number;
}

/* Its own places, and those that its parents had: forks know them. */
static void
finish_places(struct model_process *process, struct named *named)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	struct model *model = process->model;

	for (uint32_t left = g_hash_table_size(model->processes); process && left; left--) {
		GHashTableIter iter;
		gpointer key, value;

		if (process->naming) {
			g_hash_table_iter_init(&iter, process->naming->places);
			while (g_hash_table_iter_next(&iter, &key, &value)) {
				const struct named_place *from = value;
				const struct named_place place = {from->number, from->kind,
					from->line, g_strdup(from->name), g_strdup(from->file),
					g_strdup(from->function)};

				if (g_hash_table_add(seen, key))
					g_array_append_val(named->places, place);
				else {
					g_free(place.name);
					g_free(place.file);
					g_free(place.function);
				}
			}
		}
		process = process->parent_number ? g_hash_table_lookup(model->processes,
							   GUINT_TO_POINTER(process->parent_number))
						 : NULL;
	}
	g_array_sort(named->places, by_number);
}

static void
finish_spans(struct naming_process *naming, struct named *named, const struct model_clock *clock)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, naming->spans);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct span_sums *sums = value;
		const struct named_span span = {.place = sums->place,
			.durations = durations_finish(&sums->durations, clock),
			.peak_bytes = sums->peak_bytes};

		g_array_append_val(named->spans, span);
	}
}

static void
finish_series(GHashTable *table, GArray *to, const struct model_clock *clock)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, table);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct series_of *of = value;
		struct named_series series = {
			.place = of->place,
			.thread = of->thread,
			.count = of->series.count,
			.first_ns = model_ns(clock, of->series.first),
			.last_ns = model_ns(clock, of->series.last_time),
			.min = of->series.min,
			.max = of->series.max,
			.last = of->series.last,
			.points = g_steal_pointer(&of->series.points),
		};

		for (guint i = 0; i < series.points->len; i++) {
			struct named_point *point =
				&g_array_index(series.points, struct named_point, i);

			point->start_ns = model_ns(clock, point->start_ns);
			point->end_ns = model_ns(clock, point->end_ns);
		}
		g_array_append_val(to, series);
	}
}

static void
finish_misuses(struct naming_process *naming, struct named *named,
	uint32_t (*renumber)(void *marks, uint32_t node), void *marks)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, naming->misuses);
	while (g_hash_table_iter_next(&iter, &value, NULL)) {
		struct named_misuse misuse = *(const struct named_misuse *)value;

		misuse.node = misuse.node ? renumber(marks, misuse.node) : 0;
		g_array_append_val(named->misuses, misuse);
	}
}

static bool
has_named_parent(const struct model_process *process)
{
	return process->parent_number && g_hash_table_contains(process->model->processes,
						 GUINT_TO_POINTER(process->parent_number));
}

static void
finish(void *context, struct model_process *process, struct process *public,
	uint32_t (*renumber)(void *marks, uint32_t node), void *marks)
{
	const struct model_clock *clock = &process->model->clock;
	struct naming_process *naming = process->naming;

	(void)context;
	/* A child may run what its parent named and name nothing itself. */
	if (!naming && !has_named_parent(process))
		return;
	public->named = named_new();
	finish_places(process, public->named);
	if (!naming)
		return;
	finish_spans(naming, public->named, clock);
	finish_series(naming->marks, public->named->marks, clock);
	finish_series(naming->counters, public->named->counters, clock);
	finish_misuses(naming, public->named, renumber, marks);
	if (naming->tasks)
		tasks_finish(naming->tasks, public->named, renumber, marks);
}

static void
naming_free(void *context)
{
	struct model *model = context;

	for (unsigned i = 0; i < model->process_list->len; i++) {
		struct model_process *process = g_ptr_array_index(model->process_list, i);

		if (process->naming)
			free_process(process->naming);
	}
}

void
naming_attach(struct model *model)
{
	static const struct model_sink sink = {
		.extended = apply_extended,
		.process_end = end_process,
		.mark_nodes = mark_nodes,
		.finish = finish,
		.free = naming_free,
	};

	model_add_sink(model, &sink, model);
}

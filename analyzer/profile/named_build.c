/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See named_build.h. */
#include "named_build.h"

#include <string.h>

#include "record.h"
#include "task_build.h"

/* ---- places ---- */

static uint32_t
add_place(struct call_path_target *target, const struct named_place *from)
{
	struct profile *profile = target->profile;
	char *key = g_strdup_printf(
		"%u %u %s\n%s\n%s", from->kind, from->line, from->name, from->file, from->function);
	gpointer known = g_hash_table_lookup(target->places, key);
	struct profile_place place = {
		.name = profile_string(profile, from->name),
		.kind = from->kind,
		.line = from->line,
		.inside = profile_string(profile, from->function),
	};

	if (known) {
		g_free(key);
		return GPOINTER_TO_UINT(known);
	}
	place.file = frame_table_add_file(&target->frames, from->file);
	g_array_append_val(profile->named.places, place);
	g_hash_table_insert(target->places, key, GUINT_TO_POINTER(profile->named.places->len - 1));
	return profile->named.places->len - 1;
}

/* 0: nobody said what the number means. */
static uint32_t
find_place(struct call_paths *paths, uint32_t number)
{
	const struct named_place *place = named_find_place(paths->named, number);
	uint32_t *known;

	if (!place)
		return 0;
	known = &paths->places[place -
			       (const struct named_place *)(void *)paths->named->places->data];
	if (!*known)
		*known = add_place(paths->target, place);
	return *known;
}

/* ---- frames ---- */

/* The bare name of a function: what stands before its parameters, without scopes and types. */
static char *
bare_name(const char *name)
{
	const char *end = name, *start;
	unsigned depth = 0;

	for (; *end && (depth || *end != '('); end++)
		depth += *end == '<' ? 1 : *end == '>' && depth ? (unsigned)-1 : 0;
	if (end > name && end[-1] == '>') {
		for (depth = 1, end--; end > name && depth; end--)
			depth += end[-1] == '>' ? 1 : end[-1] == '<' ? (unsigned)-1 : 0;
	}
	for (start = end; start > name && start[-1] != ':' && start[-1] != ' ' &&
			  start[-1] != '*' && start[-1] != '&';
		start--)
		;
	return g_strndup(start, (gsize)(end - start));
}

static bool
is_same_function(const char *symbol, const char *name)
{
	g_autofree char *left = bare_name(symbol), *right = bare_name(name);

	return *left && g_str_equal(left, right);
}

/* The function of a node of the tree that is being built; 0: the root. */
static uint32_t
function_at(const struct call_paths *paths, uint32_t node)
{
	const uint32_t frame = node ? g_array_index(paths->target->tree.frames, uint32_t, node) : 0;

	return profile_frame(paths->target->profile, frame)->function;
}

uint32_t
named_build_place_node(struct call_paths *paths, uint32_t parent, uint32_t number)
{
	const uint32_t index = find_place(paths, number);
	struct call_path_target *target = paths->target;
	struct profile *profile = target->profile;
	struct profile_place *place =
		&g_array_index(profile->named.places, struct profile_place, index);
	const uint32_t around = function_at(paths, parent);
	uint32_t frame;

	if (!index)
		return tree_builder_child(&target->tree, parent,
			frame_table_add_pseudo(&target->frames, "[unnamed]"));
	if (place->kind == NAMED_PROFILED && around && !profile_function(profile, around)->kind &&
		is_same_function(profile_function(profile, around)->name, place->name)) {
		place->function = around;
		return parent;
	}
	frame = frame_table_add_named(&target->frames, place->kind, place->name,
		profile_file(profile, place->file), place->line, &place->function);
	return tree_builder_child(&target->tree, parent, frame);
}

/* ---- rows ---- */

void
named_build_want(struct call_paths *paths, const struct process *process)
{
	const struct named *named = process->named;

	for (guint i = 0; named && i < named->tasks->len; i++)
		call_paths_want(paths, g_array_index(named->tasks, struct named_task, i).node);
	for (guint i = 0; named && i < named->misuses->len; i++)
		call_paths_want(paths, g_array_index(named->misuses, struct named_misuse, i).node);
}

static struct profile_bytes
keep_bytes(struct profile *profile, const uint8_t *bytes, uint32_t count)
{
	struct profile_bytes kept = {.count = count};

	if (count)
		kept.bytes = (const uint8_t *)g_string_chunk_insert_len(
			profile->strings, (const char *)bytes, count);
	return kept;
}

struct adding {
	struct call_paths *paths;
	struct profile *profile;
	const struct process *process;
	const struct named *named;
	uint32_t index;	       /* of the process */
	uint32_t first_thread; /* of its threads */
};

/* The thread of that number; where it has no row of its own, the one that stands for such. */
static uint32_t
thread_of(const struct adding *adding, uint32_t number)
{
	const GPtrArray *threads = adding->process->threads;

	for (guint i = 0; i < threads->len; i++)
		if (((const struct thread *)g_ptr_array_index(threads, i))->number == number)
			return adding->first_thread + i;
	return adding->first_thread + (threads->len ? threads->len - 1 : 0);
}

static void
add_spans(const struct adding *adding)
{
	for (guint i = 0; i < adding->named->spans->len; i++) {
		const struct named_span *from =
			&g_array_index(adding->named->spans, struct named_span, i);
		const struct profile_named_span span = {
			.place = find_place(adding->paths, from->place),
			.process = adding->index,
			.durations = task_build_durations(&from->durations),
			.histogram = keep_bytes(adding->profile, from->durations.histogram,
				from->durations.histogram_bytes),
			.peak_bytes = from->peak_bytes,
		};

		g_array_append_val(adding->profile->named.spans, span);
	}
}

static void
add_tasks(const struct adding *adding)
{
	const struct named *named = adding->named;
	struct profile_named *to = &adding->profile->named;
	const uint32_t first_task = to->tasks->len, first_instance = to->instances->len;
	g_autofree uint32_t *places = g_new(uint32_t, named->tasks->len), *index = NULL;

	for (guint i = 0; i < named->tasks->len; i++) {
		const uint32_t place = g_array_index(named->tasks, struct named_task, i).place;

		places[i] = place ? find_place(adding->paths, place) : 0;
	}
	index = task_build_add(adding->paths, named, adding->index, places);
	for (guint i = 0; i < adding->named->instances->len; i++) {
		const struct named_instance *from =
			&g_array_index(adding->named->instances, struct named_instance, i);
		const struct profile_instance instance = {
			.task = index[from->task],
			.number = from->id,
			.thread = thread_of(adding, from->first_thread),
			.start_ns = from->start_ns,
			.end_ns = from->end_ns,
			.running_ns = from->running_ns,
			.resumes = from->resumes,
			.moved = from->moved,
			.ended = from->ended,
			.memory = from->memory,
		};

		g_array_append_val(to->instances, instance);
	}
	if (!named->instances_left_out)
		task_build_count(to, first_task);
	for (guint i = 0; i < adding->named->pieces->len; i++) {
		const struct named_piece *from =
			&g_array_index(adding->named->pieces, struct named_piece, i);
		const struct profile_piece piece = {first_instance + from->instance,
			thread_of(adding, from->thread), from->start_ns, from->duration_ns};

		g_array_append_val(to->pieces, piece);
	}
}

static void
add_points(GArray *to, uint32_t number, const GArray *points)
{
	for (guint i = 0; i < points->len; i++) {
		const struct named_point *from = &g_array_index(points, struct named_point, i);
		const struct profile_point point = {number, from->start_ns,
			MAX(from->end_ns, from->start_ns), from->count, from->min, from->max,
			from->last};

		g_array_append_val(to, point);
	}
}

static void
add_series(const struct adding *adding)
{
	struct profile_named *to = &adding->profile->named;

	for (guint i = 0; i < adding->named->marks->len; i++) {
		const struct named_series *from =
			&g_array_index(adding->named->marks, struct named_series, i);
		const struct profile_mark mark = {find_place(adding->paths, from->place),
			thread_of(adding, from->thread), from->count, from->first_ns,
			from->last_ns};

		add_points(to->mark_points, to->marks->len, from->points);
		g_array_append_val(to->marks, mark);
	}
	for (guint i = 0; i < adding->named->counters->len; i++) {
		const struct named_series *from =
			&g_array_index(adding->named->counters, struct named_series, i);
		const struct profile_counter counter = {find_place(adding->paths, from->place),
			adding->index, from->count, from->first_ns, from->last_ns, from->min,
			from->max, from->last};

		add_points(to->counter_points, to->counters->len, from->points);
		g_array_append_val(to->counters, counter);
	}
}

static void
add_misuses(const struct adding *adding)
{
	for (guint i = 0; i < adding->named->misuses->len; i++) {
		const struct named_misuse *from =
			&g_array_index(adding->named->misuses, struct named_misuse, i);
		const struct profile_misuse misuse = {
			.place = find_place(adding->paths, from->place),
			.kind = from->kind,
			.thread = thread_of(adding, from->thread),
			.node = from->node ? call_paths_place(adding->paths, from->node) : 0,
			.count = from->count,
		};

		g_array_append_val(adding->profile->named.misuses, misuse);
	}
}

void
named_build_add(struct call_paths *paths, const struct process *process, uint32_t index)
{
	struct profile *profile = paths->target->profile;
	const struct adding adding = {paths, profile, process, process->named, index,
		profile->threads->len - process->threads->len};
	const struct named *named = process->named;

	if (!named || !process->threads->len)
		return;
	add_spans(&adding);
	add_tasks(&adding);
	add_series(&adding);
	add_misuses(&adding);
	if (named->instances_left_out || named->pieces_left_out) {
		const struct profile_left_out row = {index, named->instances_left_out,
			named->pieces_left_out, named->pieces_shortest_ns};

		g_array_append_val(profile->named.left_out, row);
	}
}

/* ---- numbers ---- */

static gint
by_name(gconstpointer a, gconstpointer b, gpointer context)
{
	const struct profile_named *named = context;
	const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	const struct profile_place *places = (const void *)named->places->data;
	int order = strcmp(places[left].name, places[right].name);

	if (!order && places[left].kind != places[right].kind)
		order = places[left].kind < places[right].kind ? -1 : 1;
	return order ? order : (left > right) - (left < right);
}

static void
renumber_places(struct profile_named *named, const uint32_t *number)
{
	profile_renumber(named->spans, offsetof(struct profile_named_span, place), number);
	profile_renumber(named->tasks, offsetof(struct profile_task, place), number);
	profile_renumber(named->marks, offsetof(struct profile_mark, place), number);
	profile_renumber(named->counters, offsetof(struct profile_counter, place), number);
	profile_renumber(named->misuses, offsetof(struct profile_misuse, place), number);
}

/* Places in the order of their names, whatever was met first. */
static void
sort_places(struct profile_named *named)
{
	const guint count = named->places->len;
	g_autofree uint32_t *order = g_new(uint32_t, count);
	g_autofree uint32_t *number = g_new(uint32_t, count);
	g_autofree struct profile_place *old =
		g_memdup2(named->places->data, count * sizeof(struct profile_place));

	for (guint i = 0; i < count; i++)
		order[i] = i;
	g_qsort_with_data(order + 1, (gint)count - 1, sizeof(*order), by_name, named);
	for (guint i = 0; i < count; i++) {
		g_array_index(named->places, struct profile_place, i) = old[order[i]];
		number[order[i]] = i;
	}
	renumber_places(named, number);
}

void
named_build_number(struct profile *profile, const uint32_t *number)
{
	struct profile_named *named = &profile->named;

	profile_renumber(named->tasks, offsetof(struct profile_task, node), number);
	profile_renumber(named->misuses, offsetof(struct profile_misuse, node), number);
	for (guint i = 0; i < profile->calls->len; i++) {
		const struct profile_call *call =
			&g_array_index(profile->calls, struct profile_call, i);
		const struct profile_section_peak peak = {
			call->node, call->thread, call->sums.peak_bytes};

		if (peak.peak_bytes)
			g_array_append_val(named->peaks, peak);
	}
	sort_places(named);
}

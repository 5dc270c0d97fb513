/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See profile_named.h. */
#include "profile.h"
#include "record.h"

static GArray *
table_new(gsize bytes)
{
	return g_array_new(FALSE, TRUE, (guint)bytes);
}

void
profile_named_init(struct profile_named *named, const char *empty)
{
	const struct profile_place none = {.name = empty, .inside = empty};

	*named = (struct profile_named){
		.places = table_new(sizeof(struct profile_place)),
		.peaks = table_new(sizeof(struct profile_section_peak)),
		.spans = table_new(sizeof(struct profile_named_span)),
		.tasks = table_new(sizeof(struct profile_task)),
		.instances = table_new(sizeof(struct profile_instance)),
		.pieces = table_new(sizeof(struct profile_piece)),
		.marks = table_new(sizeof(struct profile_mark)),
		.mark_points = table_new(sizeof(struct profile_point)),
		.counters = table_new(sizeof(struct profile_counter)),
		.counter_points = table_new(sizeof(struct profile_point)),
		.misuses = table_new(sizeof(struct profile_misuse)),
		.left_out = table_new(sizeof(struct profile_left_out)),
	};
	g_array_append_val(named->places, none);
}

void
profile_named_fini(struct profile_named *named)
{
	GArray *const tables[] = {named->places, named->peaks, named->spans, named->tasks,
		named->instances, named->pieces, named->marks, named->mark_points, named->counters,
		named->counter_points, named->misuses, named->left_out};

	for (unsigned i = 0; i < G_N_ELEMENTS(tables); i++)
		g_array_free(tables[i], TRUE);
}

/* ---- checking ---- */

static bool
check_points(const GArray *points, guint series)
{
	for (guint i = 0; i < points->len; i++) {
		const struct profile_point *point = &g_array_index(points, struct profile_point, i);

		if (point->series >= series || point->end_ns < point->start_ns || !point->count ||
			(i && point[-1].series > point->series))
			return false;
	}
	return true;
}

static bool
check_tasks(const struct profile_named *named)
{
	for (guint i = 0; i < named->instances->len; i++) {
		const struct profile_instance *instance =
			&g_array_index(named->instances, struct profile_instance, i);

		if (instance->task >= named->tasks->len || instance->end_ns < instance->start_ns ||
			instance->running_ns > instance->end_ns - instance->start_ns)
			return false;
	}
	for (guint i = 0; i < named->pieces->len; i++)
		if (g_array_index(named->pieces, struct profile_piece, i).instance >=
			named->instances->len)
			return false;
	return true;
}

/* The file has these counts once. */
static void
fill_counts(const struct profile_named *named)
{
	for (guint i = 0; i < named->tasks->len; i++) {
		struct profile_task *task = &g_array_index(named->tasks, struct profile_task, i);

		task->running.count = task->lives.count;
		task->running.unfinished = task->lives.unfinished;
	}
}

static void
fill_kinds(struct profile *profile)
{
	for (guint i = 1; i < profile->named.places->len; i++) {
		const struct profile_place *place =
			&g_array_index(profile->named.places, struct profile_place, i);
		struct profile_function *function = &g_array_index(
			profile->functions, struct profile_function, place->function);

		/* A function that asked to be profiled may be one of the program's own. */
		if (place->function && !function->module &&
			g_str_equal(function->name, place->name))
			function->kind = place->kind;
	}
}

/* Both are sorted by node and thread. */
static void
fill_peaks(struct profile *profile)
{
	guint at = 0;

	for (guint i = 0; i < profile->named.peaks->len; i++) {
		const struct profile_section_peak *peak =
			&g_array_index(profile->named.peaks, struct profile_section_peak, i);
		struct profile_call *call = NULL;

		for (; at < profile->calls->len; at++) {
			call = &g_array_index(profile->calls, struct profile_call, at);
			if (call->node > peak->node ||
				(call->node == peak->node && call->thread >= peak->thread))
				break;
		}
		if (at < profile->calls->len && call->node == peak->node &&
			call->thread == peak->thread)
			call->sums.peak_bytes = peak->peak_bytes;
	}
}

bool
profile_named_check(struct profile *profile)
{
	const struct profile_named *named = &profile->named;

	if (!check_tasks(named) || !check_points(named->mark_points, named->marks->len) ||
		!check_points(named->counter_points, named->counters->len))
		return false;
	fill_counts(named);
	fill_kinds(profile);
	fill_peaks(profile);
	return true;
}

/* ---- asking ---- */

bool
profile_named_any(const struct profile *profile)
{
	return profile->named.places->len > 1 || profile->named.tasks->len ||
	       profile->named.misuses->len;
}

const char *
profile_task_name(const struct profile *profile, const struct profile_task *task)
{
	const char *name =
		g_array_index(profile->named.places, struct profile_place, task->place).name;

	if (!task->place)
		name = profile_function(profile, profile_node_function(profile, task->node))->name;
	return *name ? name : "[unknown]";
}

uint32_t
profile_task_maker(const struct profile *profile, const struct profile_task *task)
{
	const uint32_t node = profile->nodes.parent[task->node];
	const char *name = profile_function(profile, profile_node_function(profile, node))->name;

	return !task->place && g_str_equal(name, "[coroutine]") ? profile->nodes.parent[node]
								: node;
}

const char *
named_kind_name(uint32_t kind)
{
	static const char *const names[] = {
		[NAMED_SECTION] = "section",
		[NAMED_PROFILED] = "profiled",
		[NAMED_SPAN] = "span",
		[NAMED_TASK] = "task",
		[NAMED_MARK] = "mark",
		[NAMED_COUNTER] = "counter",
		[NAMED_END] = "end",
	};

	return kind < G_N_ELEMENTS(names) && names[kind] ? names[kind] : "unknown";
}

const char *
misuse_text(uint32_t kind)
{
	static const char *const texts[MISUSE_KINDS] = {
		[MISUSE_NOT_BEGUN] = "ended, but not open in this function",
		[MISUSE_NOT_ENDED] = "not ended before its function returned",
		[MISUSE_ENDED] = "used after its end",
		[MISUSE_RUNNING] = "resumed while it was running",
		[MISUSE_NOT_RUNNING] = "suspended where it was not running",
	};

	return kind < MISUSE_KINDS && texts[kind] ? texts[kind] : "misused";
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The flamechart: see flame_time.h. Of a thread the traced calls are drawn where there are any,
 * else samples of wall time, else of CPU time. A piece of samples is a whole call path: functions
 * that it shares with the piece right before it go on, the others end.
 */
#include <string.h>

#include "flame.h"
#include "flame_lanes.h"
#include "flame_profile.h"
#include "flame_time.h"
#include "text.h"

enum {
	BOXES_MAX = 1 << 20, /* drawn; the shortest go first */
	BOXES_WORK_MAX = 4 * BOXES_MAX,
	DEPTH_MAX = 1000, /* of samples: nobody looks deeper, and each may be that deep */
};

struct chart {
	const struct selection *selection;
	const struct profile *profile;
	const uint8_t *nodes;		/* of the selection: those that are drawn */
	GArray *parent, *frame;		/* uint32_t by box */
	GArray *start_ns, *duration_ns; /* uint64_t by box */
	GArray *open;			/* uint32_t: boxes from the thread's to the innermost */
	GArray *path;			/* uint32_t: functions of a piece, innermost first */
	GPtrArray *names;		/* char *: of threads, tasks, marks */
	uint32_t *drawn;		/* by node: itself, or the one at DEPTH_MAX above it */
	uint64_t hidden, shortest_ns;	/* here, beside the profile's */
	struct lanes_left_out left_out; /* of tasks and marks */
};

static uint32_t *
numbers(GArray *array)
{
	return (uint32_t *)(void *)array->data;
}

static uint64_t *
times(GArray *array)
{
	return (uint64_t *)(void *)array->data;
}

static void
chart_init(struct chart *chart, const struct selection *selection)
{
	*chart = (struct chart){
		.selection = selection,
		.profile = selection->profile,
		.nodes = selection->nodes,
		.parent = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.frame = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.start_ns = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.duration_ns = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.open = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.path = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.names = g_ptr_array_new_with_free_func(g_free),
	};
}

static void
chart_fini(struct chart *chart)
{
	GArray *const arrays[] = {chart->parent, chart->frame, chart->start_ns, chart->duration_ns,
		chart->open, chart->path};

	for (unsigned i = 0; i < G_N_ELEMENTS(arrays); i++)
		g_array_unref(arrays[i]);
	g_ptr_array_unref(chart->names);
	g_free(chart->drawn);
}

/* Once for all nodes, so that no sample walks up a deep recursion. */
static uint32_t *
find_drawn(const struct profile *profile)
{
	g_autofree uint32_t *depth = g_new0(uint32_t, profile->nodes.count);
	uint32_t *drawn = g_new0(uint32_t, profile->nodes.count);

	for (uint32_t node = 1; node < profile->nodes.count; node++) {
		const uint32_t parent = profile->nodes.parent[node];

		depth[node] = depth[parent] + 1;
		drawn[node] = depth[node] <= DEPTH_MAX ? node : drawn[parent];
	}
	return drawn;
}

/* ---- boxes ---- */

static uint32_t
add_box(struct chart *chart, uint32_t parent, uint32_t frame, uint64_t start_ns, uint64_t end_ns)
{
	uint64_t duration_ns;

	/* Times are rounded one by one: nothing sticks out of its parent for that. */
	if (parent != FLAME_NO_PARENT) {
		const uint64_t from = times(chart->start_ns)[parent];
		const uint64_t to = from + times(chart->duration_ns)[parent];

		start_ns = CLAMP(start_ns, from, to);
		end_ns = CLAMP(end_ns, start_ns, to);
	}
	duration_ns = end_ns - start_ns;
	g_array_append_val(chart->parent, parent);
	g_array_append_val(chart->frame, frame);
	g_array_append_val(chart->start_ns, start_ns);
	g_array_append_val(chart->duration_ns, duration_ns);
	return chart->parent->len - 1;
}

static uint64_t
end_of(const struct chart *chart, uint32_t box)
{
	return times(chart->start_ns)[box] + times(chart->duration_ns)[box];
}

static uint32_t
top(const struct chart *chart)
{
	return numbers(chart->open)[chart->open->len - 1];
}

/* ---- what is too much ---- */

/*
 * No box is longer than its parent, so what is kept is a tree. Threads are kept, and what is open:
 * it may yet grow.
 */
static uint8_t *
mark_kept(const struct chart *chart, uint64_t shortest_ns, guint *ret_count)
{
	uint8_t *kept = g_new0(uint8_t, chart->parent->len);

	for (guint i = 0; i < chart->parent->len; i++)
		kept[i] = times(chart->duration_ns)[i] >= shortest_ns ||
			  numbers(chart->parent)[i] == FLAME_NO_PARENT;
	for (guint i = 0; i < chart->open->len; i++)
		kept[numbers(chart->open)[i]] = 1;
	*ret_count = 0;
	for (guint i = 0; i < chart->parent->len; i++)
		*ret_count += kept[i];
	return kept;
}

static void
keep(struct chart *chart, const uint8_t *kept)
{
	g_autofree uint32_t *number = g_new(uint32_t, chart->parent->len);
	uint32_t *parent = numbers(chart->parent);
	guint count = 0;

	for (guint i = 0; i < chart->parent->len; i++) {
		if (!kept[i])
			continue;
		number[i] = count;
		parent[count] = parent[i] == FLAME_NO_PARENT ? parent[i] : number[parent[i]];
		numbers(chart->frame)[count] = numbers(chart->frame)[i];
		times(chart->start_ns)[count] = times(chart->start_ns)[i];
		times(chart->duration_ns)[count++] = times(chart->duration_ns)[i];
	}
	for (guint i = 0; i < chart->open->len; i++)
		numbers(chart->open)[i] = number[numbers(chart->open)[i]];
	chart->hidden += chart->parent->len - count;
	g_array_set_size(chart->parent, count);
	g_array_set_size(chart->frame, count);
	g_array_set_size(chart->start_ns, count);
	g_array_set_size(chart->duration_ns, count);
}

/* Leaves the longest boxes. */
static void
make_room(struct chart *chart, guint most)
{
	while (chart->parent->len > most && chart->shortest_ns < UINT64_MAX / 4) {
		g_autofree uint8_t *kept = NULL;
		guint count;

		chart->shortest_ns = chart->shortest_ns ? 2 * chart->shortest_ns : 1024;
		kept = mark_kept(chart, chart->shortest_ns, &count);
		keep(chart, kept);
	}
}

/* ---- traced calls: by start, outer ones first ---- */

static void
add_call(struct chart *chart, const struct profile_box *call)
{
	const uint32_t function = profile_node_function(chart->profile, call->node);
	uint32_t box;

	while (chart->open->len > 1 &&
		(chart->open->len - 1 > call->depth || end_of(chart, top(chart)) <= call->start_ns))
		g_array_set_size(chart->open, chart->open->len - 1);
	box = add_box(
		chart, top(chart), function, call->start_ns, call->start_ns + call->duration_ns);
	g_array_append_val(chart->open, box);
}

/* ---- samples ---- */

static void
find_path(struct chart *chart, uint32_t node)
{
	g_array_set_size(chart->path, 0);
	for (node = chart->drawn[node]; node; node = chart->profile->nodes.parent[node]) {
		const uint32_t function = profile_node_function(chart->profile, node);

		g_array_append_val(chart->path, function);
	}
}

/* Closes the functions that do not go on. A pause of `pause_ns` is the clock's, not theirs. */
static void
close_others(struct chart *chart, uint64_t start_ns, uint64_t pause_ns)
{
	const guint deepest = chart->path->len;
	guint same = 1;

	/* Functions that stopped running in between were, as far as is known, called anew. */
	while (same < chart->open->len && same <= deepest) {
		const uint32_t box = numbers(chart->open)[same];

		if (end_of(chart, box) + pause_ns < start_ns ||
			numbers(chart->frame)[box] != numbers(chart->path)[deepest - same])
			break;
		same++;
	}
	g_array_set_size(chart->open, same);
}

static void
add_piece(struct chart *chart, const struct profile_box *piece)
{
	const uint64_t end_ns = piece->start_ns + piece->duration_ns;

	find_path(chart, piece->node);
	close_others(chart, piece->start_ns, piece->duration_ns / 2);
	for (guint i = 1; i < chart->open->len; i++) {
		const uint32_t box = numbers(chart->open)[i];

		times(chart->duration_ns)[box] = end_ns - times(chart->start_ns)[box];
	}
	for (guint i = chart->path->len - (chart->open->len - 1); i > 0; i--) {
		const uint32_t box = add_box(
			chart, top(chart), numbers(chart->path)[i - 1], piece->start_ns, end_ns);

		g_array_append_val(chart->open, box);
	}
}

/* ---- threads ---- */

/* The rows of one kind at the start of [box, end). */
static const struct profile_box *
end_of_kind(const struct profile_box *box, const struct profile_box *end)
{
	const struct profile_box *at = box;

	while (at < end && at->kind == box->kind)
		at++;
	return at;
}

/* Rows of a thread come by kind; the last kind is the one that says most. */
static void
add_thread(struct chart *chart, const struct profile_box *box, const struct profile_box *end)
{
	const struct profile_thread *thread = profile_thread(chart->profile, box->thread);
	const struct profile_box *from = box;
	uint64_t start_ns = thread->start_ns, end_ns = thread->end_ns;
	uint32_t row;

	for (const struct profile_box *at = box; at < end; at = end_of_kind(at, end))
		from = at;
	for (const struct profile_box *at = from; at < end; at++) {
		start_ns = MIN(start_ns, at->start_ns);
		end_ns = MAX(end_ns, at->start_ns + at->duration_ns);
	}
	row = add_box(chart, FLAME_NO_PARENT, chart->profile->functions->len + chart->names->len,
		start_ns, end_ns);
	g_ptr_array_add(chart->names, flame_thread_name(chart->profile, box->thread));
	g_array_set_size(chart->open, 0);
	g_array_append_val(chart->open, row);
	for (; from < end; from++) {
		if (!chart->nodes[from->node])
			continue;
		if (chart->parent->len > BOXES_WORK_MAX)
			make_room(chart, BOXES_MAX);
		if (from->kind == CHART_CALL)
			add_call(chart, from);
		else
			add_piece(chart, from);
	}
}

static void
add_threads(struct chart *chart, const struct selection *selection)
{
	const GArray *rows = chart->profile->chart;
	const struct profile_box *box = (const struct profile_box *)(const void *)rows->data;
	const struct profile_box *end = box + rows->len;

	while (box < end) {
		const struct profile_box *next = box;

		while (next < end && next->thread == box->thread)
			next++;
		if (selection->threads[box->thread])
			add_thread(chart, box, next);
		box = next;
	}
}

/* ---- what the source named ---- */

static void
add_lanes(struct chart *chart)
{
	const struct lane_boxes boxes = {
		.parent = chart->parent,
		.frame = chart->frame,
		.start_ns = chart->start_ns,
		.duration_ns = chart->duration_ns,
		.names = chart->names,
		.first_name = chart->profile->functions->len,
	};

	flame_lanes_add(&boxes, chart->selection, &chart->left_out);
}

/* ---- the picture ---- */

static void
describe_left_out(const struct lanes_left_out *left, GString *text)
{
	const struct {
		uint64_t count;
		const char *what;
	} rows[] = {
		{left->tasks, "tasks"},
		{left->pieces, "short pieces of tasks"},
		{left->marks, "marks"},
	};
	char count[TEXT_CELL];

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].count)
			g_string_append_printf(text, "%s%s more %s are not drawn",
				text->len ? "; " : "", text_count(rows[i].count, count),
				rows[i].what);
}

/* Boxes lie where they were on the clock, which cannot be told what tracing took. */
static void
describe_cost(const struct profile *profile, GString *text)
{
	uint64_t cost_ps = 0;
	char time[TEXT_CELL];

	for (guint i = 0; i < profile->processes->len; i++)
		cost_ps = MAX(cost_ps, profile_process(profile, i)->cost[COST_OF_CALLS].pair_ps);
	if (profile->calls->len && cost_ps)
		g_string_append_printf(text,
			"%stimes are as measured: %s for each call inside is what tracing took",
			text->len ? "; " : "", text_time((cost_ps + 500) / 1000, time));
}

static char *
describe(const struct chart *chart)
{
	const struct profile_run *run = &chart->profile->run;
	const uint64_t hidden = run->chart_hidden + chart->hidden;
	g_autofree char *subtitle = flame_subtitle(chart->selection);
	GString *text = g_string_new(subtitle);
	char count[TEXT_CELL], time[TEXT_CELL];

	if (hidden)
		g_string_append_printf(text,
			"%s%s calls shorter than %s are not drawn: they are in their callers",
			text->len ? "; " : "", text_count(hidden, count),
			text_time(MAX(run->chart_shortest_ns, chart->shortest_ns), time));
	if (run->chart_grain_ns)
		g_string_append_printf(text, "%ssamples within %s are drawn as one",
			text->len ? "; " : "", text_time(run->chart_grain_ns, time));
	describe_left_out(&chart->left_out, text);
	describe_cost(chart->profile, text);
	return g_string_free(text, FALSE);
}

/* Frames of functions, then of threads, tasks and marks. */
static struct flame_frame *
make_frames(const struct chart *chart)
{
	const guint functions = chart->profile->functions->len;
	struct flame_frame *frames = flame_function_frames(chart->profile);

	frames = g_renew(struct flame_frame, frames, functions + chart->names->len);
	for (guint i = 0; i < chart->names->len; i++)
		frames[functions + i] =
			(struct flame_frame){.function = g_ptr_array_index(chart->names, i)};
	return frames;
}

static int
write_chart(FILE *out, struct chart *chart, const char *title, const char *scheme)
{
	g_autofree struct flame_frame *frames = make_frames(chart);
	g_autofree char *subtitle = describe(chart);
	const struct flame flame = {
		.kind = FLAME_CHART,
		.title = title,
		.subtitle = *subtitle ? subtitle : NULL,
		.box_count = chart->parent->len,
		.parent = numbers(chart->parent),
		.frame = numbers(chart->frame),
		.start_ns = times(chart->start_ns),
		.duration_ns = times(chart->duration_ns),
		.frame_count = chart->profile->functions->len + chart->names->len,
		.frames = frames,
	};

	return flame_write_svg(out, &flame, &(struct flame_style){.scheme = scheme});
}

bool
flame_chart_is_there(const struct profile *profile)
{
	return profile->chart->len || profile->named.instances->len ||
	       profile->named.mark_points->len;
}

int
flame_chart_write(FILE *out, const struct selection *selection, const char *title)
{
	return flame_chart_write_as(
		out, selection, &(struct flame_profile_options){.title = title});
}

int
flame_chart_write_as(
	FILE *out, const struct selection *selection, const struct flame_profile_options *options)
{
	g_autofree char *program = g_path_get_basename(selection->profile->run.program);
	g_autofree char *own_title = g_strconcat("Timeline of ", program, NULL);
	struct chart chart;
	int error;

	chart_init(&chart, selection);
	chart.drawn = find_drawn(selection->profile);
	add_threads(&chart, selection);
	g_array_set_size(chart.open, 0);
	make_room(&chart, BOXES_MAX);
	add_lanes(&chart);
	error = write_chart(
		out, &chart, options->title ? options->title : own_title, options->scheme);
	chart_fini(&chart);
	return error;
}

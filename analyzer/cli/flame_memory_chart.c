/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The flamechart of memory: see flame_time.h. The profile knows for each call path how much it
 * allocated in each of the run's intervals. An interval's stretch of the time axis is shared out
 * among its call paths by bytes, in the order of the call tree; what a call path has in common with
 * the one before it goes on as one box, also from interval to interval.
 */
#include "flame.h"
#include "flame_profile.h"
#include "flame_time.h"
#include "text.h"

/* What one call path allocated in one interval. */
struct portion {
	uint32_t node;
	uint64_t bytes;
};

struct chart {
	const struct profile *profile;
	GArray *parent, *frame;			/* uint32_t by box */
	GArray *start_ns, *duration_ns, *bytes; /* uint64_t by box; bytes: its own */
	GArray *open; /* uint32_t: boxes from the first to the innermost */
	GArray *path; /* uint32_t: functions, innermost first */
};

static uint32_t *
numbers(GArray *array)
{
	return (uint32_t *)(void *)array->data;
}

static uint64_t *
amounts(GArray *array)
{
	return (uint64_t *)(void *)array->data;
}

static void
chart_init(struct chart *chart, const struct profile *profile)
{
	*chart = (struct chart){
		.profile = profile,
		.parent = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.frame = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.start_ns = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.duration_ns = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.bytes = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.open = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.path = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
	};
}

static void
chart_fini(struct chart *chart)
{
	GArray *const arrays[] = {chart->parent, chart->frame, chart->start_ns, chart->duration_ns,
		chart->bytes, chart->open, chart->path};

	for (unsigned i = 0; i < G_N_ELEMENTS(arrays); i++)
		g_array_unref(arrays[i]);
}

/* ---- boxes ---- */

static uint64_t
end_of(const struct chart *chart, uint32_t box)
{
	return amounts(chart->start_ns)[box] + amounts(chart->duration_ns)[box];
}

static void
open_box(struct chart *chart, uint32_t frame, uint64_t start_ns, uint64_t end_ns)
{
	const uint32_t box = chart->parent->len;
	const uint32_t parent =
		chart->open->len ? numbers(chart->open)[chart->open->len - 1] : FLAME_NO_PARENT;
	const uint64_t duration_ns = end_ns - start_ns, none = 0;

	g_array_append_val(chart->parent, parent);
	g_array_append_val(chart->frame, frame);
	g_array_append_val(chart->start_ns, start_ns);
	g_array_append_val(chart->duration_ns, duration_ns);
	g_array_append_val(chart->bytes, none);
	g_array_append_val(chart->open, box);
}

/* The band of all memory, whose frame is the one after the functions. */
static void
open_band(struct chart *chart, uint64_t start_ns, uint64_t end_ns)
{
	open_box(chart, chart->profile->functions->len, start_ns, end_ns);
}

static void
find_path(struct chart *chart, uint32_t node)
{
	g_array_set_size(chart->path, 0);
	for (; node; node = chart->profile->nodes.parent[node]) {
		const uint32_t function = profile_node_function(chart->profile, node);

		g_array_append_val(chart->path, function);
	}
}

/* Closes what does not go on at `start_ns` with the same functions; the band always does. */
static void
close_others(struct chart *chart, uint64_t start_ns)
{
	const guint deepest = chart->path->len;
	guint same = 1;

	while (same < chart->open->len && same <= deepest) {
		const uint32_t box = numbers(chart->open)[same];

		if (end_of(chart, box) != start_ns ||
			numbers(chart->frame)[box] != numbers(chart->path)[deepest - same])
			break;
		same++;
	}
	g_array_set_size(chart->open, same);
}

static void
add_piece(struct chart *chart, const struct portion *portion, uint64_t start_ns, uint64_t end_ns)
{
	if (end_ns == start_ns)
		return;
	find_path(chart, portion->node);
	close_others(chart, start_ns);
	for (guint i = 1; i < chart->open->len; i++) {
		const uint32_t box = numbers(chart->open)[i];

		amounts(chart->duration_ns)[box] = end_ns - amounts(chart->start_ns)[box];
	}
	for (guint i = chart->path->len - (chart->open->len - 1); i > 0; i--)
		open_box(chart, numbers(chart->path)[i - 1], start_ns, end_ns);
	amounts(chart->bytes)[numbers(chart->open)[chart->open->len - 1]] += portion->bytes;
}

/* ---- intervals ---- */

/* By node: 1 where the selection has anything of it. */
static uint8_t *
selected_nodes(const struct selection *selection)
{
	const struct profile_memory *memory = &selection->profile->memory;
	uint8_t *nodes = g_new0(uint8_t, selection->profile->nodes.count);

	for (uint32_t i = 0; i < memory->count; i++)
		nodes[memory->node[i]] |= selection->rows[i];
	return nodes;
}

/* By interval: GArray of struct portion in the order of nodes. Rows come by node. */
static GPtrArray *
share_out(const struct selection *selection)
{
	const struct profile_spans *spans = &selection->profile->spans;
	g_autofree uint8_t *wanted = selected_nodes(selection);
	GPtrArray *intervals = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);

	for (unsigned i = 0; i < SPANS_MAX; i++)
		g_ptr_array_add(intervals, g_array_new(FALSE, FALSE, sizeof(struct portion)));
	for (uint32_t i = 0; i < spans->count; i++) {
		const struct profile_span *span = &spans->rows[i];
		GArray *interval =
			span->born < SPANS_MAX ? g_ptr_array_index(intervals, span->born) : NULL;
		const struct portion portion = {span->node, span->blocks.bytes};
		struct portion *last =
			interval && interval->len
				? &g_array_index(interval, struct portion, interval->len - 1)
				: NULL;

		if (!interval || !wanted[span->node])
			continue;
		if (last && last->node == span->node)
			last->bytes += span->blocks.bytes;
		else
			g_array_append_val(interval, portion);
	}
	return intervals;
}

static void
add_interval(struct chart *chart, const GArray *portions, uint64_t start_ns, uint64_t length_ns)
{
	uint64_t all = 0, before = 0;

	for (guint i = 0; i < portions->len; i++)
		all += g_array_index(portions, struct portion, i).bytes;
	for (guint i = 0; i < portions->len; i++) {
		const struct portion *portion = &g_array_index(portions, struct portion, i);
		const uint64_t after = before + portion->bytes;

		add_piece(chart, portion,
			start_ns + (uint64_t)((unsigned __int128)before * length_ns / all),
			start_ns + (uint64_t)((unsigned __int128)after * length_ns / all));
		before = after;
	}
}

static void
add_intervals(struct chart *chart, const struct selection *selection)
{
	const uint64_t span_ns = selection->profile->spans.span_ns;
	g_autoptr(GPtrArray) intervals = share_out(selection);
	unsigned first = 0, last = 0;

	for (unsigned i = 0; i < SPANS_MAX; i++) {
		if (((const GArray *)g_ptr_array_index(intervals, i))->len)
			last = i + 1;
	}
	if (!last)
		return;
	while (!((const GArray *)g_ptr_array_index(intervals, first))->len)
		first++;
	open_band(chart, first * span_ns, last * span_ns);
	for (unsigned i = first; i < last; i++)
		add_interval(chart, g_ptr_array_index(intervals, i), i * span_ns, span_ns);
}

/* ---- the picture ---- */

static struct flame_frame *
make_frames(const struct profile *profile)
{
	struct flame_frame *frames = flame_function_frames(profile);

	frames = g_renew(struct flame_frame, frames, profile->functions->len + 1);
	frames[profile->functions->len] = (struct flame_frame){.function = "heap"};
	return frames;
}

static int
write_chart(FILE *out, struct chart *chart, const struct selection *selection,
	const struct flame_profile_options *options)
{
	const struct profile *profile = chart->profile;
	g_autofree struct flame_frame *frames = make_frames(profile);
	g_autofree char *program = g_path_get_basename(profile->run.program);
	g_autofree char *own_title = g_strconcat("Memory of ", program, " over time", NULL);
	char cell[TEXT_CELL];
	g_autofree char *part = flame_subtitle(selection);
	g_autofree char *subtitle = g_strdup_printf(
		"Each %s of the run is shared out by the bytes that were allocated in it%s%s",
		text_time(profile->spans.span_ns, cell), part ? "; " : "", part ? part : "");
	const struct flame_metric metric = {
		.name = "allocated", .unit = FLAME_BYTES, .self = amounts(chart->bytes)};
	const struct flame flame = {
		.kind = FLAME_CHART,
		.title = options->title ? options->title : own_title,
		.subtitle = subtitle,
		.box_count = chart->parent->len,
		.parent = numbers(chart->parent),
		.frame = numbers(chart->frame),
		.start_ns = amounts(chart->start_ns),
		.duration_ns = amounts(chart->duration_ns),
		.frame_count = profile->functions->len + 1,
		.frames = frames,
		.metric_count = 1,
		.metrics = &metric,
	};

	return flame_write_svg(out, &flame, &(struct flame_style){.scheme = options->scheme});
}

int
flame_memory_chart_write_as(
	FILE *out, const struct selection *selection, const struct flame_profile_options *options)
{
	struct chart chart;
	int error;

	chart_init(&chart, selection->profile);
	add_intervals(&chart, selection);
	error = write_chart(out, &chart, selection, options);
	chart_fini(&chart);
	return error;
}

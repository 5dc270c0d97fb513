/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The flamegraph of times: see flame_time.h. */
#include "flame_profile.h"
#include "flame_time.h"

#include "flame.h"
#include "id_map.h"

static const struct {
	enum metric metric;
	const char *name;
} shown[] = {
	{METRIC_TIME, "time in traced calls"},
	{METRIC_CPU, "CPU time"},
	{METRIC_WALL, "wall time"},
	{METRIC_KERNEL, "CPU time in the kernel"},
};

enum {
	SHOWN = G_N_ELEMENTS(shown),
};

/* The smallest line that is known of a function is the nearest to where it begins. */
static void
take_place(const struct profile *profile, const struct profile_frame *frame,
	struct flame_frame *ret_frame)
{
	if (!frame->file || (ret_frame->line && ret_frame->line <= frame->line))
		return;
	ret_frame->file = profile_file(profile, frame->file);
	ret_frame->line = frame->line;
}

struct flame_frame *
flame_function_frames(const struct profile *profile)
{
	struct flame_frame *frames = g_new0(struct flame_frame, profile->functions->len);

	for (guint i = 0; i < profile->functions->len; i++) {
		const struct profile_function *function = profile_function(profile, i);

		frames[i].function = function->name;
		if (function->module)
			frames[i].module = profile_module(profile, function->module)->path;
	}
	for (guint i = 1; i < profile->frames->len; i++) {
		const struct profile_frame *frame = profile_frame(profile, i);

		take_place(profile, frame, &frames[frame->function]);
	}
	return frames;
}

/* ---- boxes: call paths of functions ---- */

struct boxes {
	uint32_t count;
	GArray *parent, *frame; /* uint32_t */
	uint32_t *box;		/* by node of the profile */
};

static void
boxes_init(struct boxes *boxes, const struct profile *profile)
{
	struct id_map children;

	*boxes = (struct boxes){
		.parent = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.frame = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.box = g_new(uint32_t, profile->nodes.count),
	};
	id_map_init(&children);
	boxes->box[0] = FLAME_NO_PARENT;
	for (uint32_t node = 1; node < profile->nodes.count; node++) {
		const uint32_t parent = boxes->box[profile->nodes.parent[node]];
		const uint32_t function = profile_node_function(profile, node);
		uint32_t *place = id_map_place(&children, (uint64_t)parent << 32 | function);

		if (*place == ID_MAP_NONE) {
			*place = boxes->count++;
			g_array_append_val(boxes->parent, parent);
			g_array_append_val(boxes->frame, function);
		}
		boxes->box[node] = *place;
	}
	id_map_fini(&children);
}

static void
boxes_fini(struct boxes *boxes)
{
	g_array_unref(boxes->parent);
	g_array_unref(boxes->frame);
	g_free(boxes->box);
}

static uint64_t *
values_of(const struct boxes *boxes, const struct selection *selection, enum metric metric)
{
	g_autofree uint64_t *self = selection_self(selection, metric);
	uint64_t *values = g_new0(uint64_t, MAX(1, boxes->count));

	for (uint32_t node = 1; node < selection->profile->nodes.count; node++)
		values[boxes->box[node]] += self[node];
	return values;
}

int
flame_time_write(FILE *out, const struct selection *selection, const char *title)
{
	return flame_time_write_as(out, selection,
		&(struct flame_profile_options){.title = title, .metric = METRIC_TIME});
}

/* The rows of the table that can be shown, `first` before the others. */
static uint32_t
fill_metrics(const struct boxes *boxes, const struct selection *selection, enum metric first,
	struct flame_metric *metrics, uint64_t **values)
{
	uint32_t count = 0;

	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < SHOWN; i++) {
			if ((shown[i].metric == first) != (pass == 0) ||
				!metric_is_there(selection->profile, shown[i].metric))
				continue;
			values[count] = values_of(boxes, selection, shown[i].metric);
			metrics[count] = (struct flame_metric){
				.name = shown[i].name, .unit = FLAME_NS, .self = values[count]};
			count++;
		}
	}
	return count;
}

int
flame_time_write_as(
	FILE *out, const struct selection *selection, const struct flame_profile_options *options)
{
	const struct profile *profile = selection->profile;
	g_autofree struct flame_frame *frames = flame_function_frames(profile);
	g_autofree char *program = g_path_get_basename(profile->run.program);
	g_autofree char *own_title = g_strconcat("Time of ", program, NULL);
	g_autofree char *subtitle = flame_subtitle(selection);
	struct flame_metric metrics[SHOWN];
	uint64_t *values[SHOWN];
	struct boxes boxes;
	uint32_t count;
	int error;

	boxes_init(&boxes, profile);
	count = fill_metrics(&boxes, selection, options->metric, metrics, values);
	const struct flame flame = {
		.kind = FLAME_GRAPH,
		.title = options->title ? options->title : own_title,
		.subtitle = subtitle,
		.root_name = program,
		.box_count = count ? boxes.count : 0,
		.parent = (const uint32_t *)(const void *)boxes.parent->data,
		.frame = (const uint32_t *)(const void *)boxes.frame->data,
		.frame_count = profile->functions->len,
		.frames = frames,
		.metric_count = count,
		.metrics = metrics,
	};

	error = flame_write_svg(out, &flame, &(struct flame_style){.scheme = options->scheme});
	for (uint32_t i = 0; i < count; i++)
		g_free(values[i]);
	boxes_fini(&boxes);
	return error;
}

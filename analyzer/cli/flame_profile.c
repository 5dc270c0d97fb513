/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See flame_profile.h. The root of the profile is left out: box i is node i + 1. */
#include "flame_profile.h"

#include "flame.h"

/* What a picture can show, the first at once; a summary knows no more than the first two. */
static const struct {
	enum metric metric;
	struct flame_metric flame;
} shown[] = {
	{METRIC_BYTES, {.name = "allocated", .unit = FLAME_BYTES}},
	{METRIC_ALLOCATIONS,
		{.name = "allocations", .unit = FLAME_COUNT, .count_name = "allocations"}},
	{METRIC_PEAK, {.name = "at the peak", .unit = FLAME_BYTES}},
	{METRIC_LEAKED, {.name = "leaked", .unit = FLAME_BYTES}},
	{METRIC_TEMPORARY, {.name = "temporary", .unit = FLAME_COUNT, .count_name = "allocations"}},
};

enum {
	SHOWN = G_N_ELEMENTS(shown),
	SHOWN_OF_SUMMARY = 2,
};

/* The callers of the boxes. The caller's. */
static uint32_t *
make_parents(const struct profile *profile)
{
	uint32_t *parents = g_new(uint32_t, profile->nodes.count);

	for (uint32_t node = 1; node < profile->nodes.count; node++) {
		const uint32_t parent = profile->nodes.parent[node];

		parents[node - 1] = parent ? parent - 1 : FLAME_NO_PARENT;
	}
	return parents;
}

static struct flame_frame *
make_frames(const struct profile *profile)
{
	struct flame_frame *frames = g_new(struct flame_frame, profile->frames->len);

	for (uint32_t i = 0; i < profile->frames->len; i++) {
		const struct profile_frame *frame = profile_frame(profile, i);
		const struct profile_function *function =
			profile_function(profile, frame->function);

		frames[i] = (struct flame_frame){
			.function = function->name,
			.file = frame->file ? profile_file(profile, frame->file) : NULL,
			.line = frame->line,
			.module = function->module ? profile_module(profile, function->module)->path
						   : NULL,
		};
	}
	return frames;
}

int
flame_profile_write(FILE *out, const struct selection *selection, const char *title)
{
	const struct profile *profile = selection->profile;
	const unsigned count = profile->run.summary ? SHOWN_OF_SUMMARY : SHOWN;
	g_autofree struct flame_frame *frames = make_frames(profile);
	g_autofree uint32_t *parents = make_parents(profile);
	g_autofree char *program = g_path_get_basename(profile->run.program);
	g_autofree char *own_title = g_strconcat("Memory of ", program, NULL);
	uint64_t *values[SHOWN];
	struct flame_metric metrics[SHOWN];

	for (unsigned i = 0; i < count; i++) {
		values[i] = selection_self(selection, shown[i].metric);
		metrics[i] = shown[i].flame;
		metrics[i].self = values[i] + 1;
	}
	const struct flame flame = {
		.kind = FLAME_GRAPH,
		.title = title ? title : own_title,
		.subtitle = *profile->run.incomplete ? profile->run.incomplete : NULL,
		.root_name = program,
		.box_count = profile->nodes.count - 1,
		.parent = parents,
		.frame = profile->nodes.frame + 1,
		.frame_count = profile->frames->len,
		.frames = frames,
		.metric_count = count,
		.metrics = metrics,
	};
	const int error = flame_write_svg(out, &flame, NULL);

	for (unsigned i = 0; i < count; i++)
		g_free(values[i]);
	return error;
}

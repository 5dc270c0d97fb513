/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See flame_profile.h. The root of the profile is left out: box i is node i + 1. */
#include "flame_profile.h"

#include "flame.h"

enum metric {
	METRIC_ALLOCATED,
	METRIC_ALLOCATIONS,
	METRIC_PEAK,
	METRIC_LEAKED,
	METRIC_TEMPORARY,
	METRICS,
	METRICS_OF_SUMMARY = METRIC_PEAK, /* a summary knows no more than the first two */
};

static const struct flame_metric metrics[METRICS] = {
	[METRIC_ALLOCATED] = {.name = "allocated", .unit = FLAME_BYTES},
	[METRIC_ALLOCATIONS] = {.name = "allocations",
		.unit = FLAME_COUNT,
		.count_name = "allocations"},
	[METRIC_PEAK] = {.name = "at peak", .unit = FLAME_BYTES},
	[METRIC_LEAKED] = {.name = "leaked", .unit = FLAME_BYTES},
	[METRIC_TEMPORARY] = {.name = "temporary",
		.unit = FLAME_COUNT,
		.count_name = "allocations"},
};

/* Columns by box. */
struct columns {
	uint32_t count;
	uint32_t *parent;
	uint32_t *frame;
	uint64_t *self[METRICS];
};

static void
columns_init(struct columns *columns, uint32_t count)
{
	columns->count = count;
	columns->parent = g_new(uint32_t, count);
	columns->frame = g_new(uint32_t, count);
	for (unsigned i = 0; i < METRICS; i++)
		columns->self[i] = g_new0(uint64_t, count);
}

static void
columns_fini(struct columns *columns)
{
	g_free(columns->parent);
	g_free(columns->frame);
	for (unsigned i = 0; i < METRICS; i++)
		g_free(columns->self[i]);
}

static void
add_sums(struct columns *columns, uint32_t box, const struct memory_sums *sums)
{
	columns->self[METRIC_ALLOCATED][box] += sums->allocated.bytes;
	columns->self[METRIC_ALLOCATIONS][box] += sums->allocated.count;
	columns->self[METRIC_PEAK][box] += sums->at_run_peak.bytes;
	columns->self[METRIC_LEAKED][box] += sums->leaked.bytes;
	columns->self[METRIC_TEMPORARY][box] += sums->temporary.count;
}

static void
fill_columns(struct columns *columns, const struct profile *profile)
{
	for (uint32_t box = 0; box < columns->count; box++) {
		const uint32_t parent = profile->nodes.parent[box + 1];

		columns->parent[box] = parent ? parent - 1 : FLAME_NO_PARENT;
		columns->frame[box] = profile->nodes.frame[box + 1];
	}
	for (uint32_t row = 0; row < profile->memory.count; row++) {
		const uint32_t node = profile->memory.node[row];

		if (node && profile->memory.category[row] == MEMORY_HEAP)
			add_sums(columns, node - 1, &profile->memory.sums[row]);
	}
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
flame_profile_write(FILE *out, const struct profile *profile, const char *title)
{
	g_autofree struct flame_frame *frames = make_frames(profile);
	struct flame_metric filled[METRICS];
	g_autofree char *program = g_path_get_basename(profile->run.program);
	g_autofree char *own_title = g_strconcat("Memory of ", program, NULL);
	struct columns columns;

	columns_init(&columns, profile->nodes.count - 1);
	fill_columns(&columns, profile);
	for (unsigned i = 0; i < METRICS; i++) {
		filled[i] = metrics[i];
		filled[i].self = columns.self[i];
	}
	const struct flame flame = {
		.kind = FLAME_GRAPH,
		.title = title ? title : own_title,
		.subtitle = *profile->run.incomplete ? profile->run.incomplete : NULL,
		.root_name = program,
		.box_count = columns.count,
		.parent = columns.parent,
		.frame = columns.frame,
		.frame_count = profile->frames->len,
		.frames = frames,
		.metric_count = profile->run.summary ? METRICS_OF_SUMMARY : METRICS,
		.metrics = filled,
	};
	const int error = flame_write_svg(out, &flame, NULL);

	columns_fini(&columns);
	return error;
}

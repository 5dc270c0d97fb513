/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See diff_flame.h. The root is left out: box i is node i + 1. */
#include "diff_flame.h"

static uint32_t *
make_parents(const struct diff *diff)
{
	uint32_t *parents = g_new(uint32_t, diff->node_count);

	for (uint32_t node = 1; node < diff->node_count; node++)
		parents[node - 1] = diff->parent[node] ? diff->parent[node] - 1 : FLAME_NO_PARENT;
	return parents;
}

static struct flame_frame *
make_frames(const struct diff *diff)
{
	struct flame_frame *frames = g_new0(struct flame_frame, diff->frame_count + 1);

	for (uint32_t i = 0; i < diff->frame_count; i++)
		frames[i] = (struct flame_frame){
			.function = diff->frames[i].function, .module = diff->frames[i].module};
	return frames;
}

static enum flame_unit
unit_of(enum metric metric)
{
	switch (metric_table[metric].unit) {
	case UNIT_BYTES:
		return FLAME_BYTES;
	case UNIT_NS:
		return FLAME_NS;
	default:
		return FLAME_COUNT;
	}
}

/* The metric that is shown first, then the others; A and B of each. */
static unsigned
fill_metrics(const struct diff *diff, unsigned first, struct flame_metric *metrics)
{
	unsigned count = 0;

	for (unsigned i = 0; i < diff->metric_count; i++) {
		const unsigned at = i == 0 ? first : i <= first ? i - 1 : i;
		const struct metric_row *row = &metric_table[diff->metrics[at]];

		for (unsigned side = 0; side < DIFF_SIDES; side++)
			metrics[count++] = (struct flame_metric){
				.name = row->title,
				.unit = unit_of(diff->metrics[at]),
				.count_name = row->unit == UNIT_COUNT ? row->title : NULL,
				.self = (const uint64_t *)(const void
						*)(diff->columns[at][side].self + 1),
			};
	}
	return count;
}

int
diff_write_svg(FILE *file, const struct diff *diff, const struct diff_names *names,
	const struct diff_flame_options *options)
{
	g_autofree uint32_t *parents = make_parents(diff);
	g_autofree struct flame_frame *frames = make_frames(diff);
	struct flame_metric metrics[METRICS * DIFF_SIDES];
	const struct flame_compare compare = {.a = names->a,
		.b = names->b,
		.noise = diff->options.noise,
		.normalised = options->normalised,
		.sides = options->sides};
	const struct flame flame = {
		.kind = FLAME_GRAPH,
		.title = options->title ? options->title : "What changed",
		.box_count = diff->node_count - 1,
		.parent = parents,
		.frame = diff->frame + 1,
		.frame_count = diff->frame_count,
		.frames = frames,
		.metric_count = fill_metrics(diff, options->metric, metrics),
		.metrics = metrics,
		.compare = &compare,
	};

	return flame_write_svg(file, &flame, &(struct flame_style){.scheme = options->scheme});
}

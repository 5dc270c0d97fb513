/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See flame_profile.h. The root of the profile is left out: box i is node i + 1. */
#include "flame_profile.h"

#include "flame.h"

/* What a picture can show, the first at once. */
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
	{METRIC_VALUE, {.name = "value", .unit = FLAME_COUNT, .count_name = "samples"}},
};

enum {
	SHOWN = G_N_ELEMENTS(shown),
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

/* The columns of the metrics that the profile knows, `first` before the others. */
struct columns {
	unsigned count;
	uint64_t *values[SHOWN];
	struct flame_metric metrics[SHOWN];
};

static void
add_column(struct columns *columns, const struct selection *selection, unsigned at)
{
	const struct profile *profile = selection->profile;
	uint64_t *values = selection_self(selection, shown[at].metric);

	columns->values[columns->count] = values;
	columns->metrics[columns->count] = shown[at].flame;
	columns->metrics[columns->count].self = values + 1;
	if (*profile->run.folded && shown[at].flame.unit == FLAME_COUNT)
		columns->metrics[columns->count].count_name = profile->run.folded;
	columns->count++;
}

static void
fill_columns(struct columns *columns, const struct selection *selection, enum metric first)
{
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < SHOWN; i++) {
			if ((shown[i].metric == first) == (pass == 0) &&
				metric_is_known(shown[i].metric, selection->profile))
				add_column(columns, selection, i);
		}
	}
}

char *
flame_subtitle(const struct selection *selection)
{
	const char *incomplete = selection->profile->run.incomplete;
	GString *text = g_string_new(NULL);

	if (selection->restricted)
		g_string_append_printf(text, "Only %s", selection->description);
	if (*incomplete)
		g_string_append_printf(text, "%s%s", text->len ? "; " : "", incomplete);
	return g_string_free(text, !text->len);
}

int
flame_profile_write(FILE *out, const struct selection *selection, const char *title)
{
	return flame_profile_write_as(out, selection,
		&(struct flame_profile_options){.title = title, .metric = METRIC_BYTES});
}

int
flame_profile_write_as(
	FILE *out, const struct selection *selection, const struct flame_profile_options *options)
{
	const struct profile *profile = selection->profile;
	g_autofree struct flame_frame *frames = make_frames(profile);
	g_autofree uint32_t *parents = make_parents(profile);
	g_autofree char *program = g_path_get_basename(profile->run.program);
	g_autofree char *own_title =
		g_strconcat(*profile->run.folded ? "" : "Memory of ", program, NULL);
	g_autofree char *subtitle = flame_subtitle(selection);
	struct columns columns = {0};

	fill_columns(&columns, selection, options->metric);
	const struct flame flame = {
		.kind = FLAME_GRAPH,
		.title = options->title ? options->title : own_title,
		.subtitle = subtitle,
		.root_name = *profile->run.folded ? NULL : program,
		/* A profile of time alone has paths, and nothing of memory to show. */
		.box_count = columns.count ? profile->nodes.count - 1 : 0,
		.parent = parents,
		.frame = profile->nodes.frame + 1,
		.frame_count = profile->frames->len,
		.frames = frames,
		.metric_count = columns.count,
		.metrics = columns.metrics,
	};
	const int error =
		flame_write_svg(out, &flame, &(struct flame_style){.scheme = options->scheme});

	for (unsigned i = 0; i < columns.count; i++)
		g_free(columns.values[i]);
	return error;
}

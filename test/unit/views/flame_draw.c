/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * flame-draw [--chart] [--icicle] [--bytes] [--scheme NAME] [--two] [--title T] < FOLDED > SVG
 *
 * Pictures from text, for the browser tests. Names may carry a place: "function@file:line@module".
 * A chart takes each line as a stretch of time in the first frame's thread, one after the other.
 */
#include "flame.h"

#include <glib.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* "function@file:line@module" taken apart. */
static struct flame_frame
split(const struct flame_frame *frame, GStringChunk *texts)
{
	struct flame_frame result = *frame;
	g_auto(GStrv) parts = g_strsplit(frame->function, "@", 3);
	guint count = g_strv_length(parts);
	char *colon = count > 1 ? strrchr(parts[1], ':') : NULL;

	if (colon) {
		*colon = '\0';
		result.line = (uint32_t)atoi(colon + 1);
	}
	result.function = g_string_chunk_insert(texts, count ? parts[0] : "");
	result.file = count > 1 ? g_string_chunk_insert(texts, parts[1]) : NULL;
	result.module = count > 2 ? g_string_chunk_insert(texts, parts[2]) : NULL;
	return result;
}

/* Every thread starts at 0; siblings follow one another. */
static void
lay_out(const struct flame *flame, uint64_t *start, uint64_t *duration)
{
	g_autofree uint64_t *cursor = g_new0(uint64_t, flame->box_count + 1);

	for (uint32_t i = 0; i < flame->box_count; i++)
		duration[i] = flame->metrics[0].self[i];
	for (uint32_t i = flame->box_count; i-- > 0;) {
		if (flame->parent[i] != FLAME_NO_PARENT)
			duration[flame->parent[i]] += duration[i];
	}
	for (uint32_t i = 0; i < flame->box_count; i++) {
		uint32_t above = flame->parent[i];

		start[i] = above == FLAME_NO_PARENT ? 0 : cursor[above];
		if (above != FLAME_NO_PARENT)
			cursor[above] += duration[i];
		cursor[i] = start[i];
	}
}

int
main(int argc, char **argv)
{
	gboolean chart = FALSE, icicle = FALSE, bytes = FALSE, two = FALSE, time = FALSE;
	g_autofree char *scheme = NULL, *title = NULL, *subtitle = NULL;
	const GOptionEntry entries[] = {
		{"chart", 0, 0, G_OPTION_ARG_NONE, &chart, "", NULL},
		{"icicle", 0, 0, G_OPTION_ARG_NONE, &icicle, "", NULL},
		{"bytes", 0, 0, G_OPTION_ARG_NONE, &bytes, "", NULL},
		{"time", 0, 0, G_OPTION_ARG_NONE, &time, "", NULL},
		{"two", 0, 0, G_OPTION_ARG_NONE, &two, "", NULL},
		{"scheme", 0, 0, G_OPTION_ARG_STRING, &scheme, "", NULL},
		{"title", 0, 0, G_OPTION_ARG_STRING, &title, "", NULL},
		{"subtitle", 0, 0, G_OPTION_ARG_STRING, &subtitle, "", NULL},
		{0},
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;
	struct flame *read;
	struct flame flame;
	int status;

	setlocale(LC_ALL, "C.UTF-8");
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "flame-draw: %s\n", error->message);
		return 2;
	}
	status = flame_from_folded(stdin,
		&(struct flame_folded_options){.title = title,
			.subtitle = subtitle,
			.unit = bytes		? FLAME_BYTES
				: time || chart ? FLAME_NS
						: FLAME_COUNT,
			.columns = two ? 2 : 1},
		&read, NULL);
	if (status)
		return 1;
	flame = *read;
	GStringChunk *texts = g_string_chunk_new(65536);
	g_autofree struct flame_frame *frames = g_new0(struct flame_frame, flame.frame_count + 1);
	g_autofree uint64_t *start = g_new0(uint64_t, flame.box_count + 1);
	g_autofree uint64_t *duration = g_new0(uint64_t, flame.box_count + 1);
	for (uint32_t f = 0; f < flame.frame_count; f++)
		frames[f] = split(&flame.frames[f], texts);
	flame.frames = frames;
	if (chart) {
		lay_out(&flame, start, duration);
		flame.kind = FLAME_CHART;
		flame.start_ns = start;
		flame.duration_ns = duration;
		flame.metric_count = 0;
	}
	status = flame_write_svg(
		stdout, &flame, &(struct flame_style){.scheme = scheme, .icicle = icicle});
	flame_free(read);
	g_string_chunk_free(texts);
	return status ? 1 : 0;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Call paths with their whole stacks: see report.h. */
#include "names.h"
#include "report.h"
#include "tables.h"

enum {
	STACKS = 10,
	FRAMES_SHOWN = 64, /* of deeper stacks the ends are shown */
	NAME_INDENT = 8,
};

static void
print_frame(const struct text *text, const struct profile *profile, uint32_t node)
{
	g_autofree char *name = name_short(
		profile_function(profile, profile_node_function(profile, node))->name, true);
	g_autofree char *place = table_place(profile, node);
	g_autofree char *line = g_strdup_printf("%s%s  %s", *name ? name : "[unknown]",
		profile_node_frame(profile, node)->inlined ? " (inlined)" : "", place);

	fprintf(text->file, "%*s", NAME_INDENT, "");
	text_clip(text, STYLE_PLAIN, g_strchomp(line), text->width - NAME_INDENT);
	fputc('\n', text->file);
}

/* From who asked outwards. */
static void
print_stack(const struct text *text, const struct profile *profile, uint32_t node)
{
	unsigned depth = 0, frame = 0;

	for (uint32_t at = node; at; at = profile->nodes.parent[at])
		depth++;
	for (; node; node = profile->nodes.parent[node], frame++) {
		if (depth <= FRAMES_SHOWN || frame < FRAMES_SHOWN / 2 ||
			frame >= depth - FRAMES_SHOWN / 2)
			print_frame(text, profile, node);
		else if (frame == FRAMES_SHOWN / 2)
			text_print(text, STYLE_DIM, "%*s… %u frames …\n", NAME_INDENT, "",
				depth - FRAMES_SHOWN);
	}
}

void
report_stacks(const struct text *text, const struct selection *selection,
	const struct report_options *options)
{
	const enum metric metric = options->sort;
	const unsigned limit = options->limit ? options->limit : STACKS;
	const uint64_t whole = selection_whole(selection, metric);
	g_autoptr(GArray) paths = table_paths(selection, metric);

	text_heading(text, "Call paths with their stacks, by %s", metric_table[metric].key);
	for (guint i = 0; i < paths->len && i < limit; i++) {
		const struct table_path *path = &g_array_index(paths, struct table_path, i);
		char value[TEXT_CELL], share[TEXT_CELL], blocks[TEXT_CELL];

		fprintf(text->file, "\n  ");
		text_print(text, STYLE_HEADING, "%s  %s", text_metric(metric, path->value, value),
			text_share(path->value, whole, share));
		if (metric_table[metric].unit == UNIT_BYTES && path->blocks)
			fprintf(text->file, "  in %s block%s", text_count(path->blocks, blocks),
				path->blocks == 1 ? "" : "s");
		fputc('\n', text->file);
		print_stack(text, selection->profile, path->node);
	}
	if (paths->len > limit)
		text_print(text, STYLE_DIM, "\n  … and %u more call paths\n", paths->len - limit);
}

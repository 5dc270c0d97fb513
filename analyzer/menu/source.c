/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The source: see browser.h. A line's value is that of the calls in it, with all they called. */
#include "browser.h"
#include "pager.h"
#include "screen.h"
#include "tables.h"

enum {
	SOURCE_BYTES_MAX = 16 << 20,
};

struct source {
	const struct session *session;
	enum metric metric;
	GStrv lines;
	uint64_t *values; /* by line, from 1 */
	unsigned count;
};

/* Recursion counts once: the outermost node of a function is what its lines are credited with. */
static void
sum_lines(struct source *source, uint32_t file)
{
	const struct profile *profile = source->session->profile;
	g_autofree uint64_t *self = selection_self(&source->session->selection, source->metric);
	g_autofree uint64_t *total = selection_total(profile, self);

	for (uint32_t node = 1; node < profile->nodes.count; node++) {
		const struct profile_frame *frame = profile_node_frame(profile, node);

		if (frame->file == file && frame->line && frame->line <= source->count &&
			profile->nodes.outermost[node])
			source->values[frame->line] += total[node];
	}
}

static void
print(const struct text *text, void *context)
{
	const struct source *source = context;

	for (unsigned i = 0; i < source->count; i++) {
		g_autofree char *line = g_strdup(source->lines[i]);
		char value[TEXT_CELL];

		fprintf(text->file, "%10s %5u  ",
			source->values[i + 1]
				? text_metric(source->metric, source->values[i + 1], value)
				: "",
			i + 1);
		g_strdelimit(line, "\t", ' ');
		text_clip(text, STYLE_PLAIN, line, text->width - 18);
		fputc('\n', text->file);
	}
}

static GStrv
read_lines(const char *path)
{
	g_autofree char *contents = NULL;
	gsize length;

	if (!g_file_get_contents(path, &contents, &length, NULL) || length > SOURCE_BYTES_MAX)
		return NULL;
	return g_strsplit(contents, "\n", -1);
}

bool
source_run(const struct session *session, enum metric metric, uint32_t node)
{
	const struct profile_frame *frame = profile_node_frame(session->profile, node);
	const char *path = profile_file(session->profile, frame->file);
	struct source source = {.session = session, .metric = metric};
	bool there;

	source.lines = *path ? read_lines(path) : NULL;
	if (!source.lines) {
		g_autofree char *why =
			*path ? g_strdup_printf("%s is not at hand", path)
			      : g_strdup("where its source is, is not known (no debug "
					 "information)");

		session_complain(why);
		return true;
	}
	source.count = g_strv_length(source.lines);
	source.values = g_new0(uint64_t, source.count + 1);
	sum_lines(&source, frame->file);
	there = pager_run(&(struct pager){.title = path,
		.subtitle = metric_table[metric].title,
		.print = print,
		.context = &source,
		.mark = frame->line,
		.first = frame->line > screen_rows() / 2 ? frame->line - screen_rows() / 2 : 0});
	g_strfreev(source.lines);
	g_free(source.values);
	return there;
}

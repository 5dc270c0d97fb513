/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Folded files into a struct flame. Each line walks a trie from its root: (box, frame) -> box, made
 * where missing; so parents come before children as flame.h wants it. Names are interned: equal
 * names are one frame.
 */
#include "flame_tree.h"

#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum {
	COLUMNS_MAX = 2
};

/* What flame_free() frees; `flame` is first so that one pointer is the other. */
struct folded {
	struct flame flame;
	GArray *parent, *frame; /* uint32_t */
	GArray *self[COLUMNS_MAX];
	GArray *frames; /* struct flame_frame */
	struct flame_metric metrics[COLUMNS_MAX];
	GStringChunk *texts;
};

struct reader {
	struct folded *folded;
	GHashTable *names;    /* text -> frame + 1 */
	GHashTable *children; /* uint64_t (parent, frame) -> box + 1 */
	unsigned columns;
	struct flame_folded_report report;
};

static guint
hash_pair(gconstpointer key)
{
	guint64 value = *(const guint64 *)key * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);

	return (guint)(value >> 32);
}

static uint32_t
frame_of_name(struct reader *reader, const char *name)
{
	struct folded *folded = reader->folded;
	gpointer found = g_hash_table_lookup(reader->names, name);
	struct flame_frame frame = {0};

	if (found)
		return GPOINTER_TO_UINT(found) - 1;
	frame.function = g_string_chunk_insert(folded->texts, name);
	g_array_append_val(folded->frames, frame);
	g_hash_table_insert(reader->names, (gpointer)(uintptr_t)frame.function,
		GUINT_TO_POINTER(folded->frames->len));
	return folded->frames->len - 1;
}

static uint32_t
child(struct reader *reader, uint32_t parent, uint32_t frame)
{
	struct folded *folded = reader->folded;
	guint64 key = (guint64)parent << 32 | frame, zero = 0;
	gpointer found = g_hash_table_lookup(reader->children, &key);

	if (found)
		return GPOINTER_TO_UINT(found) - 1;
	g_array_append_val(folded->parent, parent);
	g_array_append_val(folded->frame, frame);
	for (unsigned c = 0; c < COLUMNS_MAX; c++)
		g_array_append_val(folded->self[c], zero);
	g_hash_table_insert(reader->children, g_memdup2(&key, sizeof key),
		GUINT_TO_POINTER(folded->parent->len));
	return folded->parent->len - 1;
}

/* "12", "12.5" (rounded), nothing else. False where it is no number or too large for 64 bits. */
static bool
parse_value(const char *text, uint64_t *ret_value)
{
	char *end;
	uint64_t value;

	if (!g_ascii_isdigit(text[0]))
		return false;
	errno = 0;
	value = g_ascii_strtoull(text, &end, 10);
	if (errno == ERANGE)
		return false;
	if (*end == '.') {
		bool up = end[1] >= '5' && end[1] <= '9';

		for (end++; g_ascii_isdigit(*end); end++)
			;
		if (up && value < UINT64_MAX)
			value++;
	}
	if (*end != '\0')
		return false;
	*ret_value = value;
	return true;
}

/* Takes the last word, a value, off the line. */
static bool
take_value(char *line, size_t *length, uint64_t *ret_value)
{
	size_t end = *length, start;

	while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t'))
		end--;
	line[end] = '\0';
	for (start = end; start > 0 && line[start - 1] != ' ' && line[start - 1] != '\t'; start--)
		;
	if (start == 0 || !parse_value(line + start, ret_value))
		return false;
	*length = start - 1;
	line[*length] = '\0';
	return true;
}

static void
add(struct reader *reader, GArray *column, uint32_t box, uint64_t value)
{
	uint64_t *sum = &g_array_index(column, uint64_t, box);

	reader->report.overflowed |= *sum > UINT64_MAX - value;
	*sum = flame_add(*sum, value);
}

/* A line without its end. False: nothing of it was used. */
static bool
read_line(struct reader *reader, char *line, size_t length)
{
	uint64_t values[COLUMNS_MAX] = {0};
	uint32_t box = FLAME_NO_PARENT;

	for (unsigned c = reader->columns; c-- > 0;) {
		if (!take_value(line, &length, &values[c]))
			return false;
	}
	for (char *name = line, *next; name; name = next) {
		next = strchr(name, ';');
		if (next)
			*next++ = '\0';
		box = child(reader, box, frame_of_name(reader, g_strstrip(name)));
	}
	for (unsigned c = 0; c < reader->columns; c++)
		add(reader, reader->folded->self[c], box, values[c]);
	return true;
}

static void
read_lines(struct reader *reader, FILE *in)
{
	struct flame_folded_report *report = &reader->report;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	for (uint64_t number = 1; (length = getline(&line, &size, in)) >= 0; number++) {
		while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
			line[--length] = '\0';
		/* a NUL within would hide the rest of the line */
		for (char *at = line; (at = memchr(at, '\0', (size_t)(line + length - at)));)
			*at = '?';
		if (length == 0)
			continue;
		report->lines++;
		if (!read_line(reader, line, (size_t)length) && report->bad_lines++ == 0)
			report->first_bad_line = number;
	}
	free(line);
}

static struct folded *
folded_new(const struct flame_folded_options *options)
{
	struct folded *folded = g_new0(struct folded, 1);
	const char *title = options->title ? options->title : "Flamegraph";

	folded->texts = g_string_chunk_new(65536);
	folded->parent = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	folded->frame = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	folded->frames = g_array_new(FALSE, FALSE, sizeof(struct flame_frame));
	for (unsigned c = 0; c < COLUMNS_MAX; c++)
		folded->self[c] = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	folded->flame.title = g_string_chunk_insert(folded->texts, title);
	if (options->subtitle)
		folded->flame.subtitle = g_string_chunk_insert(folded->texts, options->subtitle);
	return folded;
}

static void
folded_finish(struct folded *folded, const struct flame_folded_options *options, unsigned columns)
{
	static const char *const names[] = {"before", "after"};
	struct flame *flame = &folded->flame;
	const char *count_name = options->count_name ? options->count_name : "samples";
	const char *name = options->unit == FLAME_BYTES	  ? "bytes"
			   : options->unit == FLAME_COUNT ? count_name
							  : "time";

	for (unsigned c = 0; c < columns; c++) {
		folded->metrics[c] = (struct flame_metric){
			.name = g_string_chunk_insert(folded->texts, columns > 1 ? names[c] : name),
			.unit = options->unit,
			.count_name = g_string_chunk_insert(folded->texts, count_name),
			.self = (const uint64_t *)(void *)folded->self[c]->data,
		};
	}
	flame->kind = FLAME_GRAPH;
	flame->box_count = folded->parent->len;
	flame->parent = (const uint32_t *)(void *)folded->parent->data;
	flame->frame = (const uint32_t *)(void *)folded->frame->data;
	flame->frame_count = folded->frames->len;
	flame->frames = (const struct flame_frame *)(void *)folded->frames->data;
	flame->metric_count = columns;
	flame->metrics = folded->metrics;
}

int
flame_from_folded(FILE *in, const struct flame_folded_options *options, struct flame **ret_flame,
	struct flame_folded_report *ret_report)
{
	struct reader reader = {.columns = options->columns ? options->columns : 1};

	if (reader.columns > COLUMNS_MAX)
		return -EINVAL;
	reader.folded = folded_new(options);
	reader.names = g_hash_table_new(g_str_hash, g_str_equal);
	reader.children = g_hash_table_new_full(hash_pair, g_int64_equal, g_free, NULL);
	read_lines(&reader, in);
	g_hash_table_destroy(reader.names);
	g_hash_table_destroy(reader.children);
	if (ferror(in)) {
		flame_free(&reader.folded->flame);
		return -EIO;
	}
	folded_finish(reader.folded, options, reader.columns);
	*ret_flame = &reader.folded->flame;
	if (ret_report)
		*ret_report = reader.report;
	return 0;
}

void
flame_free(struct flame *flame)
{
	struct folded *folded = (struct folded *)flame;

	if (!folded)
		return;
	g_array_unref(folded->parent);
	g_array_unref(folded->frame);
	g_array_unref(folded->frames);
	for (unsigned c = 0; c < COLUMNS_MAX; c++)
		g_array_unref(folded->self[c]);
	g_string_chunk_free(folded->texts);
	g_free(folded);
}

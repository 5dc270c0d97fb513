/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See patch.h. Edits are known, so nothing is compared: lines are grouped into changes (the lines
 * that an edit touches) and changes into hunks (no more than twice the context between them).
 */
#include "patch.h"

#include <stdbool.h>
#include <string.h>

enum {
	CONTEXT_LINES = 3,
};

/* Old lines [first, end) become `text`. */
struct change {
	size_t first, end;
	char *text;
	size_t length; /* of the text */
};

struct patch {
	FILE *file;
	const char *bytes;
	size_t length;
	GArray *lines; /* where each line begins, and the end of the text */
	GArray *changes;
	long moved_lines; /* by the hunks printed so far */
};

static size_t
line_start(const struct patch *p, size_t line)
{
	return g_array_index(p->lines, size_t, line);
}

static size_t
line_count(const struct patch *p)
{
	return p->lines->len - 1;
}

static void
find_lines(struct patch *p)
{
	size_t at = 0;

	p->lines = g_array_new(FALSE, FALSE, sizeof(size_t));
	while (at < p->length) {
		const char *newline = memchr(p->bytes + at, '\n', p->length - at);

		g_array_append_val(p->lines, at);
		at = newline ? (size_t)(newline - p->bytes) + 1 : p->length;
	}
	g_array_append_val(p->lines, p->length);
}

/* The line that `offset` is in; behind the last newline that is one behind the last. */
static size_t
line_of(const struct patch *p, size_t offset)
{
	size_t low = 0, high = line_count(p);

	if (offset == p->length && offset && p->bytes[offset - 1] != '\n')
		return high - 1;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (line_start(p, middle + 1) <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Fills in what the lines of `change` become by edits [from, to). */
static void
make_text(const struct patch *p, const struct edits *edits, guint from, guint to,
	struct change *change)
{
	const size_t start = line_start(p, change->first);
	struct edits own;

	edits_init(&own);
	for (guint i = from; i < to; i++) {
		const struct edit *edit = &g_array_index(edits->list, struct edit, i);
		const struct edit moved = {
			edit->offset - start, edit->removed_bytes, g_strdup(edit->inserted)};

		g_array_append_val(own.list, moved);
	}
	change->text = edits_apply(
		&own, p->bytes + start, line_start(p, change->end) - start, &change->length);
	edits_fini(&own);
}

/* A line behind those that an edit touches; an edit of whole lines leaves the next one alone. */
static size_t
end_line_of(const struct patch *p, const struct edit *edit)
{
	const size_t first = line_of(p, edit->offset);
	const size_t end = edit->offset + edit->removed_bytes;
	const bool whole_lines = edit->offset == line_start(p, first) &&
				 end == line_start(p, line_of(p, end)) &&
				 (!*edit->inserted || g_str_has_suffix(edit->inserted, "\n"));

	return whole_lines ? line_of(p, end) : MIN(line_of(p, end) + 1, line_count(p));
}

static void
find_changes(struct patch *p, const struct edits *edits)
{
	p->changes = g_array_new(FALSE, FALSE, sizeof(struct change));
	for (guint i = 0; i < edits->list->len;) {
		const struct edit *edit = &g_array_index(edits->list, struct edit, i);
		struct change change = {line_of(p, edit->offset), end_line_of(p, edit), NULL, 0};
		guint next = i + 1;

		for (; next < edits->list->len; next++) {
			edit = &g_array_index(edits->list, struct edit, next);
			if (line_of(p, edit->offset) >= change.end)
				break;
			change.end = MAX(change.end, end_line_of(p, edit));
		}
		make_text(p, edits, i, next, &change);
		g_array_append_val(p->changes, change);
		i = next;
	}
}

/* Prints the lines of `text`, each behind `sign`. */
static void
print_lines(const struct patch *p, char sign, const char *text, size_t length)
{
	const char *end = text + length;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *next = newline ? newline + 1 : end;

		fputc(sign, p->file);
		fwrite(text, 1, (size_t)(next - text), p->file);
		if (!newline)
			fputs("\n\\ No newline at end of file\n", p->file);
		text = next;
	}
}

static void
print_old(const struct patch *p, char sign, size_t first, size_t end)
{
	const size_t start = line_start(p, first);

	print_lines(p, sign, p->bytes + start, line_start(p, end) - start);
}

static size_t
count_lines(const struct change *change)
{
	const char *text = change->text, *end = change->text + change->length;
	size_t count = 0;

	for (; text < end; count++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		text = newline ? newline + 1 : end;
	}
	return count;
}

static void
print_range(const struct patch *p, char sign, size_t first, size_t count)
{
	/* An empty range is named by the line before it. */
	fprintf(p->file, "%c%zu", sign, count ? first + 1 : first);
	if (count != 1)
		fprintf(p->file, ",%zu", count);
}

/* Changes [from, to) with the lines around and between them. */
static void
print_hunk(struct patch *p, guint from, guint to)
{
	const struct change *changes = (const struct change *)p->changes->data;
	size_t at = changes[from].first - MIN(changes[from].first, (size_t)CONTEXT_LINES);
	const size_t end = MIN(changes[to - 1].end + CONTEXT_LINES, line_count(p));
	long added = 0;

	for (guint i = from; i < to; i++)
		added += (long)count_lines(&changes[i]) - (long)(changes[i].end - changes[i].first);
	fputs("@@ ", p->file);
	print_range(p, '-', at, end - at);
	fputc(' ', p->file);
	print_range(
		p, '+', (size_t)((long)at + p->moved_lines), (size_t)((long)(end - at) + added));
	fputs(" @@\n", p->file);
	p->moved_lines += added;
	for (guint i = from; i < to; i++) {
		print_old(p, ' ', at, changes[i].first);
		print_old(p, '-', changes[i].first, changes[i].end);
		print_lines(p, '+', changes[i].text, changes[i].length);
		at = changes[i].end;
	}
	print_old(p, ' ', at, end);
}

static void
print_hunks(struct patch *p)
{
	const struct change *changes = (const struct change *)p->changes->data;

	for (guint i = 0, next; i < p->changes->len; i = next) {
		for (next = i + 1; next < p->changes->len; next++) {
			if (changes[next].first > changes[next - 1].end + 2 * CONTEXT_LINES)
				break;
		}
		print_hunk(p, i, next);
	}
}

void
patch_print(
	FILE *file, const char *path, const char *bytes, size_t length, const struct edits *edits)
{
	struct patch p = {.file = file, .bytes = bytes, .length = length};

	if (!edits->list->len)
		return;
	find_lines(&p);
	find_changes(&p, edits);
	fprintf(file, "--- %s\n+++ %s\n", path, path);
	print_hunks(&p);
	for (guint i = 0; i < p.changes->len; i++)
		g_free(g_array_index(p.changes, struct change, i).text);
	g_array_unref(p.changes);
	g_array_unref(p.lines);
}

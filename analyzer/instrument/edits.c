/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See edits.h. */
#include "edits.h"

#include <string.h>

static void
clear_edit(void *edit)
{
	g_free(((struct edit *)edit)->inserted);
}

void
edits_init(struct edits *edits)
{
	edits->list = g_array_new(FALSE, FALSE, sizeof(struct edit));
	g_array_set_clear_func(edits->list, clear_edit);
}

void
edits_fini(struct edits *edits)
{
	g_clear_pointer(&edits->list, g_array_unref);
}

void
edits_insert(struct edits *edits, size_t offset, const char *text)
{
	const struct edit edit = {.offset = offset, .inserted = g_strdup(text)};

	g_array_append_val(edits->list, edit);
}

void
edits_remove(struct edits *edits, size_t offset, size_t length)
{
	const struct edit edit = {offset, length, g_strdup("")};

	g_array_append_val(edits->list, edit);
}

static int
compare(const void *a, const void *b)
{
	const struct edit *left = a, *right = b;

	return (left->offset > right->offset) - (left->offset < right->offset);
}

void
edits_sort(struct edits *edits)
{
	/* glib's sort of arrays is stable. */
	g_array_sort(edits->list, compare);
}

char *
edits_apply(const struct edits *edits, const char *bytes, size_t length, size_t *ret_length)
{
	GByteArray *text = g_byte_array_sized_new((guint)length + 1);
	size_t at = 0;

	for (guint i = 0; i < edits->list->len; i++) {
		const struct edit *edit = &g_array_index(edits->list, struct edit, i);

		g_byte_array_append(text, (const guint8 *)bytes + at, (guint)(edit->offset - at));
		g_byte_array_append(
			text, (const guint8 *)edit->inserted, (guint)strlen(edit->inserted));
		at = edit->offset + edit->removed_bytes;
	}
	g_byte_array_append(text, (const guint8 *)bytes + at, (guint)(length - at));
	*ret_length = text->len;
	g_byte_array_append(text, (const guint8 *)"", 1);
	return (char *)g_byte_array_free(text, FALSE);
}

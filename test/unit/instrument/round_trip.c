/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See round_trip.h. */
#include "round_trip.h"

#include <glib.h>
#include <string.h>
#include "edits.h"
#include "lexer.h"
#include "marks.h"
#include "placing.h"

static char *
without_marks(const char *bytes, size_t length, size_t *ret_length)
{
	struct edits edits;

	edits_init(&edits);
	marks_remove(bytes, length, &edits);
	char *text = edits_apply(&edits, bytes, length, ret_length);

	edits_fini(&edits);
	return text;
}

static void
add_include(struct edits *edits, const char *bytes, size_t length, size_t limit)
{
	const struct placing placing = placing_find(bytes, length, limit);
	g_autofree char *text = placing_text(&placing, bytes, length);

	if (text)
		edits_insert(edits, placing.offset, text);
}

static void
choose_edits(struct edits *edits, const char *bytes, size_t length, unsigned seed)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(seed);
	g_autofree char *statement = marks_statement(seed % 3 ? NULL : "THAG_TIME");
	size_t limit = 0;
	struct lexer lexer;
	struct lexer_token token;

	lexer_init(&lexer, bytes, length);
	while ((token = lexer_next_code(&lexer)).kind != LEXER_END) {
		if (token.in_directive)
			continue;
		if (token.kind == LEXER_WORD && !limit && g_rand_boolean(random))
			limit = token.start;
		if (limit && lexer_token_is(&lexer, &token, "{") && g_rand_boolean(random))
			edits_insert(edits, token.end, statement);
	}
	if (limit)
		add_include(edits, bytes, length, limit);
	edits_sort(edits);
}

bool
round_trip_holds(const char *bytes, size_t length, unsigned seed)
{
	size_t new_length, restored_length, old_length;
	struct edits edits;

	edits_init(&edits);
	choose_edits(&edits, bytes, length, seed);
	g_autofree char *new = edits_apply(&edits, bytes, length, &new_length);
	g_autofree char *restored = without_marks(new, new_length, &restored_length);
	g_autofree char *old = without_marks(bytes, length, &old_length);

	edits_fini(&edits);
	return restored_length == old_length && !memcmp(restored, old, old_length);
}

bool
round_trip_tokens_hold(const char *bytes, size_t length)
{
	size_t at = lexer_bom(bytes, length);
	struct lexer lexer;
	struct lexer_token token;

	lexer_init(&lexer, bytes, length);
	while ((token = lexer_next(&lexer)).kind != LEXER_END) {
		if (token.start != at || token.end <= at)
			return false;
		at = token.end;
	}
	return at == length;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See heads.h. */
#include "heads.h"

#include <string.h>
#include "lexer.h"

enum {
	WORD_MAX = 256, /* longer ones are nobody's macro */
};

static bool
is_for_constants(const struct lexer *lexer, const struct lexer_token *token)
{
	const size_t length = token->end - token->start;
	char word[WORD_MAX];

	if (token->kind != LEXER_WORD || length >= sizeof(word))
		return false;
	for (size_t i = 0; i < length; i++)
		word[i] = g_ascii_tolower(lexer->bytes[token->start + i]);
	word[length] = 0;
	return strstr(word, "constexpr") || strstr(word, "consteval");
}

void
heads_find(struct heads *heads, const char *bytes, size_t length)
{
	struct lexer lexer;
	struct lexer_token token;

	heads->boundaries = g_array_new(FALSE, FALSE, sizeof(size_t));
	heads->constants = g_array_new(FALSE, FALSE, sizeof(size_t));
	lexer_init(&lexer, bytes, length);
	while ((token = lexer_next_code(&lexer)).kind != LEXER_END) {
		if (token.in_directive)
			continue;
		if (token.kind == LEXER_SIGN && strchr(";{}", bytes[token.start]))
			g_array_append_val(heads->boundaries, token.end);
		else if (is_for_constants(&lexer, &token))
			g_array_append_val(heads->constants, token.start);
	}
}

void
heads_fini(struct heads *heads)
{
	g_clear_pointer(&heads->boundaries, g_array_unref);
	g_clear_pointer(&heads->constants, g_array_unref);
}

/* How many of the offsets, which ascend, are below `limit`. */
static guint
count_below(const GArray *offsets, size_t limit)
{
	guint low = 0, high = offsets->len;

	while (low < high) {
		const guint middle = low + (high - low) / 2;

		if (g_array_index(offsets, size_t, middle) < limit)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
heads_may_be_constant(const struct heads *heads, size_t start, size_t body)
{
	const guint before = count_below(heads->boundaries, start + 1);
	const size_t boundary = before ? g_array_index(heads->boundaries, size_t, before - 1) : 0;

	return count_below(heads->constants, body) > count_below(heads->constants, boundary);
}

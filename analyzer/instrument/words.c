/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See words.h. */
#include "words.h"

#include <string.h>
#include "lexer.h"

bool
words_occur(const char *bytes, size_t from, size_t to, const char *const *words)
{
	struct lexer lexer;
	struct lexer_token token;

	lexer_init_at(&lexer, bytes, to, from);
	while ((token = lexer_next_code(&lexer)).kind != LEXER_END) {
		for (size_t i = 0; words[i]; i++) {
			if (lexer_token_is(&lexer, &token, words[i]))
				return true;
		}
	}
	return false;
}

bool
words_begin_with(const char *bytes, size_t from, size_t to, const char *prefix)
{
	const size_t length = strlen(prefix);
	struct lexer lexer;

	lexer_init_at(&lexer, bytes, to, from);
	const struct lexer_token token = lexer_next_code(&lexer);

	return token.end - token.start >= length && !memcmp(bytes + token.start, prefix, length);
}

/* After the word ifunc: ("name"). */
static char *
read_resolver(struct lexer lexer)
{
	const struct lexer_token open = lexer_next_code(&lexer);
	const struct lexer_token name = lexer_next_code(&lexer);

	if (!lexer_token_is(&lexer, &open, "(") || name.kind != LEXER_LITERAL ||
		name.end - name.start < 2)
		return NULL;
	return g_strndup(lexer.bytes + name.start + 1, name.end - name.start - 2);
}

GHashTable *
words_resolvers(const char *bytes, size_t length)
{
	GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct lexer lexer;
	struct lexer_token token;

	lexer_init(&lexer, bytes, length);
	while ((token = lexer_next_code(&lexer)).kind != LEXER_END) {
		if (!lexer_token_is(&lexer, &token, "ifunc") &&
			!lexer_token_is(&lexer, &token, "__ifunc__"))
			continue;
		char *name = read_resolver(lexer);

		if (name)
			g_hash_table_add(names, name);
	}
	return names;
}

/* A parenthesis, a word after one, K&R's last declaration, an initializer. */
static bool
ends_a_head(const struct lexer *lexer, const struct lexer_token *token)
{
	static const char *const ends[] = {
		")", ";", "}", "const", "volatile", "noexcept", "override", "final", "try", NULL};

	for (size_t i = 0; ends[i]; i++) {
		if (lexer_token_is(lexer, token, ends[i]))
			return true;
	}
	return false;
}

bool
words_show_bodies(const char *bytes, size_t length)
{
	struct lexer_token token, last = {0};
	bool arrow = false; /* of a type behind the parameters, up to the brace */
	struct lexer lexer;

	lexer_init(&lexer, bytes, length);
	while ((token = lexer_next_code(&lexer)).kind != LEXER_END) {
		if (token.in_directive)
			continue;
		if (lexer_token_is(&lexer, &token, "{") &&
			(arrow || (last.end && ends_a_head(&lexer, &last))))
			return true;
		if (lexer_token_is(&lexer, &token, ">") && lexer_token_is(&lexer, &last, "-") &&
			last.end == token.start)
			arrow = true;
		else if (lexer_token_is(&lexer, &token, ";"))
			arrow = false;
		last = token;
	}
	return false;
}

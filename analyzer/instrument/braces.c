/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See braces.h. */
#include "braces.h"

#include "lexer.h"

/* What is open: offsets of braces. */
#define stack GArray

struct branches {
	stack *before; /* at #if */
	stack *first;  /* at the end of the first branch; NULL within it */
};

struct state {
	struct braces *braces;
	stack *open;
	GArray *branches; /* of struct branches, the innermost last */
	bool word_is_name;
};

static stack *
copy(const stack *from)
{
	stack *to = g_array_sized_new(FALSE, FALSE, sizeof(size_t), from->len);

	return g_array_append_vals(to, from->data, from->len);
}

static void
clear_branches(void *data)
{
	struct branches *branches = data;

	g_array_unref(branches->before);
	g_clear_pointer(&branches->first, g_array_unref);
}

static void
begin_branches(struct state *s)
{
	const struct branches branches = {.before = copy(s->open)};

	g_array_append_val(s->branches, branches);
}

static struct branches *
innermost(struct state *s)
{
	return s->branches->len ? &g_array_index(s->branches, struct branches, s->branches->len - 1)
				: NULL;
}

static void
next_branch(struct state *s)
{
	struct branches *branches = innermost(s);

	if (!branches)
		return;
	if (branches->first)
		g_array_unref(s->open);
	else
		branches->first = s->open;
	s->open = copy(branches->before);
}

static void
end_branches(struct state *s)
{
	struct branches *branches = innermost(s);

	if (!branches)
		return;
	if (branches->first) {
		g_array_unref(s->open);
		s->open = g_steal_pointer(&branches->first);
	}
	g_array_set_size(s->branches, s->branches->len - 1);
}

static void
see_directive(struct state *s, const struct lexer *lexer, const struct lexer_token *name)
{
	static const struct {
		const char *name;
		void (*act)(struct state *);
	} directives[] = {
		{"if", begin_branches},
		{"ifdef", begin_branches},
		{"ifndef", begin_branches},
		{"elif", next_branch},
		{"elifdef", next_branch},
		{"elifndef", next_branch},
		{"else", next_branch},
		{"endif", end_branches},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(directives); i++) {
		if (lexer_token_is(lexer, name, directives[i].name))
			directives[i].act(s);
	}
}

static void
close_brace(struct state *s, size_t close)
{
	if (!s->open->len)
		return;
	const size_t open = g_array_index(s->open, size_t, s->open->len - 1);

	g_array_set_size(s->open, s->open->len - 1);
	g_hash_table_insert(
		s->braces->openers, GSIZE_TO_POINTER(close + 1), GSIZE_TO_POINTER(open + 1));
}

static void
see(struct state *s, const struct lexer *lexer, const struct lexer_token *token)
{
	if (token->in_directive) {
		if (s->word_is_name)
			see_directive(s, lexer, token);
		s->word_is_name = lexer_token_is(lexer, token, "#");
	} else if (lexer_token_is(lexer, token, "{")) {
		g_array_append_val(s->open, token->start);
	} else if (lexer_token_is(lexer, token, "}")) {
		close_brace(s, token->start);
	}
}

void
braces_find(struct braces *braces, const char *bytes, size_t length)
{
	struct state s = {
		.braces = braces,
		.open = g_array_new(FALSE, FALSE, sizeof(size_t)),
		.branches = g_array_new(FALSE, FALSE, sizeof(struct branches)),
	};
	struct lexer lexer;
	struct lexer_token token;

	braces->openers = g_hash_table_new(NULL, NULL);
	g_array_set_clear_func(s.branches, clear_branches);
	lexer_init(&lexer, bytes, length);
	while ((token = lexer_next_code(&lexer)).kind != LEXER_END)
		see(&s, &lexer, &token);
	g_array_unref(s.open);
	g_array_unref(s.branches);
}

void
braces_fini(struct braces *braces)
{
	g_clear_pointer(&braces->openers, g_hash_table_unref);
}

gboolean
braces_match(const struct braces *braces, size_t open, size_t close)
{
	const void *opener = g_hash_table_lookup(braces->openers, GSIZE_TO_POINTER(close + 1));

	return GPOINTER_TO_SIZE(opener) == open + 1;
}

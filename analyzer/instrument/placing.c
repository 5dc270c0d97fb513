/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See placing.h. The source is read line by line up to the limit; of a place it must be known what
 * came before: directives open and close conditions, and only a semicolon ends a declaration for
 * sure, since a closing brace may be that of an initializer.
 */
#include "placing.h"

#include <glib.h>
#include <string.h>
#include "lexer.h"
#include "marks.h"

enum guard {
	GUARD_POSSIBLE, /* neither directive nor code so far */
	GUARD_OPEN,	/* its #ifndef came first and is not counted as a condition */
	GUARD_CLOSED,	/* it ended before the limit: it was none */
	GUARD_NONE,
};

struct state {
	struct lexer lexer;
	enum guard guard;
	int conditions; /* #if without #endif so far */
	int nesting;	/* braces, parentheses, brackets */
	bool between;	/* declarations */
	bool there;
	bool includes;	       /* were seen */
	struct placing behind; /* the first place behind the last include */
	struct placing last;   /* the last place behind any include */
	bool has_behind, has_last;
	struct placing line; /* behind the last include outside of conditions, or at the start */
};

static bool
is_one_of(const struct lexer *lexer, const struct lexer_token *token, const char *const *words)
{
	for (; *words; words++) {
		if (lexer_token_is(lexer, token, *words))
			return true;
	}
	return false;
}

/* The next token of a directive; its newline, or the end of the source, behind the last one. */
static struct lexer_token
next_of_directive(struct lexer *lexer)
{
	struct lexer_token token;

	do
		token = lexer_next(lexer);
	while (token.kind == LEXER_BLANK || token.kind == LEXER_SPLICE ||
		token.kind == LEXER_COMMENT);
	return token;
}

/* Reads up to the end of the directive; its last word, and whether a ! came before any word. */
static struct lexer_token
read_condition(struct lexer *lexer, bool *ret_negated)
{
	struct lexer_token token, word = {0};

	*ret_negated = false;
	while ((token = next_of_directive(lexer)).kind != LEXER_NEWLINE &&
		token.kind != LEXER_END) {
		if (token.kind == LEXER_WORD)
			word = token;
		else if (!word.end && lexer_token_is(lexer, &token, "!"))
			*ret_negated = true;
	}
	return word;
}

/* #ifndef NAME or #if !defined(NAME), then #define NAME: whether what follows is guarded so. */
static bool
is_guard(const struct state *s, const struct lexer_token *directive)
{
	struct lexer ahead = s->lexer;
	bool negated;
	const struct lexer_token name = read_condition(&ahead, &negated);
	const struct lexer_token hash = lexer_next_code(&ahead);
	const struct lexer_token define = next_of_directive(&ahead);
	const struct lexer_token defined = next_of_directive(&ahead);
	const size_t length = name.end - name.start;

	if (!negated && !lexer_token_is(&ahead, directive, "ifndef"))
		return false;
	return hash.in_directive && lexer_token_is(&ahead, &define, "define") && length &&
	       length == defined.end - defined.start &&
	       !memcmp(ahead.bytes + name.start, ahead.bytes + defined.start, length);
}

static bool
names_our_header(const struct state *s)
{
	static const char *const names[] = {"\"" MARKS_HEADER "\"", "<" MARKS_HEADER ">", NULL};
	struct lexer ahead = s->lexer;
	const struct lexer_token name = next_of_directive(&ahead);

	return is_one_of(&ahead, &name, names);
}

static void
skip_directive(struct state *s)
{
	struct lexer_token token;

	do
		token = lexer_next(&s->lexer);
	while (token.kind != LEXER_NEWLINE && token.kind != LEXER_END);
}

/* At the name of a directive. */
static void
see_include(struct state *s)
{
	const bool outside = !s->conditions && !s->nesting;

	s->there |= outside && names_our_header(s);
	s->includes = true;
	skip_directive(s);
	s->has_behind = false;
	if (outside && s->between)
		s->line.offset = s->lexer.at;
}

static void
see_condition(struct state *s, const struct lexer_token *name)
{
	if (s->guard == GUARD_POSSIBLE && is_guard(s, name))
		s->guard = GUARD_OPEN;
	else
		s->conditions++;
}

static void
see_end_of_condition(struct state *s)
{
	if (s->conditions)
		s->conditions--;
	else if (s->guard == GUARD_OPEN)
		s->guard = GUARD_CLOSED;
}

/* After the # of a directive; reads its line to the end. */
static void
see_directive(struct state *s)
{
	static const char *const conditions[] = {"if", "ifdef", "ifndef", NULL};
	static const char *const includes[] = {"include", "include_next", "import", NULL};
	const struct lexer_token name = next_of_directive(&s->lexer);

	if (name.kind == LEXER_NEWLINE)
		return;
	if (is_one_of(&s->lexer, &name, conditions))
		see_condition(s, &name);
	else if (lexer_token_is(&s->lexer, &name, "endif"))
		see_end_of_condition(s);
	if (s->guard == GUARD_POSSIBLE)
		s->guard = GUARD_NONE;
	if (is_one_of(&s->lexer, &name, includes))
		see_include(s);
	else
		skip_directive(s);
}

static void
see_code(struct state *s, const struct lexer_token *token)
{
	const char byte = s->lexer.bytes[token->start];

	if (s->guard == GUARD_POSSIBLE)
		s->guard = GUARD_NONE;
	if (token->kind == LEXER_SIGN && strchr("{([", byte))
		s->nesting++;
	else if (token->kind == LEXER_SIGN && strchr("})]", byte))
		s->nesting -= s->nesting > 0;
	s->between = token->kind == LEXER_SIGN && byte == ';' && !s->nesting;
}

static void
see_place(struct state *s, enum placing_form form, size_t offset)
{
	if (s->conditions || s->nesting || !s->between)
		return;
	s->last = (struct placing){form, offset};
	if (!s->has_behind)
		s->behind = s->last;
	s->has_behind = true;
	s->has_last = s->includes;
}

/*
 * Looks at one line, as far as it is blank or comments. Returns the token that is neither; at the
 * end of the line its newline.
 */
static struct lexer_token
see_line_start(struct state *s)
{
	struct lexer_token token, comment = {0};

	do {
		token = lexer_next(&s->lexer);
		if (token.kind == LEXER_COMMENT && !comment.end)
			comment = token;
	} while (token.kind == LEXER_BLANK || token.kind == LEXER_COMMENT);
	if (token.kind != LEXER_NEWLINE || token.in_directive)
		return token;
	if (comment.end)
		see_place(s, PLACING_COMMENT, comment.start);
	else
		see_place(s, PLACING_BLANK, token.start);
	return token;
}

static void
see_rest_of_line(struct state *s, struct lexer_token token)
{
	while (token.kind != LEXER_NEWLINE && token.kind != LEXER_END) {
		if (token.in_directive) {
			see_directive(s);
			return;
		}
		if (token.kind != LEXER_BLANK && token.kind != LEXER_SPLICE &&
			token.kind != LEXER_COMMENT)
			see_code(s, &token);
		token = lexer_next(&s->lexer);
	}
}

static void
scan(struct state *s, const char *bytes, size_t length, enum guard guard)
{
	*s = (struct state){
		.guard = guard,
		.between = true,
		.line = {PLACING_LINE, lexer_bom(bytes, length)},
	};
	lexer_init(&s->lexer, bytes, length);
	while (s->lexer.at < length)
		see_rest_of_line(s, see_line_start(s));
}

struct placing
placing_find(const char *bytes, size_t length, size_t limit)
{
	struct state s;

	scan(&s, bytes, MIN(length, limit), GUARD_POSSIBLE);
	if (s.guard == GUARD_CLOSED)
		scan(&s, bytes, MIN(length, limit), GUARD_NONE);
	if (s.there)
		return (struct placing){.form = PLACING_THERE};
	return s.has_behind ? s.behind : s.has_last ? s.last : s.line;
}

char *
placing_text(const struct placing *placing, const char *bytes, size_t length)
{
	const char *newline = memchr(bytes, '\n', length);

	switch (placing->form) {
	case PLACING_THERE:
		return NULL;
	case PLACING_BLANK:
		return g_strdup(MARKS_INCLUDE);
	case PLACING_COMMENT:
		return g_strdup(MARKS_INCLUDE " ");
	case PLACING_LINE:
		break;
	}
	return g_strconcat(MARKS_ADDED_LINE,
		newline && newline > bytes && newline[-1] == '\r' ? "\r\n" : "\n", NULL);
}

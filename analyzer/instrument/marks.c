/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See marks.h. The lexer says where a mark is a comment of its own; the statement or directive is
 * read backwards from there, for it is written in one form only. Somebody's formatter may have
 * moved it to another line: it is known there, too, and its line goes with it.
 */
#include "marks.h"

#include <string.h>
#include "lexer.h"

bool
marks_options_are_valid(const char *options)
{
	if (!*options)
		return false;
	for (; *options; options++) {
		if (!g_ascii_isalnum(*options) && !strchr("_|, ", *options))
			return false;
	}
	return true;
}

char *
marks_statement(const char *options)
{
	if (!options)
		return g_strdup(" " MARKS_MACRO "; " MARKS_MARK);
	return g_strdup_printf(" " MARKS_MACRO "_AS(%s); " MARKS_MARK, options);
}

/* Whether `text` stands right before `end`. */
static bool
ends_with(const char *bytes, size_t end, const char *text)
{
	const size_t length = strlen(text);

	return end >= length && !memcmp(bytes + end - length, text, length);
}

/* Where the macro's name begins, its options skipped; `end` itself where there is none. */
static size_t
find_macro(const char *bytes, size_t end)
{
	size_t name_end = end;

	if (ends_with(bytes, end, ")")) {
		size_t open = end - 1;
		g_autofree char *options = NULL;

		while (open > 0 && bytes[open] != '(' && bytes[open] != '\n')
			open--;
		options = g_strndup(bytes + open + 1, end - open - 2);
		if (bytes[open] != '(' || !marks_options_are_valid(options) ||
			!ends_with(bytes, open, MARKS_MACRO "_AS"))
			return end;
		name_end = open - strlen("_AS");
	}
	if (!ends_with(bytes, name_end, MARKS_MACRO))
		return end;
	return name_end - strlen(MARKS_MACRO);
}

static bool
is_newline(char byte)
{
	return byte == '\n' || byte == '\r';
}

/* Whether nothing but blanks stands before `at` in its line, which then begins at `*ret_start`. */
static bool
begins_line(const char *bytes, size_t length, size_t at, size_t *ret_start)
{
	const size_t first = lexer_bom(bytes, length);

	while (at > first && (bytes[at - 1] == ' ' || bytes[at - 1] == '\t'))
		at--;
	*ret_start = at;
	return at == first || is_newline(bytes[at - 1]);
}

/* After the newline at `at`; `at` where there is none. */
static size_t
skip_newline(const char *bytes, size_t length, size_t at)
{
	if (at < length && bytes[at] == '\r')
		at++;
	if (at < length && bytes[at] == '\n')
		at++;
	return at;
}

/* A statement that ends with the mark `mark`; false: this is none. */
static bool
remove_statement(
	const char *bytes, size_t length, const struct lexer_token *mark, struct edits *edits)
{
	if (!ends_with(bytes, mark->start, "; "))
		return false;
	const size_t macro_end = mark->start - strlen("; ");
	size_t start = find_macro(bytes, macro_end), end = mark->end;

	if (start == macro_end)
		return false;
	const size_t next_line = skip_newline(bytes, length, end);
	size_t line;

	if (begins_line(bytes, length, start, &line) && next_line > end) {
		start = line;
		end = next_line;
	} else if (start > 0 && bytes[start - 1] == ' ') {
		start--;
	}
	edits_remove(edits, start, end - start);
	return true;
}

/* An include on a line that was there, and the blank before a comment that had it for itself. */
static bool
remove_include(
	const char *bytes, size_t length, const struct lexer_token *mark, struct edits *edits)
{
	size_t end = mark->end;

	if (!ends_with(bytes, mark->start, MARKS_DIRECTIVE))
		return false;
	if (end + 1 < length && bytes[end] == ' ' && bytes[end + 1] == '/')
		end++;
	const size_t start = mark->start - strlen(MARKS_DIRECTIVE);

	edits_remove(edits, start, end - start);
	return true;
}

static bool
remove_line(const char *bytes, size_t length, const struct lexer_token *mark, struct edits *edits)
{
	if (!ends_with(bytes, mark->start, MARKS_DIRECTIVE))
		return false;
	const size_t start = mark->start - strlen(MARKS_DIRECTIVE);

	edits_remove(edits, start, skip_newline(bytes, length, mark->end) - start);
	return true;
}

struct marks_count
marks_remove(const char *bytes, size_t length, struct edits *edits)
{
	struct marks_count count = {0};
	struct lexer lexer;
	struct lexer_token token;

	lexer_init(&lexer, bytes, length);
	while ((token = lexer_next(&lexer)).kind != LEXER_END) {
		if (token.kind != LEXER_COMMENT)
			continue;
		if (lexer_token_is(&lexer, &token, MARKS_LINE_MARK))
			count.includes += remove_line(bytes, length, &token, edits);
		else if (!lexer_token_is(&lexer, &token, MARKS_MARK))
			continue;
		else if (token.in_directive)
			count.includes += remove_include(bytes, length, &token, edits);
		else
			count.statements += remove_statement(bytes, length, &token, edits);
	}
	return count;
}

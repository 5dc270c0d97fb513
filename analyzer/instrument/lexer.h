/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Cuts C and C++ source into comments, literals, words and the rest, byte for byte, without knowing
 * what any of it means.
 *
 * What is put into a source must stand where code stands, not in a comment or a string, and it is
 * found again by the same rule. So all that counts here is that the same bytes are always cut in
 * the same way, whatever language and macros make of them: there are no options, nothing is
 * refused, and the tokens of a source, one after the other, are the source.
 *
 * Lines end with LF, CR LF or CR. A byte order mark at the start is no token. Bytes from 0x80 are
 * letters, so any encoding passes that keeps ASCII as it is.
 */
#ifndef THAG_INSTRUMENT_LEXER_H
#define THAG_INSTRUMENT_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum lexer_kind {
	LEXER_END,
	LEXER_BLANK,   /* spaces and tabs, as many as there are */
	LEXER_SPLICE,  /* backslash and line end: the line goes on */
	LEXER_NEWLINE, /* the end of a line */
	LEXER_COMMENT,
	LEXER_WORD,
	LEXER_NUMBER,
	LEXER_LITERAL, /* of characters; also what stands between < and > after #include */
	LEXER_SIGN,    /* one byte of anything else */
};

struct lexer_token {
	enum lexer_kind kind;
	size_t start, end;
	bool in_directive; /* from the # to the newline, which is part of it */
};

struct lexer {
	const char *bytes;
	size_t length;
	size_t at;
	bool line_begins; /* nothing but blanks and comments since the last newline */
	bool in_directive;
	bool name_follows; /* after #include: < opens a name */
	bool word_is_name; /* the next word is that of a directive */
};

/* Length of the byte order mark that the source begins with: 3 or 0. */
size_t lexer_bom(const char *bytes, size_t length);

void lexer_init(struct lexer *lexer, const char *bytes, size_t length);

/* To begin in the middle, after the token that ends at `at`, which is code and no directive. */
void lexer_init_at(struct lexer *lexer, const char *bytes, size_t length, size_t at);

/* The next token; of kind LEXER_END, and empty, at the end. */
struct lexer_token lexer_next(struct lexer *lexer);

/* The next token that is neither blank, splice, newline nor comment. */
struct lexer_token lexer_next_code(struct lexer *lexer);

/* Whether the token's bytes are `text`. */
bool lexer_token_is(const struct lexer *lexer, const struct lexer_token *token, const char *text);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See lexer.h. Each scan_... returns where the token that begins at `at` ends. */
#include "lexer.h"

#include <glib.h>
#include <string.h>

enum {
	RAW_DELIMITER_MAX = 16, /* as the C++ standard has it */
};

static int
byte_at(const struct lexer *l, size_t at)
{
	return at < l->length ? (unsigned char)l->bytes[at] : -1;
}

static bool
is_blank(int byte)
{
	return byte == ' ' || byte == '\t' || byte == '\v' || byte == '\f';
}

static bool
is_letter(int byte)
{
	return byte >= 0x80 || byte == '_' || byte == '$' || g_ascii_isalpha(byte);
}

static bool
is_digit(int byte)
{
	return byte >= '0' && byte <= '9';
}

/* Bytes of the line end at `at`; 0 where there is none. */
static size_t
newline_length(const struct lexer *l, size_t at)
{
	const int byte = byte_at(l, at);

	if (byte == '\r')
		return byte_at(l, at + 1) == '\n' ? 2 : 1;
	return byte == '\n';
}

/* Bytes of the splice at `at`. Compilers allow blanks between the backslash and the line end. */
static size_t
splice_length(const struct lexer *l, size_t at)
{
	size_t end = at + 1;

	if (byte_at(l, at) != '\\')
		return 0;
	while (is_blank(byte_at(l, end)))
		end++;
	const size_t newline = newline_length(l, end);

	return newline ? end + newline - at : 0;
}

static size_t
scan_blank(const struct lexer *l, size_t at)
{
	while (is_blank(byte_at(l, at)))
		at++;
	return at;
}

static size_t
scan_line_comment(const struct lexer *l, size_t at)
{
	while (at < l->length && !newline_length(l, at)) {
		const size_t splice = splice_length(l, at);

		at += splice ? splice : 1;
	}
	return at;
}

static size_t
scan_block_comment(const struct lexer *l, size_t at)
{
	const char *end = memmem(l->bytes + at + 2, l->length - at - 2, "*/", 2);

	return end ? (size_t)(end - l->bytes) + 2 : l->length;
}

/* One that is not closed ends with its line, as in the prose between #if 0 and #endif. */
static size_t
scan_literal(const struct lexer *l, size_t at, int close)
{
	at++;
	while (at < l->length && !newline_length(l, at)) {
		const int byte = byte_at(l, at);
		const size_t splice = splice_length(l, at);

		if (splice)
			at += splice;
		else if (byte == '\\')
			at += newline_length(l, at + 1) || at + 1 == l->length ? 1 : 2;
		else if (byte == close)
			return at + 1;
		else
			at++;
	}
	return at;
}

/* R"x(...)x", from its quotation mark; 0 where it is none. */
static size_t
scan_raw(const struct lexer *l, size_t quote)
{
	size_t open = quote + 1;
	char close[RAW_DELIMITER_MAX + 2] = ")";

	while (open - quote - 1 < RAW_DELIMITER_MAX && open < l->length &&
		!strchr("()\\ \t\v\f\r\n\"", byte_at(l, open)))
		open++;
	const size_t length = open - quote - 1;

	if (byte_at(l, open) != '(')
		return 0;
	memcpy(close + 1, l->bytes + quote + 1, length);
	close[length + 1] = '"';
	const char *end = memmem(l->bytes + open + 1, l->length - open - 1, close, length + 2);

	return end ? (size_t)(end - l->bytes) + length + 2 : 0;
}

static bool
opens_raw(const struct lexer *l, size_t start, size_t end)
{
	static const char *const prefixes[] = {"R", "LR", "uR", "UR", "u8R"};

	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		if (end - start == strlen(prefixes[i]) &&
			!memcmp(l->bytes + start, prefixes[i], end - start))
			return byte_at(l, end) == '"';
	}
	return false;
}

static size_t
scan_word(const struct lexer *l, size_t at)
{
	while (is_letter(byte_at(l, at)) || is_digit(byte_at(l, at)))
		at++;
	return at;
}

/* A preprocessing number: more than what is a number. ' parts digits. */
static size_t
scan_number(const struct lexer *l, size_t at)
{
	for (;;) {
		const int byte = byte_at(l, at), next = byte_at(l, at + 1);

		if (byte > 0 && strchr("eEpP", byte) && (next == '+' || next == '-'))
			at += 2;
		else if (byte == '\'' && (is_letter(next) || is_digit(next)))
			at += 2;
		else if (is_letter(byte) || is_digit(byte) || byte == '.')
			at++;
		else
			return at;
	}
}

/* <name>, as long as it ends on its line; 0 where it does not. */
static size_t
scan_name(const struct lexer *l, size_t at)
{
	while (at < l->length && !newline_length(l, at)) {
		if (byte_at(l, at++) == '>')
			return at;
	}
	return 0;
}

static struct lexer_token
token_to(const struct lexer *l, enum lexer_kind kind, size_t end)
{
	return (struct lexer_token){kind, l->at, end, l->in_directive};
}

static struct lexer_token
next_word(const struct lexer *l)
{
	const size_t end = scan_word(l, l->at);
	const size_t raw_end = opens_raw(l, l->at, end) ? scan_raw(l, end) : 0;

	return raw_end ? token_to(l, LEXER_LITERAL, raw_end) : token_to(l, LEXER_WORD, end);
}

static struct lexer_token
next_sign(const struct lexer *l)
{
	const size_t name_end =
		l->name_follows && byte_at(l, l->at) == '<' ? scan_name(l, l->at) : 0;

	return name_end ? token_to(l, LEXER_LITERAL, name_end) : token_to(l, LEXER_SIGN, l->at + 1);
}

static struct lexer_token
cut(const struct lexer *l)
{
	const int byte = byte_at(l, l->at), next = byte_at(l, l->at + 1);

	if (byte < 0)
		return token_to(l, LEXER_END, l->at);
	if (newline_length(l, l->at))
		return token_to(l, LEXER_NEWLINE, l->at + newline_length(l, l->at));
	if (is_blank(byte))
		return token_to(l, LEXER_BLANK, scan_blank(l, l->at));
	if (splice_length(l, l->at))
		return token_to(l, LEXER_SPLICE, l->at + splice_length(l, l->at));
	if (byte == '/' && next == '/')
		return token_to(l, LEXER_COMMENT, scan_line_comment(l, l->at));
	if (byte == '/' && next == '*')
		return token_to(l, LEXER_COMMENT, scan_block_comment(l, l->at));
	if (byte == '"' || byte == '\'')
		return token_to(l, LEXER_LITERAL, scan_literal(l, l->at, byte));
	if (is_letter(byte))
		return next_word(l);
	if (is_digit(byte) || (byte == '.' && is_digit(next)))
		return token_to(l, LEXER_NUMBER, scan_number(l, l->at));
	return next_sign(l);
}

static bool
takes_a_name(const struct lexer *l, const struct lexer_token *word)
{
	static const char *const names[] = {"include", "include_next", "import", "embed"};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (lexer_token_is(l, word, names[i]))
			return true;
	}
	return false;
}

/* Bytes of the # at `at`, also as it was written where keyboards had none. */
static size_t
hash_length(const struct lexer *l, size_t at)
{
	static const char *const hashes[] = {"#", "%:", "?\?="};

	for (size_t i = 0; i < G_N_ELEMENTS(hashes); i++) {
		const size_t length = strlen(hashes[i]);

		if (l->length - at >= length && !memcmp(l->bytes + at, hashes[i], length))
			return length;
	}
	return 0;
}

/* What the token means for those after it. */
static void
follow(struct lexer *l, struct lexer_token *token)
{
	if (token->kind == LEXER_NEWLINE) {
		l->line_begins = true;
		l->in_directive = l->name_follows = l->word_is_name = false;
		return;
	}
	if (token->kind == LEXER_BLANK || token->kind == LEXER_SPLICE ||
		token->kind == LEXER_COMMENT)
		return;
	const size_t hash = l->line_begins ? hash_length(l, token->start) : 0;

	l->line_begins = false;
	if (hash) {
		token->end = token->start + hash;
		token->in_directive = l->in_directive = l->word_is_name = true;
		return;
	}
	l->name_follows = l->word_is_name && takes_a_name(l, token);
	l->word_is_name = false;
}

size_t
lexer_bom(const char *bytes, size_t length)
{
	return length >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3) ? 3 : 0;
}

void
lexer_init(struct lexer *l, const char *bytes, size_t length)
{
	*l = (struct lexer){
		.bytes = bytes,
		.length = length,
		.at = lexer_bom(bytes, length),
		.line_begins = true,
	};
}

void
lexer_init_at(struct lexer *l, const char *bytes, size_t length, size_t at)
{
	*l = (struct lexer){.bytes = bytes, .length = length, .at = at};
}

struct lexer_token
lexer_next(struct lexer *l)
{
	struct lexer_token token = cut(l);

	follow(l, &token);
	l->at = token.end;
	return token;
}

struct lexer_token
lexer_next_code(struct lexer *l)
{
	struct lexer_token token;

	do
		token = lexer_next(l);
	while (token.kind == LEXER_BLANK || token.kind == LEXER_SPLICE ||
		token.kind == LEXER_NEWLINE || token.kind == LEXER_COMMENT);
	return token;
}

bool
lexer_token_is(const struct lexer *l, const struct lexer_token *token, const char *text)
{
	const size_t length = strlen(text);

	return token->end - token->start == length &&
	       !memcmp(l->bytes + token->start, text, length);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One function a production of the grammar; what is not named only has its end looked for. Where a
 * name holds what is not understood here (expressions, substitutions of whole names) all of it is
 * given up.
 */
#include "mangled.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct parser {
	const char *at, *end;
	char *out; /* MANGLED_MAX bytes */
	size_t length;
	size_t last;	 /* where the last component begins */
	unsigned silent; /* > 0: what is read is not named */
	unsigned nesting;
	bool failed;
};

/* ---- reading ---- */

static char
peek(const struct parser *parser)
{
	return parser->at < parser->end ? *parser->at : 0;
}

static char
take(struct parser *parser)
{
	if (parser->at < parser->end)
		return *parser->at++;
	parser->failed = true;
	return 0;
}

static bool
accept(struct parser *parser, char wanted)
{
	if (peek(parser) != wanted)
		return false;
	parser->at++;
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static size_t
take_number(struct parser *parser)
{
	size_t value = 0;

	while (is_digit(peek(parser)) && value < SIZE_MAX / 16)
		value = value * 10 + (size_t)(take(parser) - '0');
	return value;
}

/* Digits and capital letters up to and with the underscore after them. */
static void
skip_sequence(struct parser *parser)
{
	while (is_digit(peek(parser)) || (peek(parser) >= 'A' && peek(parser) <= 'Z'))
		parser->at++;
	if (!accept(parser, '_'))
		parser->failed = true;
}

static bool
descend(struct parser *parser)
{
	if (++parser->nesting > MANGLED_NESTING_MAX)
		parser->failed = true;
	return !parser->failed;
}

/* ---- writing ---- */

static void
append(struct parser *parser, const char *text, size_t length)
{
	if (parser->silent)
		return;
	if (length > MANGLED_MAX - parser->length)
		length = MANGLED_MAX - parser->length;
	memcpy(parser->out + parser->length, text, length);
	parser->length += length;
}

static void
begin_component(struct parser *parser)
{
	if (parser->silent)
		return;
	if (parser->length)
		append(parser, "::", 2);
	parser->last = parser->length;
}

static void
add_component(struct parser *parser, const char *text)
{
	begin_component(parser);
	append(parser, text, strlen(text));
}

/* A constructor or destructor: its class's name once more. */
static void
repeat_component(struct parser *parser, const char *before)
{
	const size_t from = parser->last, length = parser->length - from;

	if (parser->silent)
		return;
	add_component(parser, before);
	append(parser, parser->out + from, length);
}

/* ---- names ---- */

static void skip_type(struct parser *parser);
static void skip_arguments(struct parser *parser);
static void read_encoding(struct parser *parser);
static void read_name(struct parser *parser);

static void
read_source_name(struct parser *parser)
{
	const size_t length = take_number(parser);

	if (!length || length > (size_t)(parser->end - parser->at)) {
		parser->failed = true;
		return;
	}
	if (length >= 10 && memcmp(parser->at, "_GLOBAL__N", 10) == 0) {
		add_component(parser, "(anonymous namespace)");
	} else {
		begin_component(parser);
		append(parser, parser->at, length);
	}
	parser->at += length;
}

static const char operators[][8] = {"nwnew", "nanew[]", "dldelete", "dadelete", "ng-", "ad&", "de*",
	"co~", "pl+", "mi-", "ml*", "dv/", "rm%", "an&", "or|", "eo^",
	"aS=", "pL+=", "mI-=", "mL*=", "dV/=", "rM%=", "aN&=", "oR|=", "eO^=", "ls<<", "rs>>",
	"lS<<=", "rS>>=", "eq==", "ne!=", "lt<", "gt>", "le<=", "ge>=", "ss<=>", "nt!", "aa&&",
	"oo||", "pp++", "mm--", "cm,", "pm->*", "pt->", "cl()", "ix[]", "ps+", "qu?"};

static void
read_operator(struct parser *parser)
{
	const char first = take(parser), second = take(parser);

	if (first == 'c' && second == 'v') {
		add_component(parser, "operator");
		parser->silent++;
		skip_type(parser);
		parser->silent--;
		return;
	}
	if (first == 'l' && second == 'i') {
		add_component(parser, "operator\"\"");
		parser->silent++;
		read_source_name(parser);
		parser->silent--;
		return;
	}
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		const char *one = operators[i];

		if (one[0] != first || one[1] != second)
			continue;
		add_component(parser, is_lower(one[2]) ? "operator " : "operator");
		append(parser, one + 2, strnlen(one + 2, sizeof(operators[0]) - 2));
		return;
	}
	parser->failed = true;
}

/* After U. */
static void
read_unnamed(struct parser *parser)
{
	const char kind = take(parser);

	if (kind == 'l') {
		parser->silent++;
		while (!parser->failed && !accept(parser, 'E'))
			skip_type(parser);
		parser->silent--;
	} else if (kind != 't') {
		parser->failed = true;
	}
	take_number(parser);
	if (!accept(parser, '_'))
		parser->failed = true;
	add_component(parser, kind == 'l' ? "{lambda}" : "{unnamed}");
}

/* After S: a well-known name, or one that was read before, which is not known here. */
static void
read_substitution(struct parser *parser)
{
	static const char known[][20] = {
		"t", "aallocator", "bbasic_string", "sstring", "iistream", "oostream", "diostream"};
	const char letter = peek(parser);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i][0] != letter)
			continue;
		parser->at++;
		add_component(parser, "std");
		if (known[i][1])
			add_component(parser, known[i] + 1);
		return;
	}
	if (!parser->silent)
		parser->failed = true;
	skip_sequence(parser);
}

static void
skip_tags(struct parser *parser)
{
	parser->silent++;
	while (!parser->failed && accept(parser, 'B'))
		read_source_name(parser);
	parser->silent--;
}

/* A name without its scope. */
static void
read_unqualified(struct parser *parser)
{
	const char c = peek(parser);

	if (accept(parser, 'L') || is_digit(c)) {
		read_source_name(parser);
	} else if (accept(parser, 'U')) {
		read_unnamed(parser);
	} else if (is_lower(c)) {
		read_operator(parser);
	} else if (accept(parser, 'C')) {
		accept(parser, 'I');
		take(parser);
		repeat_component(parser, "");
	} else if (accept(parser, 'D') && is_digit(peek(parser))) {
		take(parser);
		repeat_component(parser, "~");
	} else {
		parser->failed = true;
	}
	skip_tags(parser);
}

/* After N. */
static void
read_nested(struct parser *parser)
{
	while (peek(parser) == 'r' || peek(parser) == 'V' || peek(parser) == 'K')
		parser->at++;
	if (peek(parser) == 'R' || peek(parser) == 'O')
		parser->at++;
	while (!parser->failed && !accept(parser, 'E')) {
		if (accept(parser, 'S'))
			read_substitution(parser);
		else if (accept(parser, 'I'))
			skip_arguments(parser);
		else if (accept(parser, 'T') && parser->silent)
			skip_sequence(parser);
		else if (!accept(parser, 'M'))
			read_unqualified(parser);
	}
}

/* After Z: something inside of a function. */
static void
read_local(struct parser *parser)
{
	read_encoding(parser);
	if (!accept(parser, 'E'))
		parser->failed = true;
	if (accept(parser, 's')) {
		/* A string. */
	} else {
		if (accept(parser, 'd')) {
			take_number(parser);
			accept(parser, '_');
		}
		read_name(parser);
	}
	if (accept(parser, '_')) {
		accept(parser, '_');
		take_number(parser);
		accept(parser, '_');
	}
}

static void
read_name(struct parser *parser)
{
	if (!descend(parser))
		return;
	if (accept(parser, 'N')) {
		read_nested(parser);
	} else if (accept(parser, 'Z')) {
		read_local(parser);
	} else {
		if (accept(parser, 'S')) {
			const bool is_scope = peek(parser) == 't';

			read_substitution(parser);
			if (is_scope)
				read_unqualified(parser);
		} else {
			read_unqualified(parser);
		}
		if (accept(parser, 'I'))
			skip_arguments(parser);
	}
	parser->nesting--;
}

/* A function with its parameters, or a variable: up to an E that closes what is around it. */
static void
read_encoding(struct parser *parser)
{
	if (!descend(parser))
		return;
	read_name(parser);
	parser->silent++;
	while (!parser->failed && parser->at < parser->end && peek(parser) != 'E' &&
		peek(parser) != '.')
		skip_type(parser);
	parser->silent--;
	parser->nesting--;
}

/* ---- what is not named ---- */

/* After L. */
static void
skip_literal(struct parser *parser)
{
	if (accept(parser, '_')) {
		accept(parser, 'Z');
		read_encoding(parser);
	} else {
		skip_type(parser);
		while (!parser->failed && peek(parser) != 'E')
			take(parser);
	}
	if (!accept(parser, 'E'))
		parser->failed = true;
}

/* After I or J. */
static void
skip_arguments(struct parser *parser)
{
	if (!descend(parser))
		return;
	parser->silent++;
	while (!parser->failed && !accept(parser, 'E')) {
		if (accept(parser, 'L'))
			skip_literal(parser);
		else if (accept(parser, 'J'))
			skip_arguments(parser);
		else
			skip_type(parser);
	}
	parser->silent--;
	parser->nesting--;
}

/* After D. */
static void
skip_d_type(struct parser *parser)
{
	const char kind = take(parser);

	if (kind == 'p') {
		skip_type(parser);
	} else if (kind == 'v') {
		take_number(parser);
		accept(parser, '_');
		skip_type(parser);
	} else if (kind == 'F' || kind == 'B' || kind == 'U') {
		take_number(parser);
		accept(parser, '_');
	} else if (kind == 'o') {
		skip_type(parser); /* noexcept, of the function type that follows */
	} else if (!memchr("ncaiusdefh", kind, 10)) {
		parser->failed = true;
	}
}

/* After T. */
static void
skip_t_type(struct parser *parser)
{
	if (is_lower(peek(parser))) {
		take(parser);
		read_name(parser);
		return;
	}
	skip_sequence(parser);
	if (accept(parser, 'I'))
		skip_arguments(parser);
}

static void
skip_named_type(struct parser *parser, char first)
{
	if (first == 'S') {
		const bool is_scope = peek(parser) == 't';

		read_substitution(parser);
		if (is_scope)
			read_unqualified(parser);
		if (accept(parser, 'I'))
			skip_arguments(parser);
		return;
	}
	parser->at--;
	read_name(parser);
}

static void
skip_function_type(struct parser *parser)
{
	accept(parser, 'Y');
	while (!parser->failed && !accept(parser, 'E')) {
		if ((peek(parser) == 'R' || peek(parser) == 'O') && parser->at + 1 < parser->end &&
			parser->at[1] == 'E')
			parser->at++;
		else
			skip_type(parser);
	}
}

/* Called with `silent` set. */
static void
skip_type(struct parser *parser)
{
	if (!descend(parser))
		return;
	const char first = take(parser);

	if (first && memchr("PROKVrCG", first, 8)) {
		skip_type(parser);
	} else if (first == 'N' || first == 'Z' || first == 'S' || is_digit(first)) {
		skip_named_type(parser, first);
	} else if (first == 'T') {
		skip_t_type(parser);
	} else if (first == 'D') {
		skip_d_type(parser);
	} else if (first == 'F') {
		skip_function_type(parser);
	} else if (first == 'A') {
		take_number(parser);
		if (!accept(parser, '_'))
			parser->failed = true;
		skip_type(parser);
	} else if (first == 'M') {
		skip_type(parser);
		skip_type(parser);
	} else if (first == 'u' || first == 'U') {
		read_source_name(parser);
		if (first == 'U')
			skip_type(parser);
	} else if (!is_lower(first)) {
		parser->failed = true;
	}
	parser->nesting--;
}

size_t
mangled_name(const char *symbol, size_t length, char ret_name[MANGLED_MAX])
{
	struct parser parser = {.at = symbol, .end = symbol + length, .out = ret_name};

	if (length < 3 || symbol[0] != '_' || symbol[1] != 'Z')
		return 0;
	parser.at += 2;
	read_name(&parser);
	return parser.failed ? 0 : parser.length;
}

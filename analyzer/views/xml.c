/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "xml.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* The production Char of XML 1.0 (2.2). */
static bool
is_char(gunichar c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0x7f && c <= 0xd7ff) ||
	       (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

static const char *
reference(gunichar c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	return NULL;
}

/* Of most names nearly all is plain: printable ASCII of which nothing has a meaning in XML. */
static const bool plain[256] = {
	[' ' ... '!'] = true,
	['#' ... '%'] = true,
	['(' ... ';'] = true,
	['='] = true,
	['?' ... '~'] = true,
};

static size_t
plain_length(const char *text)
{
	const char *at = text;

	while (plain[(unsigned char)*at])
		at++;
	return (size_t)(at - text);
}

char *
xml_escape(const char *text)
{
	size_t run = plain_length(text);

	if (!text[run])
		return g_strndup(text, run);
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *result = g_string_sized_new(strlen(valid) * 2);
	char *at = valid;

	for (;;) {
		run = plain_length(at);
		g_string_append_len(result, at, (gssize)run);
		at += run;
		if (!*at)
			break;
		const gunichar c = g_utf8_get_char(at);
		const char *escaped = reference(c);

		if (escaped)
			g_string_append(result, escaped);
		else
			g_string_append_unichar(result, is_char(c) ? c : 0xfffd);
		at = g_utf8_next_char(at);
	}
	return g_string_free(result, FALSE);
}

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

/* Most names are plain: printable ASCII of which nothing has a meaning in XML. */
static bool
is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || strchr("&<>\"'", *text))
			return false;
	return true;
}

char *
xml_escape(const char *text)
{
	if (is_plain(text))
		return g_strdup(text);
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *result = g_string_new(NULL);

	for (char *at = valid; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		const char *escaped = reference(c);

		if (escaped)
			g_string_append(result, escaped);
		else
			g_string_append_unichar(result, is_char(c) ? c : 0xfffd);
	}
	return g_string_free(result, FALSE);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See slice.h. */
#include "slice.h"

static size_t
text_length(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

struct slice
slice_of(const char *text)
{
	return (struct slice){text, text_length(text)};
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct slice
slice_trim(struct slice text)
{
	while (text.length && is_blank(text.at[0])) {
		text.at++;
		text.length--;
	}
	while (text.length && is_blank(text.at[text.length - 1]))
		text.length--;
	return text;
}

int
slice_is(struct slice text, const char *word)
{
	size_t i = 0;

	for (; i < text.length && word[i]; i++) {
		if (text.at[i] != word[i])
			return 0;
	}
	return i == text.length && !word[i];
}

struct slice
slice_next_field(struct slice *rest)
{
	struct slice field = {rest->at, 0};

	while (field.length < rest->length && rest->at[field.length] != ',')
		field.length++;
	const size_t taken = field.length < rest->length ? field.length + 1 : field.length;

	rest->at += taken;
	rest->length -= taken;
	return slice_trim(field);
}

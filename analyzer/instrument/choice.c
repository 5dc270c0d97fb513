/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See choice.h. */
#include "choice.h"

#include <fnmatch.h>
#include <string.h>

struct pattern {
	char *glob;
	gboolean qualified;
	GRegex *regex; /* NULL: the glob is meant */
};

static void
free_pattern(void *data)
{
	struct pattern *pattern = data;

	g_free(pattern->glob);
	g_clear_pointer(&pattern->regex, g_regex_unref);
	g_free(pattern);
}

void
choice_init(struct choice *choice)
{
	choice->wanted = g_ptr_array_new_with_free_func(free_pattern);
	choice->unwanted = g_ptr_array_new_with_free_func(free_pattern);
	choice->lines_min = 0;
}

void
choice_fini(struct choice *choice)
{
	g_clear_pointer(&choice->wanted, g_ptr_array_unref);
	g_clear_pointer(&choice->unwanted, g_ptr_array_unref);
}

static gboolean
add(GPtrArray *patterns, const char *text, GError **error)
{
	const size_t length = strlen(text);
	GRegex *regex = NULL;

	if (length >= 2 && text[0] == '/' && text[length - 1] == '/') {
		g_autofree char *expression = g_strndup(text + 1, length - 2);

		regex = g_regex_new(expression, G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, error);
		if (!regex)
			return FALSE;
	}
	struct pattern *pattern = g_new0(struct pattern, 1);

	pattern->glob = g_strdup(text);
	pattern->qualified = strstr(text, "::") != NULL;
	pattern->regex = regex;
	g_ptr_array_add(patterns, pattern);
	return TRUE;
}

gboolean
choice_want(struct choice *choice, const char *pattern, GError **error)
{
	return add(choice->wanted, pattern, error);
}

gboolean
choice_exclude(struct choice *choice, const char *pattern, GError **error)
{
	return add(choice->unwanted, pattern, error);
}

static gboolean
matches(const GPtrArray *patterns, const char *name, const char *qualified_name)
{
	for (guint i = 0; i < patterns->len; i++) {
		const struct pattern *pattern = patterns->pdata[i];
		const char *compared = pattern->qualified ? qualified_name : name;

		if (pattern->regex ? g_regex_match(pattern->regex, qualified_name, 0, NULL)
				   : !fnmatch(pattern->glob, compared, 0))
			return TRUE;
	}
	return FALSE;
}

enum choice_verdict
choice_judge(
	const struct choice *choice, const char *name, const char *qualified_name, unsigned lines)
{
	if (choice->wanted->len && !matches(choice->wanted, name, qualified_name))
		return CHOICE_NOT_WANTED;
	if (matches(choice->unwanted, name, qualified_name))
		return CHOICE_NOT_WANTED;
	return lines < choice->lines_min ? CHOICE_TOO_SHORT : CHOICE_TAKEN;
}

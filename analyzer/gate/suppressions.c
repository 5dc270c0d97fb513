/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See suppressions.h. */
#include "suppressions.h"

#include <glib.h>
#include <string.h>

struct suppressions {
	GPtrArray *patterns; /* GPatternSpec */
};

/* LeakSanitizer's templates match anywhere unless tied: a glob with '*' at the free ends. */
static GPatternSpec *
make_pattern(const char *template)
{
	const bool tied_start = *template == '^';
	g_autofree char *body = g_strdup(template + tied_start);
	const size_t length = strlen(body);
	const bool tied_end = length && body[length - 1] == '$';

	if (tied_end)
		body[length - 1] = 0;
	/* '?' is an ordinary character there: it stands for any, which is all a glob can say. */
	g_autofree char *glob = g_strconcat(tied_start ? "" : "*", body, tied_end ? "" : "*", NULL);

	return g_pattern_spec_new(glob);
}

static char *
parse_line(struct suppressions *suppressions, char *line, unsigned number)
{
	const char *text = g_strstrip(line);

	if (!*text || *text == '#')
		return NULL;
	if (!g_str_has_prefix(text, "leak:") || !text[strlen("leak:")])
		return g_strdup_printf(
			"line %u: '%s' is no suppression; write leak:PATTERN", number, text);
	g_ptr_array_add(suppressions->patterns, make_pattern(text + strlen("leak:")));
	return NULL;
}

struct suppressions *
suppressions_parse(const char *text, char **ret_why)
{
	struct suppressions *suppressions = g_new(struct suppressions, 1);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	suppressions->patterns =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_pattern_spec_free);
	for (unsigned i = 0; lines[i]; i++) {
		char *why = parse_line(suppressions, lines[i], i + 1);

		if (why) {
			*ret_why = why;
			suppressions_free(suppressions);
			return NULL;
		}
	}
	return suppressions;
}

void
suppressions_free(struct suppressions *suppressions)
{
	if (!suppressions)
		return;
	g_ptr_array_unref(suppressions->patterns);
	g_free(suppressions);
}

bool
suppressions_match(const struct suppressions *suppressions, const char *function,
	const char *module, const char *file)
{
	const char *const texts[] = {function, module, file};

	for (guint i = 0; i < suppressions->patterns->len; i++) {
		GPatternSpec *pattern = suppressions->patterns->pdata[i];

		for (unsigned j = 0; j < G_N_ELEMENTS(texts); j++) {
			if (texts[j] && *texts[j] && g_pattern_spec_match_string(pattern, texts[j]))
				return true;
		}
	}
	return false;
}

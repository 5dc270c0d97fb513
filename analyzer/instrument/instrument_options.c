/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See instrument_options.h. */
#include "instrument_options.h"

#include <stdio.h>
#include <string.h>

static const char description[] =
	"PATTERN is a function's name, in which * and ? stand for anything, or a regular "
	"expression\n"
	"between slashes; with space::type:: before the name it is compared as a whole.\n"
	"WORDS: time, mem_summary, mem_detail, both, global, with commas between.\n\n"
	"How a source is compiled is read from compile_commands.json, beside it, above it, or in\n"
	"build there; FLAGS come after.\n\n"
	"The exit status is 0; 1 where a file was left as it is, since it was not understood or\n"
	"could not be read or written; 2 for wrong usage.\n";

char *
instrument_options_translate(const char *words)
{
	static const struct {
		const char *word, *constant;
	} known[] = {
		{"time", "THAG_TIME"},
		{"mem_summary", "THAG_MEM_SUMMARY"},
		{"mem_detail", "THAG_MEM_DETAIL"},
		{"both", "THAG_BOTH"},
		{"global", "THAG_GLOBAL"},
	};
	g_auto(GStrv) split = g_strsplit_set(words, ",|", -1);
	g_autoptr(GStrvBuilder) constants = g_strv_builder_new();

	for (size_t i = 0; split[i]; i++) {
		size_t k = 0;

		while (k < G_N_ELEMENTS(known) && strcmp(known[k].word, g_strstrip(split[i])))
			k++;
		if (k == G_N_ELEMENTS(known))
			return NULL;
		g_strv_builder_add(constants, known[k].constant);
	}
	g_auto(GStrv) all = g_strv_builder_end(constants);

	return all[0] ? g_strjoinv(" | ", all) : NULL;
}

/* What is between the options and the wishes they become. */
struct raw {
	GStrv wanted, unwanted;
	char *words;
	gint lines_min;
	gboolean lambdas, no_include, partial;
};

static void
free_raw(struct raw *raw)
{
	g_strfreev(raw->wanted);
	g_strfreev(raw->unwanted);
	g_free(raw->words);
}

static void
add_entries(GOptionContext *context, struct instrument_options *o, struct raw *raw)
{
	const GOptionEntry entries[] = {
		{"function", 'f', 0, G_OPTION_ARG_STRING_ARRAY, &raw->wanted,
			"Only functions of this name; may be repeated", "PATTERN"},
		{"without", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->unwanted,
			"Leave out functions of this name; may be repeated", "PATTERN"},
		{"min-lines", 0, 0, G_OPTION_ARG_INT, &raw->lines_min,
			"Leave out functions of less lines from brace to brace", "N"},
		{"lambdas", 0, 0, G_OPTION_ARG_NONE, &raw->lambdas, "Instrument lambdas too", NULL},
		{"as", 0, 0, G_OPTION_ARG_STRING, &raw->words,
			"What to record: THAG_PROFILED_AS(...)", "WORDS"},
		{"no-include", 0, 0, G_OPTION_ARG_NONE, &raw->no_include,
			"Put in no #include: compile with -include thag.h", NULL},
		{"build", 'p', 0, G_OPTION_ARG_FILENAME, &o->directory,
			"Where compile_commands.json is", "DIR"},
		{"language", 0, 0, G_OPTION_ARG_STRING, &o->language,
			"c or c++, whatever the names of the files are", "LANGUAGE"},
		{"filename", 0, 0, G_OPTION_ARG_FILENAME, &o->filename,
			"Take standard input for this file", "FILE"},
		{"partial", 0, 0, G_OPTION_ARG_NONE, &raw->partial,
			"Instrument what was understood of a file, though parts were not", NULL},
		{"dry-run", 'n', 0, G_OPTION_ARG_NONE, &o->dry_run,
			"Write nothing, only say what would be done", NULL},
		{"diff", 'd', 0, G_OPTION_ARG_NONE, &o->diff,
			"Write nothing, print the changes as a patch", NULL},
		{"jobs", 'j', 0, G_OPTION_ARG_INT, &o->jobs,
			"Files to parse at once (default: one a processor)", "N"},
		{"verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose,
			"Say what became of each function", NULL},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet, "Say only what went wrong", NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->files, NULL, NULL},
		G_OPTION_ENTRY_NULL,
	};

	g_option_context_add_main_entries(context, entries, NULL);
}

/* Cuts off what comes behind --: it is the compiler's. Returns how many arguments are left. */
static int
cut_flags(int count, char **arguments, GStrv *ret_flags)
{
	for (int i = 1; i < count; i++) {
		if (strcmp(arguments[i], "--"))
			continue;
		*ret_flags = g_strdupv(arguments + i + 1);
		arguments[i] = NULL;
		return i;
	}
	*ret_flags = g_new0(char *, 1);
	return count;
}

static gboolean
add_patterns(struct choice *choice, char **patterns,
	gboolean (*add)(struct choice *, const char *, GError **), GError **error)
{
	for (; patterns && *patterns; patterns++) {
		if (!add(choice, *patterns, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
refuse(GError **error, const char *why, const char *what)
{
	g_autofree char *message = g_strconcat(why, what, NULL);

	g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, message);
	return FALSE;
}

/* From the words of the command line to what they mean. */
static gboolean
finish(struct instrument_options *o, const struct raw *raw, GError **error)
{
	struct instrument_wishes *wishes = &o->wishes;

	wishes->lambdas = raw->lambdas;
	wishes->no_include = raw->no_include;
	wishes->partial = raw->partial;
	if (!add_patterns(&wishes->choice, raw->wanted, choice_want, error) ||
		!add_patterns(&wishes->choice, raw->unwanted, choice_exclude, error))
		return FALSE;
	if (raw->lines_min < 0 || o->jobs < 0)
		return refuse(error, "a number must not be negative", "");
	wishes->choice.lines_min = (unsigned)raw->lines_min;
	if (raw->words && !(o->macro_options = instrument_options_translate(raw->words)))
		return refuse(error, "--as takes time, mem_summary, mem_detail, both, global, not ",
			raw->words);
	wishes->options = o->macro_options;
	if (o->language && strcmp(o->language, "c") && strcmp(o->language, "c++"))
		return refuse(error, "--language takes c or c++, not ", o->language);
	if (!o->jobs)
		o->jobs = (gint)g_get_num_processors();
	return TRUE;
}

int
instrument_options_parse(int count, char **arguments, struct instrument_options *o)
{
	g_autoptr(GOptionContext) context = g_option_context_new("[FILE...] [-- FLAGS]");
	g_autoptr(GError) error = NULL;
	const char *const command = arguments[0];
	struct raw raw = {0};

	*o = (struct instrument_options){0};
	choice_init(&o->wishes.choice);
	count = cut_flags(count, arguments, &o->flags);
	g_option_context_set_summary(context,
		"Puts THAG_PROFILED into the functions of C and C++ sources: files are changed in "
		"place,\nwithout files standard input goes to standard output. thag-uninstrument "
		"takes it out\nagain, byte for byte.");
	g_option_context_set_description(context, description);
	add_entries(context, o, &raw);
	const gboolean good = g_option_context_parse(context, &count, &arguments, &error) &&
			      finish(o, &raw, &error);

	free_raw(&raw);
	if (good)
		return 0;
	fprintf(stderr, "%s: %s (see %s --help)\n", command, error->message, command);
	instrument_options_fini(o);
	return -1;
}

void
instrument_options_fini(struct instrument_options *o)
{
	choice_fini(&o->wishes.choice);
	g_clear_pointer(&o->macro_options, g_free);
	g_clear_pointer(&o->directory, g_free);
	g_clear_pointer(&o->language, g_free);
	g_clear_pointer(&o->filename, g_free);
	g_clear_pointer(&o->files, g_strfreev);
	g_clear_pointer(&o->flags, g_strfreev);
}

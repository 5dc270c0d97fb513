/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See arguments.h. */
#include "arguments.h"

#include <string.h>
#include "pool.h"
#include "suggest.h"

/* A flag of the wrapper alone: none has an argument. */
struct own_flag {
	const char *name;
	char letter;
	size_t offset; /* of its bool in struct arguments */
	const char *help;
};

static const struct own_flag own_flags[] = {
	{"quiet", 'q', offsetof(struct arguments, quiet), "print no summary at the end"},
	{"json", 0, offsetof(struct arguments, json), "print the summary as JSON"},
	{"help", 'h', offsetof(struct arguments, help), "print this and exit"},
	{"version", 'V', offsetof(struct arguments, version), "print the version and exit"},
};

/* Variables that are read outside the option table. */
static const struct {
	const char *name;
	const char *help;
} own_variables[] = {
	{"THAG_LIBRARY", "path of libthag.so, where it is not found by itself"},
	{"THAG_ANALYZER", "path of thag for libthag.so, where that is not found by itself"},
	{POOL_VARIABLE, "set by thag-run for the programs it profiles"},
};

/* Either row is NULL. */
struct flag {
	const struct option_row *option;
	const struct own_flag *own;
};

/* The command line as it is consumed. */
struct cursor {
	char **next;
	struct arguments *arguments;
	bool profile_chosen; /* flags add to a set that is empty at first */
	char *why;
};

G_GNUC_PRINTF(2, 3)
static int
fail(struct cursor *cursor, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	cursor->why = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	return -1;
}

static bool
find_flag(const char *name, char letter, struct flag *ret_flag)
{
	for (size_t i = 0; i < options_table_count; i++) {
		const struct option_row *row = &options_table[i];

		if (name ? row->flag && !strcmp(row->flag, name) : row->letter == letter) {
			*ret_flag = (struct flag){.option = row};
			return true;
		}
	}
	for (size_t i = 0; i < G_N_ELEMENTS(own_flags); i++) {
		const struct own_flag *row = &own_flags[i];

		if (name ? !strcmp(row->name, name) : row->letter == letter) {
			*ret_flag = (struct flag){.own = row};
			return true;
		}
	}
	return false;
}

static int
fail_unknown(struct cursor *cursor, const char *name)
{
	const char *names[64];
	size_t count = 0;

	for (size_t i = 0; i < options_table_count && count < G_N_ELEMENTS(names) - 1; i++) {
		if (options_table[i].flag)
			names[count++] = options_table[i].flag;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(own_flags) && count < G_N_ELEMENTS(names) - 1; i++)
		names[count++] = own_flags[i].name;
	names[count] = NULL;

	const char *nearest = suggest_nearest(name, names);

	if (nearest)
		return fail(cursor,
			"--%s is no option of thag-run; did you mean --%s? (thag-run --help)", name,
			nearest);
	return fail(cursor, "--%s is no option of thag-run; see thag-run --help", name);
}

/* `value`: NULL where the flag takes none. `shown`: the flag as the user wrote it. */
static int
apply_flag(struct cursor *cursor, struct flag flag, const char *value, const char *shown)
{
	struct options *options = &cursor->arguments->options;
	char message[OPTIONS_MESSAGE_BYTES];

	if (flag.own) {
		*(bool *)((char *)cursor->arguments + flag.own->offset) = true;
		return 0;
	}
	/* The first flag that names a profile replaces what held without it; more add to it. */
	struct options changed = *options;

	if (!cursor->profile_chosen)
		changed.profile = OPTIONS_NONE;
	if (flag.option->parse(&changed, value, message))
		return fail(cursor, "%s: %s", shown, message);
	if (changed.profile != OPTIONS_NONE)
		cursor->profile_chosen = true;
	else
		changed.profile = options->profile;
	*options = changed;
	return 0;
}

static int
parse_long(struct cursor *cursor, const char *text)
{
	const char *equals = strchr(text, '=');
	g_autofree char *name = equals ? g_strndup(text, (gsize)(equals - text)) : g_strdup(text);
	g_autofree char *shown = g_strconcat("--", name, NULL);
	const char *value = equals ? equals + 1 : NULL;
	struct flag flag;

	if (!find_flag(name, 0, &flag))
		return fail_unknown(cursor, name);
	const bool wants_value = flag.option && flag.option->argument;

	if (value && !wants_value)
		return fail(cursor, "%s takes no value", shown);
	if (!value && wants_value) {
		if (!*cursor->next)
			return fail(cursor, "%s needs a value: %s %s", shown, shown,
				flag.option->argument);
		value = *cursor->next++;
	}
	return apply_flag(cursor, flag, value, shown);
}

/* Letters may be joined; the value of the last one may follow at once or as the next word. */
static int
parse_letters(struct cursor *cursor, const char *letters)
{
	for (; *letters; letters++) {
		const char shown[] = {'-', *letters, 0};
		struct flag flag;

		if (!find_flag(NULL, *letters, &flag))
			return fail(
				cursor, "%s is no option of thag-run; see thag-run --help", shown);
		if (!flag.option || !flag.option->argument) {
			if (apply_flag(cursor, flag, NULL, shown))
				return -1;
			continue;
		}
		const char *value = letters[1] ? letters + 1 : *cursor->next;

		if (!value)
			return fail(cursor, "%s needs a value: %s %s", shown, shown,
				flag.option->argument);
		if (!letters[1])
			cursor->next++;
		return apply_flag(cursor, flag, value, shown);
	}
	return 0;
}

/* Options end at "--", or at the first word that is none: the program's own are not ours. */
static int
parse_command_line(struct cursor *cursor)
{
	while (*cursor->next && (*cursor->next)[0] == '-' && (*cursor->next)[1]) {
		const char *word = *cursor->next++;

		if (!strcmp(word, "--"))
			break;
		if (word[1] == '-' ? parse_long(cursor, word + 2) : parse_letters(cursor, word + 1))
			return -1;
	}
	return 0;
}

static const char *
get_variable(const char *name, void *context)
{
	return g_getenv(name);
}

int
arguments_parse(char **argv, struct arguments *ret_arguments, char **ret_why)
{
	struct arguments arguments = {.quiet = false};
	struct cursor cursor = {.next = argv + 1, .arguments = &arguments};
	char message[OPTIONS_MESSAGE_BYTES];
	int error;

	options_init(&arguments.options);
	error = options_from_environment(&arguments.options, get_variable, NULL, message);
	if (error)
		fail(&cursor, "%s", message);
	else
		error = parse_command_line(&cursor);
	if (!error && options_check(&arguments.options, message))
		error = fail(&cursor, "%s", message);
	if (!error && arguments.json && arguments.options.record_only)
		error = fail(&cursor, "--json prints a summary, and --record-only makes none: "
				      "leave one of them out");
	arguments.command = cursor.next;
	if (!error && !*cursor.next && !arguments.help && !arguments.version)
		error = fail(&cursor, "which program? thag-run [options] [--] program "
				      "[arguments]; see thag-run --help");
	if (error)
		*ret_why = cursor.why;
	else
		*ret_arguments = arguments;
	return error;
}

/* ---- misspelt variables ---- */

static bool
is_variable(const char *name)
{
	for (size_t i = 0; i < options_table_count; i++) {
		if (options_table[i].variable && !strcmp(options_table[i].variable, name))
			return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(own_variables); i++) {
		if (!strcmp(own_variables[i].name, name))
			return true;
	}
	return false;
}

static char *
warn_unknown(const char *name)
{
	const char *names[64];
	size_t count = 0;

	for (size_t i = 0; i < options_table_count && count < G_N_ELEMENTS(names) - 1; i++) {
		if (options_table[i].variable)
			names[count++] = options_table[i].variable;
	}
	names[count] = NULL;

	const char *nearest = suggest_nearest(name, names);

	return nearest ? g_strdup_printf(
				 "%s is no variable of thag; did you mean %s?", name, nearest)
		       : g_strdup_printf("%s is no variable of thag: ignored", name);
}

GStrv
arguments_unknown_variables(char **environment)
{
	g_autoptr(GStrvBuilder) warnings = g_strv_builder_new();

	for (char **entry = environment; *entry; entry++) {
		g_autofree char *name = g_strndup(*entry, strcspn(*entry, "="));

		if (g_str_has_prefix(name, "THAG_") && !is_variable(name)) {
			g_autofree char *warning = warn_unknown(name);

			g_strv_builder_add(warnings, warning);
		}
	}
	return g_strv_builder_end(warnings);
}

/* ---- help ---- */

enum {
	HELP_COLUMN = 30,
	HELP_WIDTH = 80,
};

/* The help text at its column, in lines of at most HELP_WIDTH. */
static void
print_row(FILE *file, const char *head, const char *help)
{
	g_auto(GStrv) words = g_strsplit(help, " ", -1);
	size_t column = HELP_COLUMN;

	if (strlen(head) < HELP_COLUMN)
		fprintf(file, "%-*s", HELP_COLUMN, head);
	else
		fprintf(file, "%s\n%*s", head, HELP_COLUMN, "");
	for (char **word = words; *word; word++) {
		if (column > HELP_COLUMN && column + 1 + strlen(*word) > HELP_WIDTH) {
			fprintf(file, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		}
		column += (size_t)fprintf(file, "%s%s", column > HELP_COLUMN ? " " : "", *word);
	}
	fputc('\n', file);
}

static void
print_flag(FILE *file, char letter, const char *name, const char *argument, const char *help)
{
	const char short_form[] = {'-', letter, ',', ' ', 0};
	g_autofree char *head = g_strdup_printf("  %s--%s%s%s", letter ? short_form : "    ", name,
		argument ? " " : "", argument ? argument : "");

	print_row(file, head, help);
}

void
arguments_print_help(FILE *file)
{
	fputs("thag-run [options] [--] program [arguments]\n"
	      "Profiles a program: where its memory and its time go. Returns its exit status.\n"
	      "\nOptions:\n",
		file);
	for (size_t i = 0; i < options_table_count; i++) {
		const struct option_row *row = &options_table[i];

		if (row->flag)
			print_flag(file, row->letter, row->flag, row->argument, row->help);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(own_flags); i++)
		print_flag(file, own_flags[i].letter, own_flags[i].name, NULL, own_flags[i].help);
	fputs("\nEnvironment (options win over it):\n", file);
	for (size_t i = 0; i < options_table_count; i++) {
		const struct option_row *row = &options_table[i];

		if (row->variable) {
			g_autofree char *head = g_strdup_printf(
				"  %s=%s", row->variable, row->argument ? row->argument : "1");

			print_row(file, head, row->help);
		}
	}
	for (size_t i = 0; i < G_N_ELEMENTS(own_variables); i++) {
		g_autofree char *head = g_strdup_printf("  %s", own_variables[i].name);

		print_row(file, head, own_variables[i].help);
	}
	fputs("\nExit status: the program's; 128 + signal where it was killed; 127 not found, 126 "
	      "not\nexecutable, 125 where thag itself refused or failed.\n",
		file);
}

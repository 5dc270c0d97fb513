/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See menu_main.h: what is analysed, which profiles, then their pages. */
#include <locale.h>
#include <stdio.h>

#include "catalogue.h"
#include "choice.h"
#include "menu_main.h"
#include "pages.h"
#include "report.h"
#include "screen.h"

enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

struct menu {
	struct catalogue catalogue;
	char *filter; /* on the names of files, kept from page to page */
	bool there;   /* the terminal is */
};

/* ---- choosing files ---- */

/* Files of a content under the names of their programs. `ret_files`: by item. */
static void
list_files(const struct menu *menu, enum catalogue_content content, struct choice *choice,
	GPtrArray *files)
{
	const char *program = NULL;

	for (guint i = 0; i < menu->catalogue.files->len; i++) {
		struct catalogue_file *file = g_ptr_array_index(menu->catalogue.files, i);
		g_autofree char *note = NULL;
		char size[TEXT_CELL];

		if (!catalogue_has(file, content, NULL))
			continue;
		if (!program || !g_str_equal(program, file->program)) {
			program = file->program;
			choice_add_heading(choice, program);
			g_ptr_array_add(files, NULL);
		}
		note = g_strdup_printf("%s %10s", file->when, text_bytes(file->bytes, size));
		choice_add(choice, file->name, note);
		g_ptr_array_add(files, file);
	}
}

static struct catalogue_file *
choose_file(struct menu *menu, enum catalogue_content content, const char *title)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	struct choice choice;
	int chosen = CHOICE_BACK;

	choice_init(&choice, title, "newest first");
	choice.filtered = true;
	choice.filter = g_steal_pointer(&menu->filter);
	list_files(menu, content, &choice, files);
	if (files->len)
		chosen = choice_run(&choice);
	else
		session_complain("there are no profiles here; make one with thag-run");
	menu->filter = g_steal_pointer(&choice.filter);
	menu->there = chosen != CHOICE_CLOSED;
	choice_fini(&choice);
	return chosen >= 0 ? g_ptr_array_index(files, chosen) : NULL;
}

static struct session *
open_chosen(struct menu *menu, enum catalogue_content content, const char *title)
{
	const struct catalogue_file *file = choose_file(menu, content, title);

	return file ? session_open(file->path, content == CATALOGUE_TIME) : NULL;
}

/* ---- what is analysed ---- */

static void
run_single(struct menu *menu, enum catalogue_content content)
{
	struct session *session = open_chosen(menu, content, "Choose a profile");

	if (session)
		menu->there = pages_of_profile(session);
	session_free(session);
}

static void
run_differential(struct menu *menu, enum catalogue_content content)
{
	struct session *a = open_chosen(menu, content, "Choose the profile before (A, baseline)");
	struct session *b =
		a ? open_chosen(menu, content, "Choose the profile after (B, new)") : NULL;

	if (b)
		menu->there = pages_of_comparison(a, b);
	session_free(a);
	session_free(b);
}

static const struct {
	const char *text;
	void (*run)(struct menu *menu, enum catalogue_content content);
	enum catalogue_content content;
} analyses[] = {
	{"Time Profile - Single", run_single, CATALOGUE_TIME},
	{"Time Profile - Differential", run_differential, CATALOGUE_TIME},
	{"Memory Profile - Single", run_single, CATALOGUE_MEMORY},
	{"Memory Profile - Differential", run_differential, CATALOGUE_MEMORY},
	{"Exit", NULL, 0},
};

static void
run_menu(struct menu *menu)
{
	g_autofree char *about = g_strdup_printf("%u profile%s", menu->catalogue.files->len,
		menu->catalogue.files->len == 1 ? "" : "s");
	struct choice choice;
	int chosen;

	choice_init(&choice, "thag: select the type of analysis", about);
	for (unsigned i = 0; i < G_N_ELEMENTS(analyses); i++)
		choice_add(&choice, analyses[i].text, NULL);
	menu->there = true;
	do {
		chosen = choice_run(&choice);
		if (chosen < 0 || !analyses[chosen].run)
			break;
		analyses[chosen].run(menu, analyses[chosen].content);
	} while (menu->there);
	choice_fini(&choice);
}

/* ---- the command ---- */

static int
parse(int *argc, char ***argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new("[DIRECTORY or FILE ...]");
	g_autoptr(GError) error = NULL;

	g_option_context_set_summary(context,
		"Shows profiles in a menu: pictures, tables, trees, comparisons. Without an "
		"argument, those of the current directory.");
	g_option_context_set_description(
		context, "Each of its views is also an option of thag report and thag diff.\n");
	if (g_option_context_parse(context, argc, argv, &error))
		return 0;
	fprintf(stderr, "thag-profile: %s (see thag-profile --help)\n", error->message);
	return EXIT_USAGE;
}

static int
run(struct menu *menu, char **paths)
{
	g_autoptr(GError) error = NULL;
	const char *why;

	if (!catalogue_init(&menu->catalogue, paths, &error)) {
		fprintf(stderr, "thag-profile: %s\n", error->message);
		return EXIT_FAILED;
	}
	if (!screen_open(&why)) {
		fprintf(stderr,
			"thag-profile: %s; thag report FILE and thag diff A B print the same\n",
			why);
		return EXIT_USAGE;
	}
	run_menu(menu);
	screen_close();
	return 0;
}

int
menu_main(int argc, char **argv)
{
	struct menu menu = {.there = false};
	int status;

	setlocale(LC_CTYPE, "");
	status = parse(&argc, &argv);
	if (status)
		return status;
	status = run(&menu, argv + 1);
	catalogue_fini(&menu.catalogue);
	g_free(menu.filter);
	return status;
}

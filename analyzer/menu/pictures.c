/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See pictures.h. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flame_time.h"
#include "pictures.h"
#include "screen.h"
#include "session.h"
#include "settings.h"

enum {
	NAMES_MAX = 10000,
};

/* ---- the file ---- */

/* "run.thag-chart" -> "run-chart" */
static char *
stem_of(const char *name)
{
	static const char *const endings[] = {".thag", ".folded"};
	GString *stem = g_string_new(name);

	for (unsigned i = 0; i < G_N_ELEMENTS(endings); i++)
		g_string_replace(stem, endings[i], "", 0);
	return g_string_free(stem, FALSE);
}

/* <cache>/thag/<name>-<number>.svg, new. */
static FILE *
create(const char *name, char **ret_path)
{
	g_autofree char *folder = g_build_filename(g_get_user_cache_dir(), "thag", NULL);
	g_autofree char *stem = stem_of(name);

	if (g_mkdir_with_parents(folder, 0700))
		return NULL;
	for (unsigned i = 1; i < NAMES_MAX; i++) {
		g_autofree char *base = g_strdup_printf("%s-%u.svg", stem, i);
		char *path = g_build_filename(folder, base, NULL);
		const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (fd >= 0) {
			*ret_path = path;
			return fdopen(fd, "w");
		}
		g_free(path);
		if (errno != EEXIST)
			return NULL;
	}
	return NULL;
}

/* ---- the browser ---- */

/* Out of the terminal's sight: with signals as usual, and nothing to write to or read from. */
static void
leave_terminal(gpointer unused)
{
	setsid();
}

static bool
spawn(const char *program, const char *path)
{
	char *arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)path, NULL};

	return g_spawn_async(NULL, arguments, NULL,
		G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
		leave_terminal, NULL, NULL, NULL);
}

static bool
open_in_browser(const char *path)
{
	const char *browser = getenv("BROWSER");

	/* A list of them, as the convention is: the first that is there. */
	if (browser && *browser) {
		g_auto(GStrv) programs = g_strsplit(browser, ":", -1);

		for (unsigned i = 0; programs[i]; i++) {
			if (*programs[i] && spawn(programs[i], path))
				return true;
		}
	}
	return (getenv("DISPLAY") || getenv("WAYLAND_DISPLAY")) && spawn("xdg-open", path);
}

static void
show(const char *path)
{
	g_autofree char *text =
		g_strdup_printf(open_in_browser(path) ? "opened %s" : "written: %s", path);

	session_complain(text);
}

/* Closes the file; says why where it is not whole, and takes it away. */
static void
finish(FILE *file, char *path, int error)
{
	if (fclose(file) && !error)
		error = -errno;
	if (error) {
		g_autofree char *text = g_strdup_printf("%s: %s", path, g_strerror(-error));

		unlink(path);
		session_complain(text);
	} else {
		show(path);
	}
	g_free(path);
}

static FILE *
begin(const char *name, char **ret_path)
{
	FILE *file;

	screen_busy("drawing ...");
	file = create(name, ret_path);
	if (!file) {
		g_autofree char *text = g_strdup_printf("no picture can be written to %s/thag: %s",
			g_get_user_cache_dir(), g_strerror(errno));

		session_complain(text);
	}
	return file;
}

/* ---- the pictures ---- */

static const char *
kind_of(enum metric metric)
{
	return metric_is_of_time(metric) ? "time" : "memory";
}

static char *
title_of(const struct selection *selection, const char *name)
{
	return *selection->description ? g_strdup_printf("%s: %s", name, selection->description)
				       : g_strdup(name);
}

void
pictures_flamegraph(const struct selection *selection, const char *name, enum metric metric)
{
	g_autofree char *scheme = settings_colours(kind_of(metric));
	g_autofree char *title = title_of(selection, name);
	const struct flame_profile_options options = {
		.title = title, .scheme = scheme, .metric = metric};
	char *path;
	FILE *file = begin(name, &path);

	if (file)
		finish(file, path,
			metric_is_of_time(metric) && metric != METRIC_VALUE
				? flame_time_write_as(file, selection, &options)
				: flame_profile_write_as(file, selection, &options));
}

void
pictures_flamechart(const struct selection *selection, const char *name, bool time)
{
	g_autofree char *scheme = settings_colours(time ? "time" : "memory");
	g_autofree char *title = title_of(selection, name);
	g_autofree char *stem = g_strconcat(name, "-chart", NULL);
	const struct flame_profile_options options = {.title = title, .scheme = scheme};
	char *path;
	FILE *file = begin(stem, &path);

	if (file)
		finish(file, path,
			time ? flame_chart_write_as(file, selection, &options)
			     : flame_memory_chart_write_as(file, selection, &options));
}

void
pictures_comparison(const struct diff *diff, const struct diff_names *names, unsigned metric,
	bool normalised, bool sides)
{
	g_autofree char *scheme = settings_colours("change");
	const struct diff_flame_options options = {
		.scheme = scheme, .metric = metric, .normalised = normalised, .sides = sides};
	char *path;
	FILE *file = begin("comparison", &path);

	if (file)
		finish(file, path, diff_write_svg(file, diff, names, &options));
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See settings.h. */
#include <glib.h>

#include "settings.h"

static const char group[] = "colours";

static char *
directory(void)
{
	return g_build_filename(g_get_user_state_dir(), "thag", NULL);
}

static GKeyFile *
load(void)
{
	g_autofree char *folder = directory();
	g_autofree char *path = g_build_filename(folder, "menu.ini", NULL);
	GKeyFile *file = g_key_file_new();

	g_key_file_load_from_file(file, path, G_KEY_FILE_KEEP_COMMENTS, NULL);
	return file;
}

char *
settings_colours(const char *kind)
{
	g_autoptr(GKeyFile) file = load();

	return g_key_file_get_string(file, group, kind, NULL);
}

void
settings_set_colours(const char *kind, const char *scheme)
{
	g_autoptr(GKeyFile) file = load();
	g_autofree char *folder = directory();
	g_autofree char *path = g_build_filename(folder, "menu.ini", NULL);

	g_key_file_set_string(file, group, kind, scheme);
	g_mkdir_with_parents(folder, 0700);
	g_key_file_save_to_file(file, path, NULL);
}

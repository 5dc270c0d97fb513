/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the menu remembers from one time to the next: $XDG_STATE_HOME/thag/menu.ini. */
#ifndef THAG_MENU_SETTINGS_H
#define THAG_MENU_SETTINGS_H

/* The colours chosen for pictures of a kind ("time", "memory", "change"), or NULL. g_free() it. */
char *settings_colours(const char *kind);

/* Remembers them; a directory that cannot be written is no reason to complain. */
void settings_set_colours(const char *kind, const char *scheme);

#endif

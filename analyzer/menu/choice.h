/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A list to choose from, with headings and a filter on the text. */
#ifndef THAG_MENU_CHOICE_H
#define THAG_MENU_CHOICE_H

#include <glib.h>
#include <stdbool.h>

struct choice_item {
	char *text;
	char *note;   /* at the right, may be NULL */
	bool heading; /* cannot be chosen; is gone where all below it are filtered out */
};

struct choice {
	const char *title, *subtitle;
	GPtrArray *items; /* struct choice_item */
	bool filtered;	  /* '/' filters */
	char *filter;	  /* kept from call to call */
	unsigned at;	  /* what was chosen last: an item's number */
};

enum {
	CHOICE_BACK = -1,
	CHOICE_CLOSED = -2, /* the terminal is gone */
};

void choice_init(struct choice *choice, const char *title, const char *subtitle);
void choice_fini(struct choice *choice);
void choice_add(struct choice *choice, const char *text, const char *note);
void choice_add_heading(struct choice *choice, const char *text);

/* Lets the user choose. Returns the item's number, or CHOICE_BACK. */
int choice_run(struct choice *choice);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A page of text to read: scrolls, searches, is made anew when the screen's width changes. */
#ifndef THAG_MENU_PAGER_H
#define THAG_MENU_PAGER_H

#include <stdbool.h>

#include "text.h"

struct pager {
	const char *title, *subtitle;
	/* Writes the page; `context` is the caller's. */
	void (*print)(const struct text *text, void *context);
	void *context;
	unsigned first; /* the line to begin with */
	unsigned mark;	/* a line to mark, from 1; 0: none */
};

/* Shows it until the user goes back. False: the terminal is gone. */
bool pager_run(const struct pager *pager);

#endif

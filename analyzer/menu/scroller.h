/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which of many rows is chosen and which of them are on the screen; all pages scroll alike. */
#ifndef THAG_MENU_SCROLLER_H
#define THAG_MENU_SCROLLER_H

#include <stdbool.h>

struct scroller {
	unsigned count; /* rows there are */
	unsigned at;	/* the one that is chosen */
	unsigned top;	/* the first that is shown */
};

/* Keeps `at` among the rows and on a screen of `rows` rows. */
void scroller_fit(struct scroller *scroller, unsigned rows);

/* Moves for a key: arrows, pages, Home and End, j and k, g and G. False: another key. */
bool scroller_key(struct scroller *scroller, int key, unsigned rows);

#endif

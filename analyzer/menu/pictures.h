/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Pictures made from the menu: written to $XDG_CACHE_HOME/thag, under a name of their own each
 * time, and opened in the browser where there is one to be opened: $BROWSER, or xdg-open where
 * there is a display. Elsewhere (over ssh, say) the path is shown.
 */
#ifndef THAG_MENU_PICTURES_H
#define THAG_MENU_PICTURES_H

#include "diff_flame.h"
#include "selection.h"

/* Each shows what came of it, or went wrong, in the last row, and waits for a key. */

/* A flamegraph of the selection, `metric` first. */
void pictures_flamegraph(const struct selection *selection, const char *name, enum metric metric);

/* What ran when, or what allocated when. */
void pictures_flamechart(const struct selection *selection, const char *name, bool time);

void pictures_comparison(const struct diff *diff, const struct diff_names *names, unsigned metric,
	bool normalised, bool sides);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Asks which part of a profile a picture is to show. */
#ifndef THAG_MENU_NARROW_H
#define THAG_MENU_NARROW_H

#include "session.h"

struct narrow {
	struct selection selection;
	enum metric metric; /* that fits what was asked for */
	char *function;
	GStrv without;
};

/*
 * A pattern of memory, or an own one; then functions to be left out, recursive (with all they call)
 * or exact (only where they call nothing). Returns false where the user gave up, having set
 * `ret_there` to whether the terminal is still there.
 */
bool narrow_ask(struct narrow *ret_narrow, const struct session *session, bool *ret_there);
void narrow_fini(struct narrow *narrow);

#endif

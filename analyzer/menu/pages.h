/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The menus of one profile and of two. All return false where the terminal is gone. */
#ifndef THAG_MENU_PAGES_H
#define THAG_MENU_PAGES_H

#include "session.h"

/* What can be done with a time profile, or a memory profile. */
bool pages_of_profile(struct session *session);

/* What changed from one to the other. */
bool pages_of_comparison(struct session *a, struct session *b);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The table of functions: sorted, filtered, and from each of them the way into the tree. */
#ifndef THAG_MENU_FUNCTIONS_H
#define THAG_MENU_FUNCTIONS_H

#include "session.h"

/* Sorted by `metric`. False: the terminal is gone. */
bool functions_run(const struct session *session, enum metric metric);

#endif

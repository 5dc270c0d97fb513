/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The call tree to walk in, and the source of what is in it. */
#ifndef THAG_MENU_BROWSER_H
#define THAG_MENU_BROWSER_H

#include "session.h"

/* False: the terminal is gone. */
bool browser_run(const struct session *session);

/* The source around a node's line, lines with their values. False: the terminal is gone. */
bool source_run(const struct session *session, enum metric metric, uint32_t node);

#endif

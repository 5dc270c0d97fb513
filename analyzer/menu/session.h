/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the pages of the menu share: the profile that is open and the part of it that is looked at.
 */
#ifndef THAG_MENU_SESSION_H
#define THAG_MENU_SESSION_H

#include "filter_options.h"
#include "selection.h"

struct session {
	struct profile *profile;
	struct selection selection;
	const char *path;
	const char *name;   /* base name */
	bool time;	    /* time is looked at, else memory */
	enum metric metric; /* of trees and tables */
};

/* Opens a file. NULL with what is wrong shown where it cannot be read. */
struct session *session_open(const char *path, bool time);
void session_free(struct session *session);

/* The next metric that the profile knows, round the end. */
enum metric session_next_metric(const struct session *session, enum metric metric);

/* What is shown first of what is looked at; METRICS: nothing of it was recorded. */
enum metric session_first_metric(const struct session *session);

/* How often: calls, or allocations; METRICS: not recorded. */
enum metric session_count_metric(const struct session *session);

/* Shows an error and waits for a key. */
void session_complain(const char *text);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The table `span`: when blocks of each call path came and went. See struct profile_spans. */
#ifndef THAG_PROFILE_SPANS_H
#define THAG_PROFILE_SPANS_H

#include <sqlite3.h>

#include "profile.h"

/* Takes `count` rows in any order; alike ones are added up. `rows` is the profile's from then on.
 */
void profile_spans_take(struct profile *profile, struct profile_span *rows, uint32_t count);

/* Returns an SQLite result code. */
int profile_spans_write(const struct profile *profile, sqlite3 *database);

/*
 * Reads the table where there is one; nodes must have been read. Returns false where what it holds
 * is not as struct profile_spans says.
 */
bool profile_spans_read(struct profile *profile, sqlite3 *database);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Writes a profile to a `.thag` file: see docs/profile.md for the tables. */
#ifndef THAG_PROFILE_WRITE_H
#define THAG_PROFILE_WRITE_H

#include "profile.h"

/*
 * The name of a profile to come. While it is held nobody else writes a profile of that name, so
 * that the names of a run's other files can be settled before any of them is written.
 */
struct profile_claim {
	char *path;
	char *temporary; /* is there, empty; what is written goes there first */
};

/*
 * Returns false with `error` set, its message naming the file: PROFILE_ERROR_EXISTS where there is
 * such a file, or somebody else is about to write it. Every claim ends with profile_write_claimed()
 * or profile_drop_claim().
 */
bool profile_claim(const char *path, struct profile_claim *ret_claim, GError **error);
void profile_drop_claim(struct profile_claim *claim);

/*
 * Writes the file, whole or not at all: it is made under its temporary name and renamed when it is
 * complete. An existing file is never replaced (PROFILE_ERROR_EXISTS). Returns false with `error`
 * set, its message naming the file; nothing is left behind then. The process should ignore SIGXFSZ
 * if a file size limit is to be reported instead of deadly.
 */
bool profile_write_claimed(
	const struct profile *profile, struct profile_claim *claim, GError **error);

/* Both at once. */
bool profile_write(const struct profile *profile, const char *path, GError **error);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Writes a profile to a `.thag` file: see docs/profile.md for the tables. */
#ifndef THAG_PROFILE_WRITE_H
#define THAG_PROFILE_WRITE_H

#include "profile.h"

/*
 * Writes `path`, whole or not at all: the file is made beside it under a temporary name and renamed
 * when it is complete. An existing file is never replaced (PROFILE_ERROR_EXISTS). Returns false
 * with `error` set, its message naming the file; nothing is left behind then. The process should
 * ignore SIGXFSZ if a file size limit is to be reported instead of deadly.
 */
bool profile_write(const struct profile *profile, const char *path, GError **error);

#endif

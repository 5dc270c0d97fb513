/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reads a profile from a `.thag` file, which may be broken or hostile: everything is checked. */
#ifndef THAG_PROFILE_READ_H
#define THAG_PROFILE_READ_H

#include "profile.h"

/*
 * Returns the profile, whose invariants hold whatever the file was, or NULL with `error` set (enum
 * profile_error), its message naming the file and what to do. The file is not changed; tables and
 * columns that are not known are left alone. Free the result with profile_free().
 */
struct profile *profile_read(const char *path, GError **error);

#endif

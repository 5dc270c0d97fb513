/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A profile's memory as a flamegraph: boxes are the call paths of all processes and threads, and
 * the metrics are those of the heap; which are there depends on what was recorded.
 */
#ifndef THAG_CLI_FLAME_PROFILE_H
#define THAG_CLI_FLAME_PROFILE_H

#include "profile.h"

/*
 * Writes the picture to `path`, which must not exist. Returns 0, or a negative errno; nothing is
 * left behind then.
 */
int flame_profile_write(const struct profile *profile, const char *title, const char *path);

#endif

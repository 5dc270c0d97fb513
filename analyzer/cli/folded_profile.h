/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A profile as folded stacks: "outermost;...;innermost bytes", a call path a line, the value being
 * what the call path itself allocated on the heap. Names are cleaned of what would break readers.
 */
#ifndef THAG_CLI_FOLDED_PROFILE_H
#define THAG_CLI_FOLDED_PROFILE_H

#include <stdio.h>
#include "profile.h"

/* Returns 0, or the negative errno of a failed write. The stream is flushed, not closed. */
int folded_profile_write(FILE *out, const struct profile *profile);

/*
 * Appends a function's name as a frame: neither empty, nor with a semicolon or control character,
 * nor ending in a blank and digits, which readers take for a value.
 */
void folded_append_frame(GString *line, const char *name);

#endif

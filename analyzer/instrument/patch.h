/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Edits of a text as a unified diff, for people and for patch(1). */
#ifndef THAG_INSTRUMENT_PATCH_H
#define THAG_INSTRUMENT_PATCH_H

#include <stdio.h>
#include "edits.h"

/* Prints nothing where there are no edits; these are sorted. */
void patch_print(
	FILE *file, const char *path, const char *bytes, size_t length, const struct edits *edits);

#endif

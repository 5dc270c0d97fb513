/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The word that somebody who mistyped one most likely meant. */
#ifndef THAG_CLI_SUGGEST_H
#define THAG_CLI_SUGGEST_H

/*
 * Nearest of the NULL-terminated `words` by edits (a letter added, dropped, changed, or two
 * neighbours swapped); NULL where none is near enough to be meant (one edit, and one more for each
 * three letters). Borrowed from `words`.
 */
const char *suggest_nearest(const char *mistyped, const char *const *words);

#endif

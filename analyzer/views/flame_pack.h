/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef THAG_FLAME_PACK_H
#define THAG_FLAME_PACK_H

#include "flame_tree.h"

#include <glib.h>

/* The scheme that is meant by a style (which may be NULL): a known name, "module", or
 * "change" of a comparison. */
const char *flame_scheme(const struct flame *flame, const struct flame_style *style);

/* The table of colour schemes, for colour.js. g_free() it. */
char *flame_schemes_text(void);

/* Whether row 0 is at the top. */
bool flame_is_flipped(const struct flame *flame, const struct flame_style *style);

/* All of a flame as a pack (pack.h). */
GByteArray *flame_pack(
	const struct flame *flame, const struct flame_tree *tree, const struct flame_style *style);

#endif

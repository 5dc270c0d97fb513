/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which frames of two profiles are the same.
 *
 * A function is its name and its module. The name is without what compilers add to it
 * ("sum.constprop.0", "f [clone .cold]", Rust's hash), which comes and goes between builds. The
 * module is the last part of its path, since builds live in different directories, without a
 * library's version ("libz.so.1.2.13" is "libz.so"); the program itself is the same module on both
 * sides, whatever it is called. A function without a name, which
 * is an address in its module, is only told apart where both sides have the very same module, by
 * build id; else all of them are one, "[module]".
 *
 * Where one side knows no modules at all (folded stacks) names alone decide, cleaned as folded
 * files have them, and inlined functions are like others.
 */
#ifndef THAG_DIFF_MATCH_H
#define THAG_DIFF_MATCH_H

#include "diff.h"

struct match {
	GStringChunk *strings;
	GArray *frames;	    /* struct diff_frame */
	GHashTable *known;  /* "function\nmodule" -> function number + 1 */
	GHashTable *placed; /* function number, inlined -> frame + 1 */
	bool names_only;
	bool any_inlining;		   /* see struct diff_options */
	GHashTable *build_ids[DIFF_SIDES]; /* base name of a module -> build id */
};

void match_init(struct match *match, const struct profile *a, const struct profile *b,
	const struct diff_options *options, GStringChunk *strings);
void match_fini(struct match *match);

/* For each frame of a side's profile the number of its match. g_free() it. */
uint32_t *match_frames(struct match *match, const struct profile *profile, enum diff_side side);

/* A name without what compilers add. g_free() it. */
char *match_name(const char *function);

/* The name that a module of the profile has in every build: "[program]", "libz.so". g_free() it. */
char *match_module(const struct profile *profile, const char *path);

#endif

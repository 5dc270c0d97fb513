/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Any file that holds call paths, as a profile: a `.thag` file, or folded stacks of perf,
 * FlameGraph's scripts or anyone else. What a file is, its contents say, not its name.
 *
 * Folded stacks become a profile with one process and one thread, whose nodes have a function each
 * and nothing else; `run.folded` says what their values count.
 */
#ifndef THAG_OPEN_H
#define THAG_OPEN_H

#include "profile.h"

struct open_options {
	/* What the values of folded stacks count: "bytes" or anything in the plural; NULL: bytes
	 * where the file's name says "-memory-", else samples. */
	const char *folded;
};

/*
 * Reads the file at `path`, "-" being standard input (folded stacks only). Returns NULL with
 * `error` set (enum profile_error), the message naming the file and what to do. Where some lines
 * could not be used, `ret_warning` (may be NULL) says so; g_free() it. It is NULL elsewhere.
 */
struct profile *profile_open(
	const char *path, const struct open_options *options, char **ret_warning, GError **error);

#endif

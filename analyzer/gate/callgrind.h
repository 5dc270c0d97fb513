/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Instructions by call path and line, as valgrind's callgrind counts them: the same in every run of
 * the same program on any machine of its kind, however busy it is. Fifty times slower than the
 * program, and so only where it is asked for.
 *
 * Functions stand in contexts, "digest'insert'main" (--separate-callers); the line of each call
 * comes from the arcs. What is read is described in valgrind's manual, "Callgrind Format
 * Specification".
 */
#ifndef THAG_GATE_CALLGRIND_H
#define THAG_GATE_CALLGRIND_H

#include "account_build.h"

/* For valgrind, before the program: what it writes goes to files "callgrind.PID" of a directory. */
extern const char *const callgrind_options[];

/*
 * Adds the counts of one file to GATE_INSTRUCTIONS; `program` is what was run, whose module has the
 * same name in every build. False with `*ret_why`, the caller's, where it
 * is not understood, is not whole, or its figures do not add up to its own total.
 */
bool callgrind_parse(
	struct account_builder *builder, const char *program, const char *text, char **ret_why);

#endif

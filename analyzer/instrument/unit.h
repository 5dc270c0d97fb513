/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A source as libclang parsed it. */
#ifndef THAG_INSTRUMENT_UNIT_H
#define THAG_INSTRUMENT_UNIT_H

#include <clang-c/Index.h>
#include <stdbool.h>
#include <stddef.h>

struct unit {
	CXIndex index;
	CXTranslationUnit unit;
	CXFile file; /* the source itself */
};

/*
 * Parses `bytes` as the contents of the file `path`, whatever that holds. `is_cxx` is what `flags`
 * say, or the name. Returns 0, or -1 with the reason, the caller's.
 */
int unit_open(const char *path, const char *bytes, size_t length, const char *const *flags,
	bool is_cxx, struct unit *ret_unit, char **ret_why);

void unit_close(struct unit *unit);

#endif

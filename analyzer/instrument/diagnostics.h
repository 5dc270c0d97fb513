/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The errors that libclang met in a source and what it includes. */
#ifndef THAG_INSTRUMENT_DIAGNOSTICS_H
#define THAG_INSTRUMENT_DIAGNOSTICS_H

#include <clang-c/Index.h>
#include <glib.h>
#include <stdbool.h>

struct diagnostic {
	bool in_source; /* else in a header */
	bool is_syntax; /* the parser lost its way; not only a name that is not known */
	size_t offset;	/* in the source */
	char *text;	/* "3:10: 'x.h' file not found", with the file's name if it is a header */
};

/* Errors in the order they were met; an array of struct diagnostic, the caller's. */
GArray *diagnostics_read(CXTranslationUnit unit, CXFile source);

/* Whether an error of syntax stands in [start, end). */
bool diagnostics_has_syntax_error(const GArray *diagnostics, size_t start, size_t end);

#endif

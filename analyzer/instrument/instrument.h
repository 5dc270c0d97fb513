/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * From a source to the edits that instrument it.
 *
 * What comes out is tried before it is given: taking out the marks again must leave the source as
 * it was, byte for byte, or nothing is changed. May be called by several threads at once.
 */
#ifndef THAG_INSTRUMENT_INSTRUMENT_H
#define THAG_INSTRUMENT_INSTRUMENT_H

#include <glib.h>
#include <stdbool.h>
#include "choice.h"
#include "edits.h"
#include "functions.h"

struct instrument_wishes {
	struct choice choice;
	const char *options; /* of the macro; NULL for none */
	bool lambdas;
	bool no_include;
	bool partial; /* take what was understood of a source, though parts of it were not */
};

struct instrument_result {
	struct edits edits; /* sorted; none where there is nothing to do */
	struct functions functions;
	unsigned counts[SKIPS]; /* functions by what became of them */
	bool line_added;	/* the lines below have other numbers now */
};

/*
 * 0, or -1 with the reason, the caller's: the source was not understood well enough. `flags` is
 * NULL-terminated; `path` is how libclang is to call the source.
 */
int instrument_source(const char *path, const char *bytes, size_t length, const char *const *flags,
	const struct instrument_wishes *wishes, struct instrument_result *ret_result,
	char **ret_why);

void instrument_result_fini(struct instrument_result *result);

#endif

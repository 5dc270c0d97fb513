/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The command line of thag-instrument. */
#ifndef THAG_INSTRUMENT_INSTRUMENT_OPTIONS_H
#define THAG_INSTRUMENT_INSTRUMENT_OPTIONS_H

#include <glib.h>
#include "instrument.h"

struct instrument_options {
	struct instrument_wishes wishes;
	char *macro_options; /* what wishes.options is */
	char *directory;     /* of compile_commands.json */
	char *language;	     /* "c" or "c++" */
	char *filename;	     /* of standard input */
	gboolean dry_run, diff, quiet, verbose;
	gint jobs;
	GStrv files; /* NULL: standard input */
	GStrv flags; /* behind -- */
};

/* 0, or -1: wrong usage, and it was said what. --help does not return. */
int instrument_options_parse(int count, char **arguments, struct instrument_options *ret_options);

void instrument_options_fini(struct instrument_options *options);

/*
 * What the macro takes for words of thag-run's kind: "time,mem_summary" gives
 * "THAG_TIME | THAG_MEM_SUMMARY", the caller's. NULL: one of them is none.
 */
char *instrument_options_translate(const char *words);

#endif

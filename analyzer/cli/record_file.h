/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The recording of a run (thag-run --record): the file beside the results, or instead of them, from
 * which thag replay makes them again.
 *
 * That a recording cannot be made stops no profile that already runs: it is said at the end.
 */
#ifndef THAG_CLI_RECORD_FILE_H
#define THAG_CLI_RECORD_FILE_H

#include <stdbool.h>
#include "options.h"

struct collector;

struct record_file {
	const char *path; /* the options' own */
	int fd;		  /* -1: nothing is recorded */
	bool only;	  /* nothing else is made */
};

/*
 * Makes the file that `options` name, if any, and has the collector write to it: before its first
 * poll. A file that is there is not written over. Returns 0, or a negative errno with `*ret_why`,
 * the caller's; nothing is recorded then.
 */
int record_file_open(const struct options *options, struct collector *collector,
	struct record_file *ret_file, char **ret_why);

/*
 * After collector_close(): ends the file, and says on standard error where it is not whole. Returns
 * its size in bytes.
 */
uint64_t record_file_finish(struct record_file *file, const struct collector *collector);

/* Of a run that never began: takes the file away. */
void record_file_abandon(struct record_file *file);

#endif

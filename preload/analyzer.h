/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Starting the analyzer from inside the program, for LD_PRELOAD without thag-run.
 */
#ifndef THAG_PRELOAD_ANALYZER_H
#define THAG_PRELOAD_ANALYZER_H

#include "pool.h"

enum {
	ANALYZER_PATH_BYTES = 256
};

/* Makes a pool. Returns NULL and its path, or what went wrong (a static string). */
const char *analyzer_make_pool(const struct options *options, char ret_path[ANALYZER_PATH_BYTES]);

/*
 * Starts `thag collect` on the pool as a process that is nobody's child here, waits until it reads,
 * and adds the pool to the environment, for the programs that this one will start. The pool is
 * mapped here already, and stays so: a pool without users is a run that is over. Returns NULL, or
 * what went wrong (a static string).
 */
const char *analyzer_start(const char *path, struct pool_header *pool);

void analyzer_remove_pool(const char *path);

#endif

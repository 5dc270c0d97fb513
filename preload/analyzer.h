/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Starting the analyzer from inside the program, for LD_PRELOAD without thag-run.
 */
#ifndef THAG_PRELOAD_ANALYZER_H
#define THAG_PRELOAD_ANALYZER_H

#include "options.h"

enum {
	ANALYZER_PATH_BYTES = 256
};

/*
 * Makes a pool, starts `thag collect` on it as a process that is nobody's child here, waits until
 * it reads, and adds the pool to the environment, for the programs that this one will start.
 * Returns NULL and the pool's path, or what went wrong (a static string).
 */
const char *analyzer_start(const struct options *options, char ret_pool[ANALYZER_PATH_BYTES]);

#endif

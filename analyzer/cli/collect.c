/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * thag collect POOL: the analyzer alone, as libthag.so starts it where a user set LD_PRELOAD and no
 * more. The program that did waits until the pool has a reader, so all is said by attaching.
 */
#include <glib.h>
#include <stdio.h>
#include "analyze.h"
#include "command.h"
#include "target.h"

int
collect_main(int count, char **arguments)
{
	const struct analyze_request request = {.channel = -1};
	g_autofree char *why = NULL;
	struct pool_file file;

	if (count != 2 || arguments[1][0] == '-') {
		fprintf(stderr,
			"%s: reads the pool of a program that was started with "
			"LD_PRELOAD=libthag.so; it is called by that library, with the "
			"pool's path\n",
			arguments[0]);
		return EXIT_OURS;
	}
	analyze_become(-1);
	if (pool_file_open(arguments[1], &file, &why)) {
		fprintf(stderr, "%s: %s\n", arguments[0], why);
		return EXIT_OURS;
	}
	/* Names are as the profiled program sees them, which is where we were started. */
	analyze_make_absolute(&file.pool->options);
	const int status = analyze_run(&file, &request);

	pool_file_fini(&file);
	return status;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Allocates for as long as it is told, and says so now and then. flood ROUNDS MICROSECONDS
 * With FLOOD_STOPS in the environment it stops itself after the first round, until SIGCONT.
 */
#include "sites.h"
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

SITE(flood)

int
main(int count, char **arguments)
{
	const unsigned rounds = count > 1 ? (unsigned)strtoul(arguments[1], NULL, 10) : 10;
	const unsigned pause_us = count > 2 ? (unsigned)strtoul(arguments[2], NULL, 10) : 0;

	for (unsigned i = 0; i < rounds; i++) {
		churn_flood(20000, 10);
		printf("%u\n", i);
		fflush(stdout);
		if (i == 0 && getenv("FLOOD_STOPS"))
			raise(SIGSTOP);
		if (pause_us)
			usleep(pause_us);
	}
	return 7;
}

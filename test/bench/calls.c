/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A program that does nothing but call: what tracing costs at its worst.
 *
 *	calls THREADS CALLS
 *
 * Prints nanoseconds per call and thread, of wall time and of CPU time. Is to be compiled with
 * -finstrument-functions, or -pg for uftrace.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define UNTRACED __attribute__((no_instrument_function))

static _Thread_local volatile unsigned sink;

__attribute__((noinline)) static void
tiny(void)
{
	sink++;
}

__attribute__((noinline)) static void
many(long calls)
{
	for (long i = 0; i < calls; i++)
		tiny();
}

UNTRACED static void *
run(void *argument)
{
	many(*(const long *)argument);
	return NULL;
}

UNTRACED static double
now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

UNTRACED int
main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: calls THREADS CALLS\n");
		return 2;
	}
	const int threads = atoi(argv[1]);
	long calls = atol(argv[2]);
	pthread_t thread[64];
	const double start_ns = now_ns(CLOCK_MONOTONIC);

	for (int i = 0; i < threads && i < 64; i++)
		pthread_create(&thread[i], NULL, run, &calls);
	for (int i = 0; i < threads && i < 64; i++)
		pthread_join(thread[i], NULL);
	const double ns = now_ns(CLOCK_MONOTONIC) - start_ns;

	printf("%.1f %.1f\n", ns / (double)calls,
		now_ns(CLOCK_PROCESS_CPUTIME_ID) / (double)calls / threads);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A program that does nothing but call: what tracing costs at its worst.
 *
 *	calls THREADS CALLS
 *
 * Prints nanoseconds per call and thread. Built with -finstrument-functions (or -pg for uftrace).
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
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < threads && i < 64; i++)
		pthread_create(&thread[i], NULL, run, &calls);
	for (int i = 0; i < threads && i < 64; i++)
		pthread_join(thread[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	const double ns =
		(double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);

	printf("%.1f\n", ns / (double)calls);
	return 0;
}

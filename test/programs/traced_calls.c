/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What an end-to-end test of times knows: calls by the thousand that take nothing, work without
 * calls, recursion, a second thread. Compiled with -finstrument-functions.
 */
#include <pthread.h>
#include <stdint.h>

enum {
	ROUNDS = 200,
	CALLS = 1000,
	DEPTH = 10,
	WORK = 100000,
};

static volatile uint64_t sum;

__attribute__((noinline)) static uint64_t
tiny(uint64_t value)
{
	return value * 3 + 1;
}

__attribute__((noinline)) static void
call_often(void)
{
	for (unsigned i = 0; i < CALLS; i++)
		sum = tiny(sum);
}

__attribute__((noinline)) static void
work(void)
{
	for (unsigned i = 0; i < WORK; i++)
		sum = sum * 3 + 1;
}

__attribute__((noinline)) static void
descend(unsigned depth)
{
	if (depth)
		descend(depth - 1);
	sum++;
}

static void *
run_thread(void *argument)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		work();
	return argument;
}

int
main(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, run_thread, NULL);
	for (unsigned i = 0; i < ROUNDS; i++) {
		call_often();
		work();
		descend(DEPTH - 1);
	}
	pthread_join(thread, NULL);
	return 0;
}

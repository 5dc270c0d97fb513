/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Threads that are on their way out for long: a destructor of theirs that runs after all others
 * allocates and gives up the processor, while others are started.
 *
 *	endings ROUNDS		16 threads a round
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

enum {
	STARTERS = 8,
	AT_ONCE = 2,
	LATE = 40, /* allocations of an ending thread */
};

static pthread_key_t key;

static void
allocate(size_t bytes)
{
	void *volatile block = malloc(bytes);

	free(block);
}

static void
end_late(void *value)
{
	for (unsigned i = 0; i < LATE; i++) {
		allocate(32 + i);
		if (i % 8 == 0)
			sched_yield();
	}
}

static void *
live_shortly(void *argument)
{
	pthread_setspecific(key, &key);
	allocate(100);
	return argument;
}

static void *
start_others(void *rounds)
{
	for (unsigned i = 0; i < *(unsigned *)rounds; i++) {
		pthread_t threads[AT_ONCE];

		for (unsigned k = 0; k < AT_ONCE; k++)
			pthread_create(&threads[k], NULL, live_shortly, NULL);
		for (unsigned k = 0; k < AT_ONCE; k++)
			pthread_join(threads[k], NULL);
	}
	return NULL;
}

int
main(int count, char **arguments)
{
	unsigned rounds = count == 2 ? (unsigned)atoi(arguments[1]) : 1;
	pthread_t starters[STARTERS];

	pthread_key_create(&key, end_late);
	for (unsigned i = 0; i < STARTERS; i++)
		pthread_create(&starters[i], NULL, start_others, &rounds);
	for (unsigned i = 0; i < STARTERS; i++)
		pthread_join(starters[i], NULL);
	return 0;
}

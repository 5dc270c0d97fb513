/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Threads that create threads: where each comes from. */
#include <pthread.h>
#include <stdlib.h>

#define KEEP __attribute__((noinline))

KEEP static void
spend(size_t bytes)
{
	void *block = malloc(bytes);

	__asm__ volatile("" : "+r"(block));
	free(block);
}

static void *
inner(void *argument)
{
	spend(16);
	return argument;
}

KEEP static void
start(void *(*routine)(void *))
{
	pthread_t thread;

	pthread_create(&thread, NULL, routine, NULL);
	pthread_join(thread, NULL);
}

static void *
outer(void *argument)
{
	spend(32);
	start(inner);
	return argument;
}

int
main(void)
{
	start(outer);
	start(inner);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Some hundred calls a task, nested and of all lengths, in four threads.
 *
 *	many TASKS		60,000 make 24 million calls
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include "traced.h"

enum {
	THREADS = 4
};

static _Thread_local volatile uint64_t sum;

KEEP static void
add(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		sum += i;
}

KEEP static void
mix(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		sum ^= i;
}

KEEP static void
descend(unsigned depth, unsigned count)
{
	if (!depth) {
		add(count);
		mix(count / 2);
		return;
	}
	descend(depth - 1, count);
	if (count & 1)
		descend(depth - 1, count / 2 + 1);
	END;
}

KEEP static void
do_task(unsigned number)
{
	for (unsigned i = 0; i < 8; i++)
		descend(4 + i % 4, (number * 7919 + i * 31) % 97);
}

KEEP static void *
run(void *tasks)
{
	for (unsigned i = 0; i < (uintptr_t)tasks; i++)
		do_task(i);
	return NULL;
}

int
main(int count, char **arguments)
{
	const uintptr_t tasks = count == 2 ? strtoul(arguments[1], NULL, 10) / THREADS : 1;
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, run, (void *)tasks);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * pthread_create, so that a thread is known (and sampled) from its first instruction on, whether it
 * allocates or not.
 */
#include <pthread.h>
#include "heap.h"
#include "loader.h"
#include "real.h"
#include "session.h"
#include "thread.h"

#define EXPORT __attribute__((visibility("default")))

struct start {
	void *(*routine)(void *argument);
	void *argument;
};

typedef int create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *),
	void *argument);

/* Stays on the stack below the program's routine: it is left out of stacks by its module. */
static void *
begin(void *argument)
{
	const struct start start = *(struct start *)argument;

	real.free(argument);
	thread_introduce();
	return start.routine(start.argument);
}

EXPORT int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *),
	void *argument)
{
	static void *code;

	if (!load_acquire(&code))
		store_release(&code, loader_find_next("pthread_create"));
	struct start *start = NULL;

	/* Without sampling a thread may as well become known at its first event. */
	if (sampler_is_on() && load_acquire(&session.phase) == SESSION_ON)
		start = real.malloc(sizeof(*start));
	if (!start)
		return ((create *)code)(thread, attributes, routine, argument);
	*start = (struct start){routine, argument};
	const int result = ((create *)code)(thread, attributes, begin, start);

	if (result)
		real.free(start);
	return result;
}

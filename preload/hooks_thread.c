/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * pthread_create, so that a thread is known (and sampled) from its first instruction on, whether it
 * allocates or not, and with what created it; and the names that threads give themselves.
 */
#include <pthread.h>
#include "heap.h"
#include "loader.h"
#include "own_stack.h"
#include "paths_capture.h"
#include "real.h"
#include "session.h"
#include "thread.h"

#define EXPORT __attribute__((visibility("default")))

struct start {
	void *(*routine)(void *argument);
	void *argument;
	size_t stack_bytes;
	uint32_t creator; /* call path */
};

typedef int create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *),
	void *argument);

static uint32_t
path_of(struct frame frame)
{
	struct thread *thread = thread_enter(frame);

	if (!thread)
		return 0;
	const uint32_t node = paths_capture(thread, frame, false);

	thread_leave(thread);
	return node;
}

/* How large a stack libc makes, or is given. 0: not known. */
static size_t
stack_bytes(const pthread_attr_t *attributes)
{
	pthread_attr_t usual;
	size_t bytes = 0;

	if (!attributes && pthread_attr_init(&usual) == 0) {
		pthread_attr_getstacksize(&usual, &bytes);
		pthread_attr_destroy(&usual);
	} else if (attributes) {
		pthread_attr_getstacksize(attributes, &bytes);
	}
	return bytes;
}

/* Stays on the stack below the program's routine: it is left out of stacks by its module. */
static void *
begin(void *argument)
{
	const struct start start = *(struct start *)argument;

	real.free(argument);
	own_stack_began(start.stack_bytes);
	thread_introduce_created(start.creator);
	return start.routine(start.argument);
}

EXPORT int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *),
	void *argument)
{
	static void *code;
	const struct frame frame = arch_caller();

	if (!load_acquire(&code))
		store_release(&code, loader_find_next("pthread_create"));
	struct start *start = NULL;

	if (load_acquire(&session.phase) == SESSION_ON)
		start = real.malloc(sizeof(*start));
	if (!start)
		return ((create *)code)(thread, attributes, routine, argument);
	*start = (struct start){routine, argument, stack_bytes(attributes), path_of(frame)};
	const int result = ((create *)code)(thread, attributes, begin, start);

	if (result)
		real.free(start);
	return result;
}

/* A thread that names itself is known by that name; one that is named by another keeps its first.
 */
EXPORT int
pthread_setname_np(pthread_t thread, const char *name)
{
	static void *code;
	int (*set_name)(pthread_t, const char *);

	if (!load_acquire(&code))
		store_release(&code, loader_find_next("pthread_setname_np"));
	*(void **)&set_name = code;
	const int result = set_name(thread, name);
	struct thread *self = NULL;

	if (!result && thread_self && pthread_equal(thread, pthread_self()))
		self = thread_enter(arch_caller());
	if (self) {
		thread_announce(self, name);
		thread_leave(self);
	}
	return result;
}

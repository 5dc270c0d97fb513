/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Threads that are short, many, early, cancelled, and release things while they end. */
#include "sites.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

SITE(worker)
SITE(early)
SITE(main)
SITE(destructor)
SITE(child)

enum {
	SHORT = 2000,
	MANY = 500,
	SMALL_STACK = 32768
};

static pthread_key_t key;
static pthread_barrier_t barrier;
static pthread_t early_thread;
static int early_wanted;

static void *
work(void *argument)
{
	site_worker(5, 20);
	churn_worker(5, 20);
	return NULL;
}

static int
short_ones(char **arguments)
{
	pthread_t thread;

	for (int i = 0; i < SHORT; i++)
		if (pthread_create(&thread, NULL, work, NULL) || pthread_join(thread, NULL))
			return 1;
	puts("done");
	return 0;
}

static void *
work_together(void *argument)
{
	pthread_barrier_wait(&barrier);
	work(NULL);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static int
many(char **arguments)
{
	static pthread_t threads[MANY];
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, SMALL_STACK);
	pthread_barrier_init(&barrier, NULL, MANY);
	for (int i = 0; i < MANY; i++)
		if (pthread_create(&threads[i], &attributes, work_together, NULL))
			return 1;
	for (int i = 0; i < MANY; i++)
		pthread_join(threads[i], NULL);
	puts("done");
	return 0;
}

static int
detached(char **arguments)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_barrier_init(&barrier, NULL, 2);
	for (int i = 0; i < 100; i++) {
		if (pthread_create(&thread, &attributes, work_together, NULL))
			return 1;
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
	}
	puts("done");
	return 0;
}

/* ---- forks in the midst of it ---- */

static void *
work_long(void *argument)
{
	churn_worker(100000, 20);
	return NULL;
}

/* A child has one thread, and what the others were about at that moment is as it was. */
static int
forks(char **arguments)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, work_long, NULL))
			return 1;
	for (int i = 0; i < 100; i++) {
		const pid_t child = fork();
		int status;

		if (!child) {
			site_child(10, 10);
			churn_child(10, 10);
			_exit(0);
		}
		if (waitpid(child, &status, 0) != child || status)
			return 1;
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	puts("done");
	return 0;
}

/* ---- before main ---- */

static void *
work_early(void *argument)
{
	site_early(100, 10);
	return NULL;
}

__attribute__((constructor)) static void
begin_early(int count, char **arguments)
{
	early_wanted = count > 1 && !strcmp(arguments[1], "early");
	if (early_wanted && pthread_create(&early_thread, NULL, work_early, NULL))
		_exit(1);
}

static int
early(char **arguments)
{
	site_main(100, 10);
	return pthread_join(early_thread, NULL);
}

/* ---- ends ---- */

static void
destroy(void *block)
{
	free(block);
	churn_destructor(3, 30);
	site_destructor(1, 30);
}

static void *
work_and_exit(void *argument)
{
	pthread_setspecific(key, use(malloc(100)));
	site_worker(5, 20);
	pthread_exit(NULL);
}

static void *
work_until_cancelled(void *argument)
{
	void *block = use(malloc(50));

	pthread_cleanup_push(destroy, block);
	site_worker(5, 20);
	pthread_barrier_wait(&barrier);
	for (;;)
		pause();
	pthread_cleanup_pop(1);
	return NULL;
}

static int
exits(char **arguments)
{
	pthread_t thread;

	pthread_key_create(&key, destroy);
	for (int i = 0; i < 50; i++)
		if (pthread_create(&thread, NULL, work_and_exit, NULL) ||
			pthread_join(thread, NULL))
			return 1;
	puts("done");
	return 0;
}

static int
cancelled(char **arguments)
{
	pthread_t thread;
	void *result;

	pthread_barrier_init(&barrier, NULL, 2);
	for (int i = 0; i < 50; i++) {
		if (pthread_create(&thread, NULL, work_until_cancelled, NULL))
			return 1;
		pthread_barrier_wait(&barrier);
		pthread_cancel(thread);
		pthread_join(thread, &result);
		if (result != PTHREAD_CANCELED)
			return 1;
	}
	puts("done");
	return 0;
}

static void *
finish(void *argument)
{
	usleep(50000);
	site_worker(5, 20);
	puts("last");
	return NULL;
}

/* The main thread goes first, the process stays. */
static int
main_exits(char **arguments)
{
	pthread_t thread;

	site_main(10, 10);
	if (pthread_create(&thread, NULL, finish, NULL))
		return 1;
	pthread_exit(NULL);
}

int
main(int count, char **arguments)
{
	static const struct test_case cases[] = {
		{"short", short_ones},
		{"many", many},
		{"detached", detached},
		{"forks", forks},
		{"early", early},
		{"exits", exits},
		{"cancelled", cancelled},
		{"main_exits", main_exits},
		{NULL, NULL},
	};

	return run_case(cases, arguments);
}

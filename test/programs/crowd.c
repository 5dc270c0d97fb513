/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Forks so many children, one after the other, each of which makes ten blocks and frees nine; or
 * starts so many threads that do:
 *
 *	crowd COUNT [threads]
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	BLOCKS = 10,
	BLOCK_BYTES = 100,
};

static __attribute__((noinline)) void
work(void)
{
	static void *volatile blocks[BLOCKS];

	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = malloc(BLOCK_BYTES);
	for (int i = 1; i < BLOCKS; i++)
		free(blocks[i]);
}

static int
run_child(void)
{
	const pid_t child = fork();

	if (child < 0)
		return 1;
	if (!child) {
		work();
		_exit(0);
	}
	return waitpid(child, NULL, 0) != child;
}

static void *
work_as_thread(void *argument)
{
	work();
	return argument;
}

static int
run_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, work_as_thread, NULL) || pthread_join(thread, NULL);
}

int
main(int count, char **arguments)
{
	const int members = count > 1 ? atoi(arguments[1]) : 0;
	int failed = 0;

	work();
	for (int i = 0; i < members && !failed; i++)
		failed = count > 2 ? run_thread() : run_child();
	return failed;
}

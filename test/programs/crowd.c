/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Forks so many children, one after the other, each of which makes ten blocks and frees nine:
 * crowd COUNT.
 */
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

int
main(int count, char **arguments)
{
	const int children = count > 1 ? atoi(arguments[1]) : 0;

	work();
	for (int i = 0; i < children; i++) {
		const pid_t child = fork();

		if (child < 0)
			return 1;
		if (!child) {
			work();
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	return 0;
}

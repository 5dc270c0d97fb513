/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a command took, by the kernel's account, for scripts/bench.
 *
 *	spent FILE COMMAND [ARGUMENT ...]
 *
 * Appends a line to FILE: seconds of wall time, and seconds of CPU time of the command and of those
 * of its children that it waited for. So where a profiler runs a command, `spent` inside of it
 * tells what the program itself took, and another one around it what the whole job did. Ends as the
 * command does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: spent FILE COMMAND [ARGUMENT ...]\n");
		return 2;
	}
	FILE *file = fopen(argv[1], "ae");

	if (!file) {
		perror(argv[1]);
		return 2;
	}
	const double start = now();
	const pid_t pid = fork();
	struct rusage usage;
	int status = 0;

	if (!pid) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return 2;
	fprintf(file, "%.6f %.6f\n", now() - start,
		seconds(usage.ru_utime) + seconds(usage.ru_stime));
	fclose(file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

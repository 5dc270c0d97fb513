/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Starts the profiled program and waits for it, without being noticed by it.
 *
 * The program gets the signal dispositions, the mask, the descriptors, the terminal and the process
 * group that thag-run was given. What the terminal sends to the group reaches it directly; what
 * somebody sends to thag-run alone is passed on. Once it runs, thag-run itself holds none of its
 * descriptors but standard error, so that pipes end when the program ends.
 *
 * One at a time in a process: signal handlers need to know the program.
 */
#ifndef THAG_CLI_LAUNCH_H
#define THAG_CLI_LAUNCH_H

struct launch {
	const char *path;	  /* the file to execute */
	char *const *arguments;	  /* argv, ends with NULL */
	char *const *environment; /* "NAME=value", ends with NULL */
	int keep_fd;		  /* the one descriptor of thag-run's own that stays open */
};

/*
 * Returns 0 when the program has ended, with its status as of waitpid(); a negative errno where it
 * could not be started.
 */
int launch_and_wait(const struct launch *launch, int *ret_status);

/* Closes every descriptor from 3 on but `keep_fd` (-1: none), and makes 0 and 1 /dev/null, and 2
 * where it is closed. */
void launch_release_descriptors(int keep_fd);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One run of the program that is measured, in surroundings that are the same each time: a small
 * fixed environment, no address randomization, nothing on standard input, output to nowhere.
 */
#ifndef THAG_GATE_WORKLOAD_H
#define THAG_GATE_WORKLOAD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct workload {
	char **command;	    /* program and arguments */
	char **environment; /* additions, "NAME=value" or "NAME" to pass one on; may be NULL */
	const char *input;  /* file on standard input, NULL: /dev/null */
	int expected_status;
	double timeout_s; /* 0: none */
	bool pin, keep_aslr;
	bool pass_environment; /* all of the caller's instead of the fixed one */
};

enum workload_aid {
	WORKLOAD_ASLR_OFF = 1 << 0,
	WORKLOAD_FIXED_ENVIRONMENT = 1 << 1,
	WORKLOAD_PINNED = 1 << 2,
};

struct workload_usage {
	double wall_ns, cpu_ns, max_rss_bytes;
	double instructions; /* negative: not counted */
	int count_error;     /* errno: why */
	unsigned aids;	     /* that were active */
};

#define WORKLOAD_ERROR (workload_error_quark())
GQuark workload_error_quark(void);

/*
 * Runs it as it is. False with `error` where it cannot be started, ends otherwise than expected or
 * takes too long: the message holds the end of what it wrote to standard error.
 */
bool workload_run(
	const struct workload *workload, struct workload_usage *ret_usage, GError **error);

enum workload_profiling {
	WORKLOAD_EVENTS, /* every allocation and, of instrumented programs, every call */
	WORKLOAD_CPU,	 /* samples of CPU time */
	WORKLOAD_WALL,	 /* samples of wall time */
};

/* Runs it under thag-run. The path of the profile in `directory`, the caller's, or NULL. */
char *workload_profile(const struct workload *workload, enum workload_profiling profiling,
	const char *directory, GError **error);

/*
 * Runs it under valgrind with `options`, which end with NULL, whose counts go to files
 * "callgrind.PID" of `directory`, one for each process.
 */
bool workload_count(const struct workload *workload, const char *const *options,
	const char *directory, GError **error);

/* The path of a program of the gate's own (gate-launch, gate-workload): beside thag in a build
 * directory or in libexec. NULL where it is not there. */
char *workload_own_program(const char *name);

/* "program argument ...", quoted for a shell. The caller's. */
char *workload_command_line(const struct workload *workload);

#endif

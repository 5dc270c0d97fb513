/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What gate-launch writes to the descriptor it was given, as one struct: both are built together.
 *
 * gate-launch is a program of its own because the kernel counts what a process had resident before
 * its exec into its maximal RSS: started by the gate itself, a small program would be measured
 * with the gate's memory. It is small, and starts one program:
 *
 *	gate-launch DESCRIPTOR FLAGS TIMEOUT_MS PROGRAM [ARGUMENT ...]
 */
#ifndef THAG_GATE_LAUNCH_REPORT_H
#define THAG_GATE_LAUNCH_REPORT_H

#include <stdint.h>

enum launch_flag {
	LAUNCH_NO_ASLR = 1 << 0,
	LAUNCH_PIN = 1 << 1,   /* to the last CPU that it may use */
	LAUNCH_COUNT = 1 << 2, /* instructions in user mode */
};

enum {
	LAUNCH_MAGIC = 0x7468676c,
	LAUNCH_NOT_COUNTED = -1,
};

struct launch_report {
	uint32_t magic;
	int32_t error;	     /* errno: the program could not be started; else 0 */
	int32_t wait_status; /* as of waitpid() */
	int32_t timed_out;
	int32_t aslr_off, pinned; /* whether that was done */
	int32_t count_error;	  /* errno: why instructions are not counted */
	int64_t wall_ns, cpu_ns, max_rss_bytes;
	int64_t instructions; /* of the program and all it started, or LAUNCH_NOT_COUNTED */
};

#endif

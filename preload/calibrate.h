/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What profiling costs on this machine, in this process: measured with the hooks themselves,
 * so that the analyzer can take it off again.
 */
#ifndef THAG_PRELOAD_CALIBRATE_H
#define THAG_PRELOAD_CALIBRATE_H

#include "writer.h"

struct thread;

/*
 * The thread that is played while hooks are measured. A signal handler of the program's that comes
 * meanwhile finds its own thread as in any hook.
 */
extern __thread struct thread *calibrate_self __attribute__((tls_model("initial-exec")));

/*
 * The thread begins to trace: makes `calls.cost` known. The first in a process measures at length
 * (about a millisecond) and writes COST records.
 */
void calibrate_begin(struct thread *thread);

/* A few calls more, a microsecond, and the next time in about a hundred; `now` is the time. */
void calibrate_again(struct thread *thread, uint64_t now);

/* Writes a COST record of what was measured since the last one, in summary mode only now and then.
 */
void calibrate_tell(struct thread *thread);

/*
 * The same for an allocation and its free, where memory is profiled together with time (a tenth of
 * a millisecond). Called when a process begins; its forks do not measure again.
 */
void calibrate_memory(struct writer *writer);

#endif

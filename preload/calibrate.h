/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What profiling costs on this machine, in this process: measured with the hooks themselves,
 * so that the analyzer can take it off again.
 */
#ifndef THAG_PRELOAD_CALIBRATE_H
#define THAG_PRELOAD_CALIBRATE_H

#include "writer.h"

/* Measures at the first call in a process (about a millisecond) and writes the COST record. */
void calibrate_once(struct writer *writer);

/* A few calls more, on the same thread, some microseconds: writes another COST record. */
struct thread;
void calibrate_again(struct thread *thread);

/*
 * The same for an allocation and its free, where memory is profiled together with time (a tenth of
 * a millisecond). Called when a process begins; its forks do not measure again.
 */
void calibrate_memory(struct writer *writer);

#endif

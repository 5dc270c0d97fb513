/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* This process as a process of the run: its number, and the records that introduce it. */
#ifndef THAG_PRELOAD_PROCESS_H
#define THAG_PRELOAD_PROCESS_H

#include <stdbool.h>
#include "arch/arch.h"
#include "writer.h"

/* Takes a number; for a forked child that of a child of its parent. One thread at a time. */
void process_register(void);

/* Writes the PROCESS and CLOCK records: the first of the first thread. */
void process_announce(struct writer *writer);

/* False in a child of vfork, which runs in its parent's memory. Takes a system call. */
bool process_is_own(void);

/* Says that the process is about to end; `frame` calls the hook. */
void process_end(struct frame frame);

#endif

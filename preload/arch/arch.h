/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What differs between processors, one header each:
 *
 *	arch_syscall6()			a system call
 *	ARCH_DWARF_SP, _FP, _RA		DWARF register numbers
 *	ARCH_DWARF_IP			number that expressions use for the program counter, -1:
 * none arch_signal_frame()		registers saved by the kernel below a signal handler
 *	arch_caller()			state of the caller of the function it stands in
 *	arch_left_call()		whether what a handler interrupted is right behind a system
 *					call
 *	ARCH_QUIET_TIMERS		the Linux since which timers on CPU clocks expire only on
 *					the way back to user mode, see sample_sources.h
 */
#ifndef THAG_PRELOAD_ARCH_H
#define THAG_PRELOAD_ARCH_H

#include <stdint.h>

/* Where a frame's execution stands. For outer frames pc is a return address unless `exact`. */
struct frame {
	uint64_t pc;
	uint64_t sp;
	uint64_t bp;
};

#if defined(__x86_64__)
#include "x86_64.h"
#elif defined(__aarch64__)
#include "aarch64.h"
#else
#error "thag supports x86-64 and aarch64"
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which module a traced function is of, where libraries come and go.
 *
 * Calls name functions by address, and a library that is loaded after another one is gone may have
 * its addresses. So in ranges where a module is gone a function's key holds in its upper bits which
 * of the process's modules it was in when it was called:
 *
 *	bit 63 62	48	       0
 *	    0  0 module + 1    address		0: where it lies no module ever went
 */
#ifndef THAG_CALL_MODULES_H
#define THAG_CALL_MODULES_H

#include "timing.h"

enum {
	CALL_MODULE_SHIFT = 48,
	CALL_MODULE_MAX = (1 << 14) - 1,
};

/* Takes in the modules that have gone so far. */
void call_modules_init(struct timing_process *process);

/* Another one goes. */
void call_modules_gone(struct timing_process *process, uint64_t number);

uint64_t call_modules_key_slow(const struct timing_process *process, uint64_t function);

static inline uint64_t
call_modules_key(const struct timing_process *process, uint64_t function)
{
	if (G_LIKELY(function - process->gone_start >= process->gone_bytes))
		return function;
	return call_modules_key_slow(process, function);
}

static inline uint64_t
call_modules_address(uint64_t key)
{
	return record_pc_number(key) ? key : key & ((UINT64_C(1) << CALL_MODULE_SHIFT) - 1);
}

/* When the module of a key came: its node was seen then. Once times are in nanoseconds. */
uint64_t call_modules_start_ns(const struct process *public, uint64_t key);

#endif

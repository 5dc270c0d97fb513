/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The gate for what the source calls: thag.h knows the hooks before the session has begun. */
#ifndef THAG_PRELOAD_SOURCE_H
#define THAG_PRELOAD_SOURCE_H

#include "session.h"
#include "thread.h"

/* The thread, with the gate closed behind it; NULL: nothing is to be recorded. */
static inline __attribute__((always_inline)) struct thread *
source_enter(struct frame frame)
{
	const uint32_t phase = load_acquire(&session.phase);

	return likely(phase == SESSION_ON) || phase == SESSION_UNKNOWN ? thread_enter(frame) : NULL;
}

#endif

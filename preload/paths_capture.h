/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Capturing stacks as call paths: unwind.h, and what paths.h adds to it. */
#ifndef THAG_PRELOAD_PATHS_CAPTURE_H
#define THAG_PRELOAD_PATHS_CAPTURE_H

#include "session.h"
#include "thread.h"

/* The call path of `node`, which the unwinder has just found from a frame at `sp`. */
static inline uint32_t
paths_of(struct thread *thread, uint32_t node, uint64_t sp)
{
	return likely(!session.naming) ? node : paths_translate(thread, node, sp);
}

/* The call path whose innermost frame is `frame`; `exact` as for unwind_capture(). */
static inline uint32_t
paths_capture(struct thread *thread, struct frame frame, bool exact)
{
	const uint32_t node = unwind_capture(&thread->unwinder, &thread->writer, frame, exact);

	return paths_of(thread, node, frame.sp);
}

#endif

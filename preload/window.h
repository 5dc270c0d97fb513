/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * When time is profiled: options start_after_ns and stop_after_ns, counted from the start of the
 * run, and whether there are traced calls enough (options.max_calls).
 *
 *	BEFORE ---> OPEN ---> OVER
 *
 * The clock that tells is asked seldom: in between the ticks at which to ask again do. Threads that
 * come together do the same. While it is not open, session.time is false.
 */
#ifndef THAG_PRELOAD_WINDOW_H
#define THAG_PRELOAD_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* Called by session start, when it is known what is asked for. */
void window_init(void);

/* As many ticks, by the clocks' rates since the session began. */
uint64_t window_ticks_of_ns(uint64_t ns);

/* Whether calls are traced from now on, where they have not been. */
bool window_opens_slow(void);

/* Ends tracing where it is over. */
void window_look(void);

/* Whether samples are wanted. */
bool window_is_open(void);

/* No more calls are wanted; samples go on. */
void window_end_calls(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "window.h"
#include "session.h"
#include "forbid.h"

enum {
	RATE_FRACTION = 1024, /* rates are in so many parts of a tick a nanosecond */
	RATE_NS_MIN = 50000,  /* of a shorter time no rate is made */
};

enum state {
	WINDOW_BEFORE,
	WINDOW_OPEN,
	WINDOW_OVER,
};

/* Written by whoever finds that it is time (relaxed): all find the same. */
static struct {
	uint32_t state;			/* enum state */
	uint64_t start_ns, stop_ns;	/* deadlines of CLOCK_MONOTONIC; stop 0: never */
	uint64_t ask_ticks;		/* when to look at the clock again */
	uint64_t first_ticks, first_ns; /* when the session began */
} window;

/* ---- ticks and nanoseconds ---- */

static uint64_t
rate(uint64_t ticks, uint64_t ns)
{
	const uint64_t passed_ns = ns - window.first_ns;

	if (!session.counter_clock || passed_ns < RATE_NS_MIN)
		return RATE_FRACTION;
	return (uint64_t)((unsigned __int128)(ticks - window.first_ticks) * RATE_FRACTION /
			  passed_ns);
}

uint64_t
window_ticks_of_ns(uint64_t ns)
{
	uint64_t now_ns = system_clock_ns(CLOCK_MONOTONIC);

	while (session.counter_clock && now_ns - window.first_ns < RATE_NS_MIN)
		now_ns = system_clock_ns(CLOCK_MONOTONIC);
	return (uint64_t)((unsigned __int128)ns * rate(session_ticks(), now_ns) / RATE_FRACTION);
}

/* Asks the clock where the time to do so has come. */
static bool
has_passed(uint64_t deadline_ns)
{
	const uint64_t ticks = session_ticks();
	uint64_t now_ns;

	if (ticks < load_relaxed(&window.ask_ticks))
		return false;
	now_ns = system_clock_ns(CLOCK_MONOTONIC);
	if (now_ns >= deadline_ns)
		return true;
	/* Rather early than late: then it is asked again, and the rate is known better. */
	store_relaxed(&window.ask_ticks,
		ticks + (uint64_t)((unsigned __int128)(deadline_ns - now_ns) * rate(ticks, now_ns) *
				   7 / (RATE_FRACTION * 8)));
	return false;
}

/* ---- states ---- */

void
window_init(void)
{
	const struct options *options = &session.pool->options;
	const uint64_t told_ns = load_relaxed(&session.pool->start_ns);

	window.first_ticks = session_ticks();
	window.first_ns = system_clock_ns(CLOCK_MONOTONIC);
	const uint64_t begin_ns = told_ns ? told_ns : window.first_ns;

	window.start_ns = begin_ns + options->start_after_ns;
	window.stop_ns = options->stop_after_ns ? begin_ns + options->stop_after_ns : 0;
	window.state = options->start_after_ns ? WINDOW_BEFORE : WINDOW_OPEN;
	session.untimed = !session.time;
	session.time = session.time && window.state == WINDOW_OPEN;
}

void
window_end_calls(void)
{
	session.untimed = true;
	session.time = false;
}

/* Goes on from state to state. */
static uint32_t
look(void)
{
	uint32_t state = load_relaxed(&window.state);

	if (state == WINDOW_BEFORE && has_passed(window.start_ns)) {
		state = WINDOW_OPEN;
		store_relaxed(&window.ask_ticks, 0);
		store_relaxed(&window.state, state);
		session.time = !session.untimed;
	}
	if (state == WINDOW_OPEN && window.stop_ns && has_passed(window.stop_ns)) {
		state = WINDOW_OVER;
		store_relaxed(&window.state, state);
		window_end_calls();
	}
	return state;
}

bool
window_opens_slow(void)
{
	if (load_relaxed(&window.state) != WINDOW_BEFORE ||
		load_acquire(&session.phase) != SESSION_ON)
		return false;
	look();
	return session.time;
}

void
window_look(void)
{
	look();
}

bool
window_is_open(void)
{
	return look() == WINDOW_OPEN;
}

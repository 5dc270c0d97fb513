/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Traced calls within limits: of a part of the run's time, and only so many of them.
 *
 * The preload leaves out most of what is not wanted. Here it is decided exactly, and the same for
 * all threads and processes: calls are those of [calls_start_ticks,
 * calls_stop_ticks). Where the first
 * max_calls are wanted the next one sets calls_stop_ticks.
 *
 * Where the last ones are wanted all events go through a ring. What falls out of it only moves the
 * call stacks, so that they are right when the ring is applied at the end: as if tracing had begun
 * with the oldest event in it.
 *
 *	... EXIT ENTER | ENTER EXIT ENTER ENTER EXIT EXIT EXIT   <- pushed
 *	     forgotten   the ring: max_calls ENTERs at most
 */
#include "timing.h"

struct call_ring {
	struct call_event *events;
	uint64_t room, first, count; /* room: a power of two */
	uint64_t calls;		     /* ENTERs among them */
	uint64_t begin_ticks;	     /* of the oldest one, once something fell out */
};

void
call_limits_init(struct call_limits *limits)
{
	limits->stop_ticks = limits->calls_stop_ticks = UINT64_MAX;
}

void
call_limits_fini(struct call_limits *limits)
{
	if (limits->ring)
		g_free(limits->ring->events);
	g_clear_pointer(&limits->ring, g_free);
}

static uint64_t
ticks_of(const struct model_clock *clock, uint64_t ns)
{
	return (uint64_t)((double)ns / clock->ns_per_tick);
}

/* All processes of a run say the same. */
void
call_limits_read(struct timing *timing, const struct record *process)
{
	const struct model_clock *clock = &timing->model->clock;
	const uint64_t *number = process->extended.number;
	struct call_limits *limits = &timing->limits;

	if (limits->known || number[PROCESS_PROFILED] == OPTIONS_MEMORY)
		return;
	limits->known = true;
	limits->min_ticks = ticks_of(clock, number[PROCESS_MIN_DURATION]);
	limits->max_calls = number[PROCESS_MAX_CALLS];
	if (number[PROCESS_START_AFTER])
		limits->start_ticks =
			clock->start_ticks + ticks_of(clock, number[PROCESS_START_AFTER]);
	if (number[PROCESS_STOP_AFTER])
		limits->stop_ticks =
			clock->start_ticks + ticks_of(clock, number[PROCESS_STOP_AFTER]);
	limits->calls_start_ticks = limits->start_ticks;
	limits->calls_stop_ticks = limits->stop_ticks;
	limits->any = limits->max_calls || limits->start_ticks || limits->stop_ticks != UINT64_MAX;
	if (limits->max_calls && number[PROCESS_KEEP] == OPTIONS_KEEP_LAST)
		limits->ring = g_new0(struct call_ring, 1);
}

bool
model_has_calls_enough(const struct model *model)
{
	return model->timing->limits.enough;
}

/* Of a pause what lies in the time from `start` to `stop`: no call is there before or after. */
static void
cut_pause(struct call_event *event, uint64_t start, uint64_t stop)
{
	const uint64_t from = MAX(event->ticks - MIN(event->number, event->ticks), start);
	const uint64_t to = MIN(event->ticks, stop);

	event->number = to > from ? to - from : 0;
}

/* ---- the last ones ---- */

static void
grow_ring(struct call_ring *ring)
{
	const uint64_t room = ring->room ? 2 * ring->room : 1024;
	struct call_event *events = g_new(struct call_event, room);

	for (uint64_t i = 0; i < ring->count; i++)
		events[i] = ring->events[(ring->first + i) & (ring->room - 1)];
	g_free(ring->events);
	ring->events = events;
	ring->room = room;
	ring->first = 0;
}

static const struct call_event *
oldest(const struct call_ring *ring)
{
	return &ring->events[ring->first & (ring->room - 1)];
}

/* Moves the call stacks alone. */
static void
forget_oldest(struct timing *timing)
{
	struct call_ring *ring = timing->limits.ring;
	const struct call_event event = *oldest(ring);

	ring->first++;
	ring->count--;
	event.thread->put_off--;
	ring->calls -= event.kind == CALL_EVENT_ENTER;
	timing->limits.left_out[LEFT_OUT_MANY] += event.kind == CALL_EVENT_ENTER;
	if (event.kind == CALL_EVENT_EXIT)
		call_stacks_forget_exit(event.thread);
	else if (event.kind == CALL_EVENT_LEFT)
		call_stacks_forget_left(event.thread, event.number);
	else if (event.kind == CALL_EVENT_DEPTH)
		call_stacks_forget_depth(event.thread, event.number);
	else if (event.kind == CALL_EVENT_ENTER || event.kind == CALL_EVENT_STACK)
		timing_apply_call(&event);
	else if (event.kind != CALL_EVENT_LEFT_OUT && event.kind != CALL_EVENT_PAUSE)
		call_stacks_forget_open(&event);
}

static void
push(struct timing *timing, const struct call_event *event)
{
	struct call_ring *ring = timing->limits.ring;

	if (event->kind == CALL_EVENT_ENTER && ring->calls == timing->limits.max_calls) {
		while (ring->calls == timing->limits.max_calls)
			forget_oldest(timing);
		/* What follows is of calls that are not there any more. */
		while (ring->count && oldest(ring)->kind != CALL_EVENT_ENTER)
			forget_oldest(timing);
		ring->begin_ticks =
			MAX(ring->begin_ticks, ring->count ? oldest(ring)->ticks : event->ticks);
	}
	if (ring->count == ring->room)
		grow_ring(ring);
	ring->events[(ring->first + ring->count++) & (ring->room - 1)] = *event;
	event->thread->put_off++;
	ring->calls += event->kind == CALL_EVENT_ENTER;
}

void
call_limits_drain(struct timing *timing)
{
	struct call_limits *limits = &timing->limits;
	struct call_ring *ring = g_steal_pointer(&limits->ring);

	if (!ring)
		return;
	if (ring->begin_ticks) {
		limits->calls_start_ticks = MAX(limits->calls_start_ticks, ring->begin_ticks);
		for (unsigned i = 0; i < timing->processes->len; i++)
			call_stacks_begin_anew(
				g_ptr_array_index(timing->processes, i), ring->begin_ticks);
	}
	for (; ring->count; ring->first++, ring->count--) {
		struct call_event event = *oldest(ring);

		const bool is_early = event.ticks < ring->begin_ticks;

		event.ticks = MAX(event.ticks, ring->begin_ticks);
		if (event.kind == CALL_EVENT_PAUSE)
			cut_pause(&event, ring->begin_ticks, UINT64_MAX);
		timing_apply_call(&event);
		/* It was told late. */
		if (is_early && event.kind == CALL_EVENT_ENTER)
			call_stacks_begin_with_caller(event.thread);
	}
	g_free(ring->events);
	g_free(ring);
}

/* ---- all ---- */

/* An ENTER that is one too many ends it all. Returns whether it is. */
static bool
is_too_many(struct call_limits *limits, uint64_t ticks)
{
	if (!limits->max_calls || limits->ring || limits->calls++ < limits->max_calls)
		return false;
	limits->enough = true;
	limits->calls_stop_ticks = MIN(limits->calls_stop_ticks, ticks);
	return true;
}

void
call_limits_apply_slow(struct timing *timing, const struct call_event *event)
{
	struct call_limits *limits = &timing->limits;
	struct call_event within = *event;
	const bool enters = event->kind == CALL_EVENT_ENTER;

	if (enters &&
		(event->ticks >= limits->calls_stop_ticks || is_too_many(limits, event->ticks))) {
		limits->left_out[LEFT_OUT_MANY] += limits->enough;
		return;
	}
	if (enters && event->ticks < limits->calls_start_ticks)
		within.ticks = limits->calls_start_ticks;
	/* Calls that go on are cut. */
	if ((event->kind == CALL_EVENT_EXIT || event->kind == CALL_EVENT_LEFT ||
		    event->kind == CALL_EVENT_DEPTH) &&
		event->ticks >= limits->calls_stop_ticks)
		return;
	if (event->kind == CALL_EVENT_PAUSE)
		cut_pause(&within, limits->calls_start_ticks, limits->calls_stop_ticks);
	within.ticks = MIN(within.ticks, limits->calls_stop_ticks);
	if (limits->ring)
		push(timing, &within);
	else
		timing_apply_call(&within);
}

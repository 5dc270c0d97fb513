/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What thag.h calls: the object `thag_hooks`. Each hook goes through the gate like all others, and
 * does nothing where the process is not profiled.
 */
#include <stddef.h>
#include <string.h>
#include "names.h"
#include "paths_capture.h"
#include "recording.h"
#include "sections.h"
#include "session.h"
#include "source.h"
#include "tasks.h"
#include "thread.h"

#define EXPORT __attribute__((visibility("default")))

/* ---- spans, marks, counters ---- */

static uint32_t span_count;

/* A span's handle: its number in the upper half, the instance in the lower. */
static uint64_t
span_begin(struct thag_place_ *place)
{
	struct thread *thread = source_enter(arch_caller());
	uint64_t numbers[] = {0, 0, 0};

	if (!thread)
		return 0;
	numbers[1] = names_number(&thread->writer, place);
	numbers[2] = add_relaxed(&span_count, 1) + 1;
	if (!session.paused)
		writer_emit(&thread->writer, RECORD_SPAN_BEGIN, numbers, 3, NULL, 0);
	thread_leave(thread);
	return numbers[1] << 32 | numbers[2];
}

static void
span_end(uint64_t span)
{
	struct thread *thread = source_enter(arch_caller());
	uint64_t numbers[] = {0, span >> 32, (uint32_t)span};

	if (!thread)
		return;
	writer_emit(&thread->writer, RECORD_SPAN_END, numbers, 3, NULL, 0);
	thread_leave(thread);
}

static void
mark(struct thag_place_ *place)
{
	struct thread *thread = session.paused ? NULL : source_enter(arch_caller());
	uint64_t numbers[] = {0, 0};

	if (!thread)
		return;
	numbers[1] = names_number(&thread->writer, place);
	writer_emit(&thread->writer, RECORD_MARK, numbers, 2, NULL, 0);
	thread_leave(thread);
}

static void
counter(struct thag_place_ *place, double value)
{
	struct thread *thread = session.paused ? NULL : source_enter(arch_caller());
	uint64_t numbers[] = {0, 0, 0};

	if (!thread)
		return;
	numbers[1] = names_number(&thread->writer, place);
	memcpy(&numbers[2], &value, sizeof(value));
	writer_emit(&thread->writer, RECORD_COUNTER, numbers, 3, NULL, 0);
	thread_leave(thread);
}

static void
thread_name(const char *name)
{
	struct thread *thread = source_enter(arch_caller());

	if (!thread)
		return;
	thread_announce(thread, name);
	thread_leave(thread);
}

/* ---- tasks ---- */

static uint64_t
task_new(struct thag_place_ *place)
{
	const struct frame frame = arch_caller();
	struct thread *thread = source_enter(frame);

	if (!thread)
		return 0;
	const uint64_t task = tasks_new(thread, frame, place);

	thread_leave(thread);
	return task;
}

#define TASK_HOOK(action)                                                                          \
	static void task_##action(uint64_t task)                                                   \
	{                                                                                          \
		const struct frame frame = arch_caller();                                          \
		struct thread *thread = source_enter(frame);                                       \
                                                                                                   \
		if (!thread)                                                                       \
			return;                                                                    \
		tasks_##action(thread, frame, task);                                               \
		thread_leave(thread);                                                              \
	}

TASK_HOOK(resume)
TASK_HOOK(suspend)
TASK_HOOK(end)

/* ---- recording ---- */

static void
set_paused(struct frame frame, bool paused)
{
	struct thread *thread = source_enter(frame);

	if (!thread)
		return;
	recording_pause(&thread->writer, paused);
	thread_leave(thread);
}

static void
start(void)
{
	set_paused(arch_caller(), false);
}

static void
stop(void)
{
	set_paused(arch_caller(), true);
}

static int
is_active(void)
{
	const struct frame frame = arch_caller();
	struct thread *thread = source_enter(frame);

	if (!thread)
		return 0;
	const bool active = recording_is_active(thread);

	thread_leave(thread);
	return active;
}

EXPORT const struct thag_hooks_ thag_hooks = {
	.version = THAG_HOOKS_VERSION_,
	.enter = sections_enter,
	.leave = sections_leave,
	.end = sections_end,
	.span_begin = span_begin,
	.span_end = span_end,
	.mark = mark,
	.counter = counter,
	.thread_name = thread_name,
	.task_new = task_new,
	.task_resume = task_resume,
	.task_suspend = task_suspend,
	.task_end = task_end,
	.start = start,
	.stop = stop,
	.is_active = is_active,
};

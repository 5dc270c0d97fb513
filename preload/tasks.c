/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "tasks.h"
#include <stddef.h>
#include <string.h>
#include "call_stacks.h"
#include "names.h"
#include "paths_capture.h"
#include "session.h"
#include "forbid.h"

struct task {
	uint32_t generation; /* odd: exists. Changed by who makes and who ends it */
	uint32_t runner;     /* number of the thread it is resumed on, 0: none; compare-and-swap */
	uint32_t id;	     /* of the records; constant while it exists, as all below */
	uint32_t number;     /* of its name, 0: a coroutine */
	uint32_t node;	     /* of its path */
	uint32_t next_free;
};

/* Reserved once; pages are used as tasks come. */
static struct task *table;
static uint32_t used; /* places that were ever used, 0 among them */
static uint32_t last_id;
static uint64_t first_free; /* index, and a count in the upper half that tells uses apart */

/* ---- places ---- */

static bool
has_table(void)
{
	struct task *fresh, *none = NULL;

	if (load_acquire(&table))
		return true;
	fresh = session_map_wiped((size_t)TASKS_MAX * sizeof(*fresh));
	if (fresh && !cas_acq_rel(&table, &none, fresh))
		system_unmap(fresh, (size_t)TASKS_MAX * sizeof(*fresh));
	return fresh || load_acquire(&table);
}

static uint32_t
pop_free(void)
{
	uint64_t first = load_acquire(&first_free);

	while ((uint32_t)first) {
		const uint64_t next = first >> 32 << 32 | table[(uint32_t)first].next_free;

		if (cas_acq_rel(&first_free, &first, next))
			return (uint32_t)first;
	}
	return 0;
}

static void
push_free(uint32_t index)
{
	uint64_t first = load_acquire(&first_free), here;

	do {
		table[index].next_free = (uint32_t)first;
		here = ((first >> 32) + 1) << 32 | index;
	} while (!cas_acq_rel(&first_free, &first, here));
}

/* An index that nobody else has; 0: there is none. */
static uint32_t
take_place(void)
{
	uint32_t index;

	if (!has_table())
		return 0;
	index = pop_free();
	if (index || load_relaxed(&used) >= TASKS_MAX)
		return index;
	index = add_relaxed(&used, 1) + 1;
	return index < TASKS_MAX ? index : 0;
}

/* The name of a task that has ended, while nobody else has its place; 0: not known. */
static uint32_t
name_of_ended(uint64_t handle)
{
	const uint32_t index = (uint32_t)handle;

	if (!load_acquire(&table) || !index || index >= TASKS_MAX ||
		load_acquire(&table[index].generation) != (uint32_t)(handle >> 32) + 1)
		return 0;
	return table[index].number;
}

/* The task of a handle; NULL: it has ended. */
static struct task *
find(uint64_t handle)
{
	const uint32_t index = (uint32_t)handle;

	if (!load_acquire(&table) || !index || index >= TASKS_MAX ||
		load_acquire(&table[index].generation) != handle >> 32)
		return NULL;
	return &table[index];
}

void
tasks_forget(void)
{
	/* The table was wiped. */
	used = 0;
	first_free = 0;
}

/* ---- records ---- */

static void
tell(struct thread *thread, const struct task *task, enum record_task_action action, uint32_t node)
{
	uint64_t numbers[TASK_NUMBERS] = {
		[TASK_NUMBER] = task->number,
		[TASK_ID] = task->id,
		[TASK_ACTION] = action,
		[TASK_NODE] = node,
	};

	writer_emit(&thread->writer, RECORD_TASK, numbers, TASK_NUMBERS, NULL, 0);
}

/* A handle that a fork's parent made is not known, and no mistake. */
static void
misuse(struct thread *thread, struct frame frame, uint32_t number, enum record_misuse kind)
{
	if (!session.parent_number)
		names_misuse(&thread->writer, number, kind, paths_capture(thread, frame, false));
}

/* ---- life ---- */

static uint64_t
make(struct thread *thread, uint32_t number, uint32_t node)
{
	const uint32_t index = take_place();
	struct task *task = &table[index];

	if (!index)
		return 0;
	const uint32_t generation = task->generation + 1;

	task->id = add_relaxed(&last_id, 1) + 1;
	task->number = number;
	task->node = node;
	task->runner = 0;
	/* Pairs with the acquire in find(). */
	store_release(&task->generation, generation);
	tell(thread, task, TASK_NEW, node);
	return (uint64_t)generation << 32 | index;
}

uint64_t
tasks_new(struct thread *thread, struct frame frame, struct thag_place_ *place)
{
	struct writer *writer = &thread->writer;
	const uint32_t number = names_number(writer, place);
	const uint32_t node = tree_child(&thread->unwinder.cache, writer,
		paths_capture(thread, frame, false), RECORD_PC_NAMED | number);

	return make(thread, number, node);
}

/* ---- coroutines ---- */

uint64_t
tasks_new_unnamed(struct thread *thread, uint32_t node)
{
	return make(thread, 0, node);
}

void
tasks_continue(struct thread *thread, uint64_t handle)
{
	const struct task *task = find(handle);

	if (task)
		tell(thread, task, TASK_RESUME, 0);
}

void
tasks_pause(struct thread *thread, uint64_t handle)
{
	const struct task *task = find(handle);

	if (task)
		tell(thread, task, TASK_SUSPEND, 0);
}

/* Returns false where somebody else has. */
static bool
finish(struct thread *thread, struct task *task, uint64_t handle)
{
	uint32_t generation = (uint32_t)(handle >> 32);

	if (!cas_acq_rel(&task->generation, &generation, generation + 1))
		return false;
	tell(thread, task, TASK_END, 0);
	push_free((uint32_t)handle);
	return true;
}

void
tasks_finish(struct thread *thread, uint64_t handle)
{
	struct task *task = find(handle);

	if (task)
		finish(thread, task, handle);
}

/* ---- running ---- */

void
tasks_resume(struct thread *thread, struct frame frame, uint64_t handle)
{
	struct paths *paths = &thread->paths;
	struct task *task = find(handle);
	uint32_t runner = 0;

	if (!task) {
		misuse(thread, frame, name_of_ended(handle), MISUSE_ENDED);
		return;
	}
	if (!cas_acq_rel(&task->runner, &runner, thread->writer.thread)) {
		misuse(thread, frame, task->number, MISUSE_RUNNING);
		return;
	}
	session.naming = true;
	if (paths->task_count < PATHS_TASKS_MAX) {
		const uint32_t node =
			unwind_capture(&thread->unwinder, &thread->writer, frame, false);

		paths->tasks[paths->task_count++] = (struct paths_task){
			.id = handle,
			.base = call_stacks_base(thread),
			.node = task->node,
			.depth = tree.nodes[node].depth,
		};
	}
	tell(thread, task, TASK_RESUME, 0);
}

/* The thread's paths are no more the task's. */
static void
take_off(struct paths *paths, uint64_t handle)
{
	uint32_t at = paths->task_count;

	while (at && paths->tasks[at - 1].id != handle)
		at--;
	if (!at)
		return;
	memmove(&paths->tasks[at - 1], &paths->tasks[at],
		(paths->task_count - at) * sizeof(paths->tasks[0]));
	paths->task_count--;
}

void
tasks_suspend(struct thread *thread, struct frame frame, uint64_t handle)
{
	struct task *task = find(handle);
	uint32_t runner = thread->writer.thread;

	take_off(&thread->paths, handle);
	if (!task)
		misuse(thread, frame, name_of_ended(handle), MISUSE_ENDED);
	else if (!cas_acq_rel(&task->runner, &runner, 0))
		misuse(thread, frame, task->number, MISUSE_NOT_RUNNING);
	else
		tell(thread, task, TASK_SUSPEND, 0);
}

void
tasks_end(struct thread *thread, struct frame frame, uint64_t handle)
{
	struct task *task = find(handle);

	take_off(&thread->paths, handle);
	if (!task || !finish(thread, task, handle))
		misuse(thread, frame, name_of_ended(handle), MISUSE_ENDED);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Tasks while the model is fed. Each thread has a stack of those that are resumed there, of which
 * the last one has the time and what is allocated. A task that has ended is kept as long as blocks
 * of it are live: its sums are not known before.
 */
#include "tasks.h"

#include "durations.h"
#include "naming.h"

struct task_class {
	uint32_t place, node, index;
	struct durations lives, running;
	uint64_t resumes, open, most_at_once;
	uint64_t live_bytes;
	struct named_memory memory;
};

struct task {
	struct task_class *class;
	uint32_t id;
	uint32_t slot;	  /* in `slots`, by which its blocks know it; 0: it has none yet */
	int64_t instance; /* in `instances`, -1: left out */
	uint64_t start, resumed, running, resumes;
	struct model_thread *runner; /* NULL: suspended */
	uint32_t last_thread;
	bool ended;
	uint64_t live_blocks, live_bytes;
	struct named_memory memory;
};

struct tasks {
	struct model_process *process;
	GHashTable *classes; /* node << 32 | place -> struct task_class */
	GPtrArray *class_list;
	GHashTable *tasks;	  /* id -> struct task, those that have not ended */
	GPtrArray *slots;	  /* struct task; [0] unused */
	GArray *free_slots;	  /* uint32_t */
	struct live_table blocks; /* .site: the slot */
	GArray *instances;	  /* struct named_instance, times in ticks */
	GArray *pieces;		  /* struct named_piece, times in ticks */
	uint64_t left_out, pieces_left_out, shortest;
};

/* ---- all of a process ---- */

static void
free_class(gpointer data)
{
	struct task_class *class = data;

	call_histogram_fini(&class->lives.histogram);
	call_histogram_fini(&class->running.histogram);
	g_free(class);
}

static struct tasks *
get_tasks(struct naming_process *naming)
{
	struct tasks *tasks = naming->tasks;

	if (tasks)
		return tasks;
	tasks = g_new0(struct tasks, 1);
	tasks->process = naming->process;
	tasks->classes = g_hash_table_new(NULL, NULL);
	tasks->class_list = g_ptr_array_new_with_free_func(free_class);
	tasks->tasks = g_hash_table_new(NULL, NULL);
	tasks->slots = g_ptr_array_new();
	g_ptr_array_add(tasks->slots, NULL);
	tasks->free_slots = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	live_table_init(&tasks->blocks);
	tasks->instances = g_array_new(FALSE, TRUE, sizeof(struct named_instance));
	tasks->pieces = g_array_new(FALSE, TRUE, sizeof(struct named_piece));
	naming->process->tasks = tasks;
	return naming->tasks = tasks;
}

static void
free_task(gpointer key, gpointer task, gpointer context)
{
	(void)key;
	(void)context;
	/* Those with a slot go with the slots. */
	if (!((struct task *)task)->slot)
		g_free(task);
}

void
tasks_free(struct tasks *tasks)
{
	if (!tasks)
		return;
	g_hash_table_foreach(tasks->tasks, free_task, NULL);
	for (guint i = 1; i < tasks->slots->len; i++)
		g_free(g_ptr_array_index(tasks->slots, i));
	g_hash_table_unref(tasks->classes);
	g_ptr_array_unref(tasks->class_list);
	g_hash_table_unref(tasks->tasks);
	g_ptr_array_unref(tasks->slots);
	g_array_unref(tasks->free_slots);
	live_table_fini(&tasks->blocks);
	g_array_unref(tasks->instances);
	g_array_unref(tasks->pieces);
	g_free(tasks);
}

/* ---- one task ---- */

static struct task_class *
find_class(struct tasks *tasks, uint32_t place, uint32_t node)
{
	gpointer key = GSIZE_TO_POINTER((gsize)node << 32 | place);
	struct task_class *class = g_hash_table_lookup(tasks->classes, key);

	if (!class) {
		class = g_new0(struct task_class, 1);
		class->place = place;
		class->node = node;
		class->index = tasks->class_list->len;
		durations_init(&class->lives);
		durations_init(&class->running);
		g_ptr_array_add(tasks->class_list, class);
		g_hash_table_insert(tasks->classes, key, class);
	}
	return class;
}

static int64_t
keep_instance(struct tasks *tasks, const struct task *task, uint32_t thread)
{
	const struct named_instance instance = {
		.task = task->class->index,
		.id = task->id,
		.start_ns = task->start,
		.first_thread = thread,
	};

	if (tasks->process->model->task_instances >= NAMED_INSTANCES_MAX) {
		tasks->left_out++;
		return -1;
	}
	tasks->process->model->task_instances++;
	g_array_append_val(tasks->instances, instance);
	return tasks->instances->len - 1;
}

static void
make(struct tasks *tasks, struct model_thread *thread, const struct record *record)
{
	const uint64_t *number = record->extended.number;
	const uint64_t node = number[TASK_NODE] <= SITE_NODE_MAX ? number[TASK_NODE] : 0;
	gpointer id = GUINT_TO_POINTER((guint)number[TASK_ID]);
	struct task *task;

	if (g_hash_table_contains(tasks->tasks, id))
		return;
	task = g_new0(struct task, 1);
	task->class = find_class(tasks, (uint32_t)number[TASK_NUMBER], (uint32_t)node);
	task->id = (uint32_t)number[TASK_ID];
	task->start = record->ticks;
	task->instance = keep_instance(tasks, task, thread->public->number);
	task->class->open++;
	task->class->most_at_once = MAX(task->class->most_at_once, task->class->open);
	g_hash_table_insert(tasks->tasks, id, task);
}

/* ---- running ---- */

static unsigned
drop_short(struct tasks *tasks)
{
	struct named_piece *piece = (struct named_piece *)(void *)tasks->pieces->data;
	guint kept = 0;

	for (guint i = 0; i < tasks->pieces->len; i++)
		if (piece[i].duration_ns >= tasks->shortest)
			piece[kept++] = piece[i];
	tasks->pieces_left_out += tasks->pieces->len - kept;
	g_array_set_size(tasks->pieces, kept);
	return kept;
}

static void
keep_piece(struct tasks *tasks, const struct task *task, uint64_t ticks)
{
	const uint64_t length = ticks > task->resumed ? ticks - task->resumed : 0;
	const struct named_piece piece = {
		(uint32_t)task->instance, task->runner->public->number, task->resumed, length};

	if (task->instance < 0 || length < tasks->shortest) {
		tasks->pieces_left_out++;
		return;
	}
	while (tasks->pieces->len >= NAMED_PIECES_MAX) {
		tasks->shortest = tasks->shortest ? 2 * tasks->shortest : 32;
		if (drop_short(tasks) <= NAMED_PIECES_MAX / 2)
			break;
	}
	g_array_append_val(tasks->pieces, piece);
}

/* The task on top of a thread's stack has run up to now. */
static void
stop_top(struct tasks *tasks, struct model_thread *thread, uint64_t ticks)
{
	struct task *top = thread->tasks && thread->tasks->len
				   ? g_ptr_array_index(thread->tasks, thread->tasks->len - 1)
				   : NULL;

	if (!top)
		return;
	top->running += ticks > top->resumed ? ticks - top->resumed : 0;
	keep_piece(tasks, top, ticks);
	top->resumed = ticks;
}

static void
start_top(struct model_thread *thread, uint64_t ticks)
{
	if (thread->tasks->len)
		((struct task *)g_ptr_array_index(thread->tasks, thread->tasks->len - 1))->resumed =
			ticks;
}

static void
resume(struct tasks *tasks, struct task *task, struct model_thread *thread, uint64_t ticks)
{
	if (task->runner)
		return;
	stop_top(tasks, thread, ticks);
	if (!thread->tasks)
		thread->tasks = g_ptr_array_new();
	g_ptr_array_add(thread->tasks, task);
	task->runner = thread;
	task->resumed = ticks;
	task->resumes++;
	task->class->resumes++;
	if (task->instance >= 0 && task->last_thread && task->last_thread != thread->public->number)
		g_array_index(tasks->instances, struct named_instance, task->instance).moved = true;
	task->last_thread = thread->public->number;
}

static void
suspend(struct tasks *tasks, struct task *task, uint64_t ticks)
{
	struct model_thread *thread = task->runner;

	if (!thread)
		return;
	stop_top(tasks, thread, ticks);
	g_ptr_array_remove(thread->tasks, task);
	start_top(thread, ticks);
	task->runner = NULL;
}

/* ---- the end of a task ---- */

static void
tell_instance(struct tasks *tasks, const struct task *task)
{
	if (task->instance >= 0)
		g_array_index(tasks->instances, struct named_instance, task->instance).memory =
			task->memory;
}

/* Gives a task up of which nothing is left. */
static void
drop(struct tasks *tasks, struct task *task)
{
	tell_instance(tasks, task);
	if (task->slot) {
		g_ptr_array_index(tasks->slots, task->slot) = NULL;
		g_array_append_val(tasks->free_slots, task->slot);
	}
	g_free(task);
}

static void
end(struct tasks *tasks, struct task *task, uint64_t ticks, bool ended)
{
	struct task_class *class = task->class;

	suspend(tasks, task, ticks);
	durations_add(&class->lives, ticks > task->start ? ticks - task->start : 0, ended);
	durations_add(&class->running, task->running, ended);
	class->open--;
	if (task->instance >= 0) {
		struct named_instance *instance =
			&g_array_index(tasks->instances, struct named_instance, task->instance);

		instance->end_ns = MAX(ticks, task->start);
		instance->running_ns = task->running;
		instance->resumes = task->resumes;
		instance->ended = ended;
	}
	task->ended = true;
	g_hash_table_remove(tasks->tasks, GUINT_TO_POINTER(task->id));
	if (task->live_blocks)
		tell_instance(tasks, task);
	else
		drop(tasks, task);
}

/* ---- records ---- */

void
tasks_apply(struct naming_process *naming, struct model_thread *thread, const struct record *record)
{
	const uint64_t *number = record->extended.number;
	struct tasks *tasks;
	struct task *task;

	if (naming->process->ended)
		return;
	tasks = get_tasks(naming);
	if (number[TASK_ACTION] == TASK_NEW) {
		make(tasks, thread, record);
		return;
	}
	task = g_hash_table_lookup(tasks->tasks, GUINT_TO_POINTER((guint)number[TASK_ID]));
	if (!task)
		return;
	if (number[TASK_ACTION] == TASK_RESUME)
		resume(tasks, task, thread, record->ticks);
	else if (number[TASK_ACTION] == TASK_SUSPEND)
		suspend(tasks, task, record->ticks);
	else if (number[TASK_ACTION] == TASK_END)
		end(tasks, task, record->ticks, true);
}

void
tasks_thread_end(struct tasks *tasks, struct model_thread *thread, uint64_t ticks)
{
	while (thread->tasks && thread->tasks->len)
		suspend(tasks, g_ptr_array_index(thread->tasks, thread->tasks->len - 1), ticks);
}

void
tasks_process_end(struct tasks *tasks, uint64_t ticks)
{
	g_autoptr(GList) open = g_hash_table_get_values(tasks->tasks);

	for (GList *at = open; at; at = at->next)
		end(tasks, at->data, ticks, false);
	for (guint i = 1; i < tasks->slots->len; i++)
		if (g_ptr_array_index(tasks->slots, i))
			tell_instance(tasks, g_ptr_array_index(tasks->slots, i));
	tasks->process->tasks = NULL;
}

/* ---- blocks ---- */

static uint32_t
slot_of(struct tasks *tasks, struct task *task)
{
	if (task->slot)
		return task->slot;
	if (tasks->free_slots->len) {
		task->slot = g_array_index(tasks->free_slots, uint32_t, tasks->free_slots->len - 1);
		g_array_set_size(tasks->free_slots, tasks->free_slots->len - 1);
		g_ptr_array_index(tasks->slots, task->slot) = task;
	} else {
		task->slot = tasks->slots->len;
		g_ptr_array_add(tasks->slots, task);
	}
	return task->slot;
}

static void
take(struct named_memory *memory, uint64_t *live_bytes, uint64_t bytes)
{
	memory->allocations++;
	memory->allocated_bytes += bytes;
	*live_bytes += bytes;
	memory->peak_bytes = MAX(memory->peak_bytes, *live_bytes);
}

static void
give(struct named_memory *memory, uint64_t *live_bytes, uint64_t bytes)
{
	memory->frees++;
	memory->freed_bytes += bytes;
	*live_bytes -= bytes;
}

void
tasks_block(struct tasks *tasks, struct model_thread *thread, uint64_t address, uint64_t bytes)
{
	struct task *task;
	struct live_block *block;
	bool existed;

	if (!thread->tasks || !thread->tasks->len)
		return;
	task = g_ptr_array_index(thread->tasks, thread->tasks->len - 1);
	block = live_table_insert(&tasks->blocks, address, &existed);
	if (existed) {
		tasks_block_gone(tasks, address);
		block = live_table_insert(&tasks->blocks, address, &existed);
	}
	block->size = bytes;
	block->site = slot_of(tasks, task);
	task->live_blocks++;
	take(&task->memory, &task->live_bytes, bytes);
	take(&task->class->memory, &task->class->live_bytes, bytes);
}

void
tasks_block_gone(struct tasks *tasks, uint64_t address)
{
	struct live_block *block = live_table_find(&tasks->blocks, address);
	struct task *task;

	if (!block)
		return;
	task = g_ptr_array_index(tasks->slots, block->site);
	give(&task->memory, &task->live_bytes, block->size);
	give(&task->class->memory, &task->class->live_bytes, block->size);
	live_table_remove(&tasks->blocks, block);
	if (!--task->live_blocks && task->ended)
		drop(tasks, task);
}

/* ---- the end ---- */

void
tasks_mark_nodes(const struct tasks *tasks, void (*mark)(void *marks, uint32_t node), void *marks)
{
	for (guint i = 0; i < tasks->class_list->len; i++)
		mark(marks,
			((const struct task_class *)g_ptr_array_index(tasks->class_list, i))->node);
}

static void
finish_class(struct task_class *class, struct named *named, const struct model_clock *clock,
	uint32_t node)
{
	const struct named_task task = {
		.place = class->place,
		.node = node,
		.lives = durations_finish(&class->lives, clock),
		.running = durations_finish(&class->running, clock),
		.resumes = class->resumes,
		.most_at_once = class->most_at_once,
		.memory = class->memory,
	};

	g_array_append_val(named->tasks, task);
}

void
tasks_finish(struct tasks *tasks, struct named *named,
	uint32_t (*renumber)(void *marks, uint32_t node), void *marks)
{
	const struct model_clock *clock = &tasks->process->model->clock;

	for (guint i = 0; i < tasks->class_list->len; i++) {
		struct task_class *class = g_ptr_array_index(tasks->class_list, i);

		finish_class(class, named, clock, class->node ? renumber(marks, class->node) : 0);
	}
	for (guint i = 0; i < tasks->instances->len; i++) {
		struct named_instance instance =
			g_array_index(tasks->instances, struct named_instance, i);

		instance.start_ns = model_ns(clock, instance.start_ns);
		instance.end_ns = MAX(model_ns(clock, instance.end_ns), instance.start_ns);
		instance.running_ns = MIN(model_span_ns(clock, instance.running_ns),
			instance.end_ns - instance.start_ns);
		g_array_append_val(named->instances, instance);
	}
	for (guint i = 0; i < tasks->pieces->len; i++) {
		struct named_piece piece = g_array_index(tasks->pieces, struct named_piece, i);
		const uint64_t end_ns = model_ns(clock, piece.start_ns + piece.duration_ns);

		piece.start_ns = model_ns(clock, piece.start_ns);
		piece.duration_ns = end_ns - piece.start_ns;
		g_array_append_val(named->pieces, piece);
	}
	named->instances_left_out = tasks->left_out;
	named->pieces_left_out = tasks->pieces_left_out;
	named->pieces_shortest_ns = model_span_ns(clock, tasks->shortest);
}

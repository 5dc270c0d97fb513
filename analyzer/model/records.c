/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Extended records: processes, modules, threads, mappings, sums. */
#include "state.h"

#include <string.h>

static const uint64_t *
numbers(const struct record *record)
{
	return record->extended.number;
}

static char *
text(const struct record *record, unsigned index)
{
	const struct record_string *string = &record->extended.string[index];

	return g_strndup(string->length ? (const char *)string->bytes : "", string->length);
}

/* Numbers that no writer hands out are one unknown node. */
static uint32_t
node_of(uint64_t number)
{
	return (uint32_t)MIN(number, (uint64_t)SITE_NODE_MAX);
}

/* ---- processes ---- */

static GStrv
split_arguments(const struct record_string *string)
{
	GStrvBuilder *builder = g_strv_builder_new();
	const uint8_t *at = string->bytes, *end = string->length ? at + string->length : at;

	while (at < end) {
		const uint8_t *nul = memchr(at, 0, (size_t)(end - at));
		const size_t length = (size_t)((nul ? nul : end) - at);
		g_autofree char *argument = g_strndup((const char *)at, length);

		g_strv_builder_add(builder, argument);
		at += length + 1;
	}
	GStrv arguments = g_strv_builder_end(builder);

	g_strv_builder_unref(builder);
	return arguments;
}

/* A list that forks have in common is not changed: who changes something gets its own. */
static GPtrArray *
own_modules(struct model_process *process)
{
	struct process *public = process->public;
	GPtrArray *shared = public->modules;

	if (!process->shares_modules)
		return shared;
	public->modules = modules_copy(shared);
	process->shares_modules = false;
	g_ptr_array_unref(shared);
	return public->modules;
}

static bool
any_has_gone(const GPtrArray *modules)
{
	for (unsigned i = 0; i < modules->len; i++)
		if (((const struct module *)g_ptr_array_index(modules, i))->end_ns != UINT64_MAX)
			return true;
	return false;
}

static void
inherit_modules(struct model_process *from, struct model_process *to)
{
	GPtrArray *modules = from->public ? from->public->modules : from->modules;

	if (!modules || to->public->modules->len)
		return;
	g_ptr_array_unref(to->public->modules);
	if (any_has_gone(modules)) {
		to->public->modules = modules_copy(modules);
	} else {
		to->public->modules = g_ptr_array_ref(modules);
		from->shares_modules = to->shares_modules = true;
	}
}

/* A forked child has what its parent had, but its blocks: it frees those as unknown ones. */
static void
inherit(struct model_process *process, uint32_t parent_number, uint64_t nodes)
{
	struct model_process *parent =
		g_hash_table_lookup(process->model->processes, GUINT_TO_POINTER(parent_number));

	if (!parent || parent == process || process->nodes->parent ||
		parent_number > process->public->number)
		return;
	inherit_modules(parent, process);
	if (parent->nodes && nodes > 1 && nodes <= node_table_limit(parent->nodes) &&
		!process->nodes->count) {
		node_table_unref(process->nodes);
		process->nodes = node_table_new(parent->nodes, (uint32_t)nodes);
	}
}

static void
apply_process(struct model_thread *thread, const struct record *record)
{
	const uint64_t *number = numbers(record);
	struct model_process *process = thread->process;
	struct process *public = process->public;

	if (public->exe)
		return;
	public->exe = text(record, PROCESS_EXE);
	public->arguments = split_arguments(&record->extended.string[PROCESS_ARGUMENTS]);
	public->parent_pid = (uint32_t)number[PROCESS_PARENT_PID];
	public->summary = number[PROCESS_SUMMARY] != 0;
	public->profiled = (uint32_t)number[PROCESS_PROFILED] & OPTIONS_BOTH;
	if (record->ticks < process->start_ticks)
		process->start_ticks = record->ticks;
	if (number[PROCESS_ORIGIN] == RECORD_FORK) {
		public->parent = (uint32_t)number[PROCESS_PARENT];
		process->parent_number = public->parent;
		inherit(process, public->parent, number[PROCESS_NODES]);
	}
}

/* ---- modules ---- */

static void
apply_module(struct model_thread *thread, const struct record *record)
{
	const uint64_t *number = numbers(record);
	const struct record_string *build_id = &record->extended.string[MODULE_BUILD_ID];
	struct model *model = thread->model;
	struct process *public = thread->process->public;
	struct module *module = g_new0(struct module, 1);

	module->number = (uint32_t)number[MODULE_NUMBER];
	module->bias = number[MODULE_BIAS];
	module->start = number[MODULE_START];
	module->end = number[MODULE_END];
	module->path = text(record, MODULE_PATH);
	module->build_id = g_memdup2(build_id->bytes, build_id->length);
	module->build_id_bytes = build_id->length;
	module->start_ns = record->ticks; /* converted at the end */
	module->end_ns = UINT64_MAX;
	if (model->module_found)
		module->symbols = model->module_found(model->module_context, public->pid, module);
	g_ptr_array_add(own_modules(thread->process), module);
}

static void
apply_module_gone(struct model_thread *thread, const struct record *record)
{
	GPtrArray *modules = own_modules(thread->process);

	for (unsigned i = modules->len; i-- > 0;) {
		struct module *module = g_ptr_array_index(modules, i);

		if (module->number == numbers(record)[1] && module->end_ns == UINT64_MAX) {
			module->end_ns = record->ticks;
			return;
		}
	}
}

/* ---- threads ---- */

static void
apply_thread(struct model_thread *thread, const struct record *record)
{
	struct thread *public = thread->public;

	public->tid = (uint32_t)numbers(record)[1];
	public->creator = node_of(numbers(record)[2]);
	if (record->extended.string[0].length) {
		g_free(public->name);
		public->name = text(record, 0);
	}
}

static void
apply_thread_end(struct model_thread *thread, const struct record *record)
{
	thread->ended = true;
	thread->end_ticks = record->ticks;
}

static void
apply_realloc_failed(struct model_thread *thread, const struct record *record)
{
	heap_realloc_failed(thread, numbers(record)[1]);
}

/* ---- mappings ---- */

static void
apply_map(struct model_thread *thread, const struct record *record)
{
	const uint64_t *number = numbers(record);

	thread->model->events++;
	mapping_add(thread, record->ticks, node_of(number[1]), number[2], number[3], MEMORY_MMAP);
}

static void
apply_unmap(struct model_thread *thread, const struct record *record)
{
	thread->model->events++;
	mapping_remove(thread, record->ticks, numbers(record)[1], numbers(record)[2]);
}

static void
apply_remap(struct model_thread *thread, const struct record *record)
{
	const uint64_t *number = numbers(record);

	thread->model->events++;
	mapping_remove(thread, record->ticks, number[2], number[3]);
	mapping_add(thread, record->ticks, node_of(number[1]), number[4], number[5], MEMORY_MMAP);
}

static void
apply_break(struct model_thread *thread, const struct record *record)
{
	const uint64_t *number = numbers(record);
	const uint64_t top = number[2];
	const int64_t change = varint_unzigzag(number[3]);
	const uint64_t length = change < 0 ? 0 - (uint64_t)change : (uint64_t)change;

	thread->model->events++;
	if (change < 0)
		mapping_remove(thread, record->ticks, top, length);
	else if (length <= top)
		mapping_add(thread, record->ticks, node_of(number[1]), top - length, length,
			MEMORY_BREAK);
}

/* ---- sums and losses ---- */

static void
apply_tally(struct model_thread *thread, const struct record *record)
{
	const uint64_t *number = numbers(record);
	const struct pool_tally tally = {
		.node = node_of(number[1]), .count = number[2], .bytes = number[3]};

	model_tallies(thread, &tally, 1);
}

static void
apply_lost(struct model_thread *thread, const struct record *record)
{
	const uint64_t *number = numbers(record);

	if (number[2] == RECORD_LOST_FULL)
		thread->process->lost_full += number[1];
	else if (number[2] == RECORD_LOST_NESTED)
		thread->process->lost_nested += number[1];
}

static void
apply_process_end(struct model_thread *thread, const struct record *record)
{
	model_process_leave(thread->process);
}

void
records_apply(struct model *model, struct model_thread *thread, const struct record *record)
{
	static void (*const appliers[])(struct model_thread *, const struct record *) = {
		[RECORD_PROCESS] = apply_process,
		[RECORD_MODULE] = apply_module,
		[RECORD_MODULE_GONE] = apply_module_gone,
		[RECORD_THREAD] = apply_thread,
		[RECORD_THREAD_END] = apply_thread_end,
		[RECORD_REALLOC_FAILED] = apply_realloc_failed,
		[RECORD_MAP] = apply_map,
		[RECORD_UNMAP] = apply_unmap,
		[RECORD_REMAP] = apply_remap,
		[RECORD_BREAK] = apply_break,
		[RECORD_LOST] = apply_lost,
		[RECORD_TALLY] = apply_tally,
		[RECORD_PROCESS_END] = apply_process_end,
	};
	const uint32_t type = record->extended.type;

	if (type < G_N_ELEMENTS(appliers) && appliers[type])
		appliers[type](thread, record);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Making and freeing of the structures that readers of a run see. */
#include "model.h"

static void
module_free(gpointer data)
{
	struct module *module = data;

	g_free(module->path);
	g_free(module->build_id);
	g_free(module);
}

GPtrArray *
modules_new(void)
{
	return g_ptr_array_new_with_free_func(module_free);
}

GPtrArray *
modules_copy(const GPtrArray *modules)
{
	GPtrArray *copies = modules_new();

	for (unsigned i = 0; i < modules->len; i++) {
		const struct module *module = g_ptr_array_index(modules, i);
		struct module *copy;

		if (module->end_ns != UINT64_MAX)
			continue;
		copy = g_memdup2(module, sizeof(*module));
		copy->path = g_strdup(module->path);
		copy->build_id = g_memdup2(module->build_id, module->build_id_bytes);
		g_ptr_array_add(copies, copy);
	}
	return copies;
}

static void
call_clear(gpointer data)
{
	g_free(((struct call_row *)data)->histogram);
}

static void
thread_free(gpointer data)
{
	struct thread *thread = data;

	g_free(thread->name);
	g_array_unref(thread->sites);
	g_array_unref(thread->spans);
	g_array_unref(thread->calls);
	g_array_unref(thread->samples);
	g_array_unref(thread->chart);
	g_array_unref(thread->moments);
	g_free(thread);
}

void
process_free(struct process *process)
{
	if (!process)
		return;
	g_free(process->exe);
	g_strfreev(process->arguments);
	g_ptr_array_unref(process->threads);
	g_ptr_array_unref(process->modules);
	g_array_unref(process->nodes);
	g_array_unref(process->timeline);
	named_free(process->named);
	g_free(process);
}

static void
free_process(gpointer data)
{
	process_free(data);
}

struct run *
run_new(void)
{
	struct run *run = g_new0(struct run, 1);

	run->processes = g_ptr_array_new_with_free_func(free_process);
	return run;
}

struct process *
process_new(void)
{
	struct process *process = g_new0(struct process, 1);

	process->threads = g_ptr_array_new_with_free_func(thread_free);
	process->modules = modules_new();
	process->nodes = g_array_new(FALSE, TRUE, sizeof(struct node));
	process->timeline = g_array_new(FALSE, TRUE, sizeof(struct timeline_bin));
	return process;
}

struct thread *
thread_new(void)
{
	struct thread *thread = g_new0(struct thread, 1);

	thread->sites = g_array_new(FALSE, TRUE, sizeof(struct site));
	thread->spans = g_array_new(FALSE, TRUE, sizeof(struct span));
	thread->calls = g_array_new(FALSE, TRUE, sizeof(struct call_row));
	g_array_set_clear_func(thread->calls, call_clear);
	thread->samples = g_array_new(FALSE, TRUE, sizeof(struct sample_row));
	thread->chart = g_array_new(FALSE, TRUE, sizeof(struct chart_box));
	thread->moments = g_array_new(FALSE, TRUE, sizeof(struct moment_row));
	return thread;
}

void
run_free(struct run *run)
{
	if (!run)
		return;
	g_ptr_array_unref(run->processes);
	g_free(run);
}

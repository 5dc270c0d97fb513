/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See call_modules.h. */
#include "call_modules.h"

static const struct module *
module_at(const struct process *public, guint index)
{
	return g_ptr_array_index(public->modules, index);
}

static void
add_range(struct timing_process *process, const struct module *module)
{
	const uint64_t start = process->gone_start, end = start + process->gone_bytes;

	if (module->start >= module->end)
		return;
	process->gone_start = process->gone_bytes ? MIN(start, module->start) : module->start;
	process->gone_bytes = MAX(end, module->end) - process->gone_start;
}

void
call_modules_init(struct timing_process *process)
{
	const struct process *public = process->process->public;

	for (guint i = 0; i < public->modules->len; i++)
		if (module_at(public, i)->end_ns != UINT64_MAX)
			add_range(process, module_at(public, i));
}

void
call_modules_gone(struct timing_process *process, uint64_t number)
{
	const struct process *public = process->process->public;

	for (guint i = 0; i < public->modules->len; i++)
		if (module_at(public, i)->number == number)
			add_range(process, module_at(public, i));
}

/* The latest that is there; one that has gone meanwhile is better than none. */
uint64_t
call_modules_key_slow(const struct timing_process *process, uint64_t function)
{
	const struct process *public = process->process->public;

	if (function >> CALL_MODULE_SHIFT)
		return function;
	for (guint i = MIN(public->modules->len, CALL_MODULE_MAX); i-- > 0;) {
		const struct module *module = module_at(public, i);

		if (function >= module->start && function < module->end)
			return function | (uint64_t)(i + 1) << CALL_MODULE_SHIFT;
	}
	return function;
}

uint64_t
call_modules_start_ns(const struct process *public, uint64_t key)
{
	const uint64_t number = record_pc_number(key) ? 0 : key >> CALL_MODULE_SHIFT;

	return number && number <= public->modules->len
		       ? module_at(public, (guint)number - 1)->start_ns
		       : 0;
}

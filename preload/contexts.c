/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "contexts.h"
#include <stddef.h>
#include "modules.h"
#include "paths_capture.h"
#include "session.h"
#include "tasks.h"
#include "forbid.h"

enum {
	PROBES = 32
};

struct context {
	const ucontext_t *address; /* NULL: free; compare-and-swap, then constant */
	uint64_t low, high;	   /* its stack */
	uint64_t task;
	uint32_t origin; /* node below which its stack hangs */
	uint32_t unused;
};

/* Open-addressed by the context's address. Reserved once; pages are used as contexts come. */
static struct context *table;

static bool
has_table(void)
{
	struct context *fresh, *none = NULL;

	if (load_acquire(&table))
		return true;
	fresh = session_map_wiped(CONTEXTS_MAX * sizeof(*fresh));
	if (fresh && !cas_acq_rel(&table, &none, fresh))
		system_unmap(fresh, CONTEXTS_MAX * sizeof(*fresh));
	return fresh || load_acquire(&table);
}

/* The place of a context: its own, or with `make` a free one. NULL: there is none. */
static struct context *
find(const ucontext_t *address, bool make)
{
	const uint64_t start = ((uint64_t)address >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 40;

	if (!load_acquire(&table))
		return NULL;
	for (uint64_t i = 0; i < PROBES; i++) {
		struct context *context = &table[(start + i) % CONTEXTS_MAX];
		const ucontext_t *none = NULL;

		/* Acquire: pairs with the compare-and-swap of its maker. */
		if (load_acquire(&context->address) == address)
			return context;
		if (!load_acquire(&context->address))
			return make && cas_acq_rel(&context->address, &none, address) ? context
										      : NULL;
	}
	return NULL;
}

/* ---- making ---- */

void
contexts_made(struct thread *thread, struct frame frame, const ucontext_t *made, uint64_t function)
{
	struct tree_cache *cache = &thread->unwinder.cache;
	struct writer *writer = &thread->writer;
	struct context *context = has_table() ? find(made, true) : NULL;

	if (!context)
		return;
	/* One that is made anew was the last one's end, if it has not been seen to end. */
	tasks_finish(thread, context->task);
	const uint32_t node =
		tree_child(cache, writer, paths_capture(thread, frame, false), RECORD_PC_COROUTINE);

	modules_announce(writer);
	context->low = (uint64_t)made->uc_stack.ss_sp;
	context->high = context->low + made->uc_stack.ss_size;
	context->origin = session.pool->options.origins ? node : TREE_ROOT;
	context->task = tasks_new_unnamed(
		thread, tree_child(cache, writer, node, function | RECORD_PC_EXACT));
}

/* ---- switching ---- */

/* A stack that is left for good leaves by uc_link, which nobody sees. */
static void
leave(struct thread *thread, struct frame frame)
{
	const struct context *context = thread->context;

	if (!context)
		return;
	if (frame.sp >= context->low && frame.sp < context->high)
		tasks_pause(thread, context->task);
	else
		tasks_finish(thread, context->task);
	thread->context = NULL;
}

void
contexts_switch(struct thread *thread, struct frame frame, const ucontext_t *to)
{
	const struct context *context = find(to, false);

	leave(thread, frame);
	if (context) {
		tasks_continue(thread, context->task);
		thread->context = context;
	}
	/* What is remembered of a stack that lay where this one does had another origin. */
	if (session.pool->options.origins)
		unwind_set_origin(
			&thread->unwinder, context ? context->origin : thread->unwinder.home);
}

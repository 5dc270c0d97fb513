/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "paths.h"
#include <stddef.h>
#include "call_stacks.h"
#include "sections.h"
#include "session.h"
#include "forbid.h"

/* What a path depends on, beside its frames. */
struct surroundings {
	const struct paths_task *task; /* NULL: none */
	const struct section *sections;
	uint32_t section_count;
	bool elsewhere; /* the task was resumed on another stack */
};

/* Where a stack begins in the tree: what is above is not its own. */
static bool
is_origin(uint32_t node)
{
	const uint64_t pc = tree.nodes[node].pc;

	return node == TREE_ROOT || pc == RECORD_PC_THREAD || pc == RECORD_PC_COROUTINE;
}

static struct calls_stack *
stack_of(struct thread *thread)
{
	const uint64_t base = call_stacks_base(thread);
	struct calls_stack *stack = thread->calls.stack;

	return stack && stack->base == base ? stack : call_stacks_find(base);
}

static uint64_t
context_of(const struct surroundings *around)
{
	uint64_t context = 0;

	if (around->section_count)
		context = around->sections[around->section_count - 1].context;
	if (around->task)
		context = paths_mix(
			context, (uint64_t)around->task->node << 32 |
					 (around->elsewhere ? UINT32_MAX : around->task->depth));
	return context;
}

/*
 * Walks from `node` outwards to what is as it was; leaves the nodes passed in `chain`, innermost
 * first. The last one is the first that hangs elsewhere or has a section in it.
 */
static uint32_t
walk(const struct surroundings *around, uint32_t node, uint32_t *chain)
{
	uint32_t first = around->section_count ? around->sections[0].depth : UINT32_MAX;
	uint32_t count = 0;

	if (around->task)
		first = around->elsewhere ? 0 : around->task->depth;
	do {
		chain[count++] = node;
		node = tree.nodes[node].parent;
	} while (count < UNWIND_FRAMES_MAX && !is_origin(node) && tree.nodes[node].depth >= first);
	return count;
}

/* The path of a frame's node, with the sections that are open in it. */
static uint32_t
add_sections(struct thread *thread, const struct surroundings *around, uint32_t *at, uint32_t frame,
	uint32_t node)
{
	const uint32_t depth = tree.nodes[frame].depth, parent = tree.nodes[frame].parent;

	while (*at < around->section_count && around->sections[*at].depth < depth)
		++*at;
	for (; *at < around->section_count && around->sections[*at].depth == depth; ++*at)
		if (around->sections[*at].parent == parent)
			node = tree_child(&thread->unwinder.cache, &thread->writer, node,
				around->sections[*at].function);
	return node;
}

static uint32_t
rebuild(struct thread *thread, const struct surroundings *around, uint32_t node)
{
	uint32_t *chain = thread->paths.chain, at = 0;
	uint32_t count = walk(around, node, chain);
	uint32_t path = around->task ? around->task->node : tree.nodes[chain[count - 1]].parent;

	while (count-- > 0) {
		path = tree_child(&thread->unwinder.cache, &thread->writer, path,
			tree.nodes[chain[count]].pc);
		path = add_sections(thread, around, &at, chain[count], path);
	}
	return path;
}

static bool
has_room(struct paths *paths)
{
	if (!paths->chain)
		paths->chain = session_map_wiped(UNWIND_FRAMES_MAX * sizeof(*paths->chain));
	return paths->chain;
}

__attribute__((noinline)) uint32_t
paths_translate(struct thread *thread, uint32_t node, uint64_t sp)
{
	struct paths *paths = &thread->paths;
	struct calls_stack *stack = stack_of(thread);
	struct surroundings around = {.task = NULL};

	if (stack && stack->section_count) {
		sections_drop(thread, stack, sp);
		around.sections = stack->sections;
		around.section_count = stack->section_count;
	}
	if (unlikely(paths->task_count)) {
		around.task = &paths->tasks[paths->task_count - 1];
		around.elsewhere = around.task->base != call_stacks_base(thread);
	}
	if (!around.section_count && !around.task)
		return node;

	const uint64_t context = context_of(&around);
	struct paths_cached *cached =
		&paths->cached[(node ^ (uint32_t)(context >> 40)) % PATHS_CACHED];

	if (likely(cached->node == node && cached->context == context))
		return cached->result;
	if (!has_room(paths))
		return node;
	const uint32_t result = rebuild(thread, &around, node);

	*cached = (struct paths_cached){context, node, result};
	return result;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "call_stacks.h"
#include "call_limits.h"
#include <stddef.h>
#include <string.h>
#include "session.h"
#include "forbid.h"

enum {
	STACK_LISTS = 256
};

/* By base; only added to (release, pairs with acquire). */
static struct calls_stack *stacks[STACK_LISTS];
static uint32_t stack_count;

void
call_stacks_forget(void)
{
	memset(stacks, 0, sizeof(stacks));
	stack_count = 0;
}

static struct calls_stack **
list_of(uint64_t base)
{
	return &stacks[(base >> 4 ^ base >> 12) % STACK_LISTS];
}

static struct calls_stack *
make_stack(uint64_t base)
{
	struct calls_stack *stack =
		session_map_wiped(sizeof(*stack) + CALLS_DEPTH_FIRST * sizeof(struct calls_entry));

	if (!stack)
		return NULL;
	stack->base = base;
	stack->number = add_relaxed(&stack_count, 1) + 1;
	stack->capacity = CALLS_DEPTH_FIRST;
	stack->entries = (struct calls_entry *)(stack + 1);
	call_limits_init(stack);
	stack->next = load_acquire(list_of(base));
	while (!cas_acq_rel(list_of(base), &stack->next, stack))
		;
	return stack;
}

uint32_t
call_stacks_count(void)
{
	return load_relaxed(&stack_count);
}

static struct calls_stack *
first_from(uint32_t list)
{
	for (; list < STACK_LISTS; list++) {
		struct calls_stack *first = load_acquire(&stacks[list]);

		if (first)
			return first;
	}
	return NULL;
}

struct calls_stack *
call_stacks_first(void)
{
	return first_from(0);
}

struct calls_stack *
call_stacks_next(const struct calls_stack *stack)
{
	return stack->next ? stack->next
			   : first_from((uint32_t)(list_of(stack->base) - stacks) + 1);
}

struct calls_stack *
call_stacks_find(uint64_t base)
{
	for (struct calls_stack *s = load_acquire(list_of(base)); s; s = s->next)
		if (s->base == base)
			return s;
	return NULL;
}

struct calls_stack *
call_stacks_get(uint64_t base)
{
	struct calls_stack *stack = call_stacks_find(base);

	return stack ? stack : make_stack(base);
}

__attribute__((noinline)) bool
call_stacks_grow(struct calls_stack *stack)
{
	const uint32_t capacity = stack->capacity * 2;
	struct calls_entry *entries = NULL;

	if (capacity <= CALLS_DEPTH_MAX)
		entries = session_map_wiped((size_t)capacity * sizeof(*entries));
	if (!entries)
		return false;
	memcpy(entries, stack->entries, stack->capacity * sizeof(*entries));
	if (stack->capacity > CALLS_DEPTH_FIRST)
		system_unmap(stack->entries, stack->capacity * sizeof(*entries));
	stack->entries = entries;
	stack->capacity = capacity;
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See tiny.h. Compiled without frame pointers, as most programs are. */
#include "tiny.h"
#include "calls.h"

typedef void hook(void *function, void *call_site);

/* A program reaches the hooks through its linkage table: a jump to where a variable says. */
static hook *volatile enter_hook = calls_enter_calibrated, *volatile leave_hook =
								   calls_exit_calibrated;

static __attribute__((noinline)) void
linked_enter(void *function, void *call_site)
{
	enter_hook(function, call_site);
}

static __attribute__((noinline)) void
linked_exit(void *function, void *call_site)
{
	leave_hook(function, call_site);
}

/* A function that returns nothing jumps to its exit hook, */
static __attribute__((noinline)) void
jumping(void)
{
	linked_enter((void *)&jumping, __builtin_return_address(0));
	__asm__ volatile("");
	linked_exit((void *)&jumping, __builtin_return_address(0));
}

/* and others call it, as all do where nothing is optimised. */
static __attribute__((noinline)) void
calling(void)
{
	linked_enter((void *)&calling, __builtin_return_address(0));
	__asm__ volatile("");
	linked_exit((void *)&calling, __builtin_return_address(0));
	__asm__ volatile("");
}

/* gcc reads its return address twice, and clang keeps it. */
static __attribute__((noinline)) void
jumping_keeping(void)
{
	void *call_site = __builtin_return_address(0);

	__asm__ volatile("" : "+r"(call_site));
	linked_enter((void *)&jumping_keeping, call_site);
	__asm__ volatile("");
	linked_exit((void *)&jumping_keeping, call_site);
}

static __attribute__((noinline)) void
calling_keeping(void)
{
	void *call_site = __builtin_return_address(0);

	__asm__ volatile("" : "+r"(call_site));
	linked_enter((void *)&calling_keeping, call_site);
	__asm__ volatile("");
	linked_exit((void *)&calling_keeping, call_site);
	__asm__ volatile("");
}

tiny *const tiny_traced[2][TINY_TURNS] = {
	[false] = {calling, calling_keeping},
	[true] = {jumping, jumping_keeping},
};

__attribute__((noinline)) void
tiny_plain(void)
{
	__asm__ volatile("");
}

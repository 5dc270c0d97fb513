/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Stacks beside memory that goes away. Nobody but the program knows where these stacks end: they
 * are made of its own mappings, entered by its own assembly, and lie in one mapping with others.
 *
 *	region   +----------------+----------------+
 *		 |     lower      |     upper      |     the upper half goes, in several ways
 *		 +----------------+----------------+
 *
 * In each case something happens (blocks, traced calls, time that is sampled) on a stack of the
 * region while all is there, and on one of what is left. `gone CASE WAY`.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "traced.h"

enum {
	HALF_BYTES = 256 << 10,
	EVENT_MS = 9, /* more than two ticks of the kernel's timer */
	STORM_MS = 400,
	NO_CODE = 1, /* a return address that is none */
};

#define ANYWHERE MAP_PRIVATE | MAP_ANONYMOUS

static char *region, *upper;

/* ---- what happens on a stack ---- */

static volatile unsigned sink;
static unsigned event_ms = EVENT_MS;

KEEP static void
leaf(void)
{
	sink++;
	END;
}

UNTRACED static uint64_t
now_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

KEEP static void
events(void)
{
	const uint64_t start = now_ms(CLOCK_THREAD_CPUTIME_ID);

	do {
		for (unsigned i = 0; i < 50; i++) {
			void *block = malloc(i + 1);

			__asm__ volatile("" : "+r"(block) : : "memory");
			free(block);
			leaf();
		}
		for (unsigned i = 0; event_ms && i < 20000; i++)
			sink++;
	} while (now_ms(CLOCK_THREAD_CPUTIME_ID) - start < event_ms);
	END;
}

/* ---- stacks made by hand ---- */

/* Without tables, as the switches of coroutine libraries mostly are. */
void switch_stacks(void **save, void *load);
__asm__(".text\n.globl switch_stacks\n.type switch_stacks, @function\nswitch_stacks:\n"
	"push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
	"mov %rsp, (%rdi)\nmov %rsi, %rsp\n"
	"pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\nret\n"
	".size switch_stacks, . - switch_stacks\n");

/* Of the thread: who resumed, and what it resumed. */
static __thread void *resumer, *resumed;

UNTRACED KEEP static void
yield(void)
{
	switch_stacks(&resumed, resumer);
	END;
}

static void
body(void)
{
	for (;;) {
		events();
		yield();
	}
}

/* Room above the first frame, where what led to it would be. */
enum {
	ABOVE_WORDS = 8
};

/* A stack that ends at `top`: `word` is where body() would return to, `bp` what it finds. */
UNTRACED static void *
make_stack(char *top, uint64_t word, uint64_t bp)
{
	uint64_t *sp = (uint64_t *)top - ABOVE_WORDS;

	*--sp = word;
	*--sp = (uint64_t)body;
	*--sp = bp;
	sp -= 5;
	return sp;
}

UNTRACED KEEP static void
resume(void *stack)
{
	resumed = stack;
	switch_stacks(&resumer, resumed);
	END;
}

/* A chain of frame pointers all through [at, end). Returns where it begins. */
UNTRACED static uint64_t
make_chain(char *at, char *end)
{
	enum {
		FRAME_WORDS = 16
	};
	const uint64_t first = (uint64_t)at;

	for (; at + 2 * FRAME_WORDS * 8 < end; at += FRAME_WORDS * 8) {
		((uint64_t *)at)[0] = (uint64_t)at + FRAME_WORDS * 8;
		((uint64_t *)at)[1] = NO_CODE;
	}
	return first;
}

/* ---- ways to go ---- */

UNTRACED static void
by_unmap(void)
{
	munmap(upper, HALF_BYTES);
}

/* No hook sees that one; nor what an allocator that is linked in, or libc, does. */
UNTRACED static void
by_call(void)
{
	syscall(SYS_munmap, upper, HALF_BYTES);
}

UNTRACED static void
by_protection(void)
{
	mprotect(upper, HALF_BYTES, PROT_NONE);
}

UNTRACED static void
by_guard(void)
{
	mprotect(upper, 4096, PROT_NONE);
}

UNTRACED static void
by_move(void)
{
	char *to = mmap(NULL, HALF_BYTES, PROT_NONE, ANYWHERE, -1, 0);

	if (mremap(upper, HALF_BYTES, HALF_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		abort();
}

UNTRACED static void
by_map(void)
{
	mmap(upper, HALF_BYTES, PROT_NONE, ANYWHERE | MAP_FIXED, -1, 0);
}

/* What is left is mapped anew, where it was. */
UNTRACED static void
by_less(void)
{
	munmap(region, 2 * HALF_BYTES);
	if (mmap(region, HALF_BYTES, PROT_READ | PROT_WRITE, ANYWHERE | MAP_FIXED_NOREPLACE, -1,
		    0) != region)
		abort();
}

static const struct way {
	const char *name;
	void (*go)(void);
} ways[] =
	{
		{"unmap", by_unmap},
		{"call", by_call},
		{"protection", by_protection},
		{"guard", by_guard},
		{"move", by_move},
		{"map", by_map},
		{"less", by_less},
},
  *way;

/* ---- cases ---- */

/* The stack's first frame leads on by frame pointers into what goes. */
static void
chain(void)
{
	void *stack = make_stack(upper, NO_CODE, make_chain(upper, upper + HALF_BYTES));

	resume(stack);
	stack = resumed;
	way->go();
	/* In the last case the stack is another one. */
	if (way->go == by_less)
		stack = make_stack(upper, NO_CODE, (uint64_t)upper);
	resume(stack);
	resume(resumed);
}

static uint64_t stale;

UNTRACED KEEP static void
note_caller(void)
{
	stale = (uint64_t)__builtin_return_address(0);
	END;
}

UNTRACED KEEP static void
large_frame(void)
{
	volatile char bytes[20000];

	bytes[0] = 1;
	note_caller();
	bytes[sizeof(bytes) - 1] = bytes[0];
}

/* What is left in the return address of the first frame is code, with tables that lead there. */
static void
leftover(void)
{
	large_frame();
	void *stack = make_stack(upper, stale, (uint64_t)upper + 4000);

	resume(stack);
	stack = resumed;
	way->go();
	if (way->go == by_less)
		stack = make_stack(upper, stale, (uint64_t)upper + 4000);
	resume(stack);
}

/* A stack that went is what was looked at last; one below it is next. */
static void
neighbour(void)
{
	resume(make_stack(upper + HALF_BYTES, 0, 0));
	way->go();
	resume(make_stack(upper, 0, 0));
	resume(resumed);
}

/* ... and the thread's own is. */
static void
ended(void)
{
	for (unsigned i = 0; i < 3; i++) {
		resume(make_stack(upper + HALF_BYTES, 0, 0));
		way->go();
		events();
		if (mmap(upper, HALF_BYTES, PROT_READ | PROT_WRITE, ANYWHERE | MAP_FIXED, -1, 0) !=
			upper)
			abort();
	}
}

UNTRACED static void *
run(void *function)
{
	((void (*)(void))function)();
	return NULL;
}

UNTRACED static void
on_thread(void *stack, size_t bytes, void (*function)(void))
{
	pthread_t thread;
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	if (stack)
		pthread_attr_setstack(&attributes, stack, bytes);
	if (pthread_create(&thread, &attributes, run, (void *)function))
		abort();
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
}

/* Its stack lies below the region: that was mapped first. */
static void
ended_in_thread(void)
{
	on_thread(NULL, 0, ended);
}

static void
on_lower(void)
{
	events();
	resume(make_stack(upper, NO_CODE, (uint64_t)upper));
}

/* A thread's stack goes with the thread; the next thread, later, has what was known of it. */
static void
thread_stack(void)
{
	on_thread(upper, HALF_BYTES, on_lower);
	way->go();
	for (unsigned i = 0; i < 3; i++)
		on_thread(NULL, 0, on_lower);
}

UNTRACED static void
on_signal(int signal)
{
	events();
}

/* A stack for signals, in which there is another one when the upper half is no more. */
static void
signal_stack(void)
{
	stack_t stack = {.ss_sp = region, .ss_size = 2 * HALF_BYTES};
	const stack_t none = {.ss_flags = SS_DISABLE};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

	sigaction(SIGUSR1, &action, NULL);
	sigaltstack(&stack, NULL);
	raise(SIGUSR1);
	events();
	sigaltstack(&none, NULL);
	way->go();
	events();
	resume(make_stack(upper, NO_CODE, (uint64_t)upper));
	stack.ss_size = HALF_BYTES;
	sigaltstack(&stack, NULL);
	raise(SIGUSR1);
	sigaltstack(&none, NULL);
}

UNTRACED static int
cloned(void *unused)
{
	events();
	return 0;
}

/* A thread that libc does not know; it has its maker's thread-local memory, which waits. */
UNTRACED static void
clone_on(char *top)
{
	pid_t alive = 1;

	if (clone(cloned, top,
		    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			    CLONE_SYSVSEM | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID,
		    NULL, &alive, NULL, &alive) < 0)
		abort();
	while (__atomic_load_n(&alive, __ATOMIC_ACQUIRE))
		sched_yield();
}

static void
raw_thread(void)
{
	clone_on(upper + HALF_BYTES);
	way->go();
	events();
	clone_on(upper);
	events();
}

/* ---- while another thread has it go and come ---- */

static bool storm_over;

UNTRACED static void *
go_and_come(void *unused)
{
	const bool leaves_hole = way->go == by_unmap || way->go == by_call || way->go == by_move;
	/* The hole may have become somebody else's, whose memory is not to be mapped over. */
	const int how = leaves_hole ? MAP_FIXED_NOREPLACE : MAP_FIXED;

	while (!__atomic_load_n(&storm_over, __ATOMIC_ACQUIRE)) {
		make_chain(upper, upper + 8192);
		way->go();
		if (mmap(upper, HALF_BYTES, PROT_READ | PROT_WRITE, ANYWHERE | how, -1, 0) != upper)
			break;
	}
	return NULL;
}

static void
storm(void)
{
	const uint64_t start = now_ms(CLOCK_MONOTONIC);
	void *stack = make_stack(upper, NO_CODE, make_chain(upper, upper + 8192));
	pthread_t thread;

	if (way->go == by_less || pthread_create(&thread, NULL, go_and_come, NULL))
		return;
	event_ms = 0;
	while (now_ms(CLOCK_MONOTONIC) - start < STORM_MS) {
		resume(stack);
		stack = resumed;
	}
	__atomic_store_n(&storm_over, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
}

UNTRACED int
main(int count, char **arguments)
{
	static const struct traced_case cases[] = {
		{"chain", chain},
		{"leftover", leftover},
		{"neighbour", neighbour},
		{"ended", ended},
		{"ended_in_thread", ended_in_thread},
		{"thread_stack", thread_stack},
		{"signal_stack", signal_stack},
		{"raw_thread", raw_thread},
		{"storm", storm},
		{NULL, NULL},
	};

	if (count != 3)
		return 2;
	for (way = ways; strcmp(way->name, arguments[2]);)
		if (++way == ways + sizeof(ways) / sizeof(*ways))
			return 2;
	region = mmap(NULL, 2 * HALF_BYTES, PROT_READ | PROT_WRITE, ANYWHERE, -1, 0);
	upper = region + HALF_BYTES;
	return run_traced(cases, arguments);
}

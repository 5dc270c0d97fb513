/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Stacks that are deep, many, switched, or made by hand. */
#include "sites.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

SITE(bottom)
SITE(coroutine)
SITE(by_hand)
SITE(generated)
SITE(main_stack)

enum {
	COROUTINES = 100,
	ROUNDS = 20,
	STACK_BYTES = 65536
};

static void *
map_stack(void)
{
	return mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* ---- depth ---- */

__attribute__((noinline, noclone)) static int
descend(unsigned depth)
{
	int result;

	if (!depth) {
		site_bottom(100, 10);
		return 0;
	}
	result = descend(depth - 1) + 1;
	__asm__ volatile("" : "+r"(result));
	return result;
}

static int
deep(char **arguments)
{
	const unsigned depth = (unsigned)strtoul(arguments[0], NULL, 10);

	for (int i = 0; i < 3; i++)
		printf("%d\n", descend(depth));
	return 0;
}

/* A thousand depths, one after the other: what is remembered of a stack is used again. */
static int
stairs(char **arguments)
{
	for (unsigned i = 0; i < 1000; i++)
		descend(i * 37 % 1000);
	return 0;
}

/* ---- contexts ---- */

static ucontext_t scheduler, coroutines[COROUTINES];
static unsigned running;

__attribute__((noinline, noclone)) static void
yield_deep(unsigned depth)
{
	if (depth)
		yield_deep(depth - 1);
	else
		swapcontext(&coroutines[running], &scheduler);
	__asm__ volatile("" : : : "memory");
}

static void
run_coroutine(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		site_coroutine(3, 16);
		churn_coroutine(3, 16);
		yield_deep(i % 7);
	}
}

static int
contexts(char **arguments)
{
	for (unsigned i = 0; i < COROUTINES; i++) {
		getcontext(&coroutines[i]);
		coroutines[i].uc_stack.ss_sp = map_stack();
		coroutines[i].uc_stack.ss_size = STACK_BYTES;
		coroutines[i].uc_link = &scheduler;
		makecontext(&coroutines[i], run_coroutine, 0);
	}
	for (unsigned round = 0; round <= ROUNDS; round++) {
		for (running = 0; running < COROUTINES; running++)
			swapcontext(&scheduler, &coroutines[running]);
		site_main_stack(5, 8);
	}
	puts("done");
	return 0;
}

/* ---- by hand ---- */

static void
on_own_stack(void)
{
	site_by_hand(10, 12);
}

/* Without unwind information of the switch: the stack ends where it was entered, if it must. */
static void
call_on(char *top, void (*function)(void))
{
#if defined(__x86_64__)
	__asm__ volatile("movq %%rsp, %%rbx\n\t"
			 "movq %0, %%rsp\n\t"
			 "call *%1\n\t"
			 "movq %%rbx, %%rsp"
			 :
			 : "r"(top), "r"(function)
			 : "rbx", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
			 "memory", "cc");
#else
	function();
#endif
}

static int
by_hand(char **arguments)
{
	char *stack = map_stack();

	for (unsigned i = 0; i < 50; i++) {
		call_on(stack + STACK_BYTES, on_own_stack);
		call_on(stack + STACK_BYTES / 2, on_own_stack);
		site_main_stack(1, 8);
	}
	puts("done");
	return 0;
}

/* ---- code made at run time ---- */

static void
in_generated(void)
{
	site_generated(10, 12);
}

/* Keeps a frame pointer and has no tables, as most generated code. */
static const unsigned char call_rdi[] = {
	0x55,		  /* push %rbp */
	0x48, 0x89, 0xe5, /* mov %rsp, %rbp */
	0xff, 0xd7,	  /* call *%rdi */
	0x5d,		  /* pop %rbp */
	0xc3,		  /* ret */
};

/* Names the first of two pieces of code in the map that perf reads, and not the second. */
static void
write_map(const char *code)
{
	char path[64];
	FILE *map;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	map = fopen(path, "w");
	fprintf(map, "%lx %zx generated code: first\n", (unsigned long)code, sizeof(call_rdi));
	fclose(map);
}

static int
generated(char **arguments)
{
	char *code = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(code, call_rdi, sizeof(call_rdi));
	memcpy(code + 1024, call_rdi, sizeof(call_rdi));
	write_map(code);
	((void (*)(void (*)(void)))(void *)code)(in_generated);
	((void (*)(void (*)(void)))(void *)(code + 1024))(in_generated);
	puts("done");
	return 0;
}

int
main(int count, char **arguments)
{
	static const struct test_case cases[] = {
		{"generated", generated},
		{"deep", deep},
		{"stairs", stairs},
		{"contexts", contexts},
		{"by_hand", by_hand},
		{NULL, NULL},
	};

	return run_case(cases, arguments);
}

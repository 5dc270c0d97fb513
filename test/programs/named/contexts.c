/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * swapcontext coroutines without a mark in the source: each runs three steps in turn with the
 * others, and allocates in each; half of them end by uc_link, half by setcontext.
 */
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#define KEEP __attribute__((noinline))

enum {
	COROUTINES = 4,
	STEPS = 3,
	STACK_BYTES = 65536
};

static ucontext_t scheduler, coroutines[COROUTINES];
static int running, ended[COROUTINES];

KEEP static void
spend(size_t bytes)
{
	void *block = malloc(bytes);

	__asm__ volatile("" : "+r"(block));
	free(block);
}

KEEP static void
step(int number)
{
	spend((size_t)number + 1);
	swapcontext(&coroutines[number], &scheduler);
	__asm__ volatile("");
}

static void
body(int number, int a, int b, int c, int d, int e, int f, int g)
{
	if (a + b + c + d + e + f + g != 28)
		abort();
	for (int i = 0; i < STEPS; i++)
		step(number);
	ended[number] = 1;
	if (number % 2)
		setcontext(&scheduler);
}

KEEP static void
make(int number)
{
	ucontext_t *context = &coroutines[number];

	getcontext(context);
	context->uc_stack.ss_sp = malloc(STACK_BYTES);
	context->uc_stack.ss_size = STACK_BYTES;
	context->uc_link = &scheduler;
	makecontext(context, (void (*)(void))body, 8, number, 1, 2, 3, 4, 5, 6, 7);
	__asm__ volatile("");
}

int
main(void)
{
	int left = COROUTINES;

	for (int i = 0; i < COROUTINES; i++)
		make(i);
	while (left)
		for (running = 0; running < COROUTINES; running++) {
			if (ended[running])
				continue;
			swapcontext(&scheduler, &coroutines[running]);
			left -= ended[running];
		}
	puts("done");
	return 0;
}

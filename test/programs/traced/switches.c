/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Many stacks: contexts, stacks made by hand, threads, processes and libraries. */
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include "traced.h"

enum {
	COROUTINES = 50,
	ROUNDS = 10,
	SMALL_BYTES = 4096,
	STACK_BYTES = 32768,
};

static volatile int sink;

KEEP static void
leaf(void)
{
	sink++;
	END;
}

/* ---- contexts ---- */

static __thread ucontext_t *scheduler;
static ucontext_t coroutines[COROUTINES];
static __thread int running;

/* Not inlined: thread-local addresses must not be kept across a switch. */
UNTRACED KEEP static void
yield(void)
{
	swapcontext(&coroutines[running], scheduler);
	END;
}

UNTRACED KEEP static void
resume(int number)
{
	ucontext_t here;

	running = number;
	scheduler = &here;
	swapcontext(&here, &coroutines[number]);
	END;
}

KEEP static void
step(void)
{
	leaf();
	yield();
	leaf();
}

static void
body(void)
{
	for (int i = 0; i < ROUNDS; i++)
		step();
	/* The one that resumed it last may be another than the one that made it. */
	setcontext(scheduler);
}

UNTRACED static void
make_coroutine(int number, void *stack, size_t bytes)
{
	ucontext_t *context = &coroutines[number];

	getcontext(context);
	context->uc_stack.ss_sp = stack;
	context->uc_stack.ss_size = bytes;
	context->uc_link = NULL;
	makecontext(context, body, 0);
}

UNTRACED static char *
map_stacks(size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

KEEP static void
run_round(void)
{
	for (int i = 0; i < COROUTINES; i++)
		resume(i);
	leaf();
}

KEEP static void
run_rounds(void)
{
	for (int round = 0; round <= ROUNDS; round++)
		run_round();
}

static void
contexts_malloc(void)
{
	for (int i = 0; i < COROUTINES; i++)
		make_coroutine(i, malloc(STACK_BYTES), STACK_BYTES);
	run_rounds();
}

static void
contexts_mmap(void)
{
	for (int i = 0; i < COROUTINES; i++)
		make_coroutine(i, map_stacks(STACK_BYTES), STACK_BYTES);
	run_rounds();
}

/* Neighbours, each hardly larger than what is used of it. */
static void
contexts_small(void)
{
	char *stacks = map_stacks(COROUTINES * (size_t)SMALL_BYTES);

	for (int i = 0; i < COROUTINES; i++)
		make_coroutine(i, stacks + i * SMALL_BYTES, SMALL_BYTES);
	run_rounds();
}

/* Never finished, and their memory used again. */
static void
contexts_abandoned(void)
{
	char *stack = map_stacks(STACK_BYTES);

	for (int i = 0; i < 500; i++) {
		make_coroutine(0, stack, STACK_BYTES);
		resume(0);
		leaf();
	}
}

KEEP static void *
run_in_thread(void *argument)
{
	run_round();
	return NULL;
}

UNTRACED static void *
resume_in_thread(void *argument)
{
	resume(0);
	return NULL;
}

/* Each round is another thread's. */
static void
contexts_migrating(void)
{
	for (int i = 0; i < COROUTINES; i++)
		make_coroutine(i, malloc(STACK_BYTES), STACK_BYTES);
	for (int round = 0; round <= ROUNDS; round++) {
		pthread_t thread;

		pthread_create(&thread, NULL, run_in_thread, NULL);
		pthread_join(thread, NULL);
	}
}

KEEP static void
pausing(void)
{
	leaf();
	yield();
	END;
}

static void
pausing_body(void)
{
	pausing();
	setcontext(scheduler);
}

/* Of the thread that it goes on in nothing is traced but its end. */
static void
contexts_ending_elsewhere(void)
{
	pthread_t thread;

	make_coroutine(0, malloc(STACK_BYTES), STACK_BYTES);
	makecontext(&coroutines[0], pausing_body, 0);
	for (int i = 0; i < 2; i++) {
		pthread_create(&thread, NULL, resume_in_thread, NULL);
		pthread_join(thread, NULL);
	}
}

/* ---- by hand ---- */

KEEP static void
by_hand_inner(void)
{
	leaf();
	leaf();
}

static void
on_own_stack(void)
{
	by_hand_inner();
	END;
}

UNTRACED KEEP static void
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

static void
by_hand(void)
{
	char *stack = map_stacks(2 * (size_t)STACK_BYTES);

	for (int i = 0; i < 100; i++) {
		call_on(stack + 2 * STACK_BYTES, on_own_stack);
		call_on(stack + STACK_BYTES, on_own_stack);
		leaf();
	}
}

/* ---- threads ---- */

static sem_t waiting;

KEEP static void
clean_up(void *argument)
{
	leaf();
}

KEEP static void
end_thread(int how)
{
	leaf();
	if (how == 0)
		pthread_exit(NULL);
	sem_post(&waiting);
	for (;;)
		pause();
}

KEEP static void *
work(void *argument)
{
	const int how = (int)(intptr_t)argument;

	for (int i = 0; i < 100; i++)
		leaf();
	if (how < 2) {
		pthread_cleanup_push(clean_up, NULL);
		end_thread(how);
		pthread_cleanup_pop(0);
	}
	return NULL;
}

KEEP static void
run_threads(int how)
{
	enum {
		THREADS = 10
	};
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)(intptr_t)how);
	if (how == 1) {
		for (int i = 0; i < THREADS; i++)
			sem_wait(&waiting);
		for (int i = 0; i < THREADS; i++)
			pthread_cancel(threads[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void
threads_exiting(void)
{
	run_threads(0);
}

static void
threads_cancelled(void)
{
	run_threads(1);
}

static void
threads(void)
{
	run_threads(2);
}

/* ---- processes and libraries ---- */

KEEP static void
in_child(void)
{
	leaf();
}

KEEP static void
forking(void)
{
	const pid_t child = fork();

	if (!child) {
		in_child();
		return;
	}
	waitpid(child, NULL, 0);
	leaf();
}

static void
forks(void)
{
	const pid_t me = getpid();

	for (int i = 0; i < 5; i++) {
		forking();
		if (getpid() != me)
			_exit(0);
	}
}

static void
libraries(void)
{
	for (int i = 0; i < 10; i++) {
		void *library = dlopen(getenv("TRACED_LIBRARY"), RTLD_NOW);
		void (*visit)(void (*)(void)) =
			library ? (void (*)(void (*)(void)))dlsym(library, "visit") : NULL;

		if (!visit)
			exit(3);
		visit(leaf);
		dlclose(library);
		leaf();
	}
}

int
main(int count, char **arguments)
{
	static const struct traced_case cases[] = {
		{"contexts_malloc", contexts_malloc},
		{"contexts_mmap", contexts_mmap},
		{"contexts_small", contexts_small},
		{"contexts_abandoned", contexts_abandoned},
		{"contexts_migrating", contexts_migrating},
		{"contexts_ending_elsewhere", contexts_ending_elsewhere},
		{"by_hand", by_hand},
		{"threads", threads},
		{"threads_exiting", threads_exiting},
		{"threads_cancelled", threads_cancelled},
		{"forks", forks},
		{"libraries", libraries},
		{NULL, NULL},
	};

	return run_traced(cases, arguments);
}

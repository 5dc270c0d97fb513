/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * makecontext, swapcontext and setcontext: coroutines are made and switched to.
 *
 * The real swapcontext saves a state inside the hook: it stays on the stack that is left, and goes
 * on from there when that is returned to, perhaps in another thread. So it holds nothing.
 */
#include <ucontext.h>
#include "contexts.h"
#include "loader.h"
#include "session.h"

#define EXPORT __attribute__((visibility("default")))

static void *
real_code(void **code, const char *symbol)
{
	if (!load_acquire(code))
		store_release(code, loader_find_next(symbol));
	return *code;
}

static __attribute__((noinline)) void
note_switch(struct frame frame, const ucontext_t *to)
{
	struct thread *thread =
		load_acquire(&session.phase) == SESSION_ON ? thread_enter(frame) : NULL;

	if (!thread)
		return;
	contexts_switch(thread, frame, to);
	thread_leave(thread);
}

EXPORT int
swapcontext(ucontext_t *from, const ucontext_t *to)
{
	static void *code;
	int (*real)(ucontext_t *, const ucontext_t *);

	note_switch(arch_caller(), to);
	*(void **)&real = real_code(&code, "swapcontext");
	return real(from, to);
}

EXPORT int
setcontext(const ucontext_t *to)
{
	static void *code;
	int (*real)(const ucontext_t *);

	note_switch(arch_caller(), to);
	*(void **)&real = real_code(&code, "setcontext");
	return real(to);
}

#if defined(__x86_64__)

/* The real makecontext, for the code below. */
__attribute__((visibility("hidden"))) void *context_make;

void context_made(const ucontext_t *context, void (*function)(void), const uint64_t *frame);

/* `frame` holds what the caller's frame pointer and the return address are. */
__attribute__((visibility("hidden"))) void
context_made(const ucontext_t *context, void (*function)(void), const uint64_t *frame)
{
	const struct frame caller = {.pc = frame[1], .sp = (uint64_t)(frame + 2), .bp = frame[0]};
	struct thread *thread;

	real_code(&context_make, "makecontext");
	thread = load_acquire(&session.phase) == SESSION_ON ? thread_enter(caller) : NULL;
	if (!thread)
		return;
	contexts_made(thread, caller, context, (uint64_t)function);
	thread_leave(thread);
}

/* It takes any number of arguments: they are left where they are. */
__asm__(".text\n"
	".globl makecontext\n"
	".type makecontext, @function\n"
	"makecontext:\n"
	"	.cfi_startproc\n"
	"	pushq %rbp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset %rbp, -16\n"
	"	movq %rsp, %rbp\n"
	"	.cfi_def_cfa_register %rbp\n"
	"	pushq %rdi\n"
	"	pushq %rsi\n"
	"	pushq %rdx\n"
	"	pushq %rcx\n"
	"	pushq %r8\n"
	"	pushq %r9\n"
	"	movq %rbp, %rdx\n"
	"	call context_made\n"
	"	popq %r9\n"
	"	popq %r8\n"
	"	popq %rcx\n"
	"	popq %rdx\n"
	"	popq %rsi\n"
	"	popq %rdi\n"
	"	popq %rbp\n"
	"	.cfi_def_cfa %rsp, 8\n"
	"	jmp *context_make(%rip)\n"
	"	.cfi_endproc\n"
	"	.size makecontext, . - makecontext\n");

#endif

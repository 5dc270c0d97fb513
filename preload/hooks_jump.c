/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Entry and exit of functions compiled with -finstrument-functions, and the two ways by which
 * frames go without an exit: longjmp, and exceptions caught further out.
 */
#include <setjmp.h>
#include "atomics.h"
#include "loader.h"
#include "session.h"
#include "thread.h"

#define EXPORT __attribute__((visibility("default")))

static void
note_jump(struct frame frame)
{
	struct thread *thread = session.time && thread_self ? thread_enter(frame) : NULL;

	if (!thread)
		return;
	calls_jumped(thread);
	sampler_release_jumped(thread);
	thread_leave(thread);
}

/* Looked up at the first call; racing look-ups find the same. */
static void *
real_code(void **code, const char *symbol)
{
	if (!load_acquire(code))
		store_release(code, loader_find_next(symbol));
	return *code;
}

typedef void jump(struct __jmp_buf_tag to[1], int value);

#define JUMP(name)                                                                                 \
	EXPORT void name(struct __jmp_buf_tag to[1], int value) __attribute__((noreturn));         \
	void name(struct __jmp_buf_tag to[1], int value)                                           \
	{                                                                                          \
		static void *code;                                                                 \
		const struct frame frame = arch_caller();                                          \
		note_jump(frame);                                                                  \
		((jump *)real_code(&code, #name))(to, value);                                      \
		__builtin_unreachable();                                                           \
	}

void __longjmp_chk(struct __jmp_buf_tag to[1], int value) __attribute__((noreturn));

JUMP(longjmp)
JUMP(_longjmp)
JUMP(siglongjmp)
JUMP(__longjmp_chk)

void *__cxa_begin_catch(void *exception);

EXPORT void *
__cxa_begin_catch(void *exception)
{
	static void *code;
	const struct frame frame = arch_caller();

	note_jump(frame);
	return ((void *(*)(void *))real_code(&code, "__cxa_begin_catch"))(exception);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The end of the process, where it comes of itself: the analyzer would see it a little late, and
 * take processes that come one after another for such as were there together.
 */
#include <stddef.h>
#include "loader.h"
#include "process.h"
#include "arch/arch.h"
#include "atomics.h"

#define EXPORT __attribute__((visibility("default")))

typedef void leave(int status);

#define EXIT(name)                                                                                 \
	EXPORT void name(int status) __attribute__((noreturn));                                    \
	void name(int status)                                                                      \
	{                                                                                          \
		static void *code;                                                                 \
                                                                                                   \
		if (process_is_own())                                                              \
			process_end(arch_caller());                                                \
		if (!load_acquire(&code))                                                          \
			store_release(&code, loader_find_next(#name));                             \
		((leave *)load_acquire(&code))(status);                                            \
		__builtin_unreachable();                                                           \
	}

EXIT(_exit)
EXIT(_Exit)

static void
on_exit_last(void *argument)
{
	process_end(arch_caller());
}

int __cxa_atexit(void (*function)(void *), void *argument, void *library);

/*
 * Handlers run in the reverse order of their registration. The loader's, which runs the destructors
 * of all libraries, is registered after their constructors, of which this is one.
 */
__attribute__((constructor)) static void
register_end(void)
{
	__cxa_atexit(on_exit_last, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The end of the process, where it comes of itself: the analyzer would see it a little late, and
 * take processes that come one after another for such as were there together.
 */
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
		process_end(arch_caller());                                                        \
		if (!load_acquire(&code))                                                          \
			store_release(&code, loader_find_next(#name));                             \
		((leave *)load_acquire(&code))(status);                                            \
		__builtin_unreachable();                                                           \
	}

EXIT(_exit)
EXIT(_Exit)

/* The library's are among the last, for it was loaded among the first. */
__attribute__((destructor)) static void
end_process(void)
{
	process_end(arch_caller());
}

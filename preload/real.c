/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "real.h"
#include "loader.h"

/* Like the hooks without forbid.h: the names of the functions looked up stand here. */

uint64_t real_allocator_start, real_allocator_end;

#define BEGIN_DECLARE(name, result, parameters, arguments) static result begin_##name parameters;
REAL_FUNCTIONS(BEGIN_DECLARE)

#define BEGIN_MEMBER(name, result, parameters, arguments) .name = begin_##name,
struct real real = {REAL_FUNCTIONS(BEGIN_MEMBER)};

/* First call of anything: look up, then go on with the real function. */
#define BEGIN_DEFINE(name, result, parameters, arguments)                                          \
	static result begin_##name parameters                                                      \
	{                                                                                          \
		real_init();                                                                       \
		return real.name arguments;                                                        \
	}
REAL_FUNCTIONS(BEGIN_DEFINE)

/* A function that no module defines is one that nobody can have called: its pointer stays. */
#define LOOK_UP(name, result, parameters, arguments)                                               \
	code = loader_find_next(#name);                                                            \
	if (code)                                                                                  \
		real.name = (result(*) parameters)code;

/* Threads that come here together find and store the same. */
void
real_init(void)
{
	struct loader_object object;
	void *code;

	REAL_FUNCTIONS(LOOK_UP)
	real.free_sized = (void (*)(void *, size_t))loader_find_next("free_sized");
	real.free_aligned_sized =
		(void (*)(void *, size_t, size_t))loader_find_next("free_aligned_sized");
	if (loader_find((uint64_t)real.malloc, &object)) {
		real_allocator_start = object.start;
		real_allocator_end = object.end;
	}
}

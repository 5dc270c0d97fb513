/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "own_stack.h"
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include "os/system.h"
#include "forbid.h"

enum {
	/* Of a thread's stack less than this lies above its descriptor. */
	ABOVE_BYTES = 8192,
};

/* The kernel leaves at least so much room for the main thread's stack, more where the limit is. */
#define ROOM_LEAST_BYTES (UINT64_C(128) << 20)
#define ROOM_MOST_BYTES	 (UINT64_C(1) << 40)

/* Where the calling thread's stack begins at the latest; 0: not known. A fork leaves it as it is.
 */
static __thread uint64_t lowest __attribute__((tls_model("initial-exec")));

void
own_stack_began(size_t bytes)
{
	const uint64_t descriptor = (uint64_t)pthread_self();

	if (bytes > ABOVE_BYTES && bytes < descriptor)
		lowest = descriptor + ABOVE_BYTES - bytes;
}

struct stack_bounds
own_stack(void)
{
	const uint64_t descriptor = (uint64_t)pthread_self();

	/* One that libc made for itself, with a page below that nobody may use. */
	if (!lowest && system_tid() != system_pid())
		lowest = stack_bounds_find(descriptor).low;
	return lowest ? (struct stack_bounds){lowest, descriptor} : (struct stack_bounds){0, 0};
}

/* Whether the main thread's stack may reach down to `sp`: what is further away is not looked at. */
static bool
is_near(uint64_t sp, uint64_t top)
{
	struct rlimit limit = {.rlim_cur = 0};
	uint64_t room = ROOM_LEAST_BYTES;

	arch_syscall6(SYS_prlimit64, 0, RLIMIT_STACK, 0, (long)&limit, 0, 0);
	if (limit.rlim_cur > room)
		room = limit.rlim_cur < ROOM_MOST_BYTES ? limit.rlim_cur : ROOM_MOST_BYTES;
	return sp < top && top - sp < room;
}

bool
own_stack_find(uint64_t sp, struct stack_bounds *ret_bounds)
{
	/* The kernel put that at the top of the stack that the process began on. */
	const uint64_t top = getauxval(AT_RANDOM);

	if (lowest || !is_near(sp, top))
		return false;
	const struct stack_bounds bounds = stack_bounds_find(sp);

	if (top < bounds.low || top >= bounds.high)
		return false;
	*ret_bounds = bounds;
	return true;
}

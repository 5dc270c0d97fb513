/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dlclose, after which addresses may mean something else. dlopen is not hooked: it would look for
 * libraries on our behalf instead of its caller's (RPATH, $ORIGIN).
 */
#include <dlfcn.h>
#include "modules.h"
#include "real.h"
#include "thread.h"

__attribute__((visibility("default"))) int
dlclose(void *handle)
{
	const struct frame frame = arch_caller();
	const int result = real.dlclose(handle);
	struct thread *thread = thread_self ? thread_enter(frame) : NULL;

	if (thread) {
		modules_check(&thread->writer);
		thread_leave(thread);
	}
	return result;
}

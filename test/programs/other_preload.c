/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Another preloaded library that wraps malloc, and says at the end how often it was called. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static void *(*next_malloc)(size_t);
static unsigned long calls;

void *
malloc(size_t size)
{
	if (!next_malloc)
		next_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	calls += size == 100;
	return next_malloc(size);
}

__attribute__((destructor)) static void
report(void)
{
	fprintf(stderr, "calls of 100 bytes: %lu\n", calls);
}

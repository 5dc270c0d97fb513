/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * jemalloc's own calls (mallocx and its family): a library of its own, libthag-jemalloc.so,
 * preloaded behind libthag.so where the program is linked with jemalloc, and only there. Programs
 * ask whether they run on jemalloc by testing whether mallocx exists (a weak symbol), so that
 * libthag.so itself must not define it.
 */
#include "arch/arch.h"
#include "atomics.h"
#include "foreign.h"
#include "loader.h"

#define EXPORT __attribute__((visibility("default")))

void *mallocx(size_t size, int flags);
void *rallocx(void *block, size_t size, int flags);
size_t xallocx(void *block, size_t size, size_t extra, int flags);
void dallocx(void *block, int flags);
void sdallocx(void *block, size_t size, int flags);

/* Looked up at the first call; racing look-ups find the same. */
static void *
real_code(void **code, const char *symbol)
{
	if (unlikely(!load_acquire(code)))
		store_release(code, loader_find_next(symbol));
	return *code;
}

EXPORT void *
mallocx(size_t size, int flags)
{
	static void *code;
	const struct frame frame = arch_caller();
	void *block = ((void *(*)(size_t, int))real_code(&code, "mallocx"))(size, flags);

	thag_foreign_allocated(frame, block, size);
	return block;
}

EXPORT void *
rallocx(void *block, size_t size, int flags)
{
	static void *code;
	const struct frame frame = arch_caller();

	thag_foreign_released(frame, block, 1);
	void *moved =
		((void *(*)(void *, size_t, int))real_code(&code, "rallocx"))(block, size, flags);

	if (!moved)
		thag_foreign_kept(frame, block);
	thag_foreign_allocated(frame, moved, size);
	return moved;
}

/* Resizes in place or not at all: the block counts with the size that was asked for at least. */
EXPORT size_t
xallocx(void *block, size_t size, size_t extra, int flags)
{
	static void *code;
	const struct frame frame = arch_caller();
	const size_t usable = ((size_t(*)(void *, size_t, size_t, int))real_code(&code, "xallocx"))(
		block, size, extra, flags);

	if (usable >= size) {
		thag_foreign_released(frame, block, 1);
		thag_foreign_allocated(frame, block, size);
	}
	return usable;
}

EXPORT void
dallocx(void *block, int flags)
{
	static void *code;
	const struct frame frame = arch_caller();

	thag_foreign_released(frame, block, 0);
	((void (*)(void *, int))real_code(&code, "dallocx"))(block, flags);
}

EXPORT void
sdallocx(void *block, size_t size, int flags)
{
	static void *code;
	const struct frame frame = arch_caller();

	thag_foreign_released(frame, block, 0);
	((void (*)(void *, size_t, int))real_code(&code, "sdallocx"))(block, size, flags);
}

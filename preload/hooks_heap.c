/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The allocator's calls, taken over: malloc and its family, free and its family.
 *
 * An allocation is recorded after the real function has returned, a release before it is called, so
 * that the records of one address are in order across threads (invariant I3 of the pool). The real
 * function is called outside the gate; a hook keeps errno, because it makes no libc call.
 */
#include <errno.h>
#include <stdlib.h>
#include <malloc.h>
#include "heap.h"
#include "real.h"
#include "thread.h"

#define EXPORT __attribute__((visibility("default")))

/* C23, not in all headers yet. */
void free_sized(void *block, size_t size);
void free_aligned_sized(void *block, size_t alignment, size_t size);

EXPORT void *
malloc(size_t size)
{
	const struct frame frame = arch_caller();
	void *block = real.malloc(size);

	heap_allocated(frame, block, size);
	return block;
}

EXPORT void *
calloc(size_t count, size_t size)
{
	const struct frame frame = arch_caller();
	void *block = real.calloc(count, size);

	/* No overflow here where there is a block. */
	heap_allocated(frame, block, count * size);
	return block;
}

EXPORT void
free(void *block)
{
	const struct frame frame = arch_caller();

	heap_released(frame, block, 0);
	real.free(block);
}

static inline __attribute__((always_inline)) void *
reallocate(struct frame frame, void *block, size_t size)
{
	/* Size 0 releases the block for certain, and maybe returns nothing that would tell. */
	heap_released(frame, block, size ? RECORD_REALLOC : 0);
	void *moved = real.realloc(block, size);

	if (unlikely(!moved && block && size))
		heap_kept(frame, block);
	heap_allocated(frame, moved, size);
	return moved;
}

EXPORT void *
realloc(void *block, size_t size)
{
	const struct frame frame = arch_caller();

	return reallocate(frame, block, size);
}

EXPORT void *
reallocarray(void *block, size_t count, size_t size)
{
	const struct frame frame = arch_caller();
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return reallocate(frame, block, bytes);
}

EXPORT void *
memalign(size_t alignment, size_t size)
{
	const struct frame frame = arch_caller();
	void *block = real.memalign(alignment, size);

	heap_allocated(frame, block, size);
	return block;
}

EXPORT void *
aligned_alloc(size_t alignment, size_t size)
{
	const struct frame frame = arch_caller();
	void *block = real.aligned_alloc(alignment, size);

	heap_allocated(frame, block, size);
	return block;
}

EXPORT int
posix_memalign(void **block, size_t alignment, size_t size)
{
	const struct frame frame = arch_caller();
	const int result = real.posix_memalign(block, alignment, size);

	if (!result)
		heap_allocated(frame, *block, size);
	return result;
}

EXPORT void *
valloc(size_t size)
{
	const struct frame frame = arch_caller();
	void *block = real.valloc(size);

	heap_allocated(frame, block, size);
	return block;
}

EXPORT void *
pvalloc(size_t size)
{
	const struct frame frame = arch_caller();
	void *block = real.pvalloc(size);

	heap_allocated(frame, block, size);
	return block;
}

EXPORT void
free_sized(void *block, size_t size)
{
	const struct frame frame = arch_caller();

	heap_released(frame, block, 0);
	if (real.free_sized)
		real.free_sized(block, size);
	else
		real.free(block);
}

EXPORT void
free_aligned_sized(void *block, size_t alignment, size_t size)
{
	const struct frame frame = arch_caller();

	heap_released(frame, block, 0);
	if (real.free_aligned_sized)
		real.free_aligned_sized(block, alignment, size);
	else
		real.free(block);
}

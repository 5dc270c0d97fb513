/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Blocks by malloc and its family; see account.h. */
#include "account.h"
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

enum way {
	WAY_MALLOC,
	WAY_CALLOC,
	WAY_REALLOC,
	WAY_REALLOCARRAY,
	WAY_MEMALIGN,
	WAY_POSIX_MEMALIGN,
	WAY_ALIGNED_ALLOC,
	WAY_VALLOC,
	WAY_PVALLOC,
	WAYS
};

const unsigned acct_ways = WAYS;

static void (*sized)(void *, size_t);
static void (*aligned_sized)(void *, size_t, size_t);

/* C23's, where libc or a preloaded library has them. */
__attribute__((constructor)) static void
look_up(void)
{
	sized = (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "free_sized");
	aligned_sized = (void (*)(void *, size_t, size_t))dlsym(RTLD_DEFAULT, "free_aligned_sized");
}

/* Opaque, so that the compiler neither knows nor drops a call. */
static size_t
opaque(size_t size)
{
	__asm__ volatile("" : "+r"(size));
	return size;
}

__attribute__((noinline)) enum outcome
acct_allocate(struct block *block)
{
	const size_t size = opaque(block->size);
	const size_t alignment = block->alignment;
	void *at = NULL;

	switch ((enum way)block->way) {
	case WAY_MALLOC:
		at = malloc(size);
		break;
	case WAY_CALLOC:
		at = size % 4 ? calloc(1, size) : calloc(size / 4, 4);
		break;
	case WAY_REALLOC:
		at = realloc(NULL, size);
		break;
	case WAY_REALLOCARRAY:
		at = size % 8 ? reallocarray(NULL, size, 1) : reallocarray(NULL, size / 8, 8);
		break;
	case WAY_MEMALIGN:
		at = memalign(alignment, size);
		break;
	case WAY_POSIX_MEMALIGN:
		at = posix_memalign(&at, alignment, size) ? NULL : at;
		break;
	case WAY_ALIGNED_ALLOC:
		at = aligned_alloc(alignment, size);
		break;
	case WAY_VALLOC:
		at = valloc(size);
		break;
	case WAY_PVALLOC:
		at = pvalloc(size);
		break;
	case WAYS:
		break;
	}
	block->at = at;
	return at ? OUTCOME_MADE : OUTCOME_NONE;
}

__attribute__((noinline)) int
acct_fail(uint64_t choice, struct block *held)
{
	const size_t huge = opaque(SIZE_MAX / 2 + 4097);
	void *at = NULL;

	switch (choice % 9) {
	case 0:
		return !malloc(huge);
	case 1:
		return !calloc(huge, 16);
	case 2:
		return !realloc(held->at, huge);
	case 3:
		return !reallocarray(held->at, huge, 16) && errno == ENOMEM;
	case 4:
		return !memalign(64, huge);
	case 5:
		return posix_memalign(&at, 3, 100) == EINVAL && !at;
	case 6:
		return !aligned_alloc(64, huge);
	case 7:
		return !valloc(huge);
	default:
		return !pvalloc(huge);
	}
}

__attribute__((noinline)) enum outcome
acct_resize(struct block *block, size_t size, uint64_t choice)
{
	void *const before = block->at;
	void *at =
		choice % 2 ? reallocarray(before, 1, opaque(size)) : realloc(before, opaque(size));

	block->way = WAY_REALLOC;
	block->alignment = 0;
	block->at = at;
	if (!at && before && !size)
		return OUTCOME_RELEASED;
	block->size = size;
	return before ? OUTCOME_MOVED : OUTCOME_MADE;
}

int
acct_resizes(unsigned way)
{
	return 1;
}

__attribute__((noinline)) void
acct_release(struct block *block, uint64_t choice)
{
	if (choice % 3 == 0 && block->alignment && block->way == WAY_ALIGNED_ALLOC && aligned_sized)
		aligned_sized(block->at, block->alignment, block->size);
	else if (choice % 3 == 0 && block->way <= WAY_REALLOCARRAY && sized)
		sized(block->at, block->size);
	else if (choice % 7 == 0)
		block->at = realloc(block->at, opaque(0));
	else
		free(block->at);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Blocks by operator new and delete, in all their forms; see account.h. Those that fail are left
 * out: an exception is a block of its own.
 */
#include "account.h"
#include <new>

namespace
{

enum way {
	WAY_NEW,
	WAY_NEW_ARRAY,
	WAY_NOTHROW,
	WAY_ARRAY_NOTHROW,
	WAY_ALIGNED,
	WAY_ARRAY_ALIGNED,
	WAY_ALIGNED_NOTHROW,
	WAY_ARRAY_ALIGNED_NOTHROW,
	WAYS
};

void
release_array(block *block, uint64_t choice)
{
	const auto alignment = std::align_val_t(block->alignment);

	if (block->way >= WAY_ALIGNED) {
		if (choice % 3 == 0)
			operator delete[](block->at, block->size, alignment);
		else if (choice % 3 == 1)
			operator delete[](block->at, alignment, std::nothrow);
		else
			operator delete[](block->at, alignment);
	} else if (choice % 3 == 0) {
		operator delete[](block->at, block->size);
	} else if (choice % 3 == 1) {
		operator delete[](block->at, std::nothrow);
	} else {
		operator delete[](block->at);
	}
}

void
release_single(block *block, uint64_t choice)
{
	const auto alignment = std::align_val_t(block->alignment);

	if (block->way >= WAY_ALIGNED) {
		if (choice % 3 == 0)
			operator delete(block->at, block->size, alignment);
		else if (choice % 3 == 1)
			operator delete(block->at, alignment, std::nothrow);
		else
			operator delete(block->at, alignment);
	} else if (choice % 3 == 0) {
		operator delete(block->at, block->size);
	} else if (choice % 3 == 1) {
		operator delete(block->at, std::nothrow);
	} else {
		operator delete(block->at);
	}
}

} // namespace

extern "C" {

extern const unsigned acct_ways = WAYS;

__attribute__((noinline)) outcome
acct_allocate(block *block)
{
	const auto alignment = std::align_val_t(block->alignment);
	const size_t size = block->size;

	switch (static_cast<way>(block->way)) {
	case WAY_NEW:
		block->at = operator new(size);
		break;
	case WAY_NEW_ARRAY:
		block->at = operator new[](size);
		break;
	case WAY_NOTHROW:
		block->at = operator new(size, std::nothrow);
		break;
	case WAY_ARRAY_NOTHROW:
		block->at = operator new[](size, std::nothrow);
		break;
	case WAY_ALIGNED:
		block->at = operator new(size, alignment);
		break;
	case WAY_ARRAY_ALIGNED:
		block->at = operator new[](size, alignment);
		break;
	case WAY_ALIGNED_NOTHROW:
		block->at = operator new(size, alignment, std::nothrow);
		break;
	case WAY_ARRAY_ALIGNED_NOTHROW:
		block->at = operator new[](size, alignment, std::nothrow);
		break;
	case WAYS:
		break;
	}
	/* What libstdc++ asks malloc and aligned_alloc for in its turn. */
	if (!block->size)
		block->size = 1;
	if (block->way >= WAY_ALIGNED)
		block->size = (block->size + block->alignment - 1) & ~(block->alignment - 1);
	return OUTCOME_MADE;
}

int
acct_fail(uint64_t, block *)
{
	return 1;
}

outcome
acct_resize(block *, size_t, uint64_t)
{
	return OUTCOME_NONE;
}

int
acct_resizes(unsigned)
{
	return 0;
}

__attribute__((noinline)) void
acct_release(block *block, uint64_t choice)
{
	const bool array = block->way % 2;

	if (array)
		release_array(block, choice);
	else
		release_single(block, choice);
}
}

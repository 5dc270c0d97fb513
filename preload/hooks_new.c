/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * C++'s operator new and delete, in all their forms.
 *
 * libstdc++'s operators call malloc and free, which are hooked: they are passed on untouched, with
 * a jump, so that stacks look as they are. An allocator that brings operators of its own (jemalloc,
 * tcmalloc) does not go by way of malloc: its operators are recorded here. Which it is depends on
 * whether the operators are defined in the same module as malloc.
 */
#include <stddef.h>
#include "heap.h"
#include "loader.h"
#include "real.h"

#define EXPORT __attribute__((visibility("default")))

/* Whether `operator_code` has to be recorded, because no hook will see a malloc below it. */
static bool
is_allocators_own(void *operator_code)
{
	const uint64_t address = (uint64_t)operator_code;

	return address >= real_allocator_start && address < real_allocator_end;
}

/* Looked up at the first call, each on its own; racing look-ups find the same. */
struct operator
{
	void *code;
	bool records;
};

static void
look_up(struct operator* op, const char *symbol)
{
	real_init();
	op->records = is_allocators_own(loader_find_next(symbol));
	store_release(&op->code, loader_find_next(symbol));
}

#define LOOK_UP_ONCE(op, symbol)                                                                   \
	if (unlikely(!load_acquire(&(op).code)))                                                   \
	look_up(&(op), symbol)

#define NEW(symbol, parameters, arguments)                                                         \
	void *symbol parameters;                                                                   \
	EXPORT void *symbol parameters                                                             \
	{                                                                                          \
		static struct operator op;                                                         \
		LOOK_UP_ONCE(op, #symbol);                                                         \
		void *(*code)parameters = (void *(*)parameters)op.code;                            \
		if (likely(!op.records))                                                           \
			return code arguments;                                                     \
		const struct frame frame = arch_caller();                                          \
		void *block = code arguments;                                                      \
		heap_allocated(frame, block, size);                                                \
		return block;                                                                      \
	}

#define DELETE(symbol, parameters, arguments)                                                      \
	void symbol parameters;                                                                    \
	EXPORT void symbol parameters                                                              \
	{                                                                                          \
		static struct operator op;                                                         \
		LOOK_UP_ONCE(op, #symbol);                                                         \
		void(*code) parameters = (void(*) parameters)op.code;                              \
		if (unlikely(op.records)) {                                                        \
			const struct frame frame = arch_caller();                                  \
			heap_released(frame, block, 0);                                            \
		}                                                                                  \
		code arguments;                                                                    \
	}

NEW(_Znwm, (size_t size), (size))
NEW(_Znam, (size_t size), (size))
NEW(_ZnwmRKSt9nothrow_t, (size_t size, const void *tag), (size, tag))
NEW(_ZnamRKSt9nothrow_t, (size_t size, const void *tag), (size, tag))
NEW(_ZnwmSt11align_val_t, (size_t size, size_t alignment), (size, alignment))
NEW(_ZnamSt11align_val_t, (size_t size, size_t alignment), (size, alignment))
NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag),
	(size, alignment, tag))
NEW(_ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag),
	(size, alignment, tag))

DELETE(_ZdlPv, (void *block), (block))
DELETE(_ZdaPv, (void *block), (block))
DELETE(_ZdlPvm, (void *block, size_t size), (block, size))
DELETE(_ZdaPvm, (void *block, size_t size), (block, size))
DELETE(_ZdlPvRKSt9nothrow_t, (void *block, const void *tag), (block, tag))
DELETE(_ZdaPvRKSt9nothrow_t, (void *block, const void *tag), (block, tag))
DELETE(_ZdlPvSt11align_val_t, (void *block, size_t alignment), (block, alignment))
DELETE(_ZdaPvSt11align_val_t, (void *block, size_t alignment), (block, alignment))
DELETE(_ZdlPvmSt11align_val_t, (void *block, size_t size, size_t alignment),
	(block, size, alignment))
DELETE(_ZdaPvmSt11align_val_t, (void *block, size_t size, size_t alignment),
	(block, size, alignment))
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void *block, size_t alignment, const void *tag),
	(block, alignment, tag))
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void *block, size_t alignment, const void *tag),
	(block, alignment, tag))

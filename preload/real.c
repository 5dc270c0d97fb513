/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "real.h"
#include <dlfcn.h>
#include <string.h>
#include "atomics.h"
#include "loader.h"

/* Like the hooks without forbid.h: the names of the functions looked up stand here. */

/* ---- memory for the look-up itself ---- */

enum {
	EARLY_HEADER_BYTES = 16
};

char real_early[REAL_EARLY_BYTES] __attribute__((aligned(64)));
static size_t early_used;

size_t
real_early_size(const void *block)
{
	return *(const size_t *)((const char *)block - EARLY_HEADER_BYTES);
}

static void *
early_allocate(size_t alignment, size_t size)
{
	if (alignment < EARLY_HEADER_BYTES)
		alignment = EARLY_HEADER_BYTES;
	if (size > REAL_EARLY_BYTES || alignment > REAL_EARLY_BYTES)
		return NULL;
	const size_t bytes = size + EARLY_HEADER_BYTES + alignment;
	const size_t start = __atomic_fetch_add(&early_used, bytes, __ATOMIC_RELAXED);

	if (start + bytes > REAL_EARLY_BYTES)
		return NULL;
	const uintptr_t first = (uintptr_t)real_early + start + EARLY_HEADER_BYTES;
	char *block = (char *)((first + alignment - 1) & ~(uintptr_t)(alignment - 1));

	*(size_t *)(block - EARLY_HEADER_BYTES) = size;
	return block;
}

/* ---- looking up ---- */

uint64_t real_allocator_start, real_allocator_end;

uint32_t real_lookup;

/* What stands in while the look-up is under way: enough for dlsym. */
static void *
early_malloc(size_t size)
{
	return early_allocate(0, size);
}

static void *
early_calloc(size_t count, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(count, size, &bytes) ? NULL : early_allocate(0, bytes);
}

static void *
early_realloc(void *block, size_t size)
{
	void *larger = early_allocate(0, size);

	if (block && larger && real_is_early(block)) {
		const size_t old_size = real_early_size(block);

		memcpy(larger, block, old_size < size ? old_size : size);
	}
	return larger;
}

static void
early_free(void *block)
{
}

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

void *
real_symbol(const char *symbol)
{
	return dlsym(RTLD_NEXT, symbol);
}

#define LOOK_UP(name, result, parameters, arguments)                                               \
	found.name = (result(*) parameters)real_symbol(#name);                                     \
	if (!found.name)                                                                           \
		found.name = real.name;

void
real_init(void)
{
	struct loader_object object;
	uint32_t expected = 0;

	if (load_acquire(&real_lookup) == 2 || !cas_acq_rel(&real_lookup, &expected, 1))
		return;
	real.malloc = early_malloc;
	real.calloc = early_calloc;
	real.realloc = early_realloc;
	real.free = early_free;
	struct real found = {0};

	REAL_FUNCTIONS(LOOK_UP)
	found.free_sized = (void (*)(void *, size_t))real_symbol("free_sized");
	found.free_aligned_sized =
		(void (*)(void *, size_t, size_t))real_symbol("free_aligned_sized");
	dlerror(); /* what was not found is nobody's error */
	real = found;
	if (loader_find((uint64_t)real.malloc, &object)) {
		real_allocator_start = object.start;
		real_allocator_end = object.end;
	}
	store_release(&real_lookup, 2);
}

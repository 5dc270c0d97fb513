/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Brings its own allocator in the executable: one that never gives anything back. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static _Alignas(64) char arena[16 << 20];
static size_t used;

void *malloc(size_t size);
void free(void *block);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);

void *
malloc(size_t size)
{
	char *block = arena + used + 64;

	if (size > sizeof(arena) - used - 128)
		return NULL;
	memcpy(block - sizeof(size), &size, sizeof(size));
	used += (size + 127) & ~(size_t)63;
	return block;
}

void
free(void *block)
{
}

void *
calloc(size_t count, size_t size)
{
	return count && size > SIZE_MAX / count ? NULL : malloc(count * size);
}

void *
realloc(void *block, size_t size)
{
	char *copy = malloc(size);
	size_t before;

	if (block && copy) {
		memcpy(&before, (char *)block - sizeof(before), sizeof(before));
		memcpy(copy, block, before < size ? before : size);
	}
	return copy;
}

int
main(void)
{
	for (unsigned i = 0; i < 100; i++) {
		volatile char *block = malloc(100);

		if (!block)
			return 1;
		block[0] = 1;
	}
	return 0;
}

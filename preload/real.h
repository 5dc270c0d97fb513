/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The functions behind the hooks: those that the program would have called without us.
 *
 * Each pointer begins at a function that looks all of them up, once, and goes on with the real one.
 * The look-up reads the symbol tables of the loaded modules itself: dlsym allocates, takes locks,
 * and translates its error messages, none of which can be done below a first malloc.
 */
#ifndef THAG_PRELOAD_REAL_H
#define THAG_PRELOAD_REAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "atomics.h"

/* name, result, parameters, arguments */
#define REAL_FUNCTIONS(_)                                                                          \
	_(malloc, void *, (size_t size), (size))                                                   \
	_(free, void, (void *block), (block))                                                      \
	_(calloc, void *, (size_t count, size_t size), (count, size))                              \
	_(realloc, void *, (void *block, size_t size), (block, size))                              \
	_(memalign, void *, (size_t alignment, size_t size), (alignment, size))                    \
	_(aligned_alloc, void *, (size_t alignment, size_t size), (alignment, size))               \
	_(posix_memalign, int, (void **block, size_t alignment, size_t size),                      \
		(block, alignment, size))                                                          \
	_(valloc, void *, (size_t size), (size))                                                   \
	_(pvalloc, void *, (size_t size), (size))                                                  \
	_(mmap, void *, (void *at, size_t length, int prot, int flags, int fd, off_t offset),      \
		(at, length, prot, flags, fd, offset))                                             \
	_(munmap, int, (void *at, size_t length), (at, length))                                    \
	_(mremap, void *, (void *at, size_t old_length, size_t length, int flags, void *to),       \
		(at, old_length, length, flags, to))                                               \
	_(brk, int, (void *to), (to))                                                              \
	_(sbrk, void *, (intptr_t change), (change))                                               \
	_(dlclose, int, (void *handle), (handle))

#define REAL_MEMBER(name, result, parameters, arguments) result(*name) parameters;
struct real {
	REAL_FUNCTIONS(REAL_MEMBER)
	/* C23; NULL where the allocator is older */
	void (*free_sized)(void *block, size_t size);
	void (*free_aligned_sized)(void *block, size_t alignment, size_t size);
};

extern struct real real;

/* Where the allocator's code is: its own mmap calls are not the program's. */
extern uint64_t real_allocator_start, real_allocator_end;

/* Looks everything up. Harmless when it has been done, or is being done by another thread. */
void real_init(void);

#endif

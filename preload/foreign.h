/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Recording on behalf of hooks that live in a library of their own (hooks_jemalloc.c). Exported by
 * libthag.so; `frame` is the hook's caller.
 */
#ifndef THAG_PRELOAD_FOREIGN_H
#define THAG_PRELOAD_FOREIGN_H

#include <stddef.h>
#include "arch/arch.h"

/* After the real allocation; `block` may be NULL. */
void thag_foreign_allocated(struct frame frame, void *block, size_t size);

/* Before the real release; `resized`: it is the first half of a resizing, which may yet fail. */
void thag_foreign_released(struct frame frame, void *block, int resized);

/* The resizing failed. */
void thag_foreign_kept(struct frame frame, void *block);

#endif

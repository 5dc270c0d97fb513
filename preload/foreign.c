/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "foreign.h"
#include "heap.h"
#include "forbid.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT void
thag_foreign_allocated(struct frame frame, void *block, size_t size)
{
	heap_allocated(frame, block, size);
}

EXPORT void
thag_foreign_released(struct frame frame, void *block, int resized)
{
	heap_released(frame, block, resized ? RECORD_REALLOC : 0);
}

EXPORT void
thag_foreign_kept(struct frame frame, void *block)
{
	heap_kept(frame, block);
}

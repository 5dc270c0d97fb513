/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "stack_view.h"
#include <stddef.h>
#include <sys/uio.h>
#include "own_stack.h"
#include "session.h"
#include "os/system.h"
#include "forbid.h"

#define PAGE_MASK (~(uint64_t)(STACK_PAGE_BYTES - 1))

/* Copies what there is. Returns how many bytes, a negative errno where it is none. */
static long
copy(void *to, uint64_t from, size_t bytes)
{
	const struct iovec here = {to, bytes}, there = {(void *)from, bytes};
	const uint32_t pid = session.process->pid;

	return arch_syscall6(
		SYS_process_vm_readv, pid ? pid : system_pid(), (long)&here, 1, (long)&there, 1, 0);
}

void
stack_view_begin(struct stack_view *view)
{
	view->own = own_stack();
	view->bounds = (struct stack_bounds){0, 0};
	view->shift = 0;
}

/*
 * Where the mapping ends that `address` lies in, or lay in when it was looked for. It is no more
 * than where walks had better stop: beyond it there is another mapping, if any.
 */
static uint64_t
find_limit(struct stack_view *view, uint64_t address)
{
	if (stack_view_is_own(view, address))
		return view->own.high;
	for (int i = 0; i < STACK_REGIONS; i++)
		if (address >= view->regions[i].low && address < view->regions[i].high)
			return view->regions[i].high;
	struct stack_bounds *region = &view->regions[view->region_next++ % STACK_REGIONS];

	*region = stack_bounds_find(address);
	return region->high;
}

/* Nothing is known yet of what lies at `sp` and above. */
static void
enter_unknown(struct stack_view *view, uint64_t sp)
{
	view->bounds.low = view->bounds.high = sp & ~UINT64_C(7);
	view->shift = 0;
}

void
stack_view_enter(struct stack_view *view, uint64_t sp, uint64_t pushed)
{
	if (stack_view_is_own(view, sp) || own_stack_find(sp, &view->own)) {
		stack_view_use(view, sp);
		return;
	}
	view->limit = find_limit(view, pushed);
	enter_unknown(view, sp);
	/* Where it ends a page, the next one may be nobody's. */
	if (pushed % STACK_PAGE_BYTES || pushed < sp) {
		view->bounds.low = pushed & PAGE_MASK;
		view->bounds.high = view->bounds.low + STACK_PAGE_BYTES;
	}
}

void
stack_view_move(struct stack_view *view, uint64_t from, uint64_t to)
{
	if (to >= from && stack_bounds_hold(&view->bounds, to & ~UINT64_C(7)))
		return;
	view->limit = find_limit(view, to);
	enter_unknown(view, to);
}

bool
stack_view_reach(struct stack_view *view, uint64_t end)
{
	const uint64_t low = view->bounds.low, high = view->bounds.high;
	const uint64_t have = view->shift ? high - low : 0;
	uint64_t wanted = end + STACK_PAGE_BYTES - 1;

	if (end <= high)
		return true;
	if (end > view->limit || end < low || end - low > STACK_COPY_MAX)
		return false;
	if (!view->copy)
		view->copy = session_map_wiped(STACK_COPY_MAX);
	if (!view->copy)
		return false;
	/* Twice as much each time, so that a deep stack takes few calls. */
	wanted = (wanted & PAGE_MASK) - low;
	if (wanted < 2 * (high - low))
		wanted = 2 * (high - low);
	/* What comes after the limit is none of the stack's, and would change how walks end. */
	if (wanted > view->limit - low)
		wanted = view->limit - low;
	if (wanted > STACK_COPY_MAX)
		wanted = STACK_COPY_MAX;
	const long count = copy(view->copy + have, low + have, wanted - have);

	if (system_failed(count) || have + (uint64_t)count < high - low)
		return false;
	view->bounds.high = low + have + (uint64_t)count;
	view->shift = (uint64_t)view->copy - low;
	return end <= view->bounds.high;
}

bool
stack_view_read_slow(uint64_t address, uint64_t *ret_word)
{
	uint64_t word;

	if (copy(&word, address, sizeof(word)) != sizeof(word))
		return false;
	*ret_word = word;
	return true;
}

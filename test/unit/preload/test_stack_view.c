/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Another stack is read as far as its mapping goes, however much of it is copied: what lies beyond
 * belongs to others, who change it, and a walk that read it would end now here, now there.
 */
#include "stack_view.h"
#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "session.h"

enum {
	STACK_PAGES = 7,
	BEYOND_PAGES = 64
};

struct session session;
static struct session_process process;

void *
session_map_wiped(size_t bytes)
{
	void *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* A stack with readable memory above, that is a mapping of its own. Returns where it ends. */
static uint64_t
map_stack(uint64_t *ret_low)
{
	const size_t stack_bytes = (size_t)STACK_PAGES * STACK_PAGE_BYTES;
	const size_t beyond_bytes = (size_t)BEYOND_PAGES * STACK_PAGE_BYTES;
	char *low = mmap(NULL, stack_bytes + beyond_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(low, MAP_FAILED);
	memset(low, 1, stack_bytes + beyond_bytes);
	cr_assert_eq(mprotect(low + stack_bytes, beyond_bytes, PROT_READ), 0);
	*ret_low = (uint64_t)low;
	return (uint64_t)low + stack_bytes;
}

Test(stack_view, ends_where_the_mapping_does)
{
	struct stack_view view = {.own = {0, 0}};
	uint64_t low;
	const uint64_t end = map_stack(&low);
	/* Of the words, the outermost of the page, and one page that another reach has to add. */
	const uint64_t steps[] = {8, STACK_PAGE_BYTES + 8, (STACK_PAGES - 2) * STACK_PAGE_BYTES};

	process.pid = (uint32_t)getpid();
	session.process = &process;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		stack_view_enter(&view, low + 16, low + 8);
		cr_expect(stack_view_reach(&view, low + steps[i]), "%zu", i);
		cr_expect_leq(view.bounds.high, end, "%zu", i);
		cr_expect_not(stack_view_reach(&view, end + 16), "%zu", i);
	}
	cr_expect(stack_view_reach(&view, end));
	cr_expect_eq(stack_view_word(&view, end - 8), UINT64_C(0x0101010101010101));
	cr_expect_not(stack_view_holds(&view, end));
}

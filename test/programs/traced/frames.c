/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* One stack: calls that return, frames that go without an exit, and functions without a frame. */
#include <alloca.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "traced.h"

static volatile int sink;
static jmp_buf back;
static sigjmp_buf signal_back;

KEEP static void
leaf(void)
{
	sink++;
	END;
}

KEEP static void
other(void)
{
	sink += 2;
	END;
}

/* ---- plain ---- */

KEEP static void
middle(void)
{
	leaf();
	leaf();
	END;
}

static void
plain(void)
{
	for (int i = 0; i < 1000; i++) {
		middle();
		other();
	}
}

/* The last call of each is one that compilers make a jump where they may. */
KEEP static int
tail_3(int value)
{
	return value + sink;
}

KEEP static int
tail_2(int value)
{
	return tail_3(value + 1);
}

KEEP static int
tail_1(int value)
{
	return tail_2(value + 1);
}

static void
tail(void)
{
	for (int i = 0; i < 100; i++)
		sink = tail_1(i);
}

static INLINED int
inlined_2(int value)
{
	leaf();
	return value ^ sink;
}

static INLINED int
inlined_1(int value)
{
	return inlined_2(value) + inlined_2(value + 1);
}

KEEP static void
inlining(void)
{
	sink = inlined_1(sink);
	leaf();
	END;
}

static void
inlined(void)
{
	for (int i = 0; i < 100; i++)
		inlining();
	leaf();
}

KEEP static int
descend(int depth)
{
	int result = depth ? descend(depth - 1) + 1 : 0;

	__asm__ volatile("" : "+r"(result));
	return result;
}

static void
recursion(void)
{
	for (int i = 0; i < 3; i++)
		sink = descend(100);
}

static void
deep(void)
{
	for (int i = 0; i < 3; i++)
		sink = descend(50000);
	leaf();
}

/* Frames larger than what a callee is thought to be near by, and ones that grow. */
KEEP static void
large(int count)
{
	volatile char bytes[100000];

	bytes[0] = bytes[sizeof(bytes) - 1] = (char)count;
	leaf();
	if (count)
		large(count - 1);
	leaf();
}

KEEP static void
growing(size_t size)
{
	for (int i = 0; i < 5; i++) {
		memset(alloca(size), 1, size);
		leaf();
		sink = inlined_2(sink);
	}
	END;
}

static void
frames(void)
{
	large(4);
	for (size_t size = 16; size < 200000; size *= 10)
		growing(size);
	leaf();
}

KEEP static int
compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

KEEP static void
sorting(void)
{
	int numbers[2] = {2, 1};

	qsort(numbers, 2, sizeof(*numbers), compare);
	END;
}

static void
callbacks(void)
{
	for (int i = 0; i < 100; i++)
		sorting();
}

/* ---- jumps ---- */

KEEP static void
jump_2(int value)
{
	leaf();
	longjmp(back, value);
}

KEEP static void
jump_1(int value)
{
	jump_2(value);
	END;
}

KEEP static void
catching(void)
{
	if (!setjmp(back))
		jump_1(1);
	other();
}

static void
jumps(void)
{
	for (int i = 0; i < 100; i++)
		catching();
	leaf();
}

/* Both are called from one place, and the first has no exit. */
KEEP static void
jump_now(void)
{
	longjmp(back, 1);
}

static void
jumps_from_loop(void)
{
	static void (*const volatile functions[2])(void) = {jump_now, other};

	for (volatile int i = 0; i < 200; i++)
		if (!setjmp(back))
			functions[i % 2]();
	leaf();
}

/* What is left is the same function as what it was called by. */
KEEP static void
nest(int depth)
{
	jmp_buf mine;

	if (depth == 0)
		longjmp(back, 1);
	if (depth == 3) {
		memcpy(mine, back, sizeof(mine));
		if (!setjmp(back))
			nest(depth - 1);
		memcpy(back, mine, sizeof(mine));
	} else {
		nest(depth - 1);
	}
	END;
}

static void
jumps_in_recursion(void)
{
	for (int i = 0; i < 100; i++)
		nest(5);
	leaf();
}

/* ---- handlers ---- */

static volatile sig_atomic_t leave;

KEEP static void
handle(int number)
{
	leaf();
	if (leave)
		siglongjmp(signal_back, 1);
}

KEEP static void
interrupted(void)
{
	raise(SIGUSR1);
	END;
}

KEEP static void
handled_in(void)
{
	if (!sigsetjmp(signal_back, 1))
		interrupted();
	other();
}

UNTRACED static void
set_handler(int flags)
{
	struct sigaction action = {.sa_handler = handle, .sa_flags = flags};

	if (flags & SA_ONSTACK) {
		const stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};

		sigaltstack(&stack, NULL);
	}
	sigaction(SIGUSR1, &action, NULL);
}

KEEP static void
handle_100(void)
{
	for (int i = 0; i < 100; i++)
		handled_in();
	leaf();
}

static void
handlers(void)
{
	set_handler(0);
	handle_100();
}

static void
handlers_alternate(void)
{
	set_handler(SA_ONSTACK);
	handle_100();
}

static void
handlers_left(void)
{
	leave = 1;
	set_handler(0);
	handle_100();
}

static void
handlers_left_alternate(void)
{
	leave = 1;
	set_handler(SA_ONSTACK);
	handle_100();
}

/* ---- ends ---- */

static void
at_exit(void)
{
	leaf();
}

KEEP static void
end_2(void)
{
	leaf();
	exit(0);
}

KEEP static void
end_1(void)
{
	end_2();
	END;
}

static void
exits(void)
{
	atexit(at_exit);
	end_1();
}

KEEP static void
end_at_once(void)
{
	leaf();
	_exit(0);
}

static void
exits_at_once(void)
{
	end_at_once();
	END;
}

int
main(int count, char **arguments)
{
	static const struct traced_case cases[] = {
		{"plain", plain},
		{"tail", tail},
		{"inlined", inlined},
		{"recursion", recursion},
		{"deep", deep},
		{"frames", frames},
		{"callbacks", callbacks},
		{"jumps", jumps},
		{"jumps_from_loop", jumps_from_loop},
		{"jumps_in_recursion", jumps_in_recursion},
		{"handlers", handlers},
		{"handlers_alternate", handlers_alternate},
		{"handlers_left", handlers_left},
		{"handlers_left_alternate", handlers_left_alternate},
		{"exits", exits},
		{"exits_at_once", exits_at_once},
		{NULL, NULL},
	};

	return run_traced(cases, arguments);
}

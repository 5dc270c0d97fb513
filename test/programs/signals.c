/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Handlers that interrupt hooks, allocate, and leave by siglongjmp.
 *
 * What a handler may interrupt is a hook of mmap or munmap, never libc's malloc: that would break
 * the program itself. The handlers count what they do; those calls that came inside a hook are
 * "missed" in the profile, and all others are in it: the sum is written to the file ACCOUNT.
 */
#include "sites.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

SITE(after)

enum {
	STACK_BYTES = 65536,
	PAGE = 4096
};

static sigjmp_buf back;
static volatile unsigned handled;
static volatile sig_atomic_t leave, allocate;
static char *guarded;

static KEEP void
site_handler(void)
{
	free(use(malloc(64)));
}

static void
handle_alarm(int number)
{
	handled++;
	if (allocate)
		site_handler();
	if (leave)
		siglongjmp(back, 1);
}

static void
set_handler(int number, void (*handler)(int), int flags)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	action.sa_flags = flags;
	sigaction(number, &action, NULL);
}

static void
set_alternate_stack(void)
{
	const stack_t stack = {
		.ss_sp = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		.ss_size = STACK_BYTES,
	};

	sigaltstack(&stack, NULL);
}

static void
set_alarm(long microseconds)
{
	const struct itimerval timer = {{0, microseconds}, {0, microseconds}};

	setitimer(ITIMER_REAL, &timer, NULL);
}

static void
map_and_unmap(void)
{
	void *at = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at != MAP_FAILED)
		munmap(at, PAGE);
}

static void
write_handled(void)
{
	char text[16];
	const char *path = getenv("ACCOUNT");
	const int fd = path ? open(path, O_WRONLY | O_CREAT, 0600) : -1;
	int length = 0;

	for (unsigned n = handled, power = 1000000000; power; n %= power, power /= 10)
		text[length++] = (char)('0' + n / power);
	if (fd >= 0 && write(fd, text, (size_t)length) != length)
		_exit(1);
}

static int
storm(char **arguments)
{
	set_alternate_stack();
	set_handler(SIGALRM, handle_alarm, SA_ONSTACK | SA_RESTART);
	allocate = 1;
	set_alarm(100);
	while (handled < 2000)
		map_and_unmap();
	set_alarm(0);
	write_handled();
	site_after(1000, 10);
	puts("calm");
	return 0;
}

/* Out of handlers, on both kinds of stack, two thousand times. */
static int
jump(char **arguments)
{
	set_alternate_stack();
	set_handler(SIGALRM, handle_alarm, strcmp(arguments[0], "same") ? SA_ONSTACK : 0);
	allocate = !strcmp(arguments[0], "allocate");
	leave = 1;
	while (handled < 2000)
		if (!sigsetjmp(back, 1)) {
			/* Not before there is a mask to go back to. */
			if (!handled)
				set_alarm(100);
			for (;;)
				map_and_unmap();
		}
	leave = 0;
	set_alarm(0);
	site_after(1000, 10);
	puts("landed");
	return 0;
}

/* ---- the program's own SIGSEGV handler ---- */

static void
handle_fault(int number)
{
	mprotect(guarded, PAGE, PROT_READ | PROT_WRITE);
	site_handler();
	handled++;
}

static int
fault(char **arguments)
{
	guarded = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	set_handler(SIGSEGV, handle_fault, 0);
	for (int i = 0; i < 100; i++) {
		mprotect(guarded, PAGE, PROT_NONE);
		*(volatile char *)guarded = 1;
	}
	site_after(1000, 10);
	printf("%u faults\n", handled);
	return 0;
}

static void
handle_overflow(int number)
{
	siglongjmp(back, 1);
}

__attribute__((noinline)) static int
recurse(int depth)
{
	volatile char room[64];

	room[0] = 0;
	map_and_unmap();
	return depth < 0 ? 0 : recurse(depth + 1) + room[0];
}

/* Where the stack ends it may well end inside a hook. */
static int
overflow(char **arguments)
{
	set_alternate_stack();
	set_handler(SIGSEGV, handle_overflow, SA_ONSTACK);
	for (volatile int i = 0; i < 3; i++)
		if (!sigsetjmp(back, 1))
			return recurse(0);
	site_after(1000, 10);
	puts("back");
	return 0;
}

int
main(int count, char **arguments)
{
	static const struct test_case cases[] = {
		{"storm", storm},
		{"jump", jump},
		{"fault", fault},
		{"overflow", overflow},
		{NULL, NULL},
	};

	return run_case(cases, arguments);
}

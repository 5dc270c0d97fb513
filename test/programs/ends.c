/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Ways for a process to end. Before the end: 1000 blocks of 100 bytes that stay. */
#include "sites.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

SITE(before)
SITE(second)

static void *held;

static int
end_killed(char **arguments)
{
	site_before(1000, 100);
	kill(getpid(), SIGKILL);
	return 1;
}

static int
end_aborted(char **arguments)
{
	site_before(1000, 100);
	abort();
}

static int
end_at_once(char **arguments)
{
	site_before(1000, 100);
	_exit(9);
}

static int
end_quickly(char **arguments)
{
	site_before(1000, 100);
	quick_exit(8);
}

static int
end_by_signal(char **arguments)
{
	site_before(1000, 100);
	raise(SIGTERM);
	return 1;
}

static int
end_by_exec(char **arguments)
{
	site_before(1000, 100);
	execl("/proc/self/exe", "ends", "second", (char *)NULL);
	return 1;
}

static int
end_second(char **arguments)
{
	site_second(500, 10);
	puts("second image");
	return 5;
}

static KEEP void
site_crash(void)
{
	volatile char *block = use(malloc(64));

	*(block = use(NULL)) = 1;
}

static int
end_by_crash(char **arguments)
{
	site_before(1000, 100);
	site_crash();
	return 1;
}

/* libc finds out inside free, that is inside a hook, and aborts there. */
static int
end_by_double_free(char **arguments)
{
	void *block = use(malloc(2000));

	site_before(1000, 100);
	free(use(malloc(10)));
	free(block);
	free(use(block));
	return 1;
}

static void
release_held(void)
{
	free(held);
	site_second(5, 10);
}

static int
end_by_handlers(char **arguments)
{
	site_before(1000, 100);
	held = malloc(12345);
	atexit(release_held);
	puts("exits");
	exit(6);
}

int
main(int count, char **arguments)
{
	static const struct test_case cases[] = {
		{"kill", end_killed},
		{"abort", end_aborted},
		{"_exit", end_at_once},
		{"quick_exit", end_quickly},
		{"term", end_by_signal},
		{"exec", end_by_exec},
		{"second", end_second},
		{"crash", end_by_crash},
		{"double_free", end_by_double_free},
		{"handlers", end_by_handlers},
		{NULL, NULL},
	};

	return run_case(cases, arguments);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Allocates exactly what its functions say, and no more:
 *	churn	1000 blocks of 100 bytes, each freed before the next: 100000 bytes
 *	hold	one block of 1 MiB, freed at the end
 *	lose	3 blocks of 500 bytes that stay: 1500 bytes
 * The peak is what hold and lose keep, and one block of churn: 1048576 + 1500 + 100.
 * With an argument it does that and then ends as the argument says; "vfork" is done before it.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEEP __attribute__((noinline))

/* Makes a block's use visible, so that no call is optimized away. */
static void *
use(void *block)
{
	__asm__ volatile("" : "+r"(block) : : "memory");
	return block;
}

static KEEP void
churn(void)
{
	for (unsigned i = 0; i < 1000; i++)
		free(use(malloc(100)));
}

static KEEP void *
hold(void)
{
	return use(malloc(1 << 20));
}

static KEEP void
lose(void)
{
	for (unsigned i = 0; i < 3; i++)
		use(malloc(500));
}

static void
on_alarm(int number)
{
	_exit(9);
}

/* In the middle of something, more often than not of an allocation. */
static void
end_by_alarm(void)
{
	const struct itimerval soon = {.it_value.tv_usec = 3000};

	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &soon, NULL);
	for (;;)
		churn();
}

static void
end(const char *how)
{
	if (!strcmp(how, "kill"))
		kill(getpid(), SIGKILL);
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "_exit"))
		_exit(9);
	if (!strcmp(how, "alarm"))
		end_by_alarm();
	if (!strcmp(how, "fork")) {
		if (!fork()) {
			lose();
			_exit(0);
		}
		wait(NULL);
	}
}

/* Its child ends in this process's memory. */
static void
begin(const char *how)
{
	if (strcmp(how, "vfork"))
		return;
	if (!vfork())
		_exit(0);
	wait(NULL);
}

int
main(int count, char **arguments)
{
	if (count > 1)
		begin(arguments[1]);
	void *held = hold();

	lose();
	churn();
	if (count > 1 && !strcmp(arguments[1], "exec"))
		execl(arguments[0], arguments[0], (char *)NULL);
	if (count > 1)
		end(arguments[1]);
	free(held);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What happens at any instruction, also in the middle of a hook: signals whose handlers return or
 * jump, and cancellation. No function here is called from itself.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include "traced.h"

enum {
	TIMES = 200, /* e2e/time knows it */
	MICROSECONDS = 300,
};

static volatile int sink;
static volatile sig_atomic_t interrupts;
static volatile int spinning;
static sigjmp_buf back;

KEEP static void
leaf(void)
{
	sink++;
	END;
}

KEEP static void
after(void)
{
	sink++;
	END;
}

KEEP static void
work(void)
{
	for (int i = 0; i < 100; i++)
		leaf();
	END;
}

static void
handle(int number)
{
	interrupts++;
}

static void
handle_and_jump(int number)
{
	interrupts++;
	siglongjmp(back, 1);
}

UNTRACED static void
interrupt(void (*handler)(int), int every_microseconds)
{
	const struct sigaction action = {.sa_handler = handler};
	const struct itimerval timer = {{0, every_microseconds}, {0, MICROSECONDS}};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void
handlers(void)
{
	interrupt(handle, MICROSECONDS);
	while (interrupts < TIMES)
		work();
	interrupt(SIG_IGN, 0);
	after();
}

static void
jumps(void)
{
	for (volatile int i = 0; i < TIMES; i++) {
		if (!sigsetjmp(back, 1)) {
			interrupt(handle_and_jump, 0);
			for (;;)
				work();
		}
		after();
	}
}

KEEP static void
spin(void)
{
	spinning = 1;
	for (;;)
		leaf();
}

KEEP static void *
thread(void *argument)
{
	int before;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
	spin();
	return NULL;
}

static void
cancels(void)
{
	for (int i = 0; i < TIMES; i++) {
		pthread_t one;

		spinning = 0;
		pthread_create(&one, NULL, thread, NULL);
		while (!spinning)
			;
		pthread_cancel(one);
		pthread_join(one, NULL);
		after();
	}
}

int
main(int count, char **arguments)
{
	static const struct traced_case cases[] = {
		{"handlers", handlers},
		{"jumps", jumps},
		{"cancels", cancels},
		{NULL, NULL},
	};

	return run_traced(cases, arguments);
}

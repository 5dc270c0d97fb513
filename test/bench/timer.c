/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What samples cost before a profiler does anything with them: the timer's interrupt and the
 * signal's delivery, on this machine. In a virtual one each interrupt leaves the guest.
 *
 *	timer [ROUNDS]
 *
 * The same piece of work is done with no timer, with a perf event that fires, with one that also
 * sends its signal to an empty handler, with one that traps instead (SIGTRAP, which the kernel can
 * send without an interrupt to itself), and with a thread timer of the clock, in turn. Prints
 * microseconds of CPU time for each expiry, medians of all rounds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	HZ = 10000, /* more than anybody samples at, so that little work is enough */
	WORK = 20 * 1000 * 1000,
	ROUNDS_MAX = 10000,
};

enum mode {
	NOTHING,
	EVENT,
	EVENT_SIGNAL,
	EVENT_TRAP,
	TIMER_SIGNAL,
	MODES
};

static const char *const names[MODES] = {
	[EVENT] = "perf event",
	[EVENT_SIGNAL] = "perf event, signal",
	[EVENT_TRAP] = "perf event, trap",
	[TIMER_SIGNAL] = "timer, signal",
};

static volatile unsigned long sink;

static void
handle(int signal)
{
	(void)signal;
}

static int
open_event(enum mode mode)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.sample_period = 1000000000 / HZ,
		.disabled = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.wakeup_events = 1,
		.sigtrap = mode == EVENT_TRAP,
		.remove_on_exec = mode == EVENT_TRAP,
	};
	struct f_owner_ex owner = {F_OWNER_TID, (pid_t)syscall(SYS_gettid)};
	const int fd = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);

	if (fd < 0 || mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED)
		return -1;
	if (mode == EVENT_SIGNAL && (fcntl(fd, F_SETFL, O_ASYNC) || fcntl(fd, F_SETSIG, SIGURG) ||
					    fcntl(fd, F_SETOWN_EX, &owner)))
		return -1;
	return fd;
}

static bool
make_timer(timer_t *ret_timer)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGURG};

	event._sigev_un._tid = (int)syscall(SYS_gettid);
	return !timer_create(CLOCK_MONOTONIC, &event, ret_timer);
}

static double
work(void)
{
	struct timespec start, end;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
	for (long i = 0; i < WORK; i++)
		sink++;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

static double
work_with(enum mode mode, const int events[MODES], timer_t timer)
{
	const struct itimerspec on = {{0, 1000000000 / HZ}, {0, 1000000000 / HZ}},
				off = {{0, 0}, {0, 0}};
	double seconds;

	if (mode == TIMER_SIGNAL)
		timer_settime(timer, 0, &on, NULL);
	else if (mode != NOTHING)
		ioctl(events[mode], PERF_EVENT_IOC_ENABLE, 0);
	seconds = work();
	if (mode == TIMER_SIGNAL)
		timer_settime(timer, 0, &off, NULL);
	else if (mode != NOTHING)
		ioctl(events[mode], PERF_EVENT_IOC_DISABLE, 0);
	return seconds;
}

static int
compare(const void *left_, const void *right_)
{
	const double *left = left_, *right = right_;

	return (*left > *right) - (*left < *right);
}

int
main(int argc, char **argv)
{
	static double cost[MODES][ROUNDS_MAX];
	int rounds = argc > 1 ? atoi(argv[1]) : 100;
	const int events[MODES] = {[EVENT] = open_event(EVENT),
		[EVENT_SIGNAL] = open_event(EVENT_SIGNAL),
		[EVENT_TRAP] = open_event(EVENT_TRAP)};
	timer_t timer = NULL;
	const bool possible[MODES] = {[EVENT] = events[EVENT] >= 0,
		[EVENT_SIGNAL] = events[EVENT_SIGNAL] >= 0,
		[EVENT_TRAP] = events[EVENT_TRAP] >= 0,
		[TIMER_SIGNAL] = make_timer(&timer)};

	if (rounds < 1 || rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	signal(SIGURG, handle);
	signal(SIGTRAP, handle);
	for (int round = 0; round < rounds; round++) {
		const double bare = work();

		for (enum mode mode = EVENT; mode < MODES; mode++) {
			const double seconds = possible[mode] ? work_with(mode, events, timer) : 1;

			cost[mode][round] = 1e6 * (seconds - bare) / (seconds * HZ);
		}
	}
	for (enum mode mode = EVENT; mode < MODES; mode++) {
		qsort(cost[mode], (size_t)rounds, sizeof(double), compare);
		if (possible[mode])
			printf("%-20s %6.1f us\n", names[mode], cost[mode][rounds / 2]);
	}
	return 0;
}

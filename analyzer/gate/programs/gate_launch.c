/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Starts one program, waits for it, and reports what it took: see launch_report.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "launch_report.h"

enum {
	ARGUMENTS_BEFORE_PROGRAM = 4,
	EXIT_FAILED = 125,
	GRACE_MS = 2000, /* between asking the program to end and killing it */
};

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int
switch_aslr_off(void)
{
	const int before = personality(0xffffffff);

	return before != -1 && personality((unsigned long)before | ADDR_NO_RANDOMIZE) != -1;
}

/* The last one: the first is where interrupts tend to go. */
static int
pin(void)
{
	cpu_set_t allowed, one;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return 0;
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		return !sched_setaffinity(0, sizeof(one), &one);
	}
	return 0;
}

/* Counts from the exec of `pid` on, with all that it starts. Returns a descriptor or -errno. */
static int
open_counter(pid_t pid)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		.disabled = 1,
		.inherit = 1,
		.enable_on_exec = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	const long fd =
		syscall(SYS_perf_event_open, &attributes, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* A counter that shared its hardware with others was scaled up by guessing: not used. */
static void
read_counter(int fd, struct launch_report *report)
{
	uint64_t values[3];

	if (read(fd, values, sizeof(values)) != sizeof(values))
		report->count_error = EIO;
	else if (values[1] != values[2] || !values[1])
		report->count_error = EBUSY;
	else
		report->instructions = (int64_t)values[0];
	close(fd);
}

static int64_t
nanoseconds(struct timeval time)
{
	return (int64_t)time.tv_sec * 1000000000 + (int64_t)time.tv_usec * 1000;
}

/* Waits for SIGCHLD, which is blocked; false: the time is over. */
static int
wait_for_child(int64_t timeout_ms)
{
	const struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (timeout_ms <= 0)
		return 1;
	while (sigtimedwait(&set, NULL, &timeout) < 0) {
		if (errno == EAGAIN)
			return 0;
	}
	return 1;
}

static void
end_child(pid_t pid, struct launch_report *report)
{
	report->timed_out = 1;
	kill(pid, SIGTERM);
	if (!wait_for_child(GRACE_MS))
		kill(pid, SIGKILL);
}

/* In the child: waits until the counter is there, then becomes the program. */
static void
become(char **arguments, int go, int report_fd, const sigset_t *mask)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	while (read(go, &byte, 1) < 0 && errno == EINTR)
		;
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(arguments[0], arguments);
	const int error = errno;

	if (write(report_fd, &error, sizeof(error)) < 0)
		_exit(EXIT_FAILED);
	_exit(EXIT_FAILED);
}

static int
read_error(int fd)
{
	int error = 0;

	while (read(fd, &error, sizeof(error)) < 0 && errno == EINTR)
		;
	return error;
}

static void
run(char **arguments, int flags, int64_t timeout_ms, struct launch_report *report)
{
	struct rusage usage;
	int go[2], exec_error[2], counter = -1;
	sigset_t block, before;
	int64_t start_ns;

	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, &before);
	if (pipe2(go, O_CLOEXEC) || pipe2(exec_error, O_CLOEXEC)) {
		report->error = errno;
		return;
	}
	const pid_t pid = fork();

	if (pid < 0) {
		report->error = errno;
		return;
	}
	if (!pid)
		become(arguments, go[0], exec_error[1], &before);
	close(exec_error[1]);
	if (flags & LAUNCH_COUNT) {
		counter = open_counter(pid);
		report->count_error = counter < 0 ? -counter : 0;
	}
	start_ns = now_ns();
	if (write(go[1], "", 1) < 0)
		report->error = errno;
	report->error = read_error(exec_error[0]);
	if (!report->error && !wait_for_child(timeout_ms))
		end_child(pid, report);
	while (wait4(pid, &report->wait_status, 0, &usage) < 0 && errno == EINTR)
		;
	report->wall_ns = now_ns() - start_ns;
	report->cpu_ns = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
	report->max_rss_bytes = (int64_t)usage.ru_maxrss * 1024;
	if (counter >= 0)
		read_counter(counter, report);
}

int
main(int count, char **arguments)
{
	struct launch_report report = {.magic = LAUNCH_MAGIC, .instructions = LAUNCH_NOT_COUNTED};

	if (count <= ARGUMENTS_BEFORE_PROGRAM)
		return EXIT_FAILED;
	const int fd = atoi(arguments[1]), flags = atoi(arguments[2]);

	fcntl(fd, F_SETFD, FD_CLOEXEC);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	report.aslr_off = flags & LAUNCH_NO_ASLR && switch_aslr_off();
	report.pinned = flags & LAUNCH_PIN && pin();
	run(arguments + ARGUMENTS_BEFORE_PROGRAM, flags, atoll(arguments[3]), &report);
	return write(fd, &report, sizeof(report)) == sizeof(report) ? 0 : EXIT_FAILED;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See watch.h. */
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	EVENTS_AT_ONCE = 64,
	/* Start times in /proc are rounded to clock ticks, 10 ms as a rule. */
	START_TOLERANCE_NS = 50 * 1000 * 1000,
};

struct watch {
	GPtrArray *all; /* struct watched */
	int epoll;
	unsigned without_pidfd;
};

/* The kernel's limits on descriptors are raised as far as we may. */
static void
raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

struct watch *
watch_new(void)
{
	struct watch *watch = g_new0(struct watch, 1);

	raise_descriptor_limit();
	watch->all = g_ptr_array_new();
	watch->epoll = epoll_create1(EPOLL_CLOEXEC);
	return watch;
}

void
watch_free(struct watch *watch)
{
	if (!watch)
		return;
	while (watch->all->len)
		watch_end(watch, g_ptr_array_index(watch->all, 0));
	g_ptr_array_unref(watch->all);
	if (watch->epoll >= 0)
		close(watch->epoll);
	g_free(watch);
}

/* ---- /proc ---- */

static bool
read_proc(uint32_t pid, const char *name, char *buffer, size_t size)
{
	char path[64];
	int fd;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, buffer, size - 1);
	close(fd);
	if (length <= 0)
		return false;
	buffer[length] = 0;
	return true;
}

struct stat_fields {
	char state;
	long long threads;
	uint64_t start_clock_ticks;
};

/* Fields are counted from the last parenthesis: the name before it may hold anything. */
static bool
read_stat(uint32_t pid, struct stat_fields *ret_fields)
{
	char text[1024];
	const char *at;
	struct stat_fields fields;
	unsigned long long start;

	if (!read_proc(pid, "stat", text, sizeof(text)))
		return false;
	at = strrchr(text, ')');
	if (!at ||
		sscanf(at + 1,
			" %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %lld "
			"%*d %llu",
			&fields.state, &fields.threads, &start) != 3)
		return false;
	fields.start_clock_ticks = start;
	*ret_fields = fields;
	return true;
}

static uint64_t
now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool
started_after(const struct stat_fields *fields, uint64_t monotonic_ns)
{
	const uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);
	const uint64_t suspended_ns = now_ns(CLOCK_BOOTTIME) - now_ns(CLOCK_MONOTONIC);
	const uint64_t start_ns = fields->start_clock_ticks * (1000000000u / hz);

	return start_ns > monotonic_ns + suspended_ns + START_TOLERANCE_NS;
}

/* A zombie whose threads are not all gone is a process whose main thread went first. */
static bool
is_alive(const struct watched *watched)
{
	struct stat_fields fields;

	if (!read_stat(watched->pid, &fields))
		return false;
	return (fields.state != 'Z' && fields.state != 'X') || fields.threads > 1;
}

uint64_t
watch_resident_bytes(uint32_t pid)
{
	char text[128];
	unsigned long long pages;

	if (!read_proc(pid, "statm", text, sizeof(text)) || sscanf(text, "%*u %llu", &pages) != 1)
		return 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t
watch_cpu_ns(uint32_t pid)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid((pid_t)pid, &clock) || clock_gettime(clock, &used))
		return 0;
	return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

uint64_t
watch_resident_peak_bytes(uint32_t pid)
{
	char text[4096];
	const char *line;
	unsigned long long kibibytes;

	if (!read_proc(pid, "status", text, sizeof(text)))
		return 0;
	line = strstr(text, "\nVmHWM:");
	if (!line || sscanf(line, "\nVmHWM: %llu", &kibibytes) != 1)
		return 0;
	return kibibytes * 1024;
}

/* ---- watching ---- */

static void
open_pidfd(struct watch *watch, struct watched *watched)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = watched};

	watched->pidfd = (int)syscall(SYS_pidfd_open, (pid_t)watched->pid, 0);
	if (watched->pidfd < 0)
		return;
	if (watch->epoll < 0 || epoll_ctl(watch->epoll, EPOLL_CTL_ADD, watched->pidfd, &event)) {
		close(watched->pidfd);
		watched->pidfd = -1;
	}
}

void
watch_begin(struct watch *watch, struct watched *watched, uint32_t pid, uint64_t monotonic_ns)
{
	struct stat_fields fields;

	watched->pid = pid;
	watched->ended = false;
	watched->index = watch->all->len;
	g_ptr_array_add(watch->all, watched);
	open_pidfd(watch, watched);
	if (watched->pidfd < 0)
		watch->without_pidfd++;
	/* After the pidfd is there, so that both speak of the same process. */
	if (!is_alive(watched) || (read_stat(pid, &fields) && started_after(&fields, monotonic_ns)))
		watch_end(watch, watched);
}

void
watch_end(struct watch *watch, struct watched *watched)
{
	struct watched *last;

	if (watched->ended)
		return;
	watched->ended = true;
	if (watched->pidfd >= 0)
		close(watched->pidfd);
	else
		watch->without_pidfd--;
	watched->pidfd = -1;
	last = g_ptr_array_index(watch->all, watch->all->len - 1);
	last->index = watched->index;
	g_ptr_array_index(watch->all, watched->index) = last;
	g_ptr_array_set_size(watch->all, (int)watch->all->len - 1);
}

static unsigned
look_in_proc(struct watch *watch)
{
	unsigned ended = 0;

	for (unsigned i = watch->all->len; i-- > 0 && watch->without_pidfd;) {
		struct watched *watched = g_ptr_array_index(watch->all, i);

		if (watched->pidfd >= 0 || is_alive(watched))
			continue;
		watch_end(watch, watched);
		ended++;
	}
	return ended;
}

unsigned
watch_look(struct watch *watch)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	unsigned ended = 0;
	int count;

	do {
		count = watch->epoll < 0 ? 0 : epoll_wait(watch->epoll, events, EVENTS_AT_ONCE, 0);
		for (int i = 0; i < count; i++) {
			watch_end(watch, events[i].data.ptr);
			ended++;
		}
	} while (count == EVENTS_AT_ONCE);
	return ended + look_in_proc(watch);
}

unsigned
watch_count(const struct watch *watch)
{
	return watch->all->len;
}

struct watched *
watch_at(const struct watch *watch, unsigned index)
{
	return g_ptr_array_index(watch->all, index);
}

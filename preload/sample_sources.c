/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sample_sources.h"
#include <linux/perf_event.h>
#include "os/system.h"
#include "forbid.h"

enum {
	NS_PER_S = 1000000000
};

bool
sample_timers_are_quiet(void)
{
	return system_release() >= ARCH_QUIET_TIMERS;
}

/* ---- perf events ---- */

/* Has signals sent, and maps the event: the mapping keeps it when the descriptor is closed. */
static bool
hold_event(struct sample_sources *sources, long fd, int signal)
{
	struct f_owner_ex owner = {.type = F_OWNER_TID, .pid = (pid_t)system_tid()};

	if (system_failed(arch_syscall6(SYS_fcntl, fd, F_SETFL, O_ASYNC, 0, 0, 0)) ||
		system_failed(arch_syscall6(SYS_fcntl, fd, F_SETSIG, signal, 0, 0, 0)) ||
		system_failed(arch_syscall6(SYS_fcntl, fd, F_SETOWN_EX, (long)&owner, 0, 0, 0)))
		return false;
	sources->event = system_map_file((int)fd, SYSTEM_PAGE_BYTES);
	return sources->event != NULL;
}

bool
sample_sources_begin_perf(struct sample_sources *sources, int signal, uint64_t period_ns)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.sample_period = period_ns,
		.disabled = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.wakeup_events = 1,
	};
	const long opened = arch_syscall6(
		SYS_perf_event_open, (long)&attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC, 0);

	if (system_failed(opened))
		return false;
	if (!hold_event(sources, opened, signal)) {
		system_close(opened);
		return false;
	}
	sources->fd = (int)opened;
	arch_syscall6(SYS_ioctl, opened, PERF_EVENT_IOC_ENABLE, 0, 0, 0, 0);
	system_close(opened);
	return true;
}

/* The old one goes first: it would have the same number, or one more signal. */
bool
sample_sources_renew_perf(struct sample_sources *sources, int signal, uint64_t period_ns)
{
	system_unmap(sources->event, SYSTEM_PAGE_BYTES);
	sources->event = NULL;
	return sample_sources_begin_perf(sources, signal, period_ns);
}

/* ---- timers ---- */

/* The leading part of the kernel's struct sigevent. */
struct kernel_event {
	union sigval value;
	int signal, notify, tid;
	int unused[11];
};

static struct timespec
time_of(uint64_t ns)
{
	return (struct timespec){(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
}

bool
sample_sources_begin_timer(struct sample_sources *sources, int signal, void *value,
	enum sample_clock clock, uint64_t first_ns, uint64_t period_ns)
{
	struct kernel_event event = {
		.value.sival_ptr = value,
		.signal = signal,
		.notify = SIGEV_THREAD_ID,
		.tid = (int)system_tid(),
	};
	const struct itimerspec times = {time_of(period_ns), time_of(first_ns)};

	if (system_failed(arch_syscall6(SYS_timer_create,
		    clock == SAMPLE_CLOCK_WALL ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID,
		    (long)&event, (long)&sources->timer, 0, 0, 0)))
		return false;
	sources->timed = !system_failed(
		arch_syscall6(SYS_timer_settime, sources->timer, 0, (long)&times, 0, 0, 0));
	return sources->timed;
}

void
sample_sources_end(struct sample_sources *sources)
{
	if (sources->event)
		system_unmap(sources->event, SYSTEM_PAGE_BYTES);
	if (sources->timed)
		arch_syscall6(SYS_timer_delete, sources->timer, 0, 0, 0, 0, 0);
	*sources = (struct sample_sources){0};
}

/* ---- what they can be compared with ---- */

/* Clocks of the calling thread, by the numbers that the kernel makes them from: ticks in user mode,
 * and all. */
enum {
	CLOCK_THREAD_ALL_TICKS = -4,
	CLOCK_THREAD_USER_TICKS = -3,
};

struct ledger_account
sample_sources_account(void)
{
	return (struct ledger_account){
		.whole_ns = system_clock_ns(CLOCK_THREAD_CPUTIME_ID),
		.ticks_ns = system_clock_ns(CLOCK_THREAD_ALL_TICKS),
		.user_ns = system_clock_ns(CLOCK_THREAD_USER_TICKS),
	};
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sampler.h"
#include <linux/perf_event.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>
#include "loader.h"
#include "session.h"
#include "thread.h"
#include "os/system.h"
#include "forbid.h"

enum {
	NS_PER_S = 1000000000,
	FD_LOWEST = 700,   /* out of the way of the program's own descriptors */
	PERF_THREADS = 64, /* beyond so many threads timers are used: they need no descriptor */
};

static bool handler_installed;

/* Written under `action_lock`, read in handlers: two copies, the valid one by index. */
static struct sigaction program_actions[2];
static uint32_t program_action_index, action_lock;

static uint64_t
period_ns(void)
{
	return NS_PER_S / session.pool->options.sample_hz;
}

/* ---- taking a sample ---- */

/* How many periods this sample stands for. */
static uint64_t
count_periods(struct sampler *sampler, const siginfo_t *info)
{
	uint64_t count_ns = 0;

	if (sampler->fd < 0)
		return 1 + (uint64_t)info->si_overrun;
	if (system_read(sampler->fd, &count_ns, sizeof(count_ns)) != sizeof(count_ns))
		return 1;
	const uint64_t periods = (count_ns - sampler->counted_ns) / period_ns();

	sampler->counted_ns += periods * period_ns();
	return periods;
}

static void
report_own(struct thread *thread)
{
	uint64_t numbers[] = {0, thread->sampler.own_periods, RECORD_LOST_OWN};

	thread->sampler.own_periods = 0;
	writer_emit(&thread->writer, RECORD_LOST, numbers, 3, NULL, 0);
}

static void
take_sample(struct thread *thread, struct frame frame, uint64_t periods)
{
	struct writer *writer = &thread->writer;

	if (thread->sampler.own_periods)
		report_own(thread);
	const uint32_t node = unwind_capture(&thread->unwinder, writer, frame, true);

	if (!writer_ready(writer))
		return;
	writer->at =
		record_emit_sample(&writer->state, writer->at, session_ticks(), node, periods, 0);
	writer_commit(writer);
}

static bool
is_ours(const struct thread *thread, const siginfo_t *info)
{
	if (!thread || !thread->sampler.running)
		return false;
	if (thread->sampler.fd >= 0)
		return info->si_code > 0 && info->si_fd == thread->sampler.fd;
	return info->si_code == SI_TIMER && info->si_value.sival_ptr == thread;
}

static void
call_program(int signal, siginfo_t *info, void *context)
{
	const struct sigaction *action = &program_actions[load_acquire(&program_action_index)];

	if (action->sa_flags & SA_SIGINFO)
		action->sa_sigaction(signal, info, context);
	else if (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN)
		action->sa_handler(signal);
}

static void
handle(int signal, siginfo_t *info, void *context)
{
	struct thread *thread = thread_self;

	if (!is_ours(thread, info)) {
		/* A late one, of a timer or an event that is gone, is nobody's. */
		if (info->si_code != SI_TIMER &&
			(info->si_code < POLL_IN || info->si_code > POLL_HUP))
			call_program(signal, info, context);
		return;
	}
	const uint64_t periods = count_periods(&thread->sampler, info);

	if (!periods || load_acquire(&session.phase) != SESSION_ON)
		return;
	if (thread->gate != THREAD_READY) {
		thread->sampler.own_periods += periods;
		return;
	}
	const struct frame frame = arch_context_frame(context);

	thread->gate = THREAD_FRAMES;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	take_sample(thread, frame, periods);
	thread_leave(thread);
}

/* ---- the handler's place ---- */

void
sampler_init(void)
{
	/* libc's own: it knows how a handler has to return. Ours is the hook. */
	int (*install)(int, const struct sigaction *, struct sigaction *) = (int (*)(
		int, const struct sigaction *, struct sigaction *))loader_find_next("sigaction");
	struct sigaction ours = {
		.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};

	handler_installed = install && install(SAMPLER_SIGNAL, &ours, &program_actions[0]) == 0;
}

bool
sampler_is_on(void)
{
	return handler_installed;
}

struct sigaction
sampler_swap_action(const struct sigaction *action)
{
	while (exchange_acq_rel(&action_lock, 1))
		;
	const uint32_t index = load_relaxed(&program_action_index);
	const struct sigaction before = program_actions[index];

	if (action) {
		program_actions[1 - index] = *action;
		store_release(&program_action_index, 1 - index);
	}
	store_release(&action_lock, 0);
	return before;
}

/* ---- timers ---- */

/* Moves a descriptor up, where programs that close or count from below do not meet it. */
static int
move_up(long fd)
{
	const long moved = arch_syscall6(SYS_fcntl, fd, F_DUPFD_CLOEXEC, FD_LOWEST, 0, 0, 0);

	if (system_failed(moved))
		return (int)fd;
	system_close(fd);
	return (int)moved;
}

static bool
begin_perf(struct sampler *sampler)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.sample_period = period_ns(),
		.disabled = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.wakeup_events = 1,
	};
	struct f_owner_ex owner = {.type = F_OWNER_TID, .pid = (pid_t)system_tid()};
	const long opened = arch_syscall6(
		SYS_perf_event_open, (long)&attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC, 0);

	if (system_failed(opened))
		return false;
	const int fd = move_up(opened);

	if (system_failed(arch_syscall6(SYS_fcntl, fd, F_SETFL, O_ASYNC, 0, 0, 0)) ||
		system_failed(arch_syscall6(SYS_fcntl, fd, F_SETSIG, SAMPLER_SIGNAL, 0, 0, 0)) ||
		system_failed(arch_syscall6(SYS_fcntl, fd, F_SETOWN_EX, (long)&owner, 0, 0, 0))) {
		system_close(fd);
		return false;
	}
	sampler->fd = fd;
	sampler->counted_ns = 0;
	arch_syscall6(SYS_ioctl, fd, PERF_EVENT_IOC_ENABLE, 0, 0, 0, 0);
	return true;
}

/* The leading part of the kernel's struct sigevent. */
struct kernel_event {
	union sigval value;
	int signal, notify, tid;
	int unused[11];
};

static bool
begin_timer(struct thread *thread)
{
	struct kernel_event event = {
		.value.sival_ptr = thread,
		.signal = SAMPLER_SIGNAL,
		.notify = SIGEV_THREAD_ID,
		.tid = (int)system_tid(),
	};
	const struct timespec period = {0, (long)period_ns()};
	const struct itimerspec times = {period, period};

	if (system_failed(arch_syscall6(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, (long)&event,
		    (long)&thread->sampler.timer, 0, 0, 0)))
		return false;
	thread->sampler.fd = -1;
	return !system_failed(
		arch_syscall6(SYS_timer_settime, thread->sampler.timer, 0, (long)&times, 0, 0, 0));
}

static bool
perf_is_wanted(const struct thread *thread)
{
	return session.pool->options.sampler != OPTIONS_SAMPLER_TIMER &&
	       thread->writer.thread <= PERF_THREADS;
}

void
sampler_begin(struct thread *thread)
{
	struct sampler *sampler = &thread->sampler;
	uint64_t numbers[] = {0, 0, RECORD_SAMPLING_PERF};

	*sampler = (struct sampler){.fd = -1};
	if (!handler_installed)
		return;
	numbers[1] = period_ns();
	/* Said before the first sample can come. */
	if (perf_is_wanted(thread) && begin_perf(sampler)) {
		sampler->running = true;
	} else if (begin_timer(thread)) {
		numbers[2] = RECORD_SAMPLING_TIMER;
		sampler->running = true;
	}
	if (sampler->running)
		writer_emit(&thread->writer, RECORD_SAMPLING, numbers, 3, NULL, 0);
}

/* Whether the descriptor is still what was opened: the program may have closed it. */
static bool
is_perf_event(int fd)
{
	static const char expected[] = "anon_inode:[perf_event]";
	char path[] = "/proc/self/fd/0000000000";
	char target[sizeof(expected)];
	char *digit = path + sizeof(path) - 1;

	for (int rest = fd, i = 0; i < 10; i++, rest /= 10)
		*--digit = (char)('0' + rest % 10);
	while (*digit == '0' && digit[1])
		digit++;
	memmove(path + sizeof("/proc/self/fd/") - 1, digit, strlen(digit) + 1);
	return system_readlink(path, target, sizeof(target)) == sizeof(expected) - 1 &&
	       memcmp(target, expected, sizeof(expected) - 1) == 0;
}

void
sampler_end(struct thread *thread)
{
	struct sampler *sampler = &thread->sampler;

	if (!sampler->running)
		return;
	sampler->running = false;
	if (sampler->fd < 0)
		arch_syscall6(SYS_timer_delete, sampler->timer, 0, 0, 0, 0, 0);
	else if (is_perf_event(sampler->fd))
		system_close(sampler->fd);
}

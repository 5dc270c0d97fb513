/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sampler.h"
#include <linux/perf_event.h>
#include <stddef.h>
#include <ucontext.h>
#include "loader.h"
#include "paths_capture.h"
#include "recording.h"
#include "session.h"
#include "thread.h"
#include "window.h"
#include "os/system.h"
#include "forbid.h"

enum {
	NS_PER_S = 1000000000,
	PERF_THREADS = 64, /* beyond so many threads timers are used: events' pages are limited */
	REST_FACTOR = 9,   /* a thread runs at least so many times as long as a sample took */
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
	if (!sampler->event)
		return 1 + (uint64_t)info->si_overrun;
	const uint64_t now_ns = system_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	const uint64_t periods = (now_ns - sampler->counted_ns) / period_ns();

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
	const uint32_t node = paths_capture(thread, frame, true);

	if (!writer_ready(writer))
		return;
	writer->at = record_emit_sample(&writer->state, writer->at, session_ticks(), node, periods,
		session.pool->options.wall ? RECORD_WALL : 0);
	writer_commit(writer);
}

static bool
is_ours(const struct thread *thread, const siginfo_t *info)
{
	if (!thread || !thread->sampler.running)
		return false;
	if (thread->sampler.event)
		return info->si_code > 0 && info->si_fd == thread->sampler.fd;
	return info->si_code == SI_TIMER && info->si_value.sival_ptr == thread;
}

__thread struct sampler_mask sampler_mask __attribute__((tls_model("initial-exec")));

static void
call_program(int signal, siginfo_t *info, void *context)
{
	if (sampler_mask.blocked) {
		sampler_mask.pending = true;
		return;
	}
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

	if (!periods || load_acquire(&session.phase) != SESSION_ON || !window_is_open() ||
		!recording_wants_time(thread))
		return;
	if (thread->gate != THREAD_READY) {
		thread->sampler.own_periods += periods;
		return;
	}
	const uint64_t now = session_ticks();

	thread->sampler.put_off += periods;
	if (now < thread->sampler.rest_ticks)
		return;
	thread->gate = THREAD_FRAMES;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	take_sample(thread, arch_context_frame(context), thread->sampler.put_off);
	thread_leave(thread);
	/* A stack so deep that walking it takes longer than a period would leave the program no
	 * time at all. */
	thread->sampler.put_off = 0;
	thread->sampler.rest_ticks = now + (1 + REST_FACTOR) * (session_ticks() - now);
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

	/* A handler of the program's could leave ours by siglongjmp, half done. */
	sigfillset(&ours.sa_mask);
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

/* Has signals sent, and maps the event: the mapping keeps it when the descriptor is closed. */
static bool
hold_event(struct sampler *sampler, long fd, struct f_owner_ex *owner)
{
	if (system_failed(arch_syscall6(SYS_fcntl, fd, F_SETFL, O_ASYNC, 0, 0, 0)) ||
		system_failed(arch_syscall6(SYS_fcntl, fd, F_SETSIG, SAMPLER_SIGNAL, 0, 0, 0)) ||
		system_failed(arch_syscall6(SYS_fcntl, fd, F_SETOWN_EX, (long)owner, 0, 0, 0)))
		return false;
	sampler->event = system_map_file((int)fd, SYSTEM_PAGE_BYTES);
	return sampler->event != NULL;
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
	if (!hold_event(sampler, opened, &owner)) {
		system_close(opened);
		return false;
	}
	sampler->fd = (int)opened;
	sampler->counted_ns = system_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	arch_syscall6(SYS_ioctl, opened, PERF_EVENT_IOC_ENABLE, 0, 0, 0, 0);
	system_close(opened);
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
	const long clock = session.pool->options.wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
	const struct timespec period = {
		(time_t)(period_ns() / NS_PER_S), (long)(period_ns() % NS_PER_S)};
	const struct itimerspec times = {period, period};

	if (system_failed(arch_syscall6(
		    SYS_timer_create, clock, (long)&event, (long)&thread->sampler.timer, 0, 0, 0)))
		return false;
	return !system_failed(
		arch_syscall6(SYS_timer_settime, thread->sampler.timer, 0, (long)&times, 0, 0, 0));
}

static bool
perf_is_wanted(const struct thread *thread)
{
	return session.pool->options.sampler != OPTIONS_SAMPLER_TIMER &&
	       !session.pool->options.wall && thread->writer.thread <= PERF_THREADS;
}

void
sampler_begin(struct thread *thread)
{
	struct sampler *sampler = &thread->sampler;
	uint64_t numbers[] = {0, 0, RECORD_SAMPLING_PERF, 0};

	*sampler = (struct sampler){0};
	if (!handler_installed)
		return;
	numbers[1] = session.pool->options.sample_hz;
	/* Said before the first sample can come. */
	if (perf_is_wanted(thread) && begin_perf(sampler)) {
		sampler->running = true;
	} else if (begin_timer(thread)) {
		numbers[2] =
			session.pool->options.wall ? RECORD_SAMPLING_WALL : RECORD_SAMPLING_TIMER;
		numbers[3] = session.pool->options.wall;
		sampler->running = true;
	}
	if (sampler->running)
		writer_emit(&thread->writer, RECORD_SAMPLING, numbers, 4, NULL, 0);
}

void
sampler_end(struct thread *thread)
{
	struct sampler *sampler = &thread->sampler;

	if (!sampler->running)
		return;
	sampler->running = false;
	if (sampler->event)
		system_unmap(sampler->event, SYSTEM_PAGE_BYTES);
	else
		arch_syscall6(SYS_timer_delete, sampler->timer, 0, 0, 0, 0, 0);
}

/* ---- waiting ---- */

/* Blocks or unblocks the signal; libc's own function is the hook's business. */
static void
change_mask(int how)
{
	const uint64_t set = UINT64_C(1) << (SAMPLER_SIGNAL - 1);

	arch_syscall6(SYS_rt_sigprocmask, how, (long)&set, 0, sizeof(set), 0, 0);
}

bool
sampler_hold(void)
{
	struct thread *thread = thread_self;

	if (likely(!thread || !thread->sampler.running || thread->sampler.event ||
		    thread->sampler.held))
		return false;
	thread->sampler.held = true;
	change_mask(SIG_BLOCK);
	return true;
}

void
sampler_release(void)
{
	thread_self->sampler.held = false;
	change_mask(SIG_UNBLOCK);
}

void
sampler_release_jumped(struct thread *thread)
{
	if (!thread->sampler.held)
		return;
	thread->sampler.held = false;
	change_mask(SIG_UNBLOCK);
}

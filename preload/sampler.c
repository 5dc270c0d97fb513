/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sampler.h"
#include <stddef.h>
#include <ucontext.h>
#include "chance.h"
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
	TICK_NS_LEAST = 1000000, /* no kernel ticks more often */
	LEAVING_NS = 5000,	 /* what the way from the handler takes at most */
	FIRST_NS_LEAST = 100000, /* of a first period */
	COST_PART = 4,		 /* of a thread's time samples may take one in so many */
	HANDED_NS = 100000000,	 /* no more is handed from thread to thread, nor taken at once */
};

static bool handler_installed, timers_are_quiet;

/* Written under `action_lock`, read in handlers: two copies, the valid one by index. */
static struct sigaction program_actions[2];
static uint32_t program_action_index, action_lock;

static uint64_t
period_ns(void)
{
	return NS_PER_S / session.pool->options.sample_hz;
}

/* ---- taking a sample ---- */

/* How many periods of CPU time, in user mode or in the kernel, have passed without the ledger. */
static uint64_t
count_passed(struct sampler *sampler)
{
	const uint64_t now_ns = system_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	const uint64_t periods = (now_ns - sampler->counted_ns) / period_ns();

	sampler->counted_ns += periods * period_ns();
	return periods;
}

/* A tick that hit the kernel on the way to this handler, or from it, comes right after it. */
static uint64_t
count_tick(struct sampler *sampler, bool left_call)
{
	if (!left_call && session_ticks() - sampler->left_ticks < sampler->leaving_ticks)
		return 0;
	const struct ledger_account now = sample_sources_account();

	return ledger_tick(&sampler->ledger, &now, left_call);
}

/* What a signal of ours tells: that so many periods have passed, and were of this kind. */
struct due {
	uint64_t periods;
	uint32_t flags; /* of the record */
};

static struct due
find_due(struct thread *thread, const siginfo_t *info, const void *context)
{
	struct sampler *sampler = &thread->sampler;
	struct due due = {0, session.pool->options.wall ? RECORD_WALL : 0};

	if (due.flags == RECORD_WALL) {
		due.periods = 1 + (uint64_t)info->si_overrun;
	} else if (!sampler->sources.event) {
		due.periods = count_passed(sampler);
	} else if (info->si_code == SI_TIMER) {
		due.periods = count_tick(sampler, arch_left_call(context));
		due.flags = RECORD_KERNEL;
	} else if (sampler->sources.timed) {
		due.periods = ledger_hit(&sampler->ledger);
	} else {
		due.periods = count_passed(sampler);
	}
	return due;
}

static void
report_own(struct thread *thread)
{
	uint64_t numbers[] = {0, thread->sampler.own_periods, RECORD_LOST_OWN};

	thread->sampler.own_periods = 0;
	writer_emit(&thread->writer, RECORD_LOST, numbers, 3, NULL, 0);
}

static void
take_sample(struct thread *thread, struct frame frame, struct due due)
{
	struct writer *writer = &thread->writer;

	if (thread->sampler.own_periods)
		report_own(thread);
	const uint32_t node = paths_capture(thread, frame, true);

	if (!writer_ready(writer))
		return;
	writer->at = record_emit_sample(
		&writer->state, writer->at, session_ticks(), node, due.periods, due.flags);
	writer_commit(writer);
}

/*
 * A stack so deep that walking it takes as long as a period would leave the program no time at all.
 * Then one of so many samples is taken, at random, and stands for all of them.
 */
static bool
is_chosen(struct sampler *sampler, struct due *due)
{
	if (likely(sampler->cost_ticks <= sampler->cost_most_ticks))
		return true;
	const uint64_t stride = sampler->cost_ticks / sampler->cost_most_ticks + 1;

	due->periods *= stride;
	return chance_below(&sampler->chance, stride) == 0;
}

/* On average; a single one that took long was interrupted, perhaps: it counts for little. */
static void
note_cost(struct sampler *sampler, uint64_t took_ticks)
{
	enum {
		WEIGHT = 8
	};
	const uint64_t most_ticks = WEIGHT * (sampler->cost_ticks + sampler->cost_most_ticks / 8);

	if (took_ticks > most_ticks)
		took_ticks = most_ticks;
	sampler->cost_ticks = (sampler->cost_ticks * (WEIGHT - 1) + took_ticks) / WEIGHT;
}

/* The thread stands at `context`, and a signal of ours says that time has passed. */
static void
look(struct thread *thread, const siginfo_t *info, const void *context)
{
	struct sampler *sampler = &thread->sampler;
	struct due due = find_due(thread, info, context);

	if (!due.periods || load_acquire(&session.phase) != SESSION_ON || !window_is_open() ||
		!recording_wants_time(thread))
		return;
	if (thread->gate != THREAD_READY) {
		sampler->own_periods += due.periods;
		return;
	}
	if (due.flags != RECORD_KERNEL && !is_chosen(sampler, &due))
		return;
	thread->gate = THREAD_FRAMES;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	const uint64_t start = session_ticks();

	take_sample(thread, arch_context_frame(context), due);
	note_cost(sampler, session_ticks() - start);
	thread_leave(thread);
}

static bool
is_ours(const struct thread *thread, const siginfo_t *info)
{
	if (!thread || !thread->sampler.running)
		return false;
	return sample_sources_is_perf(&thread->sampler.sources, info) ||
	       sample_sources_is_timer(&thread->sampler.sources, info, thread);
}

__thread struct sampler_mask sampler_mask __attribute__((tls_model("initial-exec")));

static void
call_program(int signal, siginfo_t *info, void *context)
{
	sampler_mask.came++;
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

/* Where the program has no descriptor left to open an event with, a timer does all. */
static void
end_first_period(struct thread *thread)
{
	struct sampler *sampler = &thread->sampler;

	sampler->beginning = false;
	if (sample_sources_renew_perf(&sampler->sources, SAMPLER_SIGNAL, period_ns()))
		return;
	add_relaxed(&session.process->perf_threads, UINT32_MAX);
	sampler->counted_ns = system_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	sampler->head_ns = 0;
	sampler->interrupts = !timers_are_quiet;
	if (!sampler->sources.timed)
		sample_sources_begin_timer(&sampler->sources, SAMPLER_SIGNAL, thread,
			SAMPLE_CLOCK_CPU, period_ns(), period_ns());
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
	look(thread, info, context);
	if (unlikely(thread->sampler.beginning) &&
		sample_sources_is_perf(&thread->sampler.sources, info))
		end_first_period(thread);
	thread->sampler.left_ticks = session_ticks();
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
	timers_are_quiet = sample_timers_are_quiet();
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

/* ---- begin and end ---- */

/* A place among those that may have an event. */
static bool
take_perf_place(void)
{
	if (add_relaxed(&session.process->perf_threads, 1) < PERF_THREADS)
		return true;
	add_relaxed(&session.process->perf_threads, UINT32_MAX);
	return false;
}

static int64_t
clamp(int64_t value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* Time that other threads have left; below 0, but not below `-least_ns`: that they had too much. */
static int64_t
take_handed_ns(uint64_t least_ns)
{
	int64_t *handed = &session.process->unsampled_ns;
	const int64_t all_ns = exchange_acq_rel(handed, 0);
	const int64_t taken_ns = clamp(all_ns, -(int64_t)least_ns, HANDED_NS);

	add_relaxed(handed, all_ns - taken_ns);
	return taken_ns;
}

/*
 * How long the first period is. Until it is known that it is over the event goes on with it: were
 * it shorter than what a signal takes, the thread would not get on.
 */
static uint64_t
begin_phase(struct sampler *sampler)
{
	const uint64_t least_ns =
		period_ns() / 2 < FIRST_NS_LEAST ? period_ns() / 2 : FIRST_NS_LEAST;

	sampler->chance = session_ticks() ^ (uint64_t)system_tid() << 32;
	const uint64_t first_ns = period_ns() - chance_below(&sampler->chance, period_ns());

	sampler->head_ns = period_ns() - (first_ns < least_ns ? least_ns : first_ns);
	return period_ns() - sampler->head_ns;
}

static bool
begin_perf(struct thread *thread, uint64_t first_ns)
{
	struct sampler *sampler = &thread->sampler;
	const struct options *options = &session.pool->options;

	if (options->sampler == OPTIONS_SAMPLER_TIMER || options->wall || !take_perf_place())
		return false;
	if (!sample_sources_begin_perf(&sampler->sources, SAMPLER_SIGNAL, first_ns)) {
		add_relaxed(&session.process->perf_threads, UINT32_MAX);
		return false;
	}
	const struct ledger_account now = sample_sources_account();

	sampler->beginning = true;
	sampler->counted_ns = now.whole_ns - sampler->head_ns;
	ledger_init(&sampler->ledger, period_ns(), &now);
	/* The first tick is one to look at, however soon it comes. */
	if (timers_are_quiet && sample_sources_begin_timer(&sampler->sources, SAMPLER_SIGNAL,
					thread, SAMPLE_CLOCK_CPU, 1, period_ns()))
		sampler->ledger.start.whole_ns -=
			sampler->head_ns + (uint64_t)take_handed_ns(sampler->head_ns);
	return true;
}

static bool
begin_timer(struct thread *thread, uint64_t first_ns)
{
	const bool wall = session.pool->options.wall;

	/* The kernel looks at it at its ticks only: from the first one on. */
	if (!wall)
		first_ns = 1;
	thread->sampler.counted_ns = system_clock_ns(CLOCK_THREAD_CPUTIME_ID) -
				     thread->sampler.head_ns -
				     (uint64_t)take_handed_ns(thread->sampler.head_ns);
	thread->sampler.interrupts = wall || !timers_are_quiet;
	return sample_sources_begin_timer(&thread->sampler.sources, SAMPLER_SIGNAL, thread,
		wall ? SAMPLE_CLOCK_WALL : SAMPLE_CLOCK_CPU, first_ns, period_ns());
}

void
sampler_begin(struct thread *thread)
{
	struct sampler *sampler = &thread->sampler;
	const bool wall = session.pool->options.wall;
	uint64_t numbers[] = {
		0, session.pool->options.sample_hz, RECORD_SAMPLING_PERF, wall, false};

	*sampler = (struct sampler){0};
	if (!handler_installed)
		return;
	sampler->cost_most_ticks = window_ticks_of_ns(period_ns() / COST_PART);
	sampler->leaving_ticks = window_ticks_of_ns(LEAVING_NS);
	const uint64_t first_ns = begin_phase(sampler);

	if (begin_perf(thread, first_ns)) {
		numbers[4] = sampler->sources.timed;
	} else {
		if (!begin_timer(thread, first_ns))
			return;
		numbers[2] = wall ? RECORD_SAMPLING_WALL : RECORD_SAMPLING_TIMER;
	}
	/* Said before the first sample can come. */
	writer_emit(&thread->writer, RECORD_SAMPLING, numbers, 5, NULL, 0);
	sampler->running = true;
}

/* CPU time that hits and ticks do not stand for, or too much. From here on it is counted anew. */
static int64_t
take_left_ns(struct sampler *sampler)
{
	const struct ledger_account now = sample_sources_account();
	int64_t left_ns = (int64_t)(now.whole_ns - sampler->counted_ns);

	sampler->counted_ns = now.whole_ns;
	if (sampler->sources.event && sampler->sources.timed) {
		left_ns = ledger_left_ns(&sampler->ledger, &now);
		ledger_init(&sampler->ledger, period_ns(), &now);
	}
	left_ns -= (int64_t)sampler->head_ns;
	sampler->head_ns = 0;
	return left_ns;
}

static void
report_left(struct thread *thread, int64_t left_ns)
{
	uint64_t numbers[] = {0, (uint64_t)left_ns, RECORD_LOST_TIME};

	if (left_ns)
		writer_emit(&thread->writer, RECORD_LOST, numbers, 3, NULL, 0);
}

static void
hand_left(struct thread *thread)
{
	const int64_t left_ns = take_left_ns(&thread->sampler);
	const int64_t handed_ns = clamp(left_ns, -HANDED_NS, HANDED_NS);

	add_relaxed(&session.process->unsampled_ns, handed_ns);
	report_left(thread, left_ns - handed_ns);
}

void
sampler_end(struct thread *thread)
{
	struct sampler *sampler = &thread->sampler;

	if (!sampler->running)
		return;
	sampler->running = false;
	if (sampler->own_periods)
		report_own(thread);
	if (!session.pool->options.wall)
		hand_left(thread);
	if (sampler->sources.event)
		add_relaxed(&session.process->perf_threads, UINT32_MAX);
	sample_sources_end(&sampler->sources);
}

/* Of the process's last thread; what is left of the others is not known. */
__attribute__((destructor)) static void
end_process(void)
{
	struct thread *thread = thread_self;

	if (!thread || thread->gate != THREAD_READY || !thread->sampler.running ||
		session.pool->options.wall)
		return;
	thread->gate = THREAD_FRAMES;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	report_left(thread, take_left_ns(&thread->sampler) +
				    exchange_acq_rel(&session.process->unsampled_ns, 0));
	thread_leave(thread);
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
sampler_hold_ticks(void)
{
	struct thread *thread = thread_self;

	if (!thread || !thread->sampler.running || thread->sampler.held)
		return false;
	thread->sampler.held = true;
	change_mask(SIG_BLOCK);
	return true;
}

bool
sampler_hold(void)
{
	const struct thread *thread = thread_self;

	return unlikely(thread && thread->sampler.interrupts) && sampler_hold_ticks();
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

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "thread.h"
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "calibrate.h"
#include "call_stacks.h"
#include "process.h"
#include "sections.h"
#include "session.h"
#include "tasks.h"
#include "os/system.h"
#include "forbid.h"

__thread struct thread *thread_self __attribute__((tls_model("initial-exec")));

static __thread uint32_t thread_creator __attribute__((tls_model("initial-exec")));

/*
 * The hook that makes a state, as in struct thread, so that a handler that comes between does not
 * make another; 0: none.
 */
static __thread uint64_t starting_gate __attribute__((tls_model("initial-exec")));
static __thread uint64_t starting_pc __attribute__((tls_model("initial-exec")));

/* All states ever made, newest first; only ever added to (release, pairs with acquire in searches).
 */
static struct thread *all_threads;

/* One of them, or NULL: where the next search begins. */
static struct thread *search_from;

static pthread_key_t end_key;
static bool end_key_made;

static void
thread_ends(void *state)
{
	struct thread *thread = state;
	const struct frame frame = arch_caller();
	uint64_t numbers[] = {0};

	/* A cancelled thread may have left a hook in the middle. */
	if (thread->gate != THREAD_WIPED && thread == thread_self && thread_enter(frame)) {
		/* First: a sample would write between what is written here. */
		sampler_end(thread);
		sections_forgotten(thread);
		calls_end(thread, frame);
		writer_emit(&thread->writer, RECORD_THREAD_END, numbers, 1, NULL, 0);
		thread_leave(thread);
	}
	/* Hooks go on working until the thread is really gone: other destructors may free. */
	store_release(&thread->retired, THREAD_RETIRED);
}

void
threads_init(void)
{
	end_key_made = pthread_key_create(&end_key, thread_ends) == 0;
	/* A child is sampled from the fork on; its events alone would make it known later. */
	if (sampler_is_on())
		pthread_atfork(NULL, NULL, thread_introduce);
}

/* ---- states ---- */

/*
 * Claimed first: since it was seen as retired another thread may have taken it over and ended, and
 * be on its way out with it.
 */
static bool
take_if_gone(struct thread *thread)
{
	uint32_t retired = THREAD_RETIRED;

	if (!cas_acq_rel(&thread->retired, &retired, THREAD_CLAIMED))
		return false;
	if (!system_thread_exists(session.process->pid, thread->tid)) {
		store_release(&thread->retired, THREAD_IN_USE);
		return true;
	}
	store_release(&thread->retired, THREAD_RETIRED);
	return false;
}

/*
 * Takes over the state of a thread that has ended; NULL: none is found quickly. Goes on where the
 * last search ended: the newest may all be on their way out, and each state that is not found again
 * keeps its chunks.
 */
static struct thread *
take_retired(void)
{
	enum {
		TRIES = 16
	};
	struct thread *hint = load_acquire(&search_from);
	struct thread *const start = hint ? hint : load_acquire(&all_threads);
	struct thread *t = start;

	for (int tries = 0; t && tries < TRIES;) {
		struct thread *next = t->next ? t->next : load_acquire(&all_threads);

		if (load_acquire(&t->retired) == THREAD_RETIRED) {
			tries++;
			if (take_if_gone(t)) {
				store_release(&search_from, next);
				return t;
			}
		}
		t = next;
		if (t == start)
			break;
	}
	store_release(&search_from, t);
	return NULL;
}

static struct thread *
make_state(void)
{
	struct thread *thread = session_map_wiped(sizeof(*thread));

	if (!thread || !unwind_init(&thread->unwinder))
		return NULL;
	thread->next = load_acquire(&all_threads);
	while (!cas_acq_rel(&all_threads, &thread->next, thread))
		;
	return thread;
}

/* A child's list starts empty: its parent's states were wiped, links and all. */
void
threads_forget(void)
{
	all_threads = search_from = NULL;
	call_stacks_forget();
	tasks_forget();
}

void
thread_announce(struct thread *thread, const char *name)
{
	enum {
		NAME_BYTES_MAX = 256
	};
	char kernel[16] = "";
	uint64_t numbers[] = {0, thread->tid, thread->creator};

	if (!name) {
		arch_syscall6(SYS_prctl, PR_GET_NAME, (long)kernel, 0, 0, 0, 0);
		name = kernel;
	}
	const struct record_string strings[] = {
		{(const uint8_t *)name, (uint32_t)strnlen(name, NAME_BYTES_MAX)}};

	writer_emit(&thread->writer, RECORD_THREAD, numbers, 3, strings, 1);
}

/* A chunk of sums; NULL: none is to be had. */
static void *
open_tallies(struct thread *thread, enum pool_chunk_kind kind, uint32_t *ret_index)
{
	const int64_t index = writer_claim(&thread->writer, kind);

	if (index < 0)
		return NULL;
	*ret_index = (uint32_t)index;
	return pool_payload(pool_chunk_at(session.pool, (uint32_t)index));
}

/* Hands the last owner's sums to the reader, and forgets them. */
static void
retire_tallies(struct thread *thread)
{
	/* Release: pairs with the reader's acquire, the sums are complete. */
	if (thread->tallies)
		store_release(&pool_states(session.pool)[thread->tally_chunk], POOL_FULL);
	if (thread->call_sums)
		store_release(&pool_states(session.pool)[thread->call_sums_chunk], POOL_FULL);
	thread->tallies = NULL;
	thread->call_sums = NULL;
}

void
thread_open_call_sums(struct thread *thread)
{
	thread->call_sums = open_tallies(thread, POOL_CALL_TALLY, &thread->call_sums_chunk);
}

/* Where the thread's own stacks hang in the tree. */
static uint32_t
origin_of(struct thread *thread)
{
	if (!thread->creator || !session.pool->options.origins)
		return TREE_ROOT;
	return tree_child(
		&thread->unwinder.cache, &thread->writer, thread->creator, RECORD_PC_THREAD);
}

/* Gives a state to the calling thread; leaves its gate ready, or off. */
static void
begin(struct thread *thread)
{
	thread->gate = THREAD_FRAMES;
	thread->tid = system_tid();
	writer_end(&thread->writer);
	retire_tallies(thread);
	memset(&thread->writer, 0, sizeof(thread->writer));
	thread->calls = (struct calls){.calibration = thread->calls.calibration};
	thread->paths.task_count = 0;
	thread->context = NULL;
	thread->creator = thread_creator;
	const uint32_t number = add_relaxed(&session.process->thread_last, 1) + 1;

	writer_init(&thread->writer, number, thread->tid);
	if (number == 1)
		process_announce(&thread->writer);
	unwind_begin(&thread->unwinder);
	thread->unwinder.home = origin_of(thread);
	unwind_set_origin(&thread->unwinder, thread->unwinder.home);
	thread_announce(thread, NULL);
	if (number == 1 && session.memory && session.time && !session.parent_number)
		calibrate_memory(&thread->writer);
	if (!session.pool->options.detail && session.memory)
		thread->tallies = open_tallies(thread, POOL_TALLY, &thread->tally_chunk);
	if (end_key_made)
		pthread_setspecific(end_key, thread);
	sampler_begin(thread);
	thread->gate = load_acquire(&session.phase) == SESSION_ON ? THREAD_READY : THREAD_OFF;
}

/* ---- hooks that were left in the middle ---- */

static bool
lies_in(const stack_t *stack, uint64_t address)
{
	return address - (uint64_t)stack->ss_sp < stack->ss_size;
}

/*
 * Whether the hook that closed the gate is no more: its frame, which began with its return address
 * right below the caller's stack pointer, has been left or overwritten. What was at work on the
 * signal stack is over once something else runs; what runs on it has interrupted what was at work
 * elsewhere. Elsewhere again the stack pointers tell, where both are on one stack. `view` has the
 * thread's own.
 */
static bool
is_stale(uint64_t gate, uint64_t guard_pc, const struct stack_view *view, struct frame frame)
{
	const uint64_t slot = gate + (uint64_t)ARCH_RETURN_OFFSET;
	struct stack_bounds bounds = view->own;
	stack_t alternate = {.ss_size = 0};
	uint64_t word;

	arch_syscall6(SYS_sigaltstack, 0, (long)&alternate, 0, 0, 0, 0);
	const bool is_handler = lies_in(&alternate, frame.sp);

	if (is_handler != lies_in(&alternate, slot))
		return !is_handler;
	if (!stack_view_is_own(view, frame.sp))
		bounds = stack_bounds_find(frame.sp);
	if (!stack_bounds_hold(&bounds, slot))
		return false; /* a coroutine's, perhaps: nothing can be told */
	return frame.sp >= gate || !stack_view_read(view, frame.sp, slot, &word) ||
	       word != guard_pc;
}

/* Nothing is known of how far it came, but that what it committed is whole. */
static void
mend(struct thread *thread)
{
	writer_mend(&thread->writer);
	unwind_forget(&thread->unwinder);
	calls_mend(thread);
	sampler_release_jumped(thread);
}

/* ---- the gate ---- */

static struct thread *
start(struct frame frame)
{
	static const struct stack_view unknown;
	struct thread *thread;

	if (starting_gate && !is_stale(starting_gate, starting_pc, &unknown, frame))
		return NULL;
	starting_pc = frame.pc;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	starting_gate = frame.sp;
	if (!session.process->number)
		process_register();
	thread = take_retired();
	if (!thread)
		thread = make_state();
	if (thread) {
		begin(thread);
		thread_self = thread;
	}
	starting_gate = 0;
	return thread;
}

static void
open_session(void)
{
	uint32_t phase = SESSION_UNKNOWN;

	/* The loader allocates before libc knows its environment. */
	if (!environ)
		return;
	if (cas_acq_rel(&session.phase, &phase, SESSION_STARTING))
		session_start();
}

struct thread *
thread_enter_slow(struct frame frame)
{
	struct thread *thread = thread_self;

	if (load_acquire(&session.phase) != SESSION_ON) {
		open_session();
		if (load_acquire(&session.phase) != SESSION_ON)
			return NULL;
	}
	if (!thread || thread->gate == THREAD_WIPED) {
		thread_self = NULL;
		thread = start(frame);
	} else if (thread->gate >= THREAD_FRAMES &&
		   !is_stale(thread->gate, thread->guard_pc, &thread->unwinder.view, frame)) {
		thread->writer.missed++;
		if (thread->writer.chunk)
			store_relaxed(&thread->writer.chunk->missed, thread->writer.missed);
		return NULL;
	}
	if (!thread || thread->gate == THREAD_OFF)
		return NULL;
	const bool is_left = thread->gate >= THREAD_FRAMES;

	thread->guard_pc = frame.pc;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	thread->gate = frame.sp;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (is_left)
		mend(thread);
	return thread;
}

void
thread_introduce(void)
{
	struct thread *thread = thread_enter(arch_caller());

	if (thread)
		thread_leave(thread);
}

void
thread_introduce_created(uint32_t creator)
{
	struct thread *thread;

	thread_creator = creator;
	thread = thread_enter(arch_caller());
	if (thread)
		thread_leave(thread);
}

/* The main thread is sampled from the start, whether it allocates or not. */
__attribute__((constructor)) static void
introduce_main_thread(void)
{
	thread_introduce();
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Processes that are killed, that exec, whose number is another's by now. */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>

#include "collector_run.h"
#include "members.h"
#include "model/state.h"

TestSuite(collector_processes, .init = set_up, .fini = tear_down);

static uint32_t
spawn_sleeper(void)
{
	const pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	return (uint32_t)pid;
}

static void
end_sleeper(uint32_t pid)
{
	kill((pid_t)pid, SIGKILL);
	waitpid((pid_t)pid, NULL, 0);
}

Test(collector_processes, the_chunk_of_a_killed_process_is_read_to_its_end_and_freed)
{
	const uint32_t pid = spawn_sleeper();
	struct fake_thread thread = fake_thread_make(&fake, 1, pid, 1);

	fake_alloc(&thread, fake_run_now(), 1, 100, A);
	poll_times(1);
	cr_assert_eq(collector_live_processes(collector), 1);
	fake_alloc(&thread, fake_run_now(), 1, 50, B);
	end_sleeper(pid);
	for (unsigned i = 0; i < 100 && collector->living->len; i++)
		collector_poll(collector, 1);
	cr_assert_eq(collector_live_processes(collector), 0);
	cr_assert_eq(collector->living->len, 0);
	cr_assert_eq(pool_states(fake.pool)[thread.index], POOL_FREE);
	struct run *run = collector_finish(collector);

	cr_assert_eq(heap_of(run, 1)->leaked.bytes, 150);
	run_free(run);
}

Test(collector_processes, exec_ends_the_old_image)
{
	struct fake_thread before = fake_thread_make(&fake, 1, self, 1);
	struct fake_thread after = fake_thread_make(&fake, 2, self, 1);

	fake_alloc(&before, past(), 1, 100, A);
	poll_times(1);
	fake_alloc(&after, past(), 1, 50, A);
	poll_times(1);
	cr_assert_eq(collector->living->len, 2);
	for (unsigned i = 0; i < 100 && collector->living->len != 1; i++)
		collector_poll(collector, 1);
	cr_assert_eq(collector_live_processes(collector), 1);
	cr_assert_eq(collector->living->len, 1);
	cr_assert_eq(pool_states(fake.pool)[before.index], POOL_FREE);
	struct run *run = collector_finish(collector);

	cr_assert_eq(heap_of(run, 1)->leaked.bytes, 100);
	cr_assert_eq(heap_of(run, 2)->leaked.bytes, 50);
	run_free(run);
}

Test(collector_processes, a_pid_that_is_somebody_elses_by_now_is_not_waited_for)
{
	struct fake_thread thread = fake_thread_make(&fake, 1, spawn_sleeper(), 1);

	/* The record is older than the process. */
	fake_alloc(&thread, fake_run_now() - (UINT64_C(1) << 35), 1, 100, A);
	poll_times(1);
	cr_assert_eq(collector_live_processes(collector), 0);
	struct run *run = collector_finish(collector);

	cr_assert_eq(heap_of(run, 1)->leaked.bytes, 100);
	run_free(run);
	end_sleeper(thread.pid);
}

/* A look can be interrupted for so long that processes it finds began after it did. */
Test(collector_processes, a_process_that_began_after_the_look_that_finds_it_is_alive)
{
	poll_times(1);
	usleep(200 * 1000);
	const uint32_t pid = spawn_sleeper();
	const bool ended = member_get(collector, 1, pid, fake_run_now())->watched.ended;

	end_sleeper(pid);
	cr_assert(!ended);
	collector_free(collector);
}

/* What it says goes nowhere: its own threads are gone as soon as it joins others. */
Test(collector_processes, a_chunk_of_a_process_that_is_over_names_none_of_its_threads)
{
	enum {
		PROCESSES = 20,
		OVER = 2,
	};
	struct fake_thread late = fake_thread_make(&fake, OVER, 0x3fffff00 + OVER, 2);
	const struct slot *slot;

	for (uint32_t i = 1; i <= PROCESSES; i++) {
		/* Nobody has such a pid. */
		struct fake_thread thread = fake_thread_make(&fake, i, 0x3fffff00 + i, 1);

		fake_alloc(&thread, past(), 1, 100, A);
		if (i == OVER) {
			poll_times(3);
			cr_assert_eq(collector->living->len, 0);
			fake_bytes(&late, (const uint8_t *)"", 0);
			late.chunk->kind = POOL_TALLY;
			late.chunk->missed = 7;
			poll_times(1);
			collector->model->crowds.rows_most = 1;
		}
	}
	poll_times(3);
	const struct model_process *over = model_process(collector->model, OVER, 0, 0);

	slot = &collector->slots[late.index];
	cr_assert_not_null(over->crowd);
	cr_assert_not_null(slot->lane);
	cr_expect_eq(slot->lane->thread, model_nobody(collector->model));
	late.chunk->missed = 8;
	late.chunk->left_out[0] = 9;
	poll_times(2);
	run_free(collector_finish(collector));
}

Test(collector_processes, short_processes_by_the_thousand_leave_no_descriptor_and_no_chunk)
{
	enum {
		PROCESSES = 2000
	};

	for (uint32_t i = 1; i <= PROCESSES; i++) {
		/* Nobody has such a pid. */
		struct fake_thread thread = fake_thread_make(&fake, i, 0x3ffffff0 - i, 1);

		fake_alloc(&thread, past(), 1, 100, A);
		if (i % 100 == 0)
			poll_times(2);
	}
	poll_times(3);
	for (uint32_t i = 0; i < load_relaxed(&fake.pool->chunk_high); i++)
		cr_assert_eq(pool_states(fake.pool)[i], POOL_FREE);
	struct run *run = collector_finish(collector);

	cr_assert_eq(run->processes->len, PROCESSES);
	cr_assert_eq(run->broken_chunks, 0);
	run_free(run);
}

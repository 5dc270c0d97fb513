/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A recording gives the run again; a damaged one as much of it as there is, and says so. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_run.h"
#include "members.h"
#include "recording.h"

enum {
	THREADS = 3,
	EVENTS = 40000,
	MANY_THREADS = 5000
};

static int
new_file(void)
{
	return memfd_create("recording", MFD_CLOEXEC);
}

/* A run with several threads and polls, recorded to `fd`; the same each time but for its times. */
static struct run *
record_as(int fd, uint64_t max_bytes, bool only, int *ret_status)
{
	struct fake_run fake;
	struct fake_thread threads[THREADS];
	struct collector *collector;
	uint64_t ticks, bytes;
	struct run *run;

	fake_run_init(&fake);
	collector = fake_collector(&fake);
	cr_assert_eq(collector_record_to(collector, fd, max_bytes), 0);
	if (only)
		collector_record_only(collector);
	ticks = fake_run_now() - 1000 * 1000;
	srand(1);
	for (unsigned t = 0; t < THREADS; t++)
		threads[t] = fake_thread_make(
			&fake, 1 + t / 2, (uint32_t)(t < 2 ? getpid() : getppid()), t + 1);
	fake_node(&threads[0], 1, 0, 0x401000);
	for (unsigned i = 0; i < EVENTS; i++) {
		struct fake_thread *thread = &threads[rand() % THREADS];
		const uint64_t address = 0x1000 + (uint64_t)(rand() % 1000) * 32;

		ticks += 10;
		if (rand() % 2)
			fake_alloc(
				thread, ticks, (uint32_t)(rand() % 50), (uint64_t)rand(), address);
		else
			fake_free(thread, ticks, address, 0);
		if (i % 5000 == 0)
			collector_poll(collector, 0);
	}
	collector_poll(collector, 0);
	*ret_status = collector_record_status(collector, &bytes);
	run = collector_finish(collector);
	fake_run_fini(&fake);
	return run;
}

static struct run *
record(int fd, uint64_t max_bytes, int *ret_status)
{
	return record_as(fd, max_bytes, false, ret_status);
}

static struct run *
replay(int fd, int *ret_status, char message[COLLECTOR_MESSAGE_BYTES])
{
	struct collector *collector = collector_new(NULL, -1, NULL);

	lseek(fd, 0, SEEK_SET);
	message[0] = 0;
	*ret_status = collector_replay(collector, fd, message);
	return collector_finish(collector);
}

static void
compare_threads(const struct thread *a, const struct thread *b)
{
	cr_assert_eq(a->number, b->number);
	cr_assert_eq(a->tid, b->tid);
	cr_assert_eq(a->sites->len, b->sites->len);
	for (unsigned i = 0; i < a->sites->len; i++) {
		const struct site *left = &g_array_index(a->sites, struct site, i);
		const struct site *right = &g_array_index(b->sites, struct site, i);

		cr_assert_eq(left->node, right->node);
		cr_assert_eq(left->memory.at_peak.bytes, right->memory.at_peak.bytes);
		cr_assert_eq(left->memory.allocated.bytes, right->memory.allocated.bytes);
		cr_assert_eq(left->memory.freed.count, right->memory.freed.count);
		cr_assert_eq(left->memory.temporary.count, right->memory.temporary.count);
	}
}

static void
compare_processes(const struct run *live, const struct run *again)
{
	cr_assert_eq(again->processes->len, live->processes->len);
	for (unsigned i = 0; i < live->processes->len; i++) {
		const struct process *a = g_ptr_array_index(live->processes, i);
		const struct process *b = g_ptr_array_index(again->processes, i);

		cr_assert_eq(a->pid, b->pid);
		cr_assert_eq(a->frees_unknown, b->frees_unknown);
		cr_assert_eq(a->threads->len, b->threads->len);
		for (unsigned t = 0; t < a->threads->len; t++)
			compare_threads(
				g_ptr_array_index(a->threads, t), g_ptr_array_index(b->threads, t));
	}
}

Test(recording, replayed_is_the_same_run)
{
	const int fd = new_file();
	char message[COLLECTOR_MESSAGE_BYTES];
	int status;
	struct run *live = record(fd, 0, &status), *again;

	cr_assert_eq(status, 0);
	again = replay(fd, &status, message);
	cr_assert_eq(status, 0, "%s", message);
	cr_assert_eq(again->events, live->events);
	cr_assert_eq(again->events, EVENTS);
	cr_assert_eq(again->peak_bytes, live->peak_bytes);
	cr_assert_eq(again->peak_ns, live->peak_ns);
	cr_assert_eq(again->duration_ns, live->duration_ns);
	cr_assert_eq(again->start_realtime_ns, live->start_realtime_ns);
	cr_assert_eq(again->chunks, live->chunks);
	cr_assert_eq(again->broken_chunks, 0);
	compare_processes(live, again);
	run_free(live);
	run_free(again);
	close(fd);
}

Test(recording, alone_it_has_what_the_run_would_have_had)
{
	const int fd = new_file(), fd_alone = new_file();
	char message[COLLECTOR_MESSAGE_BYTES];
	int status;
	struct run *live = record(fd, 0, &status);
	struct run *alone = record_as(fd_alone, 0, true, &status), *again;

	cr_assert_eq(status, 0);
	cr_assert_eq(alone->events, 0, "nothing was decoded");
	cr_assert_eq(alone->broken_chunks, 0);
	again = replay(fd_alone, &status, message);
	cr_assert_eq(status, 0, "%s", message);
	cr_assert_eq(again->events, EVENTS);
	cr_assert_eq(again->peak_bytes, live->peak_bytes);
	cr_assert_eq(again->broken_chunks, 0);
	compare_processes(live, again);
	run_free(live);
	run_free(alone);
	run_free(again);
	close(fd);
	close(fd_alone);
}

/* Thousands of threads, one after the other: most are put together. */
static struct run *
record_threads(int fd, bool only, void (*put_more)(struct recording *))
{
	const uint32_t pid = (uint32_t)getpid();
	struct fake_run fake;
	struct collector *collector;
	struct run *run;
	uint64_t ticks;

	fake_run_init(&fake);
	collector = fake_collector(&fake);
	cr_assert_eq(collector_record_to(collector, fd, 0), 0);
	if (only)
		collector_record_only(collector);
	ticks = fake_run_now() - 1000 * 1000;
	for (uint32_t i = 1; i <= MANY_THREADS; i++) {
		struct fake_thread thread = fake_thread_make(&fake, 1, pid, i);

		ticks += 10;
		fake_alloc(&thread, ticks, i % 7, i, 0x1000 + i * (uint64_t)32);
		fake_extended(&thread, RECORD_THREAD_END, &ticks, 1, NULL, 0);
		thread.chunk->last = 1;
		fake_retire(&thread);
		if (i % 100 == 0)
			collector_poll(collector, 0);
	}
	if (put_more)
		put_more(collector->recording);
	run = collector_finish(collector);
	fake_run_fini(&fake);
	return run;
}

Test(recording, threads_that_are_over_are_so_when_it_is_replayed)
{
	char message[COLLECTOR_MESSAGE_BYTES];

	for (int only = 0; only < 2; only++) {
		const int fd = new_file();
		struct run *live = record_threads(fd, only, NULL), *again;
		const struct process *process;
		const struct thread *rest;
		int status;

		again = replay(fd, &status, message);
		cr_assert_eq(status, 0, "%s", message);
		process = g_ptr_array_index(again->processes, 0);
		rest = g_ptr_array_index(process->threads, process->threads->len - 1);
		cr_expect_eq(rest->number, 0);
		cr_expect_eq(process->threads->len - 1 + rest->together, MANY_THREADS);
		cr_expect_eq(again->peak_bytes, MANY_THREADS * (MANY_THREADS + 1) / 2);
		cr_expect_eq(again->broken_chunks, 0);
		if (!only)
			compare_processes(live, again);
		run_free(live);
		run_free(again);
		close(fd);
	}
}

/* Of each thread it is said twice that it is over, and something of it comes after that. */
static void
put_again(struct recording *recording)
{
	const uint32_t pid = (uint32_t)getpid();

	for (unsigned round = 0; round < 2; round++) {
		for (uint32_t i = 1; i <= MANY_THREADS; i++)
			recording_put_thread_over(
				recording, &(struct lane){.process = 1, .pid = pid, .number = i});
		recording_put_scan(recording, UINT64_MAX, fake_run_now());
		for (uint32_t i = 1; i <= MANY_THREADS; i++)
			recording_put_missed(recording,
				&(struct lane){.process = 1, .pid = pid, .number = i}, 1);
	}
}

Test(recording, threads_that_are_over_and_come_again_do_no_harm)
{
	const int fd = new_file();
	char message[COLLECTOR_MESSAGE_BYTES];
	int status;
	struct run *again;

	run_free(record_threads(fd, false, put_again));
	again = replay(fd, &status, message);
	cr_expect_eq(status, 0, "%s", message);
	cr_expect_eq(again->peak_bytes, MANY_THREADS * (MANY_THREADS + 1) / 2);
	run_free(again);
	close(fd);
}

/* More than a frame's worth of entries that compress to next to nothing. */
static void
put_many(struct recording *recording)
{
	for (unsigned i = 0; i < 500 * 1000; i++)
		recording_put_clock(recording, &(struct clock_reading){.ticks = 1});
}

Test(recording, what_is_written_in_a_hurry_is_stored_and_read_like_the_rest)
{
	const int fd = new_file();
	char message[COLLECTOR_MESSAGE_BYTES];
	struct recording *recording;
	uint64_t before, stored, after;
	int status;

	cr_assert_eq(recording_new(fd, 0, &recording), 0);
	recording_put_start(recording, &(struct recording_start){.ns_per_tick = 1.0});
	put_many(recording);
	recording_status(recording, &before);
	recording_hurry(recording, true);
	put_many(recording);
	recording_status(recording, &stored);
	recording_hurry(recording, false);
	put_many(recording);
	recording_put_finish(recording, &(struct recording_finish){.end_ticks = 2});
	cr_assert_eq(recording_status(recording, &after), 0);
	recording_free(recording);
	cr_assert_lt(before, 1000 * 1000);
	cr_assert_gt(stored - before, 4 * 1000 * 1000);
	cr_assert_lt(after - stored, 16 * 1000 * 1000, "it ends with the frame");
	run_free(replay(fd, &status, message));
	cr_assert_eq(status, 0, "%s", message);
	/* In the middle of a frame that is stored. */
	cr_assert_eq(ftruncate(fd, (off_t)(before + stored) / 2), 0);
	run_free(replay(fd, &status, message));
	cr_assert_eq(status, 1);
	cr_assert(strstr(message, "cut off"), "%s", message);
	close(fd);
}

/* A run of one thread, of which something is not whole, as a recording alone. */
static struct run *
replay_alone(void (*play)(struct collector *, struct fake_thread *), int *ret_status, char *message)
{
	const int fd = new_file();
	struct fake_thread thread;
	struct fake_run fake;
	struct collector *collector;
	struct run *run;

	fake_run_init(&fake);
	collector = fake_collector(&fake);
	cr_assert_eq(collector_record_to(collector, fd, 0), 0);
	collector_record_only(collector);
	thread = fake_thread_make(&fake, 1, (uint32_t)getpid(), 1);
	fake_alloc(&thread, fake_run_now(), 1, 100, 0x1000);
	play(collector, &thread);
	collector_poll(collector, 0);
	run_free(collector_finish(collector));
	fake_run_fini(&fake);
	run = replay(fd, ret_status, message);
	close(fd);
	return run;
}

static void
miss_events(struct collector *collector, struct fake_thread *thread)
{
	thread->chunk->missed = 3;
}

static void
break_chunk(struct collector *collector, struct fake_thread *thread)
{
	thread->chunk->kind = 77;
	fake_retire(thread);
}

static void
hand_over_nothing(struct collector *collector, struct fake_thread *thread)
{
	fake_retire(thread);
	fake_bytes(thread, (const uint8_t *)"", 0);
	fake_retire(thread);
	fake_alloc(thread, fake_run_now(), 1, 100, 0x2000);
}

Test(recording, what_is_not_whole_is_known_from_it_alone)
{
	static const struct {
		void (*play)(struct collector *, struct fake_thread *);
		uint64_t events, lost, broken;
	} rows[] = {
		{miss_events, 1, 3, 0},
		{break_chunk, 0, 0, 1},
		{hand_over_nothing, 2, 0, 0},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		char message[COLLECTOR_MESSAGE_BYTES];
		int status;
		struct run *run = replay_alone(rows[i].play, &status, message);

		cr_expect_eq(status, 0, "%u: %s", i, message);
		cr_expect_eq(run->events, rows[i].events, "%u", i);
		cr_expect_eq(run->lost_events, rows[i].lost, "%u", i);
		cr_expect_eq(run->broken_chunks, rows[i].broken, "%u", i);
		run_free(run);
	}
}

static void
stop(struct collector *collector, struct fake_thread *thread)
{
	collector_stop(collector);
}

Test(recording, that_it_was_ended_by_request_is_said)
{
	char message[COLLECTOR_MESSAGE_BYTES];
	int status;
	struct run *run = replay_alone(stop, &status, message);

	cr_assert_eq(status, 1);
	cr_assert(strstr(message, "ended by request"), "%s", message);
	cr_assert_eq(run->events, 1);
	run_free(run);
}

Test(recording, cut_off_anywhere_gives_what_is_there_and_says_so)
{
	const int fd = new_file();
	char message[COLLECTOR_MESSAGE_BYTES];
	int status;
	off_t size;

	run_free(record(fd, 0, &status));
	size = lseek(fd, 0, SEEK_END);
	for (off_t cut = size - 1; cut > 12; cut = cut * 7 / 8) {
		struct run *run;

		cr_assert_eq(ftruncate(fd, cut), 0);
		run = replay(fd, &status, message);
		cr_assert_eq(status, 1);
		cr_assert(strstr(message, "cut off"), "%s", message);
		run_free(run);
	}
	close(fd);
}

Test(recording, a_changed_byte_is_noticed)
{
	const int fd = new_file();
	char message[COLLECTOR_MESSAGE_BYTES];
	int status;
	off_t size;

	run_free(record(fd, 0, &status));
	size = lseek(fd, 0, SEEK_END);
	for (off_t at = 12; at < size; at += size / 37) {
		uint8_t byte;

		cr_assert_eq(pread(fd, &byte, 1, at), 1);
		byte ^= 0x10;
		cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
		run_free(replay(fd, &status, message));
		cr_assert_eq(status, 1, "byte %ld", (long)at);
		byte ^= 0x10;
		cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
	}
	run_free(replay(fd, &status, message));
	cr_assert_eq(status, 0, "%s", message);
	close(fd);
}

Test(recording, its_limit_holds_and_the_run_goes_on)
{
	enum {
		LIMIT = 330 * 1024
	};
	const int fd = new_file();
	char message[COLLECTOR_MESSAGE_BYTES];
	int status;
	struct run *live = record(fd, LIMIT, &status), *again;

	cr_assert_eq(live->events, EVENTS);
	cr_assert_eq(status, -EFBIG);
	cr_assert_leq(lseek(fd, 0, SEEK_END), LIMIT);
	again = replay(fd, &status, message);
	cr_assert_eq(status, 1);
	cr_assert(strstr(message, "limit"), "%s", message);
	cr_assert_lt(again->events, live->events);
	run_free(live);
	run_free(again);
	close(fd);
}

Test(recording, something_else_is_refused)
{
	const struct {
		const char *bytes;
		size_t count;
		const char *says;
	} rows[] = {
		{"", 0, "not a recording"},
		{"thagrec", 8, "not a recording"},
		{"#!/bin/sh\necho hello\n", 21, "not a recording"},
		{"thagrec\0\x63\0\0\0", 12, "version 99"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		const int fd = new_file();
		char message[COLLECTOR_MESSAGE_BYTES];
		int status;

		cr_assert_eq(write(fd, rows[i].bytes, rows[i].count), (ssize_t)rows[i].count);
		run_free(replay(fd, &status, message));
		cr_assert_eq(status, -EINVAL);
		cr_assert(strstr(message, rows[i].says), "%s", message);
		close(fd);
	}
}

Test(recording, one_that_cannot_be_written_says_why_and_the_run_goes_on)
{
	const int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct collector *collector = collector_new(NULL, -1, NULL);

	cr_assert_eq(collector_record_to(collector, fd, 0), -ENOSPC);
	collector_free(collector);
	close(fd);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * How fast traced calls are analysed: from a pool in memory to the finished run.
 *
 *	bench_calls [million calls] [threads] [functions] [forks]
 *
 * The stream is that of a program that walks up and down its call tree at random, at most 20 deep.
 * Only the collector's own CPU time is counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "fake_run.h"

enum {
	THREADS_MAX = 64,
	DEPTH_MAX = 20,
	FORKS = 7, /* deeper, a function calls one other: some 40,000 call paths in all; 12: 10 M */
	CALLS_PER_ROUND = 1 << 17, /* of all threads, between two polls */
};

struct writer {
	struct fake_thread thread;
	uint64_t seed, ticks;
	unsigned depth;
};

static uint64_t
random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* What a function calls depends on how deep it is, so that call paths are as many as in programs.
 */
static void
write_call(struct writer *writer, unsigned functions, unsigned forks)
{
	const uint64_t random = random_next(&writer->seed);
	const uint64_t choice = writer->depth < forks ? (random >> 20) % 3 : 0;

	writer->ticks += 20 + random % 64;
	while (writer->depth &&
		(random >> 8) % 4 < 2 - (writer->depth < 10) + (writer->depth == DEPTH_MAX) * 2) {
		fake_exit(&writer->thread, writer->ticks += 10);
		writer->depth--;
		if (writer->depth < DEPTH_MAX)
			break;
	}
	fake_enter(&writer->thread, writer->ticks,
		0x400000 + (writer->depth * 3 + choice) % functions * 64);
	writer->depth++;
	if ((random >> 32) % 2) {
		fake_exit(&writer->thread, writer->ticks += 15);
		writer->depth--;
	}
}

static double
drain(struct collector *collector)
{
	const double before = cpu_seconds();

	collector_poll(collector, 0);
	return cpu_seconds() - before;
}

int
main(int count, char **arguments)
{
	const uint64_t calls = (uint64_t)(1e6 * (count > 1 ? strtod(arguments[1], NULL) : 20));
	const unsigned threads = count > 2 ? (unsigned)atoi(arguments[2]) : 1;
	const unsigned functions = count > 3 ? (unsigned)atoi(arguments[3]) : 60;
	const unsigned forks = count > 4 ? (unsigned)atoi(arguments[4]) : FORKS;
	struct writer writers[THREADS_MAX];
	struct collector *collector;
	struct rusage usage;
	struct fake_run fake;
	double seconds = 0, before;

	fake_run_init(&fake);
	collector = fake_collector(&fake);
	for (unsigned t = 0; t < threads; t++)
		writers[t] = (struct writer){
			.thread = fake_thread_make(&fake, 1, (uint32_t)getpid(), t + 1),
			.seed = t + 1,
			.ticks = fake_run_now(),
		};
	for (uint64_t done = 0; done < calls;) {
		for (unsigned i = 0; i < CALLS_PER_ROUND && done < calls; i++, done++)
			write_call(&writers[i / 4 % threads], functions, forks);
		seconds += drain(collector);
	}
	before = cpu_seconds();
	struct run *run = collector_finish(collector);

	seconds += cpu_seconds() - before;
	getrusage(RUSAGE_SELF, &usage);
	const struct process *process = g_ptr_array_index(run->processes, 0);

	printf("%.1f M calls %7.3f s %7.1f M calls/s, %u call paths, %.1f bytes a call, %.0f MB\n",
		(double)calls * 1e-6, seconds, (double)calls * 1e-6 / seconds, process->nodes->len,
		(double)run->event_bytes / (double)calls, (double)usage.ru_maxrss / 1024);
	run_free(run);
	fake_run_fini(&fake);
	return 0;
}

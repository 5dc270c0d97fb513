/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * How fast the collector is: events from a pool in memory to the finished run, and from a
 * recording.
 *
 *	bench_replay [million events] [threads] [live blocks per thread] [call paths]
 *
 * The stream is that of a steady program: each thread keeps so many blocks, and gives back a random
 * one for each it takes. Only the collector's own time is counted.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "fake_run.h"

enum {
	THREADS_MAX = 64,
	EVENTS_PER_ROUND = 1 << 18, /* of all threads, between two polls */
};

struct writer {
	struct fake_thread thread;
	uint64_t *blocks;
	uint64_t seed;
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

static void
write_pair(struct writer *writer, uint64_t ticks, unsigned live, unsigned paths)
{
	const uint64_t random = random_next(&writer->seed);
	uint64_t *block = &writer->blocks[random % live];
	const uint32_t node = 1 + (uint32_t)((random >> 20) * (random >> 44) % paths);

	fake_free(&writer->thread, ticks, *block, 0);
	fake_alloc(&writer->thread, ticks + 10, node, 16 + (random >> 50) % 512, *block);
}

static void
report(const char *what, uint64_t events, double seconds)
{
	printf("%-10s %6.1f M events %7.3f s %7.1f M events/s\n", what, (double)events * 1e-6,
		seconds, (double)events * 1e-6 / seconds);
}

static void
check(struct run *run, const char *what, uint64_t events, double seconds)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	report(what, events, seconds);
	printf("           %.2f bytes per event, %llu broken chunks, peak %.1f MB, "
	       "%.0f MB resident at most\n",
		(double)run->event_bytes / (double)run->events,
		(unsigned long long)run->broken_chunks, (double)run->peak_bytes * 1e-6,
		(double)usage.ru_maxrss / 1024);
	run_free(run);
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
	const uint64_t events = (uint64_t)(1e6 * (count > 1 ? strtod(arguments[1], NULL) : 10));
	const unsigned threads = count > 2 ? (unsigned)atoi(arguments[2]) : 1;
	const unsigned live = count > 3 ? (unsigned)atoi(arguments[3]) : 10000;
	const unsigned paths = count > 4 ? (unsigned)atoi(arguments[4]) : 1000;
	struct writer writers[THREADS_MAX];
	char message[COLLECTOR_MESSAGE_BYTES];
	char name[] = "/tmp/bench_replay_XXXXXX";
	const int fd = mkostemp(name, O_CLOEXEC);
	struct collector *collector;
	struct fake_run fake;
	double seconds = 0, before;
	uint64_t ticks, done = 0;

	fake_run_init(&fake);
	unlink(name);
	collector = fake_collector(&fake);
	if (count <= 5)
		collector_record_to(collector, fd, 0);
	ticks = fake_run_now();
	for (unsigned t = 0; t < threads; t++) {
		writers[t].thread = fake_thread_make(&fake, 1, (uint32_t)getpid(), t + 1);
		writers[t].seed = t + 1;
		writers[t].blocks = calloc(live, sizeof(uint64_t));
		for (unsigned i = 0; i < live; i++) {
			writers[t].blocks[i] =
				0x7f0000000000 + ((uint64_t)t << 32) + i * (uint64_t)528;
			fake_alloc(&writers[t].thread, ticks, 1, 100, writers[t].blocks[i]);
		}
	}
	while (done < events) {
		for (unsigned i = 0; i < EVENTS_PER_ROUND / 2 && done < events; i++, done += 2)
			write_pair(&writers[i / 4 % threads], ticks += 15, live, paths);
		seconds += drain(collector);
	}
	before = cpu_seconds();
	check(collector_finish(collector), "live", done, seconds + cpu_seconds() - before);
	if (count > 5)
		return 0;

	lseek(fd, 0, SEEK_SET);
	before = cpu_seconds();
	collector = collector_new(NULL, -1, NULL);
	if (collector_replay(collector, fd, message))
		printf("%s\n", message);
	struct run *run = collector_finish(collector);

	check(run, "recording", done, cpu_seconds() - before);
	printf("           %.2f bytes per event compressed\n",
		(double)lseek(fd, 0, SEEK_END) / (double)done);
	fake_run_fini(&fake);
	return 0;
}

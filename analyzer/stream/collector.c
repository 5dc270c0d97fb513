/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The collector's public face: see collector.h. */
#include "collector.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "members.h"
#include "reader.h"
#include "recording.h"
#include "symbolizer.h"

enum {
	/* A record's time may be taken a little before one that another core takes "later". */
	SLACK_NS = 20 * 1000,
	/*
	 * A look should be worth waking up for, which costs whoever shares the processor with us: a
	 * program that is only sampled fills a chunk in seconds.
	 */
	LOOK_BYTES = POOL_CHUNK_BYTES,
	SLEEP_LEAST_US = 1000,
	SLEEP_MOST_US = 100 * 1000,
	/* So short a sleep nobody needs to end. A longer one is ended by whoever fills a chunk. */
	SLEEP_UNBROKEN_US = 2000,
	/* After a scan that took more than this there is no time to sleep. */
	BUSY_BYTES = 512 * 1024,
	/* Nor, where only a recording is made, to compress it: some 100 million bytes a second. */
	HURRY_BYTES = 128 * 1024,
	/* The first two clock readings are this far apart: good to 1 in 10,000 or better. */
	RATE_NS = 2 * 1000 * 1000,
	CLOCK_INTERVAL_NS = 250 * 1000 * 1000,
};

struct collector *
collector_new(struct pool_header *pool, int pool_fd, struct symbolizer *symbolizer)
{
	struct collector *collector = g_new0(struct collector, 1);

	collector->pool = pool;
	collector->pool_fd = pool_fd;
	collector->symbolizer = symbolizer;
	collector->watch = watch_new();
	collector->members = g_hash_table_new(NULL, NULL);
	collector->pids = g_hash_table_new(NULL, NULL);
	collector->living = g_ptr_array_new();
	collector->changed = g_ptr_array_new();
	collector->gaps = g_ptr_array_new();
	collector->ending = g_ptr_array_new();
	collector->sleep_us = SLEEP_LEAST_US;
	merge_init(&collector->merge, &collector->source, collector->gaps);
	scan_init(collector);
	if (pool) {
		const struct clock_reading reading = clock_line_read();

		clock_line_add(&collector->clock, &reading);
		store_relaxed(&pool->start_ns, reading.monotonic_ns);
	}
	return collector;
}

void
collector_free(struct collector *collector)
{
	if (!collector)
		return;
	reader_detach(collector->reader);
	members_free(collector);
	recording_free(collector->recording);
	model_free(collector->model);
	merge_fini(&collector->merge);
	scan_fini(collector);
	watch_free(collector->watch);
	g_free(collector);
}

int
collector_attach(struct collector *collector)
{
	return reader_attach(collector->pool, &collector->reader);
}

int
collector_record_to(struct collector *collector, int fd, uint64_t max_bytes)
{
	return recording_new(fd, max_bytes, &collector->recording);
}

void
collector_record_only(struct collector *collector)
{
	collector->source.verbatim = true;
}

int
collector_record_status(const struct collector *collector, uint64_t *ret_bytes)
{
	if (collector->recording)
		return recording_status(collector->recording, ret_bytes);
	*ret_bytes = 0;
	return 0;
}

/* ---- the model's beginning ---- */

/* The file is opened by way of the process, whose root may be another. */
static uint32_t
add_module(void *context, uint32_t pid, const struct module *module)
{
	struct collector *collector = context;
	g_autofree char *open_path = NULL;

	if (collector->pool && module->path[0] == '/')
		open_path = g_strdup_printf("/proc/%u/root%s", pid, module->path);
	return symbolizer_add_module(collector->symbolizer,
		&(struct symbolizer_module){
			.path = module->path,
			.open_path = open_path,
			.build_id = module->build_id_bytes ? module->build_id : NULL,
			.build_id_bytes = module->build_id_bytes,
		});
}

void
collector_start_model(struct collector *collector, const struct model_clock *clock)
{
	collector->model = model_new(clock);
	collector->source.model = collector->model;
	if (collector->symbolizer)
		model_on_module(collector->model, add_module, collector);
}

static void
wait_until(uint64_t monotonic_ns)
{
	const struct timespec until = {
		(time_t)(monotonic_ns / 1000000000), (long)(monotonic_ns % 1000000000)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

static void
start_live(struct collector *collector)
{
	struct clock_line *line = &collector->clock;
	struct clock_reading second;
	struct model_clock clock;

	wait_until(line->first.monotonic_ns + RATE_NS);
	second = clock_line_read();
	clock_line_add(line, &second);
	clock = clock_line_get(line);
	collector_start_model(collector, &clock);
	if (collector->recording)
		recording_put_start(collector->recording,
			&(struct recording_start){line->first, clock.ns_per_tick});
}

/* ---- a round ---- */

static uint64_t
ticks_of_ns(const struct collector *collector, uint64_t ns)
{
	return (uint64_t)((double)ns / clock_line_get(&collector->clock).ns_per_tick);
}

static void
read_clock(struct collector *collector, uint64_t now)
{
	struct clock_reading reading;

	if (now - collector->clock_ticks < ticks_of_ns(collector, CLOCK_INTERVAL_NS))
		return;
	collector->clock_ticks = now;
	reading = clock_line_read();
	clock_line_add(&collector->clock, &reading);
	if (collector->recording)
		recording_put_clock(collector->recording, &reading);
}

static void
merge_until(struct collector *collector, uint64_t limit_ticks, uint64_t now)
{
	members_merge(collector, limit_ticks, now);
	if (collector->recording)
		recording_put_scan(collector->recording, limit_ticks, now);
}

static void
take(struct collector *collector)
{
	uint64_t now;

	if (!collector->model)
		start_live(collector);
	watch_look(collector->watch);
	members_mark_final(collector);
	/* Before any length is read: see the order in collector.h. */
	now = clock_line_now();
	collector->now_ticks = now;
	fence_seq_cst();
	scan_pool(collector);
	merge_until(collector, now - ticks_of_ns(collector, SLACK_NS), now);
	if (model_has_calls_enough(collector->model))
		store_relaxed(&collector->pool->calls_enough, 1);
	members_retire(collector, now);
	members_measure(collector, now);
	read_clock(collector, now);
}

/* Twice as long where a look found little, and as short as can be where much is going on. */
static unsigned
next_sleep_us(unsigned sleep_us, uint64_t bytes)
{
	if (bytes > LOOK_BYTES)
		return SLEEP_LEAST_US;
	return bytes < LOOK_BYTES / 2 ? MIN(sleep_us * 2, SLEEP_MOST_US) : sleep_us;
}

static void
sleep_some(struct collector *collector, unsigned microseconds)
{
	const struct timespec pause = {0, (long)microseconds * 1000};

	if (microseconds <= SLEEP_UNBROKEN_US)
		nanosleep(&pause, NULL);
	else
		reader_sleep(collector->pool, collector->doorbell_seen, microseconds);
}

void
collector_poll(struct collector *collector, int timeout_ms)
{
	const uint64_t before = collector->source.payload_bytes;
	const unsigned most_us = (unsigned)CLAMP(timeout_ms, 0, 1000) * 1000;

	/* Before and not after the look, so that the caller learns at once what ended the sleep. */
	if (most_us && collector->bytes_seen < BUSY_BYTES)
		sleep_some(collector, MIN(collector->sleep_us, most_us));
	collector->doorbell_seen = load_acquire(&collector->pool->doorbell);
	take(collector);
	collector->bytes_seen = collector->source.payload_bytes - before;
	collector->sleep_us = next_sleep_us(collector->sleep_us, collector->bytes_seen);
	if (collector->source.verbatim)
		recording_hurry(collector->recording, collector->bytes_seen > HURRY_BYTES);
}

void
collector_stop(struct collector *collector)
{
	collector->stopped = true;
}

bool
collector_has_processes(const struct collector *collector)
{
	return g_hash_table_size(collector->members) > 0;
}

unsigned
collector_live_processes(const struct collector *collector)
{
	return watch_count(collector->watch);
}

/* ---- the end ---- */

static void
take_rest(struct collector *collector)
{
	take(collector);
	store_release(&collector->pool->phase, POOL_CLOSED);
	/* Each round either waits for a missing chunk or gives one up, so this ends. */
	do {
		watch_look(collector->watch);
		members_mark_final(collector);
		collector->now_ticks = clock_line_now();
		scan_pool(collector);
		merge_until(collector, UINT64_MAX, clock_line_now());
	} while (collector->gaps->len);
	collector->end_ticks = clock_line_now();
	scan_take_tallies(collector, NULL);
	while (collector->living->len)
		member_over(
			collector, g_ptr_array_index(collector->living, 0), collector->end_ticks);
	collector->lost_events = load_relaxed(&collector->pool->lost_events);
}

static void
finish_recording(struct collector *collector)
{
	if (!collector->recording)
		return;
	recording_put_clock(collector->recording, &collector->clock.latest);
	recording_put_finish(
		collector->recording, &(struct recording_finish){
					      .end_ticks = collector->end_ticks,
					      .lost_events = collector->lost_events,
					      .chunks = collector->chunks,
					      .unread_chunks = collector->unread_chunks,
					      .stopped = collector->stopped,
				      });
}

void
collector_close(struct collector *collector)
{
	struct clock_reading reading;

	if (!collector->pool || collector->closed)
		return;
	collector->closed = true;
	take_rest(collector);
	reading = clock_line_read();
	clock_line_add(&collector->clock, &reading);
	finish_recording(collector);
}

struct run *
collector_finish(struct collector *collector)
{
	struct model_clock clock;
	struct run *run;

	collector_close(collector);
	if (!collector->model)
		collector_start_model(collector, &(struct model_clock){.ns_per_tick = 1.0});
	clock = clock_line_get(&collector->clock);
	/* Lanes point into the model: they go first. */
	while (collector->living->len)
		member_over(
			collector, g_ptr_array_index(collector->living, 0), collector->end_ticks);
	run = model_finish(g_steal_pointer(&collector->model), &clock, collector->end_ticks);
	run->event_bytes = collector->source.payload_bytes;
	run->chunks = collector->chunks;
	run->broken_chunks = collector->source.broken_chunks;
	run->lost_events = MAX(run->lost_events, collector->lost_events);
	collector_free(collector);
	return run;
}

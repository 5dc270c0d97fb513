/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sections and tasks that take a known time, and say what it was: by clocks that are read just
 * inside and just outside of each, so that what is measured by others lies between, however busy
 * the machine is. Lines of
 *
 *	what name count least_ns most_ns
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "thag.h"

#define KEEP __attribute__((noinline))

enum {
	ROUNDS = 3,
	PARTS = 2,
	REQUESTS = 3, /* at the same time */
};

struct measured {
	uint64_t count, least_ns, most_ns;
};

struct request {
	struct thag_task task;
	struct measured life, running;
	uint64_t before_ns, after_ns; /* made between */
	size_t bytes;
	void *kept;
};

static struct measured whole, part, span;

static uint64_t
now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void
rest(long ms)
{
	const struct timespec time = {0, ms * 1000000};

	nanosleep(&time, NULL);
}

static void
add(struct measured *measured, uint64_t least_ns, uint64_t most_ns)
{
	measured->count++;
	measured->least_ns += least_ns;
	measured->most_ns += most_ns;
}

static void
print(const char *what, const char *name, const struct measured *measured)
{
	printf("%s %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", what, name, measured->count,
		measured->least_ns, measured->most_ns);
}

KEEP static void *
take(size_t bytes)
{
	void *block = malloc(bytes);

	__asm__ volatile("" : "+r"(block));
	return block;
}

/* ---- sections ---- */

KEEP static void
do_part(void)
{
	const uint64_t before = now_ns();
	uint64_t begin, end = 0;

	THAG_SECTION("part")
	{
		begin = now_ns();
		rest(4);
		end = now_ns();
	}
	add(&part, end - begin, now_ns() - before);
}

KEEP static void
do_whole(void)
{
	const uint64_t before = now_ns();
	uint64_t begin, end = 0;

	THAG_SECTION("whole")
	{
		begin = now_ns();
		rest(5);
		for (int i = 0; i < PARTS; i++)
			do_part();
		end = now_ns();
	}
	add(&whole, end - begin, now_ns() - before);
}

KEEP static void
do_span(void)
{
	const uint64_t before = now_ns();
	const struct thag_span measured = thag_span_begin("stretch");
	const uint64_t begin = now_ns();

	for (int i = 0; i < ROUNDS; i++)
		do_whole();
	const uint64_t end = now_ns();

	thag_span_end(measured);
	add(&span, end - begin, now_ns() - before);
}

/* ---- tasks ---- */

KEEP static void
make_request(struct request *request, size_t bytes)
{
	request->bytes = bytes;
	request->before_ns = now_ns();
	request->task = thag_task_new("request");
	request->after_ns = now_ns();
}

KEEP static void
serve(struct request *request, int last)
{
	const uint64_t before = now_ns();

	thag_task_resume(request->task);
	const uint64_t begin = now_ns();

	rest(3);
	free(request->kept);
	request->kept = take(request->bytes);
	const uint64_t end = now_ns();

	if (last)
		thag_task_end(request->task);
	else
		thag_task_suspend(request->task);
	add(&request->running, end - begin, now_ns() - before);
	if (last)
		add(&request->life, end - request->after_ns, now_ns() - request->before_ns);
}

static void *
serve_first(void *request)
{
	serve(request, 0);
	return NULL;
}

static void
serve_all(struct request *requests)
{
	pthread_t threads[REQUESTS];

	for (int i = 0; i < REQUESTS; i++)
		make_request(&requests[i], 1000 * (size_t)(i + 1));
	for (int i = 0; i < REQUESTS; i++)
		pthread_create(&threads[i], NULL, serve_first, &requests[i]);
	for (int i = 0; i < REQUESTS; i++)
		pthread_join(threads[i], NULL);
	rest(5);
	for (int i = 0; i < REQUESTS; i++)
		serve(&requests[i], 1);
}

int
main(void)
{
	struct request requests[REQUESTS] = {{{0}, {0}, {0}, 0, 0, 0, NULL}};

	do_span();
	serve_all(requests);
	/* The last one is leaked. */
	for (int i = 0; i < REQUESTS - 1; i++)
		free(requests[i].kept);
	print("section", "whole", &whole);
	print("section", "part", &part);
	print("section", "stretch", &span);
	for (int i = 0; i < REQUESTS; i++) {
		print("running", "request", &requests[i].running);
		print("life", "request", &requests[i].life);
	}
	return 0;
}

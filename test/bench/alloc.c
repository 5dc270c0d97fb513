/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A program that does nothing but malloc and free: what a profiler costs at its worst.
 *
 *	alloc PATTERN THREADS PAIRS
 *
 * PATTERN is `hot` (one call path, one size), `varied` (256 call paths of 13 frames in turn, 8
 * sizes), `random` (the same in random order: nearly every call changes nearly the whole path,
 * which is the worst for a profiler that remembers) or `sizes` (like `varied`, 512 sizes). Prints
 * nanoseconds per malloc+free pair and thread.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	SLOTS = 64
};

struct work {
	unsigned paths, sizes, mixing;
	long pairs;
	void *slot[SLOTS];
	uint32_t random;
};

static size_t
next_size(struct work *work)
{
	work->random = work->random * 1664525 + 1013904223;
	return 16 + (size_t)(work->random >> 16) % work->sizes * 24;
}

__attribute__((noinline)) static void
leaf(struct work *work, unsigned slot)
{
	free(work->slot[slot]);
	work->slot[slot] = malloc(next_size(work));
	if (!work->slot[slot])
		abort();
}

/*
 * Two functions that differ in address alone; eight levels of either make 256 paths. With the
 * leaf, run and what starts a thread that is 13 frames.
 */
__attribute__((noinline)) static void right(struct work *work, unsigned path, int level);

__attribute__((noinline)) static void
left(struct work *work, unsigned path, int level)
{
	if (level == 0)
		leaf(work, path % SLOTS);
	else if (path >> (level - 1) & 1)
		left(work, path, level - 1);
	else
		right(work, path, level - 1);
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void
right(struct work *work, unsigned path, int level)
{
	if (level == 0)
		leaf(work, path % SLOTS);
	else if (path >> (level - 1) & 1)
		left(work, path, level - 1);
	else
		right(work, path, level - 1);
	__asm__ volatile("nop" ::: "memory");
}

static void *
run(void *argument)
{
	struct work *work = argument;

	for (long i = 0; i < work->pairs; i++) {
		const unsigned path =
			work->paths == 1
				? 0
				: (unsigned)(i * work->mixing >> 8 * (work->mixing > 1)) % 256;

		left(work, path, 8);
	}
	for (int i = 0; i < SLOTS; i++)
		free(work->slot[i]);
	return NULL;
}

int
main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: alloc hot|varied|random|sizes THREADS PAIRS\n");
		return 2;
	}
	const int threads = atoi(argv[2]);
	pthread_t thread[64];
	static struct work work[64];
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < threads && i < 64; i++) {
		work[i].paths = strcmp(argv[1], "hot") ? 256 : 1;
		work[i].sizes = strcmp(argv[1], "hot") ? (strcmp(argv[1], "sizes") ? 8 : 512) : 1;
		work[i].mixing = strcmp(argv[1], "random") ? 1 : 2654435761u;
		work[i].pairs = atol(argv[3]);
		work[i].random = (uint32_t)i + 1;
		pthread_create(&thread[i], NULL, run, &work[i]);
	}
	for (int i = 0; i < threads && i < 64; i++)
		pthread_join(thread[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	const double ns =
		(double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);

	printf("%.1f\n", ns / (double)work[0].pairs);
	return 0;
}

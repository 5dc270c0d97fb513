/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Call paths with what the source named in them. The unwinder knows frames alone; where sections
 * are open on a stack, or a task is resumed on it, its path is put together anew:
 *
 *	unwound   main -> loop -> F -> g -> malloc's caller      depth 1 2 3 4 5
 *	section   main -> loop -> F -> [parse] -> g -> ...       it is open in F, at depth 3
 *	task      accept -> [request] -> F -> [parse] -> g ...   resumed in F
 *
 * What comes of an unwound node depends on nothing but the sections (their depths, their numbers)
 * and the task, which have a hash of their own, the context: so it is remembered by node and
 * context, and costs about 4 ns while a program uses sections, and one branch while it does not.
 *
 * A thread's own; within the gate.
 */
#ifndef THAG_PRELOAD_PATHS_H
#define THAG_PRELOAD_PATHS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PATHS_CACHED = 512,
	PATHS_TASKS_MAX = 16, /* resumed one in another on a thread */
};

struct paths_cached {
	uint64_t context;
	uint32_t node, result;
};

/* A task that is resumed here. */
struct paths_task {
	uint64_t id;
	uint64_t base;	/* of the real stack it was resumed on */
	uint32_t node;	/* below which frames of that depth and more hang; */
	uint32_t depth; /* on any other stack all frames do */
};

struct paths {
	struct paths_cached cached[PATHS_CACHED];
	struct paths_task tasks[PATHS_TASKS_MAX]; /* the last one has what happens */
	uint32_t task_count;
	uint32_t *chain; /* room for a path, made when it is first wanted */
};

struct thread;

/* paths_of(), where something has a name. */
uint32_t paths_translate(struct thread *thread, uint32_t node, uint64_t sp);

/* Adds to a context. */
static inline uint64_t
paths_mix(uint64_t context, uint64_t value)
{
	const uint64_t mixed = (context ^ value) * UINT64_C(0x9e3779b97f4a7c15);

	return mixed ^ mixed >> 29;
}

#endif

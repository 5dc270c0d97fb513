/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Runs made by hand, and a symbolizer that knows what it is told: what tests of profiles and
 * reports stand on.
 */
#ifndef THAG_TEST_SYNTHETIC_H
#define THAG_TEST_SYNTHETIC_H

#include "model.h"
#include "profile_build.h"
#include "symbolizer.h"

struct run *synthetic_run_new(void);
void synthetic_run_free(struct run *run);

struct process *synthetic_process(struct run *run, uint32_t pid);
struct thread *synthetic_thread(struct process *process, uint32_t tid);

/* A module at [start, start + 0x10000) with bias = start and the symbolizer's number `symbols`. */
struct module *synthetic_module(
	struct process *process, const char *path, uint64_t start, uint32_t symbols);

/* Gives the new node's id. */
uint32_t synthetic_node(struct process *process, uint32_t parent, uint64_t pc);

/* `count` blocks of `size` bytes, of which `leaked` were live at the peak and stay to the end. */
void synthetic_heap(
	struct thread *thread, uint32_t node, uint64_t count, uint64_t size, uint64_t leaked);

/* Calls whose times are spread evenly; an error of one percent. */
void synthetic_calls(
	struct thread *thread, uint32_t node, unsigned count, uint64_t total_ns, uint64_t self_ns);

/* At 1 kHz. */
void synthetic_samples(struct thread *thread, uint32_t node, enum sample_kind kind,
	uint64_t samples, uint64_t periods);

/* Fills the sums of threads, processes and run from the sites. */
void synthetic_finish(struct run *run);

/*
 * Tells the symbolizer what a return address is; told again, the earlier function is inlined into
 * the next.
 */
void synthetic_symbol(struct symbolizer *symbolizer, uint32_t module, uint64_t return_address,
	const char *function, const char *file, uint32_t line);

/* How many addresses were asked for that were not wanted. */
unsigned synthetic_unwanted(const struct symbolizer *symbolizer);

/* A small program with everything in it, the same each time: see the source. */
struct profile *synthetic_sample(void);

/* Traced calls and samples, and no memory. */
struct profile *synthetic_time_sample(void);

#endif

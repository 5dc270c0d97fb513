/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A pool in memory and writers of it in this very process: what a profiled program would leave,
 * made to measure. Times are given in ticks and may be anything; fake_run_now() is the present.
 */
#ifndef THAG_TEST_FAKE_RUN_H
#define THAG_TEST_FAKE_RUN_H

#include <stdbool.h>

#include "collector.h"
#include "pool.h"
#include "record.h"

struct fake_run {
	struct pool_header *pool;
	int fd;
};

struct fake_thread {
	struct fake_run *run;
	uint32_t process, pid, thread;
	uint64_t sequence;
	uint32_t index;
	struct pool_chunk *chunk; /* NULL: none yet */
	struct record_state state;
	uint8_t *at;
};

void fake_run_init(struct fake_run *run);
void fake_run_fini(struct fake_run *run);
uint64_t fake_run_now(void);

struct fake_thread fake_thread_make(
	struct fake_run *run, uint32_t process, uint32_t pid, uint32_t thread);

/* Each commits one record; a chunk that is full is retired first. */
void fake_alloc(
	struct fake_thread *thread, uint64_t ticks, uint32_t node, uint64_t size, uint64_t address);
void fake_free(struct fake_thread *thread, uint64_t ticks, uint64_t address, uint32_t flags);
void fake_enter(struct fake_thread *thread, uint64_t ticks, uint64_t function);
void fake_exit(struct fake_thread *thread, uint64_t ticks);
void fake_node(struct fake_thread *thread, uint32_t node, uint32_t parent, uint64_t pc);
void fake_extended(struct fake_thread *thread, enum record_type type, const uint64_t *numbers,
	uint32_t number_count, const char *const *strings, uint32_t string_count);
void fake_bytes(struct fake_thread *thread, const uint8_t *bytes, unsigned count);

/* The chunk becomes FULL; the next record claims another one. False: none was open. */
bool fake_retire(struct fake_thread *thread);

/* What this process's own collector would give: attached to nothing, no symbols. */
struct collector *fake_collector(struct fake_run *run);

/* Of a process of the run, NULL where there is none. */
const struct process *find_process(const struct run *run, uint32_t number);
const struct memory_sums *find_site(const struct process *process, uint32_t thread, uint64_t pc);

#endif

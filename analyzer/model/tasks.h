/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Tasks, as the heap sees them: a block belongs to the task that its thread was working on. Called
 * for each block of a process that has tasks, and of no other.
 */
#ifndef THAG_TASKS_H
#define THAG_TASKS_H

#include <stdint.h>

struct model_thread;
struct tasks;

void tasks_block(
	struct tasks *tasks, struct model_thread *thread, uint64_t address, uint64_t bytes);
void tasks_block_gone(struct tasks *tasks, uint64_t address);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See fake_run.h. */
#include "fake_run.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock_line.h"

void
fake_run_init(struct fake_run *run)
{
	struct options options;

	run->fd = memfd_create("pool", MFD_CLOEXEC);
	assert(run->fd >= 0);
	assert(!ftruncate(run->fd, (off_t)pool_file_bytes()));
	run->pool = mmap(NULL, pool_file_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, run->fd, 0);
	assert(run->pool != MAP_FAILED);
	options_init(&options);
	pool_format(run->pool, &options);
}

void
fake_run_fini(struct fake_run *run)
{
	munmap(run->pool, pool_file_bytes());
	close(run->fd);
}

uint64_t
fake_run_now(void)
{
	return clock_line_now();
}

struct fake_thread
fake_thread_make(struct fake_run *run, uint32_t process, uint32_t pid, uint32_t thread)
{
	if (load_relaxed(&run->pool->process_last) < process)
		store_relaxed(&run->pool->process_last, process);
	return (struct fake_thread){.run = run, .process = process, .pid = pid, .thread = thread};
}

static void
claim(struct fake_thread *thread, uint64_t ticks)
{
	struct pool_header *pool = thread->run->pool;
	uint32_t *states = pool_states(pool);
	uint32_t index = 0, expected = POOL_FREE;

	while (!cas_acq_rel(&states[index], &expected, POOL_FILLING)) {
		expected = POOL_FREE;
		index++;
		assert(index < load_acquire(&pool->chunk_limit));
	}
	if (load_relaxed(&pool->chunk_high) <= index)
		store_release(&pool->chunk_high, index + 1);
	thread->index = index;
	thread->chunk = pool_chunk_at(pool, index);
	*thread->chunk = (struct pool_chunk){
		.kind = POOL_EVENTS,
		.process = thread->process,
		.pid = thread->pid,
		.thread = thread->thread,
		.tid = thread->pid + thread->thread - 1,
		.sequence = thread->sequence++,
		.base_ticks = ticks,
	};
	store_release(&thread->chunk->magic, POOL_CHUNK_MAGIC);
	record_state_init(&thread->state, ticks);
	thread->at = pool_payload(thread->chunk);
}

bool
fake_retire(struct fake_thread *thread)
{
	if (!thread->chunk)
		return false;
	store_release(&pool_states(thread->run->pool)[thread->index], POOL_FULL);
	thread->chunk = NULL;
	return true;
}

static void
make_room(struct fake_thread *thread, uint64_t ticks, unsigned bytes)
{
	if (thread->chunk && thread->at + bytes > pool_payload(thread->chunk) + POOL_PAYLOAD_BYTES)
		fake_retire(thread);
	if (!thread->chunk)
		claim(thread, ticks);
}

static void
commit(struct fake_thread *thread)
{
	store_release(&thread->chunk->length, (uint32_t)(thread->at - pool_payload(thread->chunk)));
}

void
fake_alloc(
	struct fake_thread *thread, uint64_t ticks, uint32_t node, uint64_t size, uint64_t address)
{
	make_room(thread, ticks, RECORD_HOT_BYTES);
	thread->at = record_emit_alloc(&thread->state, thread->at, ticks, node, size, address);
	commit(thread);
}

void
fake_free(struct fake_thread *thread, uint64_t ticks, uint64_t address, uint32_t flags)
{
	make_room(thread, ticks, RECORD_HOT_BYTES);
	thread->at = record_emit_free(&thread->state, thread->at, ticks, address, flags);
	commit(thread);
}

void
fake_enter(struct fake_thread *thread, uint64_t ticks, uint64_t function)
{
	make_room(thread, ticks, RECORD_HOT_BYTES);
	thread->at = record_emit_enter(&thread->state, thread->at, ticks, function);
	commit(thread);
}

void
fake_exit(struct fake_thread *thread, uint64_t ticks)
{
	make_room(thread, ticks, RECORD_HOT_BYTES);
	thread->at = record_emit_exit(&thread->state, thread->at, ticks, 0);
	commit(thread);
}

void
fake_node(struct fake_thread *thread, uint32_t node, uint32_t parent, uint64_t pc)
{
	make_room(thread, fake_run_now(), RECORD_HOT_BYTES);
	thread->at = record_emit_node(&thread->state, thread->at, node, parent, pc);
	commit(thread);
}

void
fake_extended(struct fake_thread *thread, enum record_type type, const uint64_t *numbers,
	uint32_t number_count, const char *const *strings, uint32_t string_count)
{
	struct record_string converted[RECORD_STRINGS_MAX];
	uint8_t *at;

	for (uint32_t i = 0; i < string_count; i++)
		converted[i] = (struct record_string){
			(const uint8_t *)strings[i], (uint32_t)strlen(strings[i])};
	make_room(thread, numbers[0], 4096);
	at = record_emit_extended(&thread->state, thread->at,
		pool_payload(thread->chunk) + POOL_PAYLOAD_BYTES, type, numbers, number_count,
		converted, string_count);
	assert(at);
	thread->at = at;
	commit(thread);
}

void
fake_bytes(struct fake_thread *thread, const uint8_t *bytes, unsigned count)
{
	make_room(thread, fake_run_now(), count);
	memcpy(thread->at, bytes, count);
	thread->at += count;
	commit(thread);
}

struct collector *
fake_collector(struct fake_run *run)
{
	return collector_new(run->pool, run->fd, NULL);
}

const struct process *
find_process(const struct run *run, uint32_t number)
{
	for (unsigned i = 0; i < run->processes->len; i++) {
		const struct process *process = g_ptr_array_index(run->processes, i);

		if (process->number == number)
			return process;
	}
	return NULL;
}

const struct memory_sums *
find_site(const struct process *process, uint32_t thread, uint64_t pc)
{
	for (unsigned t = 0; t < process->threads->len; t++) {
		const struct thread *of = g_ptr_array_index(process->threads, t);

		for (unsigned i = 0; of->number == thread && i < of->sites->len; i++) {
			const struct site *site = &g_array_index(of->sites, struct site, i);

			if (g_array_index(process->nodes, struct node, site->node).pc == pc)
				return &site->memory;
		}
	}
	return NULL;
}

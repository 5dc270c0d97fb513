/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "writer.h"
#include <stddef.h>
#include <string.h>
#include "session.h"
#include "window.h"
#include "os/system.h"
#include "forbid.h"

enum {
	SPACE_TIMEOUT_MS = 100 /* how often a waiting writer looks whether the reader lives */
};

void
writer_init(struct writer *writer, uint32_t thread, uint32_t tid)
{
	writer->thread = thread;
	writer->tid = tid;
}

static void
ring_doorbell(struct pool_header *pool)
{
	add_release(&pool->doorbell, 1);
	/* The bump must be visible before the flag is read, or the reader could fall asleep between
	 * the two; its own order is flag, fence, doorbell. */
	fence_seq_cst();
	if (load_relaxed(&pool->reader_waiting))
		system_futex_wake(&pool->doorbell, 1);
}

void
writer_notify(void)
{
	ring_doorbell(session.pool);
}

void
writer_retire(struct writer *writer)
{
	struct pool_header *pool = session.pool;

	if (!writer->chunk)
		return;
	/* Pairs with the reader's acquire: the chunk is complete and ours no more. */
	store_release(&pool_states(pool)[writer->chunk_index], POOL_FULL);
	writer->chunk = NULL;
	writer->at = writer->limit = NULL;
	ring_doorbell(pool);
}

/* Whether the reader has not been told yet, and it is no later owner's. */
static bool
is_ours(const struct writer *writer, const struct pool_chunk *chunk, uint32_t index)
{
	return load_relaxed(&pool_states(session.pool)[index]) == POOL_FILLING &&
	       load_acquire(&chunk->magic) == POOL_CHUNK_MAGIC &&
	       chunk->process == session.process->number && chunk->thread == writer->thread &&
	       chunk->kind == POOL_EVENTS;
}

static void
stop_waiting(struct writer *writer)
{
	writer->waiting = false;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	add_acq_rel(&session.pool->writers_waiting, (uint32_t)-1);
}

/* A chunk that nobody has seen goes back; one that the reader may have seen is an empty one. */
static void
give_back(struct writer *writer, uint32_t index)
{
	struct pool_chunk *chunk = pool_chunk_at(session.pool, index);
	const bool seen = load_relaxed(&chunk->magic) == POOL_CHUNK_MAGIC;

	if (seen)
		writer->sequence = chunk->sequence + 1;
	store_release(&pool_states(session.pool)[index], seen ? POOL_FULL : POOL_FREE);
	ring_doorbell(session.pool);
}

void
writer_mend(struct writer *writer)
{
	const struct pool_chunk *chunk = writer->chunk;

	writer->chunk = NULL;
	writer->at = writer->limit = NULL;
	if (writer->claimed) {
		give_back(writer, writer->claimed - 1);
	} else if (chunk && is_ours(writer, chunk, writer->chunk_index)) {
		store_release(&pool_states(session.pool)[writer->chunk_index], POOL_FULL);
		ring_doorbell(session.pool);
	}
	writer->claimed = 0;
	if (writer->waiting)
		stop_waiting(writer);
}

void
writer_end(struct writer *writer)
{
	struct pool_chunk *chunk = writer->chunk;

	if (chunk && is_ours(writer, chunk, writer->chunk_index))
		chunk->last = 1;
	writer_mend(writer);
}

static void
raise_high(struct pool_header *pool, uint32_t high)
{
	uint32_t seen = load_relaxed(&pool->chunk_high);

	while (seen < high && !cas_acq_rel(&pool->chunk_high, &seen, high))
		;
}

/* The lowest free chunk of [from, to), so that few pages are in use; -1: none. */
static int64_t
claim_between(struct pool_header *pool, uint32_t from, uint32_t to)
{
	uint32_t *states = pool_states(pool);

	for (uint32_t i = from; i < to; i++) {
		uint32_t expected = POOL_FREE;

		if (load_relaxed(&states[i]) == POOL_FREE &&
			cas_acq_rel(&states[i], &expected, POOL_FILLING))
			return i;
	}
	return -1;
}

static int64_t
claim_free(struct pool_header *pool)
{
	const uint32_t from = load_relaxed(&pool->search_from);
	uint32_t limit = load_acquire(&pool->chunk_limit); /* I2 */

	if (limit > session.chunks_mapped)
		limit = session.chunks_mapped;
	int64_t index = claim_between(pool, from, limit);

	if (index < 0)
		index = claim_between(pool, 0, from < limit ? from : limit);
	if (index >= 0) {
		store_relaxed(&pool->search_from, (uint32_t)index + 1);
		raise_high(pool, (uint32_t)index + 1);
	}
	return index;
}

static bool
reader_is_alive(struct pool_header *pool)
{
	const uint32_t reader = load_acquire(&pool->reader);

	return reader && !(reader & POOL_READER_DIED);
}

static void
wait_for_space(struct writer *writer)
{
	struct pool_header *pool = session.pool;
	const uint32_t seen = load_acquire(&pool->space);

	add_acq_rel(&pool->writers_waiting, 1);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	writer->waiting = true;
	ring_doorbell(pool);
	system_futex_wait(&pool->space, seen, SPACE_TIMEOUT_MS);
	stop_waiting(writer);
}

static int64_t
claim_or_wait(struct writer *writer)
{
	struct pool_header *pool = session.pool;

	for (;;) {
		const uint32_t seen = load_acquire(&pool->space);
		const int64_t index = claim_free(pool);

		if (index >= 0)
			return index;
		if (!reader_is_alive(pool) || load_acquire(&pool->phase) == POOL_CLOSED) {
			session_stop();
			return -1;
		}
		if (pool->options.on_full == OPTIONS_ON_FULL_DROP)
			return -1;
		/* Chunks freed between the search and the wait have moved `space` on. */
		if (load_acquire(&pool->space) == seen)
			wait_for_space(writer);
	}
}

/* Makes a chunk that was claimed known to the reader. */
static void
begin_chunk(const struct writer *writer, uint32_t index, enum pool_chunk_kind kind)
{
	struct pool_chunk *chunk = pool_chunk_at(session.pool, index);

	/* All but the magic: it is 0, and the reader may be looking at it (I3). */
	chunk->kind = (uint16_t)kind;
	chunk->last = 0;
	chunk->process = session.process->number;
	chunk->pid = session.process->pid;
	chunk->thread = writer->thread;
	chunk->tid = writer->tid;
	chunk->sequence = writer->sequence;
	chunk->base_ticks = session_ticks();
	chunk->length = 0;
	chunk->missed = writer->missed;
	for (unsigned i = 0; i < POOL_LEFT_OUT_REASONS; i++)
		chunk->left_out[i] = writer->left_out[i];
	/* What an earlier owner left would read as sums. */
	if (kind != POOL_EVENTS)
		memset(pool_payload(chunk), 0, POOL_PAYLOAD_BYTES);
	/* Last, so that a reader that sees it sees the rest. */
	store_release(&chunk->magic, POOL_CHUNK_MAGIC);
}

int64_t
writer_claim(struct writer *writer, enum pool_chunk_kind kind)
{
	const int64_t index = claim_or_wait(writer);

	if (index >= 0)
		begin_chunk(writer, (uint32_t)index, kind);
	return index;
}

static void
report_lost(struct writer *writer)
{
	uint64_t numbers[] = {0, writer->lost_unreported, RECORD_LOST_FULL};

	writer->lost_unreported = 0;
	writer_emit(writer, RECORD_LOST, numbers, 3, NULL, 0);
}

/* Here and not where records are written, which is the program's time. */
static void
touch_pages(struct pool_chunk *chunk)
{
	for (uint32_t at = 0; at < POOL_PAYLOAD_BYTES; at += SYSTEM_PAGE_BYTES)
		*(volatile uint8_t *)(pool_payload(chunk) + at) = 0;
}

/* What it took to get a chunk, waiting for the reader included, is no call's time. */
static void
tell_pause(struct writer *writer, uint64_t start_ticks)
{
	uint64_t numbers[] = {0, session_ticks() - start_ticks};

	writer_emit(writer, RECORD_CALL_PAUSE, numbers, 2, NULL, 0);
}

bool
writer_next_chunk(struct writer *writer)
{
	struct pool_header *pool = session.pool;
	const uint64_t start_ticks = session_ticks();

	if (load_acquire(&pool->phase) == POOL_CLOSED) {
		session_stop();
		return false;
	}
	if (unlikely(load_relaxed(&pool->calls_enough)) && session.time)
		window_end_calls();
	writer_retire(writer);
	const int64_t index = claim_or_wait(writer);

	if (index < 0) {
		writer->lost_unreported++;
		add_relaxed(&pool->lost_events, 1);
		return false;
	}
	/* A handler that jumps out of here leaves what writer_mend() needs. */
	writer->claimed = (uint32_t)index + 1;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	begin_chunk(writer, (uint32_t)index, POOL_EVENTS);
	writer->sequence++;
	writer->chunk_index = (uint32_t)index;
	writer->chunk = pool_chunk_at(pool, (uint32_t)index);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	writer->claimed = 0;
	writer->at = pool_payload(writer->chunk);
	writer->limit = writer->at + POOL_PAYLOAD_BYTES - RECORD_HOT_BYTES;
	record_state_init(&writer->state, writer->chunk->base_ticks);
	touch_pages(writer->chunk);
	if (writer->lost_unreported)
		report_lost(writer);
	if (session.time)
		tell_pause(writer, start_ticks);
	return true;
}

void
writer_emit(struct writer *writer, enum record_type type, uint64_t *numbers, uint32_t number_count,
	const struct record_string *strings, uint32_t string_count)
{
	numbers[0] = session_ticks();
	/* Once where it is, and once more at the start of a fresh chunk. */
	for (int attempt = 0; attempt < 2; attempt++) {
		if (!writer_ready(writer))
			return;
		uint8_t *end = pool_payload(writer->chunk) + POOL_PAYLOAD_BYTES;
		uint8_t *at = record_emit_extended(&writer->state, writer->at, end, type, numbers,
			number_count, strings, string_count);

		if (at) {
			writer->at = at;
			writer_commit(writer);
			return;
		}
		writer_retire(writer);
	}
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The pool and the stack tree under the thread sanitizer: several threads write by way of the
 * preload's own code, with few chunks so that they wait and reuse them all the time, while one
 * reads as the analyzer does, also chunks that are being filled.
 *
 * It fails by what the sanitizer finds, and where a record is lost, comes twice, or comes out of
 * its thread's order.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "modules.h"
#include "session.h"
#include "tree.h"
#include "writer.h"

enum {
	WRITERS = 4,
	EVENTS = 20000, /* of each writer */
	CHUNKS_FIRST = 6,
	CHUNKS = 12,
	PATHS = 300, /* more than a list of children holds */
	NODES_MAX = 1 << 16,
};

static struct session_process process = {.number = 1, .pid = 1};
struct session session;

static uint32_t writers_done; /* release by a writer at its end, acquire by the reader */

/* ---- what the code under test asks of the rest of the preload ---- */

void
session_stop(void)
{
	abort();
}

uint32_t modules_unannounced;

void
modules_announce_slow(struct writer *writer)
{
}

void
modules_check(struct writer *writer)
{
}

/* ---- writers ---- */

static void *
write_events(void *argument)
{
	struct writer writer = {.at = NULL};
	struct tree_cache *cache = calloc(1, sizeof(*cache));

	writer_init(&writer, (uint32_t)(uintptr_t)argument, 1);
	for (uint64_t i = 1; i <= EVENTS; i++) {
		const uint32_t outer = tree_child(cache, &writer, TREE_ROOT, 1 + i % 3);
		const uint32_t node = tree_child(cache, &writer, outer, 100 + i * 7 % PATHS);

		if (!writer_ready(&writer))
			abort();
		writer.at = record_emit_alloc(
			&writer.state, writer.at, session_ticks(), node, i, i << 4);
		writer_commit(&writer);
	}
	writer_retire(&writer);
	free(cache);
	add_release(&writers_done, 1);
	return NULL;
}

/* ---- the reader ---- */

struct reader {
	uint64_t events[WRITERS + 1];	/* of each writer, so far */
	uint64_t sequence[WRITERS + 1]; /* of its next chunk */
	bool known[NODES_MAX];
	uint8_t bytes[POOL_PAYLOAD_BYTES];
};

static void
fail(const char *what, uint64_t number)
{
	fprintf(stderr, "pool_race: %s (%llu)\n", what, (unsigned long long)number);
	exit(1);
}

static void
take_record(struct reader *reader, uint32_t thread, const struct record *record)
{
	switch (record->kind) {
	case RECORD_NODE:
		if (record->node >= NODES_MAX || reader->known[record->node])
			fail("a node came twice", record->node);
		reader->known[record->node] = true;
		break;
	case RECORD_ALLOC:
		if (record->size != ++reader->events[thread])
			fail("an event is lost or out of order", record->size);
		break;
	default:
		fail("a record that nobody wrote", record->kind);
	}
}

static void
take_full(struct reader *reader, struct pool_chunk *chunk)
{
	const uint32_t length = load_acquire(&chunk->length);
	const uint8_t *at = reader->bytes, *end = at + length;
	struct record_state state;
	struct record record;

	memcpy(reader->bytes, pool_payload(chunk), length);
	record_state_init(&state, chunk->base_ticks);
	while (at && at < end) {
		at = record_parse(&state, at, end, &record);
		if (at)
			take_record(reader, chunk->thread, &record);
	}
	if (!at)
		fail("bytes that are no record", chunk->sequence);
}

static void
free_chunk(struct pool_header *pool, uint32_t index)
{
	struct pool_chunk *chunk = pool_chunk_at(pool, index);

	store_relaxed(&chunk->length, 0);
	store_relaxed(&chunk->magic, 0);
	store_release(&pool_states(pool)[index], POOL_FREE);
	add_release(&pool->space, 1);
	system_futex_wake(&pool->space, WRITERS);
}

/* Chunks of one thread are taken in the order of their claims. Returns how many were. */
static unsigned
scan(struct reader *reader)
{
	struct pool_header *pool = session.pool;
	const uint32_t high = load_acquire(&pool->chunk_high);
	unsigned taken = 0;

	for (uint32_t i = 0; i < high; i++) {
		const uint32_t state = load_acquire(&pool_states(pool)[i]);
		struct pool_chunk *chunk = pool_chunk_at(pool, i);

		if (state == POOL_FREE || load_acquire(&chunk->magic) != POOL_CHUNK_MAGIC)
			continue;
		if (state == POOL_FILLING) {
			/* What is committed may be read at any time. */
			memcpy(reader->bytes, pool_payload(chunk), load_acquire(&chunk->length));
		} else if (chunk->sequence == reader->sequence[chunk->thread]) {
			reader->sequence[chunk->thread]++;
			take_full(reader, chunk);
			free_chunk(pool, i);
			taken++;
		}
	}
	return taken;
}

static void
read_all(struct reader *reader)
{
	unsigned scans = 0;

	for (;;) {
		const uint32_t done = load_acquire(&writers_done);

		if (!scan(reader) && done == WRITERS)
			return;
		if (++scans == 100)
			store_release(&session.pool->chunk_limit, CHUNKS);
	}
}

/* ---- the whole ---- */

static void
begin(void)
{
	const size_t bytes = pool_header_bytes() + (size_t)CHUNKS * POOL_CHUNK_BYTES;
	struct options options;

	options_init(&options);
	session.pool = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (session.pool == MAP_FAILED)
		fail("no memory", bytes);
	pool_format(session.pool, &options);
	session.pool->reader = 1;
	session.pool->chunk_limit = CHUNKS_FIRST;
	session.process = &process;
	session.chunks_mapped = CHUNKS;
	if (!tree_init())
		fail("no memory for the tree", 0);
}

int
main(void)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	pthread_t threads[WRITERS];

	begin();
	for (uintptr_t i = 0; i < WRITERS; i++)
		pthread_create(&threads[i], NULL, write_events, (void *)(i + 1));
	read_all(reader);
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 1; i <= WRITERS; i++) {
		if (reader->events[i] != EVENTS)
			fail("events are missing of writer", i);
	}
	free(reader);
	return 0;
}

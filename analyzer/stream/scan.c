/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Scanning the pool: which chunks are in use, whose they are, and how far their writers have come.
 *
 * A scan looks at every chunk's state word (four bytes each, side by side) and at the header of
 * those in use. Bytes are copied later, when the merge gets to them, and a complete chunk is free
 * as soon as its bytes are out, so that writers wait as little as can be and the backlog stays in
 * the pool, which is bounded.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "members.h"
#include "reader.h"
#include "recording.h"

enum {
	/* Chunks that should be free for each thread that fills one, and for bursts. */
	SPARE_PER_THREAD = 4,
	SPARE = POOL_CHUNKS_INITIAL / 2,
	/* The pool grows by this, and for a backlog up to that much. */
	STEP = POOL_CHUNKS_INITIAL,
	BACKLOG_MAX = 4096,
};

/* ---- storage ---- */

static bool
back(const struct collector *collector, uint32_t from, uint32_t to)
{
	const off_t offset = (off_t)(pool_header_bytes() + (uint64_t)from * POOL_CHUNK_BYTES);
	int error;

	do
		error = fallocate(collector->pool_fd, 0, offset,
				(off_t)(to - from) * POOL_CHUNK_BYTES)
				? errno
				: 0;
	while (error == EINTR);
	return !error;
}

static void
raise_limit(struct collector *collector, uint32_t wanted)
{
	struct pool_header *pool = collector->pool;
	const uint32_t limit = load_relaxed(&pool->chunk_limit);
	uint32_t raised = limit;

	if (collector->pool_fd < 0 || wanted <= limit || limit >= POOL_CHUNKS_MAX)
		return;
	while (raised < wanted)
		raised += STEP;
	raised = MIN(raised, POOL_CHUNKS_MAX);
	if (back(collector, limit, raised))
		/* I2; pairs with the writers' acquire. */
		store_release(&pool->chunk_limit, raised);
}

/* Somebody waits for a free chunk. */
static void
grow(struct collector *collector)
{
	const uint32_t limit = load_relaxed(&collector->pool->chunk_limit);

	if (limit < collector->backlog_limit)
		raise_limit(collector, limit + 1);
}

/* ---- the pool as a source of lanes ---- */

static uint32_t
slot_index(const struct collector *collector, const struct piece *piece)
{
	/* The piece is its slot's first member. */
	return (uint32_t)((const struct slot *)(const void *)piece - collector->slots);
}

static void
copy_chunk(void *context, const struct piece *piece, uint32_t from, uint8_t *to)
{
	const struct collector *collector = context;
	struct pool_chunk *chunk = pool_chunk_at(collector->pool, slot_index(collector, piece));

	memcpy(to, pool_payload(chunk) + from, piece->length - from);
}

static bool
is_tally(const struct slot *slot)
{
	return slot->kind == POOL_TALLY || slot->kind == POOL_CALL_TALLY;
}

/* The magic goes first: a writer's next claim of the chunk sets it last. */
static void
free_chunk(struct collector *collector, uint32_t index)
{
	struct pool_header *pool = collector->pool;
	struct pool_chunk *chunk = pool_chunk_at(pool, index);

	if (is_tally(&collector->slots[index]))
		collector->slots[index].lane->sums--;
	collector->slots[index] = (struct slot){0};
	store_relaxed(&chunk->length, 0);
	store_relaxed(&chunk->magic, 0);
	store_release(&pool_states(pool)[index], POOL_FREE);
	if (index < load_relaxed(&pool->search_from))
		store_relaxed(&pool->search_from, index);
	/* Many wait for one: and the next scan, after all that is to be merged, may be far. */
	if (load_relaxed(&pool->writers_waiting))
		grow(collector);
	reader_announce_space(pool);
}

static void
release_piece(void *context, struct piece *piece)
{
	struct collector *collector = context;

	if (!piece->recorded) {
		/* A lane given up early leaves the chunk to its writer. */
		const uint32_t index = slot_index(collector, piece);

		if (piece->complete)
			free_chunk(collector, index);
		else
			collector->slots[index] = (struct slot){0};
		return;
	}
	g_free(piece->bytes);
	g_free(piece);
}

static void
bytes_taken(void *context, const struct lane *lane, const struct piece *piece, const uint8_t *bytes,
	uint32_t count)
{
	struct collector *collector = context;

	if (collector->recording)
		recording_put_piece(collector->recording, lane, piece, bytes, count);
}

void
scan_init(struct collector *collector)
{
	collector->source.context = collector;
	collector->source.release = release_piece;
	if (!collector->pool)
		return;
	collector->source.copy = copy_chunk;
	collector->source.taken = bytes_taken;
	collector->slots = g_new0(struct slot, POOL_CHUNKS_MAX);
	if (load_relaxed(&collector->pool->chunk_limit) < POOL_CHUNKS_INITIAL)
		scan_raise_limit(collector, 0, 0);
}

void
scan_fini(struct collector *collector)
{
	g_free(collector->slots);
	lane_source_fini(&collector->source);
}

/* ---- one chunk ---- */

static bool
header_is_valid(const struct collector *collector, const struct pool_chunk *header)
{
	return header->kind >= POOL_EVENTS && header->kind <= POOL_CALL_TALLY && header->process &&
	       header->process <= load_relaxed(&collector->pool->process_last) && header->thread &&
	       header->length <= POOL_PAYLOAD_BYTES;
}

/* Nothing of it can be used. */
static void
give_up_chunk(struct collector *collector, uint32_t index)
{
	collector->source.broken_chunks++;
	collector->unread_chunks++;
	free_chunk(collector, index);
}

/* Makes the chunk known. False: it is not to be read yet, or never. */
static bool
adopt(struct collector *collector, uint32_t index, uint32_t state)
{
	struct slot *slot = &collector->slots[index];
	struct pool_chunk *chunk = pool_chunk_at(collector->pool, index);
	struct pool_chunk header;

	/* Pairs with the writer's release: the other fields are there. */
	if (load_acquire(&chunk->magic) != POOL_CHUNK_MAGIC) {
		if (state == POOL_FULL)
			give_up_chunk(collector, index);
		return false;
	}
	memcpy(&header, chunk, sizeof(header));
	if (!header_is_valid(collector, &header)) {
		if (state == POOL_FULL)
			give_up_chunk(collector, index);
		return false;
	}
	slot->member = member_get(collector, header.process, header.pid, header.base_ticks);
	slot->lane =
		member_lane(collector, slot->member, header.thread, header.tid, header.base_ticks);
	slot->kind = header.kind;
	collector->chunks++;
	slot->lane->sums += is_tally(slot);
	if (slot->kind != POOL_EVENTS)
		return true;
	slot->piece = (struct piece){.sequence = header.sequence, .base_ticks = header.base_ticks};
	lane_queue(slot->lane, &slot->piece);
	return true;
}

/* ---- sums of summary mode ---- */

static void
take_memory_tally(struct collector *collector, struct lane *lane, const struct pool_chunk *chunk)
{
	g_autofree struct pool_tally *copy =
		g_memdup2(chunk + 1, POOL_TALLIES * sizeof(struct pool_tally));

	model_tallies(lane->thread, copy, POOL_TALLIES);
	if (collector->recording)
		recording_put_tallies(collector->recording, lane, copy, POOL_TALLIES);
}

static void
take_call_tally(struct collector *collector, struct lane *lane, const struct pool_chunk *chunk)
{
	g_autofree struct pool_call_sums *copy =
		g_memdup2(chunk + 1, sizeof(struct pool_call_sums));

	model_call_sums(lane->thread, copy);
	if (collector->recording)
		recording_put_call_sums(collector->recording, lane, copy);
}

static void
take_tally(struct collector *collector, uint32_t index)
{
	const struct slot *slot = &collector->slots[index];
	const struct pool_chunk *chunk = pool_chunk_at(collector->pool, index);

	if (slot->member->over)
		return;
	if (slot->kind == POOL_TALLY)
		take_memory_tally(collector, slot->lane, chunk);
	else
		take_call_tally(collector, slot->lane, chunk);
}

/* ---- scanning ---- */

static void
take_left_out(struct collector *collector, struct lane *lane, const struct pool_chunk *chunk)
{
	uint64_t count[POOL_LEFT_OUT_REASONS], sum = 0;

	for (unsigned i = 0; i < POOL_LEFT_OUT_REASONS; i++)
		sum += count[i] = load_relaxed(&chunk->left_out[i]);
	if (sum <= lane->left_out)
		return;
	lane->left_out = sum;
	model_left_out(lane->thread, count);
	if (collector->recording)
		recording_put_left_out(collector->recording, lane, count);
}

static void
take_missed(struct collector *collector, struct lane *lane, const struct pool_chunk *chunk)
{
	const uint32_t count = load_relaxed(&chunk->missed);

	if (count <= lane->missed)
		return;
	lane->missed = count;
	model_missed(lane->thread, count);
	if (collector->recording)
		recording_put_missed(collector->recording, lane, count);
}

static void
look_at(struct collector *collector, uint32_t index, uint32_t state)
{
	struct slot *slot = &collector->slots[index];
	struct pool_chunk *chunk = pool_chunk_at(collector->pool, index);
	uint32_t length;

	if (!slot->lane && !adopt(collector, index, state))
		return;
	if (!slot->lane->discard) {
		take_missed(collector, slot->lane, chunk);
		take_left_out(collector, slot->lane, chunk);
	}
	if (is_tally(slot) && state == POOL_FULL) {
		take_tally(collector, index);
		free_chunk(collector, index);
		return;
	}
	if (is_tally(slot) || slot->piece.complete)
		return;
	/* The state was read before, so a FULL chunk's length is its last one (I1). */
	length = load_acquire(&chunk->length);
	if (length > POOL_PAYLOAD_BYTES || length < slot->piece.length)
		length = slot->piece.length;
	slot->piece.complete = state == POOL_FULL || slot->member->final;
	if (length != slot->piece.length || slot->piece.complete) {
		slot->piece.length = length;
		lane_mark_changed(collector, slot->lane);
	}
	if (state == POOL_FULL && chunk->last)
		lane_mark_last(collector, slot->lane);
}

void
scan_raise_limit(struct collector *collector, unsigned filling, unsigned full)
{
	collector->backlog_limit = BACKLOG_MAX * 2 + filling * (1 + SPARE_PER_THREAD);
	/* A backlog alone does not take more than its share. */
	if (full > BACKLOG_MAX &&
		load_relaxed(&collector->pool->chunk_limit) >= collector->backlog_limit)
		return;
	raise_limit(collector,
		filling + full + filling * SPARE_PER_THREAD + SPARE + MIN(full, BACKLOG_MAX));
}

void
scan_pool(struct collector *collector)
{
	struct pool_header *pool = collector->pool;
	const uint32_t high = MIN(load_acquire(&pool->chunk_high),
		MIN(load_relaxed(&pool->chunk_limit), POOL_CHUNKS_MAX));
	const uint32_t *states = pool_states(pool);
	unsigned filling = 0, full = 0;

	for (uint32_t i = 0; i < high; i++) {
		/* Pairs with the writers' release of a FULL chunk. */
		const uint32_t state = load_acquire(&states[i]);

		if (state == POOL_FREE)
			continue;
		filling += state == POOL_FILLING;
		full += state == POOL_FULL;
		look_at(collector, i, state);
	}
	scan_raise_limit(collector, filling, full);
}

void
scan_take_tallies(struct collector *collector, const struct member *member)
{
	const uint32_t high = MIN(load_acquire(&collector->pool->chunk_high), POOL_CHUNKS_MAX);

	for (uint32_t i = 0; i < high; i++) {
		const struct slot *slot = &collector->slots[i];

		if (!is_tally(slot) || (member && slot->member != member))
			continue;
		take_tally(collector, i);
		free_chunk(collector, i);
	}
}

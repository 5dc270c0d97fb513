/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A writer that a jump took out of the middle of its work: whatever the place, the reader finds
 * each chunk number once, all that was committed, and no chunk that nobody will ever finish.
 */
#include "writer.h"
#include <criterion/criterion.h>
#include <sys/mman.h>
#include "session.h"
#include "window.h"

enum {
	CHUNKS = 4
};

struct session session;
static struct session_process process = {.number = 1, .pid = 1};
static struct writer writer;

void
session_stop(void)
{
	cr_assert_fail("the session goes on");
}

void
window_end_calls(void)
{
}

static void
begin(void)
{
	const size_t bytes = pool_header_bytes() + (size_t)CHUNKS * POOL_CHUNK_BYTES;
	struct options options;

	session.pool =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	options_init(&options);
	pool_format(session.pool, &options);
	store_relaxed(&session.pool->reader, 1);
	store_relaxed(&session.pool->chunk_limit, CHUNKS);
	session.chunks_mapped = CHUNKS;
	session.process = &process;
	writer_init(&writer, 1, 1);
}

static uint32_t
state_of(uint32_t index)
{
	return pool_states(session.pool)[index];
}

static struct pool_chunk *
chunk(uint32_t index)
{
	return pool_chunk_at(session.pool, index);
}

static void
commit_one(void)
{
	cr_assert(writer_ready(&writer));
	writer.at = record_emit_exit(&writer.state, writer.at, session_ticks(), 0);
	writer_commit(&writer);
}

Test(writer, left_while_it_waits_waits_no_more, .init = begin)
{
	session.pool->writers_waiting = 2;
	writer.waiting = true;
	writer_mend(&writer);
	cr_assert_eq(session.pool->writers_waiting, 1);
	writer_mend(&writer);
	cr_assert_eq(session.pool->writers_waiting, 1);
}

Test(writer, left_while_it_writes_hands_over_what_is_committed, .init = begin)
{
	commit_one();
	writer_mend(&writer);
	cr_assert_eq(state_of(0), POOL_FULL);
	cr_assert_gt(chunk(0)->length, 0);
	commit_one();
	cr_assert_eq(chunk(1)->sequence, 1);
}

Test(writer, left_after_it_handed_over_does_not_touch_the_next_owners_chunk, .init = begin)
{
	commit_one();
	const struct writer before = writer;

	writer_retire(&writer);
	writer = before;
	/* The reader frees it, and another thread claims it. */
	chunk(0)->thread = 2;
	pool_states(session.pool)[0] = POOL_FILLING;
	writer_mend(&writer);
	cr_assert_eq(state_of(0), POOL_FILLING);
}

Test(writer, left_with_a_chunk_that_nobody_has_seen_gives_it_back, .init = begin)
{
	pool_states(session.pool)[0] = POOL_FILLING;
	writer.claimed = 1;
	writer_mend(&writer);
	cr_assert_eq(state_of(0), POOL_FREE);
	commit_one();
	cr_assert_eq(chunk(0)->sequence, 0);
}

Test(writer, left_with_a_chunk_that_may_have_been_seen_uses_its_number_once, .init = begin)
{
	commit_one();
	const struct writer before = writer;

	/* Another chunk is begun, and it is not noted or noted in part. */
	for (int noted = 0; noted < 2; noted++) {
		writer_retire(&writer);
		commit_one();
		if (!noted)
			writer.sequence = before.sequence;
		writer.claimed = writer.chunk_index + 1;
		chunk(writer.chunk_index)->length = 0;
		writer_mend(&writer);
		cr_assert_eq(state_of(1 + (uint32_t)noted), POOL_FULL);
		cr_assert_eq(writer.sequence, 2 + (uint64_t)noted);
		cr_assert_eq(writer.claimed, 0);
	}
	commit_one();
	cr_assert_eq(chunk(3)->sequence, 3);
}

Test(writer, at_its_end_says_so_in_its_last_chunk, .init = begin)
{
	commit_one();
	cr_assert_eq(chunk(0)->last, 0);
	writer_end(&writer);
	cr_assert_eq(state_of(0), POOL_FULL);
	cr_assert_eq(chunk(0)->last, 1);
	/* The reader frees it, and somebody claims it. */
	chunk(0)->magic = 0;
	pool_states(session.pool)[0] = POOL_FREE;
	session.pool->search_from = 0;
	writer_init(&writer, 2, 2);
	commit_one();
	cr_assert_eq(chunk(0)->last, 0);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See reader.h. */
#include "reader.h"

#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct reader {
	struct robust_list_head head;
	struct robust_list entry;
	struct robust_list_head *before; /* the C library's */
	struct pool_header *pool;
	uint32_t tid;
};

/*
 * FUTEX_WAITERS is always set: the kernel wakes a sleeper at the reader's death only then, and
 * nobody locks this word.
 */
static int
claim_word(struct pool_header *pool, uint32_t tid)
{
	uint32_t seen = load_acquire(&pool->reader);

	do {
		if ((seen & POOL_READER_TID) && !(seen & POOL_READER_DIED) &&
			(seen & POOL_READER_TID) != tid)
			return -EBUSY;
	} while (!cas_acq_rel(&pool->reader, &seen, tid | FUTEX_WAITERS));
	return 0;
}

int
reader_attach(struct pool_header *pool, struct reader **ret_reader)
{
	const uint32_t tid = (uint32_t)syscall(SYS_gettid);
	struct reader *reader = g_new0(struct reader, 1);
	size_t bytes;
	int error;

	reader->pool = pool;
	reader->tid = tid;
	reader->entry.next = &reader->head.list;
	reader->head.list.next = &reader->entry;
	reader->head.futex_offset = (long)((char *)&pool->reader - (char *)&reader->entry);
	error = claim_word(pool, tid);
	if (!error && (syscall(SYS_get_robust_list, 0, &reader->before, &bytes) ||
			      syscall(SYS_set_robust_list, &reader->head, sizeof(reader->head)))) {
		error = -errno;
		store_release(&pool->reader, 0);
	}
	if (error) {
		g_free(reader);
		return error;
	}
	/* Writers may wait for a reader to come. */
	syscall(SYS_futex, &pool->reader, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	*ret_reader = reader;
	return 0;
}

void
reader_detach(struct reader *reader)
{
	if (!reader)
		return;
	if ((uint32_t)syscall(SYS_gettid) == reader->tid)
		syscall(SYS_set_robust_list, reader->before, sizeof(*reader->before));
	store_release(&reader->pool->reader, POOL_READER_DIED);
	syscall(SYS_futex, &reader->pool->reader, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	reader_announce_space(reader->pool);
	g_free(reader);
}

void
reader_sleep(struct pool_header *pool, uint32_t doorbell_seen, unsigned microseconds)
{
	const struct timespec timeout = {
		microseconds / 1000000, (long)(microseconds % 1000000) * 1000};

	/* Pairs with the writers' bump, fence, look: either they see the flag or we the bump. */
	store_relaxed(&pool->reader_waiting, 1);
	fence_seq_cst();
	if (load_acquire(&pool->doorbell) == doorbell_seen)
		syscall(SYS_futex, &pool->doorbell, FUTEX_WAIT, doorbell_seen, &timeout, NULL, 0);
	store_relaxed(&pool->reader_waiting, 0);
}

void
reader_announce_space(struct pool_header *pool)
{
	add_acq_rel(&pool->space, 1);
	fence_seq_cst();
	if (load_relaxed(&pool->writers_waiting))
		syscall(SYS_futex, &pool->space, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Waits for a ring of io_uring, by calls of syscall(): each must last until what it waits for. */
#include <errno.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	ENTRIES = 8,
	WAITS = 200,
	WAIT_NS = 3000000,
};

struct ring {
	int file;
	uint32_t *tail, *mask, *order, *head, *done;
	struct io_uring_sqe *entries;
};

static void *
map(int file, size_t bytes, uint64_t offset)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file,
		(off_t)offset);
}

static int
make_ring(struct ring *ring)
{
	struct io_uring_params made = {.flags = 0};

	ring->file = (int)syscall(SYS_io_uring_setup, ENTRIES, &made);
	if (ring->file < 0)
		return -1;
	char *in = map(ring->file, made.sq_off.array + made.sq_entries * sizeof(uint32_t),
		IORING_OFF_SQ_RING);
	char *out =
		map(ring->file, made.cq_off.cqes + made.cq_entries * sizeof(struct io_uring_cqe),
			IORING_OFF_CQ_RING);

	ring->entries = map(ring->file, made.sq_entries * sizeof(*ring->entries), IORING_OFF_SQES);
	ring->tail = (uint32_t *)(in + made.sq_off.tail);
	ring->mask = (uint32_t *)(in + made.sq_off.ring_mask);
	ring->order = (uint32_t *)(in + made.sq_off.array);
	ring->head = (uint32_t *)(out + made.cq_off.head);
	ring->done = (uint32_t *)(out + made.cq_off.tail);
	return 0;
}

static void
put_timeout(struct ring *ring, const struct __kernel_timespec *time)
{
	const uint32_t at = *ring->tail & *ring->mask;

	ring->entries[at] = (struct io_uring_sqe){
		.opcode = IORING_OP_TIMEOUT, .fd = -1, .addr = (uint64_t)time, .len = 1};
	ring->order[at] = at;
	__atomic_store_n(ring->tail, *ring->tail + 1, __ATOMIC_RELEASE);
}

static long
enter(struct ring *ring, unsigned submitted)
{
	return syscall(SYS_io_uring_enter, ring->file, submitted, 1, IORING_ENTER_GETEVENTS, NULL,
		(size_t)0);
}

int
main(void)
{
	const struct __kernel_timespec time = {.tv_nsec = WAIT_NS};
	unsigned interrupted = 0, early = 0;
	struct ring ring;

	if (make_ring(&ring)) {
		puts("there are no rings here");
		return 0;
	}
	for (unsigned i = 0; i < WAITS; i++) {
		unsigned submitted = 1;

		put_timeout(&ring, &time);
		/* In turn by the call that hands it over, and by one of its own. */
		if (i % 2)
			syscall(SYS_io_uring_enter, ring.file, submitted--, 0, 0, NULL, (size_t)0);
		for (;;) {
			if (enter(&ring, submitted) < 0)
				interrupted += errno == EINTR;
			submitted = 0;
			if (__atomic_load_n(ring.done, __ATOMIC_ACQUIRE) != *ring.head)
				break;
			early++;
		}
		__atomic_store_n(ring.head, *ring.done, __ATOMIC_RELEASE);
	}
	printf("%u interrupted, %u too early\n", interrupted, early);
	return 0;
}

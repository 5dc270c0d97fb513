/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Writing recordings: see recording.h. */
#include "recording.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "recordings are written as they are in memory, which must be little endian"
#endif

enum {
	LEVEL = 1,
	LEVEL_STORED = -(1 << 17), /* the least there is: hardly more than a copy */
	OUTPUT_BYTES = 256 * 1024,
	/* A zstd frame is closed after so much: damage is found that early. */
	FRAME_BYTES = 8 * 1024 * 1024,
	/* A stored frame that takes longer to write would have been faster compressed: so are some
	 * after it, before that is tried again. */
	STORED_FRAME_US = 20 * 1000,
	FRAMES_AFTER_SLOW = 4,
	/* Kept free below the limit for the entry that says so. */
	RESERVE_BYTES = 4096,
};

struct recording {
	int fd;
	int status;
	uint64_t max_bytes;
	uint64_t written_bytes;
	uint64_t frame_bytes; /* entries in the frame that is open */
	bool hurried;
	bool stored;	     /* the frame is */
	unsigned after_slow; /* frames to be compressed because writing was slow */
	gint64 writing_us;   /* of the frame */
	ZSTD_CCtx *context;
	uint8_t output[OUTPUT_BYTES];
};

static void
write_all(struct recording *recording, const uint8_t *bytes, size_t count)
{
	const gint64 start_us = g_get_monotonic_time();

	while (count && !recording->status) {
		const ssize_t written = write(recording->fd, bytes, count);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			recording->status = written ? -errno : -EIO;
			return;
		}
		bytes += written;
		count -= (size_t)written;
		recording->written_bytes += (uint64_t)written;
	}
	recording->writing_us += g_get_monotonic_time() - start_us;
}

static void
compress(struct recording *recording, const void *bytes, size_t count, ZSTD_EndDirective directive)
{
	ZSTD_inBuffer input = {bytes, count, 0};
	size_t left;

	do {
		ZSTD_outBuffer output = {recording->output, OUTPUT_BYTES, 0};

		left = ZSTD_compressStream2(recording->context, &output, &input, directive);
		if (ZSTD_isError(left)) {
			recording->status = -ENOMEM;
			return;
		}
		write_all(recording, recording->output, output.pos);
	} while (!recording->status && (input.pos < input.size || (directive && left)));
}

static void
begin_frame(struct recording *recording)
{
	recording->stored = recording->hurried && !recording->after_slow;
	if (recording->after_slow)
		recording->after_slow--;
	recording->writing_us = 0;
	ZSTD_CCtx_setParameter(recording->context, ZSTD_c_compressionLevel,
		recording->stored ? LEVEL_STORED : LEVEL);
}

static void
close_frame(struct recording *recording)
{
	if (recording->frame_bytes)
		compress(recording, NULL, 0, ZSTD_e_end);
	recording->frame_bytes = 0;
	if (recording->stored && recording->writing_us > STORED_FRAME_US)
		recording->after_slow = FRAMES_AFTER_SLOW;
}

void
recording_hurry(struct recording *recording, bool hurried)
{
	recording->hurried = hurried;
}

int
recording_new(int fd, uint64_t max_bytes, struct recording **ret_recording)
{
	const uint32_t version = RECORDING_VERSION;
	struct recording *recording = g_new0(struct recording, 1);
	int status;

	recording->fd = fd;
	recording->max_bytes = max_bytes;
	recording->context = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(recording->context, ZSTD_c_checksumFlag, 1);
	write_all(recording, (const uint8_t *)RECORDING_MAGIC, sizeof(RECORDING_MAGIC));
	write_all(recording, (const uint8_t *)&version, sizeof(version));
	status = recording->status;
	if (status)
		recording_free(recording);
	else
		*ret_recording = recording;
	return status;
}

void
recording_free(struct recording *recording)
{
	if (!recording)
		return;
	if (!recording->status)
		close_frame(recording);
	ZSTD_freeCCtx(recording->context);
	g_free(recording);
}

int
recording_status(const struct recording *recording, uint64_t *ret_bytes)
{
	*ret_bytes = recording->written_bytes;
	return recording->status;
}

/* ---- entries ---- */

static void
put(struct recording *recording, enum recording_type type, const void *structure, size_t size,
	const void *bytes, size_t count)
{
	const struct recording_entry entry = {type, (uint32_t)(size + count)};

	if (recording->status)
		return;
	if (!recording->frame_bytes)
		begin_frame(recording);
	compress(recording, &entry, sizeof(entry), ZSTD_e_continue);
	compress(recording, structure, size, ZSTD_e_continue);
	if (count)
		compress(recording, bytes, count, ZSTD_e_continue);
	recording->frame_bytes += sizeof(entry) + size + count;
	if (recording->frame_bytes >= FRAME_BYTES)
		close_frame(recording);
}

static struct recording_thread
thread_of(const struct lane *lane)
{
	return (struct recording_thread){lane->process, lane->pid, lane->number, lane->tid};
}

/* Whether the bytes would still fit, were they incompressible. What is open is not written yet. */
static bool
fits(const struct recording *recording, uint64_t count)
{
	return !recording->max_bytes || recording->written_bytes +
							ZSTD_compressBound(OUTPUT_BYTES) + count +
							RESERVE_BYTES <=
						recording->max_bytes;
}

static void
cut_short(struct recording *recording)
{
	const struct recording_finish finish = {.cut_short = 1};

	put(recording, RECORDING_FINISH, &finish, sizeof(finish), NULL, 0);
	close_frame(recording);
	if (!recording->status)
		recording->status = -EFBIG;
}

void
recording_put_start(struct recording *recording, const struct recording_start *start)
{
	put(recording, RECORDING_START, start, sizeof(*start), NULL, 0);
}

void
recording_put_piece(struct recording *recording, const struct lane *lane, const struct piece *piece,
	const uint8_t *bytes, uint32_t count)
{
	const struct recording_piece entry = {
		thread_of(lane), piece->sequence, piece->base_ticks, piece->taken, piece->complete};

	if (recording->status)
		return;
	if (fits(recording, count))
		put(recording, RECORDING_PIECE, &entry, sizeof(entry), bytes, count);
	else
		cut_short(recording);
}

void
recording_put_scan(struct recording *recording, uint64_t limit_ticks, uint64_t end_ticks)
{
	const struct recording_scan entry = {limit_ticks, end_ticks};

	put(recording, RECORDING_SCAN, &entry, sizeof(entry), NULL, 0);
}

void
recording_put_clock(struct recording *recording, const struct clock_reading *reading)
{
	put(recording, RECORDING_CLOCK, reading, sizeof(*reading), NULL, 0);
}

void
recording_put_rss(struct recording *recording, const struct recording_rss *entry)
{
	put(recording, RECORDING_RSS, entry, sizeof(*entry), NULL, 0);
}

void
recording_put_tallies(struct recording *recording, const struct lane *lane,
	const struct pool_tally *tallies, uint32_t count)
{
	const struct recording_thread entry = thread_of(lane);

	put(recording, RECORDING_TALLIES, &entry, sizeof(entry), tallies, count * sizeof(*tallies));
}

void
recording_put_call_sums(
	struct recording *recording, const struct lane *lane, const struct pool_call_sums *sums)
{
	const struct recording_thread entry = thread_of(lane);

	put(recording, RECORDING_CALL_SUMS, &entry, sizeof(entry), sums, sizeof(*sums));
}

void
recording_put_left_out(struct recording *recording, const struct lane *lane,
	const uint64_t count[POOL_LEFT_OUT_REASONS])
{
	struct recording_left_out entry = {.thread = thread_of(lane)};

	memcpy(entry.count, count, sizeof(entry.count));
	put(recording, RECORDING_LEFT_OUT, &entry, sizeof(entry), NULL, 0);
}

void
recording_put_missed(struct recording *recording, const struct lane *lane, uint32_t count)
{
	const struct recording_missed entry = {thread_of(lane), count};

	put(recording, RECORDING_MISSED, &entry, sizeof(entry), NULL, 0);
}

void
recording_put_thread_over(struct recording *recording, const struct lane *lane)
{
	const struct recording_thread entry = thread_of(lane);

	put(recording, RECORDING_THREAD_OVER, &entry, sizeof(entry), NULL, 0);
}

void
recording_put_end(struct recording *recording, uint32_t process, uint64_t ticks)
{
	const struct recording_end entry = {process, ticks};

	put(recording, RECORDING_END, &entry, sizeof(entry), NULL, 0);
}

void
recording_put_finish(struct recording *recording, const struct recording_finish *finish)
{
	put(recording, RECORDING_FINISH, finish, sizeof(*finish), NULL, 0);
	close_frame(recording);
}

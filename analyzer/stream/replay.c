/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reading recordings: see recording.h for the format. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "members.h"
#include "recording.h"

enum {
	INPUT_BYTES = 128 * 1024,
	/* Of pieces between two scans: more than a pool holds. */
	QUEUED_BYTES_MAX = 1 << 30,
};

/* No machine runs for so long; sums of ticks stay within 64 bits. */
#define TICKS_MAX (UINT64_C(1) << 62)

enum outcome {
	OUTCOME_MORE,
	OUTCOME_DONE,
	OUTCOME_CUT_SHORT,
	OUTCOME_STOPPED,
	OUTCOME_ENDS_EARLY,
	OUTCOME_DAMAGED,
	OUTCOME_READ_ERROR,
};

struct replay {
	struct collector *collector;
	int fd;
	int error; /* of OUTCOME_READ_ERROR */
	ZSTD_DCtx *context;
	ZSTD_inBuffer input;
	bool frame_is_over; /* checksum and all */
	uint64_t queued_bytes;
	uint64_t end_ticks;
	uint8_t buffer[INPUT_BYTES];
	uint8_t entry[RECORDING_ENTRY_MAX];
};

/* ---- bytes ---- */

/* Returns a count, 0 at the end, or a negative errno. */
static ssize_t
read_some(int fd, void *bytes, size_t count)
{
	ssize_t got;

	do
		got = read(fd, bytes, count);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

static enum outcome
fill(struct replay *replay)
{
	const ssize_t got = read_some(replay->fd, replay->buffer, sizeof(replay->buffer));

	if (got < 0) {
		replay->error = (int)-got;
		return OUTCOME_READ_ERROR;
	}
	replay->input = (ZSTD_inBuffer){replay->buffer, (size_t)got, 0};
	return got ? OUTCOME_MORE : OUTCOME_ENDS_EARLY;
}

static enum outcome
take(struct replay *replay, void *bytes, size_t count)
{
	ZSTD_outBuffer output = {bytes, count, 0};

	while (output.pos < output.size) {
		const size_t before = output.pos;
		const size_t left = ZSTD_decompressStream(replay->context, &output, &replay->input);

		if (ZSTD_isError(left))
			return OUTCOME_DAMAGED;
		replay->frame_is_over = !left;
		if (output.pos == before && replay->input.pos == replay->input.size) {
			const enum outcome outcome = fill(replay);

			if (outcome != OUTCOME_MORE)
				return outcome;
		}
	}
	return OUTCOME_MORE;
}

/* After the last entry: the checksum of what it was in. */
static enum outcome
take_end(struct replay *replay)
{
	while (!replay->frame_is_over) {
		const enum outcome outcome = take(replay, replay->entry, 1);

		if (outcome != OUTCOME_MORE)
			return replay->frame_is_over ? OUTCOME_DONE : outcome;
	}
	return OUTCOME_DONE;
}

/* ---- entries ---- */

/* The entry's structure; what an older writer left out is 0. */
static void
get(const struct replay *replay, uint32_t bytes, void *structure, size_t size)
{
	memset(structure, 0, size);
	memcpy(structure, replay->entry, MIN(bytes, size));
}

static enum outcome
on_start(struct replay *replay, uint32_t bytes)
{
	struct collector *collector = replay->collector;
	struct recording_start start;
	struct model_clock clock;

	get(replay, bytes, &start, sizeof(start));
	/* From one tick a second to more than any counter's. */
	if (collector->model || start.reading.ticks > TICKS_MAX ||
		!(start.ns_per_tick >= 1e-3 && start.ns_per_tick <= 1e9))
		return OUTCOME_DAMAGED;
	clock_line_add(&collector->clock, &start.reading);
	collector->clock.fallback_ns_per_tick = start.ns_per_tick;
	clock = clock_line_get(&collector->clock);
	collector_start_model(collector, &clock);
	return OUTCOME_MORE;
}

static struct lane *
lane_of(struct replay *replay, const struct recording_thread *thread, uint64_t base_ticks)
{
	struct member *member;

	if (!thread->process || !thread->thread)
		return NULL;
	member = member_get(replay->collector, thread->process, thread->pid, base_ticks);
	return member_lane(replay->collector, member, thread->thread, thread->tid, base_ticks);
}

static enum outcome
on_piece(struct replay *replay, uint32_t bytes)
{
	struct recording_piece entry;
	const uint32_t count = bytes - (uint32_t)sizeof(entry);
	struct piece *piece;
	struct lane *lane;

	if (bytes < sizeof(entry))
		return OUTCOME_DAMAGED;
	get(replay, bytes, &entry, sizeof(entry));
	if (entry.taken > POOL_PAYLOAD_BYTES || count > POOL_PAYLOAD_BYTES - entry.taken)
		return OUTCOME_DAMAGED;
	replay->queued_bytes += count + sizeof(*piece);
	lane = lane_of(replay, &entry.thread, entry.base_ticks);
	if (!lane || replay->queued_bytes > QUEUED_BYTES_MAX)
		return OUTCOME_DAMAGED;
	piece = g_new0(struct piece, 1);
	piece->sequence = entry.sequence;
	piece->base_ticks = entry.base_ticks;
	piece->taken = entry.taken;
	piece->length = entry.taken + count;
	piece->complete = entry.complete != 0;
	piece->recorded = true;
	piece->bytes = g_memdup2(replay->entry + sizeof(entry), count);
	if (!entry.taken)
		replay->collector->chunks++;
	lane_queue(lane, piece);
	lane_mark_changed(replay->collector, lane);
	return OUTCOME_MORE;
}

static enum outcome
on_scan(struct replay *replay, uint32_t bytes)
{
	struct recording_scan entry;

	get(replay, bytes, &entry, sizeof(entry));
	replay->queued_bytes = 0;
	replay->end_ticks = MAX(replay->end_ticks, MIN(entry.end_ticks, TICKS_MAX));
	members_merge(replay->collector, entry.limit_ticks, replay->end_ticks);
	return OUTCOME_MORE;
}

static enum outcome
on_clock(struct replay *replay, uint32_t bytes)
{
	struct clock_reading reading;

	get(replay, bytes, &reading, sizeof(reading));
	clock_line_add(&replay->collector->clock, &reading);
	return OUTCOME_MORE;
}

static struct member *
find_member(struct replay *replay, uint64_t number)
{
	return number > UINT32_MAX
		       ? NULL
		       : g_hash_table_lookup(replay->collector->members, GUINT_TO_POINTER(number));
}

static enum outcome
on_rss(struct replay *replay, uint32_t bytes)
{
	struct recording_rss entry;
	struct member *member;

	get(replay, bytes, &entry, sizeof(entry));
	member = find_member(replay, entry.process);
	if (member) {
		const uint64_t ticks = MIN(entry.ticks, replay->end_ticks);

		model_rss(member->model, ticks, entry.bytes, entry.peak_bytes);
		model_cpu(member->model, ticks, entry.cpu_ns);
	}
	return OUTCOME_MORE;
}

static enum outcome
on_tallies(struct replay *replay, uint32_t bytes)
{
	struct recording_thread entry;
	struct lane *lane;

	if (bytes < sizeof(entry))
		return OUTCOME_DAMAGED;
	get(replay, bytes, &entry, sizeof(entry));
	lane = lane_of(replay, &entry, replay->end_ticks);
	if (!lane)
		return OUTCOME_DAMAGED;
	if (!lane->discard) {
		const unsigned count =
			(unsigned)((bytes - sizeof(entry)) / sizeof(struct pool_tally));
		g_autofree struct pool_tally *tallies = g_new(struct pool_tally, count);

		if (count)
			memcpy(tallies, replay->entry + sizeof(entry), count * sizeof(*tallies));
		model_tallies(lane->thread, tallies, count);
	}
	return OUTCOME_MORE;
}

static enum outcome
on_call_sums(struct replay *replay, uint32_t bytes)
{
	struct recording_thread entry;
	struct lane *lane;

	if (bytes < sizeof(entry) + sizeof(struct pool_call_sums))
		return OUTCOME_DAMAGED;
	get(replay, bytes, &entry, sizeof(entry));
	lane = lane_of(replay, &entry, replay->end_ticks);
	if (!lane)
		return OUTCOME_DAMAGED;
	if (!lane->discard) {
		g_autofree struct pool_call_sums *sums =
			g_memdup2(replay->entry + sizeof(entry), sizeof(*sums));

		model_call_sums(lane->thread, sums);
	}
	return OUTCOME_MORE;
}

static enum outcome
on_left_out(struct replay *replay, uint32_t bytes)
{
	struct recording_left_out entry;
	struct lane *lane;

	get(replay, bytes, &entry, sizeof(entry));
	lane = lane_of(replay, &entry.thread, replay->end_ticks);
	if (!lane)
		return OUTCOME_DAMAGED;
	if (!lane->discard)
		model_left_out(lane->thread, entry.count);
	return OUTCOME_MORE;
}

static enum outcome
on_missed(struct replay *replay, uint32_t bytes)
{
	struct recording_missed entry;
	struct lane *lane;

	get(replay, bytes, &entry, sizeof(entry));
	lane = lane_of(replay, &entry.thread, replay->end_ticks);
	if (!lane || entry.count > UINT32_MAX)
		return OUTCOME_DAMAGED;
	if (!lane->discard)
		model_missed(lane->thread, (uint32_t)entry.count);
	return OUTCOME_MORE;
}

static enum outcome
on_thread_over(struct replay *replay, uint32_t bytes)
{
	struct recording_thread entry;
	const struct member *member;
	struct lane *lane;

	get(replay, bytes, &entry, sizeof(entry));
	member = find_member(replay, entry.process);
	if (!member || !member->lanes)
		return OUTCOME_MORE;
	lane = g_hash_table_lookup(member->lanes, GUINT_TO_POINTER(entry.thread));
	if (lane)
		lane_mark_last(replay->collector, lane);
	return OUTCOME_MORE;
}

static enum outcome
on_end(struct replay *replay, uint32_t bytes)
{
	struct recording_end entry;
	struct member *member;

	get(replay, bytes, &entry, sizeof(entry));
	member = find_member(replay, entry.process);
	if (member)
		member_over(replay->collector, member, MIN(entry.ticks, replay->end_ticks));
	return OUTCOME_MORE;
}

static enum outcome
on_finish(struct replay *replay, uint32_t bytes)
{
	struct recording_finish entry;

	get(replay, bytes, &entry, sizeof(entry));
	replay->end_ticks = MAX(replay->end_ticks, MIN(entry.end_ticks, TICKS_MAX));
	replay->collector->lost_events = entry.lost_events;
	replay->collector->source.broken_chunks += entry.unread_chunks;
	if (entry.cut_short || entry.stopped)
		return entry.cut_short ? OUTCOME_CUT_SHORT : OUTCOME_STOPPED;
	return take_end(replay);
}

static enum outcome
take_entry(struct replay *replay)
{
	static enum outcome (*const handlers[])(struct replay *, uint32_t) = {
		[RECORDING_START] = on_start,
		[RECORDING_PIECE] = on_piece,
		[RECORDING_SCAN] = on_scan,
		[RECORDING_CLOCK] = on_clock,
		[RECORDING_RSS] = on_rss,
		[RECORDING_TALLIES] = on_tallies,
		[RECORDING_CALL_SUMS] = on_call_sums,
		[RECORDING_LEFT_OUT] = on_left_out,
		[RECORDING_MISSED] = on_missed,
		[RECORDING_THREAD_OVER] = on_thread_over,
		[RECORDING_END] = on_end,
		[RECORDING_FINISH] = on_finish,
	};
	struct recording_entry head;
	enum outcome outcome = take(replay, &head, sizeof(head));

	if (outcome != OUTCOME_MORE)
		return outcome;
	if (head.bytes > sizeof(replay->entry))
		return OUTCOME_DAMAGED;
	outcome = take(replay, replay->entry, head.bytes);
	if (outcome != OUTCOME_MORE)
		return outcome;
	if (head.type >= G_N_ELEMENTS(handlers) || !handlers[head.type])
		return OUTCOME_MORE;
	if (!replay->collector->model && head.type != RECORDING_START)
		return OUTCOME_DAMAGED;
	return handlers[head.type](replay, head.bytes);
}

/* ---- the whole ---- */

static int
check_head(int fd, char message[COLLECTOR_MESSAGE_BYTES])
{
	struct {
		char magic[sizeof(RECORDING_MAGIC)];
		uint32_t version;
	} head = {0};
	size_t count = 0;
	ssize_t got = 1;

	while (count < sizeof(head) && got > 0) {
		got = read_some(fd, (char *)&head + count, sizeof(head) - count);
		if (got > 0)
			count += (size_t)got;
	}
	if (count < sizeof(head) || memcmp(head.magic, RECORDING_MAGIC, sizeof(head.magic))) {
		snprintf(message, COLLECTOR_MESSAGE_BYTES, "not a recording of thag");
		return -EINVAL;
	}
	if (head.version != RECORDING_VERSION) {
		snprintf(message, COLLECTOR_MESSAGE_BYTES,
			"a recording of version %u; this thag reads version %u", head.version,
			RECORDING_VERSION);
		return -EINVAL;
	}
	return 0;
}

static int
report(const struct replay *replay, enum outcome outcome, char message[COLLECTOR_MESSAGE_BYTES])
{
	static const char *const texts[] = {
		[OUTCOME_STOPPED] = "the recording was ended by request, before the program was",
		[OUTCOME_CUT_SHORT] = "the recording stops at its size limit; the run went on",
		[OUTCOME_ENDS_EARLY] = "the recording was cut off; all before its end is used",
		[OUTCOME_DAMAGED] = "the recording is damaged; all before the damage is used",
	};

	if (outcome == OUTCOME_DONE)
		return 0;
	if (outcome == OUTCOME_READ_ERROR)
		snprintf(message, COLLECTOR_MESSAGE_BYTES,
			"the recording cannot be read on (%s); all before that is used",
			g_strerror(replay->error));
	else
		snprintf(message, COLLECTOR_MESSAGE_BYTES, "%s", texts[outcome]);
	return 1;
}

/* A recording that says nothing still gives a run, an empty one. */
static void
close_run(struct replay *replay)
{
	struct collector *collector = replay->collector;

	if (!collector->model) {
		const struct model_clock clock = {.ns_per_tick = 1.0};

		collector_start_model(collector, &clock);
	}
	do
		members_merge(collector, UINT64_MAX, replay->end_ticks);
	while (collector->gaps->len);
	collector->end_ticks = replay->end_ticks;
}

int
collector_replay(struct collector *collector, int fd, char message[COLLECTOR_MESSAGE_BYTES])
{
	const int error = check_head(fd, message);
	enum outcome outcome = OUTCOME_MORE;
	struct replay *replay;
	int result;

	if (error)
		return error;
	replay = g_new0(struct replay, 1);
	replay->collector = collector;
	replay->fd = fd;
	collector->now_ticks = TICKS_MAX;
	replay->context = ZSTD_createDCtx();
	while (outcome == OUTCOME_MORE)
		outcome = take_entry(replay);
	close_run(replay);
	result = report(replay, outcome, message);
	ZSTD_freeDCtx(replay->context);
	g_free(replay);
	return result;
}

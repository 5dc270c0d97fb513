/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See call_histogram.h. */
#include "call_histogram.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "varint.h"

enum {
	STEP = 8, /* the window grows by so many buckets at least, or by half */
	LIST_MAX = 16,
	LIST_COUNT_MAX = 64, /* more of one bucket make a window: it is faster */
	PAIR_BYTES = 20,
};

uint64_t
call_histogram_value(unsigned bucket)
{
	const unsigned shift = bucket >> CALL_HISTOGRAM_BITS;
	uint64_t lowest;

	if (shift <= 1)
		return bucket;
	/* The bucket's number holds the leading bit, which the shift's own count added one to. */
	lowest =
		(uint64_t)((bucket & ((1u << CALL_HISTOGRAM_BITS) - 1)) | 1u << CALL_HISTOGRAM_BITS)
		<< (shift - 1);
	return lowest + (UINT64_C(1) << (shift - 1)) / 2;
}

/* ---- few values: a list ---- */

static unsigned
list_room(unsigned entries)
{
	unsigned room = 2;

	while (room < entries)
		room *= 2;
	return room;
}

/* Returns whether the list is long enough to become a window. */
static bool
add_to_list(struct call_histogram *histogram, unsigned bucket)
{
	struct call_histogram_entry *entry = histogram->entries;
	const unsigned used = histogram->first;
	unsigned i = 0;

	while (i < used && entry[i].bucket != bucket)
		i++;
	if (i < used)
		return ++entry[i].count >= LIST_COUNT_MAX;
	if (!used || used == list_room(used))
		histogram->entries = g_renew(
			struct call_histogram_entry, histogram->entries, list_room(used + 1));
	histogram->entries[used] = (struct call_histogram_entry){(uint16_t)bucket, 1};
	return ++histogram->first == LIST_MAX;
}

/* ---- many: a window ---- */

static void
grow_window(struct call_histogram *histogram, unsigned bucket)
{
	const unsigned end = histogram->first + histogram->room;
	unsigned from = bucket / STEP * STEP, to = from + STEP;
	uint32_t *counts;

	if (histogram->counts && bucket < histogram->first) {
		from = MIN(from, histogram->first - MIN(histogram->room / 2u, histogram->first));
		to = end;
	} else if (histogram->counts) {
		from = histogram->first;
		to = MAX(to, MIN(end + histogram->room / 2u, CALL_HISTOGRAM_BUCKETS));
	}
	counts = g_new0(uint32_t, to - from);
	if (histogram->counts)
		memcpy(counts + (histogram->first - from), histogram->counts,
			histogram->room * sizeof(*counts));
	g_free(histogram->counts);
	*histogram = (struct call_histogram){{counts}, (uint16_t)from, (uint16_t)(to - from)};
}

static void
add_to_window(struct call_histogram *histogram, unsigned bucket, unsigned count)
{
	if (bucket < histogram->first || bucket >= histogram->first + histogram->room)
		grow_window(histogram, bucket);
	if ((uint64_t)histogram->counts[bucket - histogram->first] + count >= UINT32_MAX) {
		call_histogram_halve_slow(histogram);
		count /= 2;
	}
	histogram->counts[bucket - histogram->first] += count;
}

static void
open_window(struct call_histogram *histogram)
{
	g_autofree struct call_histogram_entry *entries = histogram->entries;
	const unsigned count = histogram->first;

	*histogram = (struct call_histogram){{NULL}, 0, 0};
	for (unsigned i = 0; i < count; i++)
		add_to_window(histogram, entries[i].bucket, entries[i].count);
}

void
call_histogram_add_slow(struct call_histogram *histogram, unsigned bucket)
{
	if (histogram->room)
		add_to_window(histogram, bucket, 1);
	else if (add_to_list(histogram, bucket))
		open_window(histogram);
}

void
call_histogram_merge(struct call_histogram *histogram, const struct call_histogram *from)
{
	if (!histogram->room)
		open_window(histogram);
	for (unsigned i = 0; i < from->room; i++)
		if (from->counts[i])
			add_to_window(histogram, from->first + i, from->counts[i]);
	for (unsigned i = 0; !from->room && i < from->first; i++)
		add_to_window(histogram, from->entries[i].bucket, from->entries[i].count);
}

void
call_histogram_halve_slow(struct call_histogram *histogram)
{
	for (unsigned i = 0; i < histogram->room; i++)
		histogram->counts[i] = (histogram->counts[i] + 1) / 2;
}

void
call_histogram_fini(struct call_histogram *histogram)
{
	g_free(histogram->counts);
	*histogram = (struct call_histogram){0};
}

/* ---- packing ---- */

struct packer {
	GByteArray *bytes;
	unsigned bucket; /* of the pair that is being summed up */
	unsigned before;
	uint64_t count;
};

static void
flush(struct packer *packer)
{
	uint8_t pair[PAIR_BYTES], *at = pair;

	if (!packer->count)
		return;
	at = varint_emit(at, packer->bucket - packer->before);
	at = varint_emit(at, packer->count);
	g_byte_array_append(packer->bytes, pair, (guint)(at - pair));
	packer->before = packer->bucket;
	packer->count = 0;
}

static void
pack(struct packer *packer, unsigned bucket, uint64_t count)
{
	if (!count)
		return;
	if (bucket != packer->bucket)
		flush(packer);
	packer->bucket = bucket;
	packer->count += count;
}

static uint8_t *
finish(struct packer *packer, uint32_t *ret_bytes)
{
	flush(packer);
	*ret_bytes = packer->bytes->len;
	if (!packer->bytes->len) {
		g_byte_array_unref(packer->bytes);
		return NULL;
	}
	return g_byte_array_free(packer->bytes, FALSE);
}

static void
pack_scaled(struct packer *packer, unsigned bucket, double scale, uint64_t count)
{
	const double value = (double)call_histogram_value(bucket) * scale;

	pack(packer, call_histogram_bucket((uint64_t)(value + 0.5)), count);
}

static int
by_bucket(const void *a, const void *b)
{
	const struct call_histogram_entry *left = a, *right = b;

	return (int)left->bucket - (int)right->bucket;
}

uint8_t *
call_histogram_pack(const struct call_histogram *histogram, double scale, uint32_t *ret_bytes)
{
	struct packer packer = {.bytes = g_byte_array_new()};

	for (unsigned i = 0; i < histogram->room; i++)
		pack_scaled(&packer, histogram->first + i, scale, histogram->counts[i]);
	if (!histogram->room && histogram->first) {
		qsort(histogram->entries, histogram->first, sizeof(*histogram->entries), by_bucket);
		for (unsigned i = 0; i < histogram->first; i++)
			pack_scaled(&packer, histogram->entries[i].bucket, scale,
				histogram->entries[i].count);
	}
	return finish(&packer, ret_bytes);
}

uint8_t *
call_histogram_pack_one(uint64_t value, double scale, uint32_t *ret_bytes)
{
	const double middle = (double)call_histogram_value(call_histogram_bucket(value)) * scale;
	uint8_t pair[PAIR_BYTES], *at = pair;

	at = varint_emit(at, call_histogram_bucket((uint64_t)(middle + 0.5)));
	at = varint_emit(at, 1);
	*ret_bytes = (uint32_t)(at - pair);
	return g_memdup2(pair, *ret_bytes);
}

/* Takes a pair off. NULL: there is no whole one. */
static const uint8_t *
next_pair(const uint8_t *at, const uint8_t *end, uint64_t *bucket, uint64_t *ret_calls)
{
	uint64_t distance;

	at = at && at < end ? varint_parse(at, end, &distance) : NULL;
	at = at ? varint_parse(at, end, ret_calls) : NULL;
	if (!at || distance >= CALL_HISTOGRAM_BUCKETS || *ret_calls > INT64_MAX)
		return NULL;
	*bucket += distance;
	return *bucket < CALL_HISTOGRAM_BUCKETS ? at : NULL;
}

/* Where one is in what was packed. */
struct unpacker {
	const uint8_t *at, *end; /* `at` NULL: nothing is left */
	uint64_t bucket, calls;
};

static void
unpack_next(struct unpacker *unpacker)
{
	unpacker->at = next_pair(unpacker->at, unpacker->end, &unpacker->bucket, &unpacker->calls);
}

uint8_t *
call_packed_merge(const uint8_t *left, size_t left_count, const uint8_t *right, size_t right_count,
	uint32_t *ret_bytes)
{
	struct packer packer = {.bytes = g_byte_array_new()};
	struct unpacker a = {left, left + left_count, 0, 0};
	struct unpacker b = {right, right + right_count, 0, 0};

	unpack_next(&a);
	unpack_next(&b);
	while (a.at || b.at) {
		struct unpacker *next = !b.at || (a.at && a.bucket <= b.bucket) ? &a : &b;

		pack(&packer, (unsigned)next->bucket, next->calls);
		unpack_next(next);
	}
	return finish(&packer, ret_bytes);
}

bool
call_distribution_add(struct call_distribution *distribution, const uint8_t *bytes, size_t count)
{
	const uint8_t *end = bytes + count;
	uint64_t bucket = 0, calls;

	while (bytes < end) {
		bytes = next_pair(bytes, end, &bucket, &calls);
		if (!bytes)
			return false;
		distribution->counts[bucket] += calls;
		distribution->count += calls;
	}
	return true;
}

/* What is known of a value in a bucket: it may be the shortest one, or the longest. */
static uint64_t
value_within(unsigned bucket, struct call_bounds bounds)
{
	return CLAMP(call_histogram_value(bucket), bounds.min, bounds.max);
}

uint64_t
call_packed_percentile(
	const uint8_t *bytes, size_t count, struct call_bounds bounds, double percent)
{
	const uint8_t *end = bytes + count;
	uint64_t all = 0, seen = 0, bucket = 0, calls;

	for (const uint8_t *at = bytes; (at = next_pair(at, end, &bucket, &calls));)
		all += calls;
	bucket = 0;
	for (const uint8_t *at = bytes; (at = next_pair(at, end, &bucket, &calls));) {
		seen += calls;
		if (seen && (double)seen >= (double)all * percent / 100)
			return value_within((unsigned)bucket, bounds);
	}
	return 0;
}

uint64_t
call_distribution_percentile(
	const struct call_distribution *distribution, struct call_bounds bounds, double percent)
{
	const double wanted = (double)distribution->count * percent / 100;
	uint64_t seen = 0;

	for (unsigned i = 0; i < CALL_HISTOGRAM_BUCKETS; i++) {
		seen += distribution->counts[i];
		if (seen && (double)seen >= wanted)
			return value_within(i, bounds);
	}
	return 0;
}

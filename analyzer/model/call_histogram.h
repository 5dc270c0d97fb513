/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * How long the calls of one call path took: a histogram from which any percentile comes out within
 * 0.8 percent, whatever the range.
 *
 * Log-linear: values below 64 have a bucket each, every power of two above is cut into 64. Only the
 * window between the smallest and the largest bucket in use is kept, and of the first values a
 * list, so a call path with few calls costs some dozen bytes, and one whose calls are much alike
 * some hundred. At the end it is packed into bytes, pairs of variable-length integers
 * (wire/varint.h), buckets ascending:
 *
 *	distance from the bucket before (the first: from 0), count; ...
 */
#ifndef THAG_CALL_HISTOGRAM_H
#define THAG_CALL_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CALL_HISTOGRAM_BITS = 6,
	CALL_HISTOGRAM_BUCKETS = (64 - CALL_HISTOGRAM_BITS + 1) << CALL_HISTOGRAM_BITS,
};

/* A bucket of a histogram of few values. */
struct call_histogram_entry {
	uint16_t bucket, count;
};

struct call_histogram {
	union {
		uint32_t *counts;		      /* of the buckets [first, first + room) */
		struct call_histogram_entry *entries; /* `first` of them, where room is 0 */
	};
	uint16_t first, room;
};

/* The unpacked one: all buckets. */
struct call_distribution {
	uint64_t count;
	uint64_t counts[CALL_HISTOGRAM_BUCKETS];
};

static inline unsigned
call_histogram_bucket(uint64_t value)
{
	unsigned shift;

	if (value < 1u << CALL_HISTOGRAM_BITS)
		return (unsigned)value;
	shift = 63 - (unsigned)__builtin_clzll(value) - CALL_HISTOGRAM_BITS;
	return (shift << CALL_HISTOGRAM_BITS) + (unsigned)(value >> shift);
}

/* The middle of a bucket. */
uint64_t call_histogram_value(unsigned bucket);

/* Adds to a bucket outside of the window, or where there is no window yet. */
void call_histogram_add_slow(struct call_histogram *histogram, unsigned bucket);

/* Halves all counts, which leaves percentiles as they are: one of them is full. */
void call_histogram_halve_slow(struct call_histogram *histogram);

static inline void
call_histogram_add(struct call_histogram *histogram, uint64_t value)
{
	const unsigned bucket = call_histogram_bucket(value);

	if (__builtin_expect(
		    bucket < histogram->first || bucket >= histogram->first + histogram->room, 0))
		call_histogram_add_slow(histogram, bucket);
	else if (__builtin_expect(++histogram->counts[bucket - histogram->first] == UINT32_MAX, 0))
		call_histogram_halve_slow(histogram);
}

static inline bool
call_histogram_is_empty(const struct call_histogram *histogram)
{
	return !histogram->counts;
}

/* Adds all of another one. */
void call_histogram_merge(struct call_histogram *histogram, const struct call_histogram *from);

void call_histogram_fini(struct call_histogram *histogram);

/*
 * Packs it, each value times `scale` (ticks to nanoseconds). Returns NULL where it is empty; g_free
 * the result.
 */
uint8_t *call_histogram_pack(
	const struct call_histogram *histogram, double scale, uint32_t *ret_bytes);

/* The same of one value. */
uint8_t *call_histogram_pack_one(uint64_t value, double scale, uint32_t *ret_bytes);

/*
 * All of two packed ones, packed. Returns NULL where both are empty; g_free the result. What is not
 * whole of one ends it.
 */
uint8_t *call_packed_merge(const uint8_t *left, size_t left_count, const uint8_t *right,
	size_t right_count, uint32_t *ret_bytes);

/* Adds what was packed. Returns false where the bytes are not whole; what is valid is added. */
bool call_distribution_add(
	struct call_distribution *distribution, const uint8_t *bytes, size_t count);

/* The shortest and the longest: of them more is known than the bucket that they are in. */
struct call_bounds {
	uint64_t min, max;
};

/* The value within the bounds that `percent` of all are not above; 0 of none. */
uint64_t call_distribution_percentile(
	const struct call_distribution *distribution, struct call_bounds bounds, double percent);

/* The same of a packed one, without unpacking it. */
uint64_t call_packed_percentile(
	const uint8_t *bytes, size_t count, struct call_bounds bounds, double percent);

#endif

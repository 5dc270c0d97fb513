/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Address ranges that may overlap, and the question which of them hold an address.
 *
 * Units, functions, inlined bodies and symbols are all looked up here. Ranges are added, sorted
 * once, then asked. Compilers and linkers make ranges that nest (inlined bodies), repeat (identical
 * code folded, aliases) and overlap, so a search yields each one that holds the address and the
 * caller chooses.
 *
 * One thread at a time.
 */
#ifndef THAG_SYMBOLIZER_RANGE_INDEX_H
#define THAG_SYMBOLIZER_RANGE_INDEX_H

#include <glib.h>
#include <stdint.h>

struct range {
	uint64_t low, high; /* [low, high) */
	uint64_t reach;	    /* largest `high` of this range and all before it */
	uint32_t value;	    /* the caller's */
};

struct range_index {
	GArray *ranges; /* struct range, by low */
};

void range_index_init(struct range_index *index);
void range_index_fini(struct range_index *index);

/* Empty ranges are left out. */
void range_index_add(struct range_index *index, uint64_t low, uint64_t high, uint32_t value);

/* To be called once, after the last range_index_add(). */
void range_index_sort(struct range_index *index);

/*
 * A range that holds `address`; the one after `previous` in no useful order, NULL for the first.
 * Borrowed. Returns NULL where there is no other.
 */
const struct range *range_index_next(
	const struct range_index *index, uint64_t address, const struct range *previous);

/* The smallest range that holds `address`, of equal ones the one with the smallest value. */
const struct range *range_index_smallest(const struct range_index *index, uint64_t address);

/* The range with the largest value that holds `address`. */
const struct range *range_index_last(const struct range_index *index, uint64_t address);

#endif

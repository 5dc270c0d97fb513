/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The largest live heap of a process since each of many moments: how much more than at its
 * beginning was live while a section lasted.
 *
 * Sections begin and end in any order (threads, coroutines, overlaps). Those that are open are kept
 * in groups, by when they began; all of a group have the same maximum, and a later group has a
 * smaller one:
 *
 *	began     1   2   3 | 7   9 | 12
 *	maximum     800     |  640  | 120		live now: at most 120
 *
 * When the live heap rises above the last group's maximum, that is the maximum of this group now,
 * and of those before it that had less: these become one. So what an allocation costs is one
 * comparison, and a section finds its maximum by a binary search.
 */
#ifndef THAG_INNER_PEAK_H
#define THAG_INNER_PEAK_H

#include <glib.h>
#include <stdint.h>

struct inner_peak_group {
	uint64_t since; /* number of its first section */
	uint64_t bytes;
	uint64_t open; /* sections of it that have not ended */
};

struct inner_peaks {
	GArray *groups; /* struct inner_peak_group; NULL: none ever */
	uint64_t begun, ended;
};

void inner_peaks_fini(struct inner_peaks *peaks);

/* A section begins: its number. */
uint64_t inner_peaks_begin(struct inner_peaks *peaks, uint64_t live_bytes);

/* It ends: the largest live heap since. Each number once. */
uint64_t inner_peaks_end(struct inner_peaks *peaks, uint64_t number);

/* The live heap is larger than inner_peaks_threshold(). */
void inner_peaks_rise(struct inner_peaks *peaks, uint64_t live_bytes);

/* UINT64_MAX: nothing is open. */
static inline uint64_t
inner_peaks_threshold(const struct inner_peaks *peaks)
{
	return peaks->groups && peaks->groups->len
		       ? g_array_index(
				 peaks->groups, struct inner_peak_group, peaks->groups->len - 1)
				 .bytes
		       : UINT64_MAX;
}

#endif

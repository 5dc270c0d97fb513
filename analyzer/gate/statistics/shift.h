/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * By what factor a second sample lies above a first one, and how sure that is.
 *
 * The estimate is Hodges and Lehmann's (1963) on logarithms: the median of all ratios second[j] /
 * first[i]. Its interval is a bootstrap, bias-corrected and accelerated (BCa; Efron, "Better
 * bootstrap confidence intervals", 1987), each sample resampled by itself with a fixed seed: the
 * same samples always give the same interval.
 */
#ifndef THAG_GATE_SHIFT_H
#define THAG_GATE_SHIFT_H

#include <stddef.h>
#include <stdint.h>

enum {
	SHIFT_RESAMPLES = 10000,
};

struct shift {
	double ratio; /* 1.05: the second is 5 % larger */
	double low, high;
};

/*
 * All values positive; each count at least 2; `confidence` as in 0.99. Where first[i] and second[i]
 * belong together (`count` pairs), the estimate is the median of the averages of every two of their
 * ratios, each with itself too (Walsh), and pairs are resampled.
 */
struct shift shift_estimate_pairs(
	const double *first, const double *second, size_t count, double confidence, uint64_t seed);
struct shift shift_estimate(const double *first, size_t first_count, const double *second,
	size_t second_count, double confidence, uint64_t seed);

/*
 * The smallest relative increase (0.05: 5 %) that samples of these sizes would show with the given
 * significance (two-sided) and power, for the noise seen: normal theory on logarithms, with the
 * test's asymptotic efficiency of 3 / pi.
 */
double shift_detectable(const double *first, size_t first_count, const double *second,
	size_t second_count, double significance, double power);

/* How large each sample would have to be for that to be `increase` > 0. At least 2. */
size_t shift_runs_needed(const double *first, size_t first_count, const double *second,
	size_t second_count, double significance, double power, double increase);

/* The same of pairs. */
double shift_detectable_pairs(
	const double *first, const double *second, size_t count, double significance, double power);
size_t shift_runs_needed_pairs(const double *first, const double *second, size_t count,
	double significance, double power, double increase);

#endif

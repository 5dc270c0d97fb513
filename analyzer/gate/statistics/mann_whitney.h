/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The Mann-Whitney (Wilcoxon rank sum) test, exact and two-sided: how likely two samples of one
 * population are ranked as unevenly as these.
 *
 * Nothing is assumed of the distribution, and up to MANN_WHITNEY_EXACT values a sample nothing is
 * approximated: the permutation distribution of
 * the rank sum is counted by the shift algorithm (Streitberg and Röhmel, "Exact distributions for
 * permutation and rank tests", 1986), with midranks where values tie. Ranks are doubled so that
 * midranks are whole. Larger samples go by the normal distribution, corrected for ties.
 */
#ifndef THAG_GATE_MANN_WHITNEY_H
#define THAG_GATE_MANN_WHITNEY_H

#include <stddef.h>

enum {
	MANN_WHITNEY_EXACT = 100, /* of one sample: the counts stay exact enough in a double */
};

struct mann_whitney {
	double u; /* pairs in which the value of the second sample is the larger; ties half */
	double p; /* two-sided: |rank sum - its mean| at least as large as seen */
};

/* Each count at least 1. */
struct mann_whitney mann_whitney_test(
	const double *first, size_t first_count, const double *second, size_t second_count);

/* The smallest p that samples of these sizes can give, without ties: 2 / C(a + b, a). */
double mann_whitney_smallest_p(size_t first_count, size_t second_count);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Wilcoxon's signed rank test, exact and two-sided: how likely differences that are as often
 * positive as negative are as lopsided as these.
 *
 * Two programs that are run in turns share what happens to the machine meanwhile, so the difference
 * within each round varies less than the runs do. The distribution is counted as in
 * mann_whitney.h, with midranks where absolute differences tie; differences of 0 say nothing and
 * are left out (Wilcoxon 1945).
 */
#ifndef THAG_GATE_SIGNED_RANK_H
#define THAG_GATE_SIGNED_RANK_H

#include <stddef.h>

struct signed_rank {
	double w; /* sum of the ranks of the positive differences */
	double p; /* two-sided: |w - its mean| at least as large as seen; 1 where all are 0 */
};

struct signed_rank signed_rank_test(const double *differences, size_t count);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which functions got slower, by the sampled runs of two programs: what each function itself took
 * in each run, and how sure it is that the means differ.
 *
 * Samples say where, but how much the whole changed the measurement knows far better: it has more
 * runs, and on a noisy machine a sampled run is several per cent faster or slower than the next.
 * So the sampled changes are brought into line with the measured one. Each function is corrected
 * by as much as it varies with the whole from run to run, cov(function, whole) / var(whole) of
 * what is missing: the regression estimator of surveys (Cochran, Sampling Techniques, chapter 7).
 * The parts add up to the measured change, and the errors shrink by what the whole explains.
 *
 * Where the two differ by more than three standard errors, something changed that samples do not
 * see, such as what the dynamic linker does before the first of them; then nothing is corrected.
 */
#ifndef THAG_GATE_SLOWER_H
#define THAG_GATE_SLOWER_H

#include "attribution.h"

/*
 * GArray of struct attribution_function, all with a value on either side: the largest increase
 * first, each shrunk by w^2 / (w^2 + error^2) with w the change of the whole, so that neither what
 * hardly grew nor what varies wildly comes first. `measured` is that change (NAN: not known). NULL
 * where the metric is not one of samples. Of a side whose runs are not known one by one, only their
 * mean, the other's spread is taken; where neither's are, nothing is corrected.
 */
GArray *slower_functions(
	const struct comparison *comparison, enum gate_metric metric, double measured);

/* The place of a function in that list, from 1; 0 where there is no list or no call path. */
uint32_t slower_rank(const GArray *functions, uint32_t number, uint32_t path);

#endif

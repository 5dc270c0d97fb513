/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * An account without its many small call paths, for a file that people look at: what each of them
 * did is counted below their nearest caller that stays, as "(small)". Nothing is lost, so sums stay
 * what they were.
 */
#ifndef THAG_GATE_ACCOUNT_FOLD_H
#define THAG_GATE_ACCOUNT_FOLD_H

#include "account.h"

/*
 * Call paths stay where they did at least 1/`parts` of `metric`, with all below them, or where
 * `like` (may be NULL) has them too: folded alike, two accounts can be compared. NULL where the
 * sums are beyond 63 bits.
 */
struct account *account_fold(const struct account *account, enum gate_metric metric, uint64_t parts,
	const struct account *like);

/* Was it folded? */
bool account_is_folded(const struct account *account);

#endif

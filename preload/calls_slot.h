/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Where the return address of a hook's caller is: what tells its frame from all others. */
#ifndef THAG_PRELOAD_CALLS_SLOT_H
#define THAG_PRELOAD_CALLS_SLOT_H

#include "rule.h"
#include "rules.h"
#include "thread.h"

/* Where the rule of the hook's caller says nothing by itself: as the unwinder steps. */
const uint64_t *calls_slot_slow(struct thread *thread, struct frame frame);

static inline const uint64_t *
calls_slot(struct thread *thread, struct frame frame)
{
	const struct rule rule = rule_unpack(rules_find(frame.pc - 1));
	const int64_t offset = ARCH_RETURN_FIXED ? ARCH_RETURN_OFFSET : (int64_t)rule.ra_words * 8;

	if (likely(rule.kind == RULE_SP || rule.kind == RULE_BP))
		return (const uint64_t *)((rule.kind == RULE_SP ? frame.sp : frame.bp) +
					  (uint64_t)((int64_t)rule.cfa_words * 8 + offset));
	return calls_slot_slow(thread, frame);
}

#endif

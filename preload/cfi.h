/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Call frame information: from an address to its unwind rule, straight from the .eh_frame tables
 * that the loader mapped with the module.
 *
 * Safe in a signal handler and under any lock: the module is found with _dl_find_object(), which
 * takes none. Costs 150 to 450 ns, so the results are cached (rules.h).
 */
#ifndef THAG_PRELOAD_CFI_H
#define THAG_PRELOAD_CFI_H

#include <stdbool.h>
#include <stdint.h>
#include "stack_view.h"
#include "arch/arch.h"

/* The rule (see rule_pack()) for code at `address`; RULE_NONE where no table covers it. */
uint64_t cfi_find_rule(uint64_t address);

/*
 * Steps from a frame to its caller by the table of `address` in full generality: the slow way, for
 * RULE_EXPRESSION. Reads what `view` has, or can have. Returns false where the table says something
 * that is not supported; `*ret_caller` is untouched then.
 */
bool cfi_step(uint64_t address, const struct frame *frame, struct stack_view *view,
	struct frame *ret_caller);

#endif

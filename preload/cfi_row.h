/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The row of the unwind table that holds at an address: how the CFA, the frame pointer and the
 * return address of the caller are found there. The CFA programs of CIE and FDE are run up to the
 * address: DWARF 5, section 6.4.
 */
#ifndef THAG_PRELOAD_CFI_ROW_H
#define THAG_PRELOAD_CFI_ROW_H

#include <stdint.h>
#include "rule.h"

/* How one column is recovered. */
enum cfi_column_kind {
	CFI_COLUMN_SAME,
	CFI_COLUMN_AT_CFA,
	CFI_COLUMN_UNDEFINED,
	CFI_COLUMN_EXPRESSION,
	CFI_COLUMN_OTHER
};

struct cfi_column {
	enum cfi_column_kind kind;
	int64_t offset;
	const uint8_t *expression;
};

struct cfi_row {
	uint64_t cfa_register;
	int64_t cfa_offset;
	const uint8_t *cfa_expression; /* instead of the two above */
	struct cfi_column bp, ra;
};

/* Returns what covers the address, RULE_SP standing for any row: then and only then it is set. */
enum rule_kind cfi_row_find(uint64_t address, struct cfi_row *ret_row);

#endif

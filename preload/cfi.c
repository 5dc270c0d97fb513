/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See cfi.h. A row of the table becomes a rule where its columns are simple. */
#include "cfi.h"
#include <stddef.h>
#include "cfi_row.h"
#include "dwarf.h"
#include "rule.h"
#include "forbid.h"

/* Matches an expression that is `bp + offset`, then perhaps a dereference. */
static bool
is_bp_plus(const uint8_t *expression, bool dereference, int64_t *ret_offset)
{
	enum {
		OP_BREG0 = 0x70,
		OP_DEREF = 0x06
	};
	const uint64_t length = dwarf_uleb(&expression);
	const uint8_t *end = expression + length;

	if (!length || *expression++ != OP_BREG0 + ARCH_DWARF_FP)
		return false;
	*ret_offset = dwarf_sleb(&expression);
	if (dereference && (expression == end || *expression++ != OP_DEREF))
		return false;
	return expression == end;
}

static bool
fits_words(int64_t bytes, int bits)
{
	const int64_t words = bytes / 8;

	return bytes % 8 == 0 && words >= -(INT64_C(1) << (bits - 1)) &&
	       words < INT64_C(1) << (bits - 1);
}

static bool
set_bp(struct rule *rule, const struct cfi_column *bp)
{
	int64_t offset = bp->offset;

	switch (bp->kind) {
	case CFI_COLUMN_SAME:
	case CFI_COLUMN_UNDEFINED:
		return true;
	case CFI_COLUMN_AT_CFA:
		rule->flags = RULE_BP_AT_CFA;
		break;
	case CFI_COLUMN_EXPRESSION:
		if (!is_bp_plus(bp->expression, false, &offset))
			return false;
		rule->flags = RULE_BP_AT_BP;
		break;
	case CFI_COLUMN_OTHER:
		return false;
	}
	rule->bp_words = (int16_t)(offset / 8);
	return fits_words(offset, 16);
}

static bool
set_cfa(struct rule *rule, const struct cfi_row *row)
{
	int64_t offset = row->cfa_offset;

	if (row->cfa_expression) {
		if (!is_bp_plus(row->cfa_expression, true, &offset))
			return false;
		rule->kind = RULE_DEREF_BP;
	} else if (row->cfa_register == ARCH_DWARF_SP) {
		rule->kind = RULE_SP;
	} else if (row->cfa_register == ARCH_DWARF_FP) {
		rule->kind = RULE_BP;
	} else {
		return false;
	}
	rule->cfa_words = (int32_t)(offset / 8);
	return fits_words(offset, 24);
}

static uint64_t
make_rule(const struct cfi_row *row)
{
	struct rule rule = {.ra_words = ARCH_RETURN_OFFSET / 8};

	if (row->ra.kind == CFI_COLUMN_UNDEFINED)
		return rule_pack((struct rule){.kind = RULE_END});
	if (row->ra.kind != CFI_COLUMN_AT_CFA || !fits_words(row->ra.offset, 8) ||
		(ARCH_RETURN_FIXED && row->ra.offset != ARCH_RETURN_OFFSET))
		return rule_pack((struct rule){.kind = RULE_EXPRESSION});
	rule.ra_words = (int32_t)(row->ra.offset / 8);
	if (set_cfa(&rule, row) && set_bp(&rule, &row->bp))
		return rule_pack(rule);
	return rule_pack((struct rule){.kind = RULE_EXPRESSION});
}

uint64_t
cfi_find_rule(uint64_t address)
{
	struct cfi_row row;
	const enum rule_kind kind = cfi_row_find(address, &row);

	return kind == RULE_SP ? make_rule(&row) : rule_pack((struct rule){.kind = (uint8_t)kind});
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See cfi_row.h. */
#include "cfi_row.h"
#include <stddef.h>
#include "arch/arch.h"
#include "dwarf.h"
#include "eh_frame.h"
#include "loader.h"
#include "forbid.h"

enum {
	STATES_MAX = 8 /* nesting of DW_CFA_remember_state */
};

struct machine {
	const struct eh_frame_cie *cie;
	uint64_t location, target;
	struct cfi_row row, initial, saved[STATES_MAX];
	unsigned saved_count;
	bool failed;
};

static struct cfi_column *
column_of(struct machine *m, uint64_t number)
{
	if (number == ARCH_DWARF_FP)
		return &m->row.bp;
	return number == m->cie->return_column ? &m->row.ra : NULL;
}

static void
set_column(struct machine *m, uint64_t number, enum cfi_column_kind kind, int64_t offset)
{
	struct cfi_column *column = column_of(m, number);

	if (column)
		*column = (struct cfi_column){kind, offset, NULL};
}

static void
restore_column(struct machine *m, uint64_t number)
{
	if (number == ARCH_DWARF_FP)
		m->row.bp = m->initial.bp;
	else if (number == m->cie->return_column)
		m->row.ra = m->initial.ra;
}

static void
remember(struct machine *m)
{
	if (m->saved_count == STATES_MAX)
		m->failed = true;
	else
		m->saved[m->saved_count++] = m->row;
}

static void
recall(struct machine *m)
{
	if (!m->saved_count)
		m->failed = true;
	else
		m->row = m->saved[--m->saved_count];
}

static void
set_expression(struct machine *m, uint64_t number, const uint8_t **at, enum cfi_column_kind kind)
{
	const uint8_t *expression = *at;
	const uint64_t length = dwarf_uleb(at);
	struct cfi_column *column = column_of(m, number);

	if (column)
		*column = (struct cfi_column){kind, 0, expression};
	*at += length;
}

static void
define_cfa_expression(struct machine *m, const uint8_t **at)
{
	m->row.cfa_expression = *at;
	const uint64_t length = dwarf_uleb(at);

	*at += length;
}

/* Operations without an operand in the opcode. Numbers: DWARF 5, table 7.29, and GNU's. */
static void
run_extended(struct machine *m, uint8_t operation, const uint8_t **at)
{
	const int64_t factor = m->cie->data_factor;
	uint64_t number;

	switch (operation) {
	case 0x00: /* nop */
		break;
	case 0x01: /* set_loc */
		m->location = eh_frame_pointer(at, m->cie->pointer_encoding, 0);
		break;
	case 0x02: /* advance_loc1 */
		m->location += dwarf_fixed(at, 1) * m->cie->code_factor;
		break;
	case 0x03:
		m->location += dwarf_fixed(at, 2) * m->cie->code_factor;
		break;
	case 0x04:
		m->location += dwarf_fixed(at, 4) * m->cie->code_factor;
		break;
	case 0x05: /* offset_extended */
		number = dwarf_uleb(at);
		set_column(m, number, CFI_COLUMN_AT_CFA, (int64_t)dwarf_uleb(at) * factor);
		break;
	case 0x06: /* restore_extended */
		restore_column(m, dwarf_uleb(at));
		break;
	case 0x07: /* undefined */
		set_column(m, dwarf_uleb(at), CFI_COLUMN_UNDEFINED, 0);
		break;
	case 0x08: /* same_value */
		set_column(m, dwarf_uleb(at), CFI_COLUMN_SAME, 0);
		break;
	case 0x09: /* register */
		number = dwarf_uleb(at);
		dwarf_uleb(at);
		set_column(m, number, CFI_COLUMN_OTHER, 0);
		break;
	case 0x0a:
		remember(m);
		break;
	case 0x0b:
		recall(m);
		break;
	case 0x0c: /* def_cfa */
		m->row.cfa_register = dwarf_uleb(at);
		m->row.cfa_offset = (int64_t)dwarf_uleb(at);
		m->row.cfa_expression = NULL;
		break;
	case 0x0d: /* def_cfa_register */
		m->row.cfa_register = dwarf_uleb(at);
		m->row.cfa_expression = NULL;
		break;
	case 0x0e: /* def_cfa_offset */
		m->row.cfa_offset = (int64_t)dwarf_uleb(at);
		break;
	case 0x0f:
		define_cfa_expression(m, at);
		break;
	case 0x10: /* expression */
		number = dwarf_uleb(at);
		set_expression(m, number, at, CFI_COLUMN_EXPRESSION);
		break;
	case 0x11: /* offset_extended_sf */
		number = dwarf_uleb(at);
		set_column(m, number, CFI_COLUMN_AT_CFA, dwarf_sleb(at) * factor);
		break;
	case 0x12: /* def_cfa_sf */
		m->row.cfa_register = dwarf_uleb(at);
		m->row.cfa_offset = dwarf_sleb(at) * factor;
		m->row.cfa_expression = NULL;
		break;
	case 0x13: /* def_cfa_offset_sf */
		m->row.cfa_offset = dwarf_sleb(at) * factor;
		break;
	case 0x14: /* val_offset */
	case 0x15: /* val_offset_sf */
		number = dwarf_uleb(at);
		dwarf_uleb(at);
		set_column(m, number, CFI_COLUMN_OTHER, 0);
		break;
	case 0x16: /* val_expression */
		number = dwarf_uleb(at);
		set_expression(m, number, at, CFI_COLUMN_OTHER);
		break;
	case 0x2d: /* AARCH64_negate_ra_state: see arch_strip() */
		break;
	case 0x2e: /* GNU_args_size */
		dwarf_uleb(at);
		break;
	default:
		m->failed = true;
	}
}

/* Runs until the row that holds for `target` is complete. */
static void
run_program(struct machine *m, const uint8_t *at, const uint8_t *end)
{
	while (at < end && !m->failed) {
		const uint8_t operation = *at++;
		const uint8_t operand = operation & 0x3f;

		switch (operation & 0xc0) {
		case 0x40: /* advance_loc */
			m->location += operand * m->cie->code_factor;
			break;
		case 0x80: /* offset */
			set_column(m, operand, CFI_COLUMN_AT_CFA,
				(int64_t)dwarf_uleb(&at) * m->cie->data_factor);
			break;
		case 0xc0:
			restore_column(m, operand);
			break;
		default:
			run_extended(m, operation, &at);
		}
		/* Only an advance moves the location, and it leaves the row alone. */
		if (m->location > m->target)
			return;
	}
}

/* ---- the row ---- */

/* The row of an FDE that holds at `address`. */
static enum rule_kind
run_fde(const uint8_t *bytes, uint64_t address, struct cfi_row *ret_row)
{
	struct eh_frame_fde fde;

	if (!eh_frame_parse(bytes, &fde) || address < fde.start || address >= fde.start + fde.size)
		return RULE_NONE;
	if (fde.cie.signal_frame)
		return RULE_SIGNAL;
	struct machine machine = {.cie = &fde.cie, .location = fde.start, .target = UINT64_MAX};

	run_program(&machine, fde.cie.program, fde.cie.end);
	machine.initial = machine.row;
	machine.location = fde.start;
	machine.target = address;
	run_program(&machine, fde.program, fde.end);
	*ret_row = machine.row;
	return machine.failed ? RULE_NONE : RULE_SP;
}

enum rule_kind
cfi_row_find(uint64_t address, struct cfi_row *ret_row)
{
	struct loader_object object;

	if (!loader_find(address, &object) || !object.eh_frame_header)
		return RULE_NONE;
	const uint8_t *fde = eh_frame_find(object.eh_frame_header, address);

	return fde ? run_fde(fde, address, ret_row) : RULE_NONE;
}

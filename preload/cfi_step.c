/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A step by the table in full generality, its expressions included: see cfi.h. */
#include <stddef.h>
#include "cfi.h"
#include "cfi_row.h"
#include "dwarf.h"
#include "forbid.h"

struct evaluation {
	const struct frame *frame;
	struct stack_view *view;
	uint64_t stack[8];
	unsigned depth;
	bool failed;
};

static void
push(struct evaluation *e, uint64_t value)
{
	if (e->depth == sizeof(e->stack) / sizeof(e->stack[0]))
		e->failed = true;
	else
		e->stack[e->depth++] = value;
}

static uint64_t
pop(struct evaluation *e)
{
	if (!e->depth) {
		e->failed = true;
		return 0;
	}
	return e->stack[--e->depth];
}

/* A word of the stack; anything outside it fails, so no expression can make the walk fault. */
static uint64_t
read_word(struct evaluation *e, uint64_t address)
{
	if (address + 8 < address || !stack_view_reach(e->view, address + 8) ||
		!stack_view_holds(e->view, address)) {
		e->failed = true;
		return 0;
	}
	return stack_view_word(e->view, address);
}

/* Value of a base register, as far as the walk knows it. */
static uint64_t
read_register(struct evaluation *e, unsigned number)
{
	if (number == ARCH_DWARF_SP)
		return e->frame->sp;
	if (number == ARCH_DWARF_FP)
		return e->frame->bp;
	if ((int)number == ARCH_DWARF_IP)
		return e->frame->pc;
	e->failed = true;
	return 0;
}

static void
apply_binary(struct evaluation *e, uint8_t operation)
{
	const uint64_t b = pop(e);
	const uint64_t a = pop(e);

	switch (operation) {
	case 0x1a: /* and */
		push(e, a & b);
		break;
	case 0x1c: /* minus */
		push(e, a - b);
		break;
	case 0x22: /* plus */
		push(e, a + b);
		break;
	case 0x24: /* shl */
		push(e, b < 64 ? a << b : 0);
		break;
	case 0x25: /* shr */
		push(e, b < 64 ? a >> b : 0);
		break;
	case 0x2a: /* ge */
		push(e, (int64_t)a >= (int64_t)b);
		break;
	default:
		e->failed = true;
	}
}

/* Runs a length and its bytes. */
static uint64_t
evaluate(struct evaluation *e, const uint8_t *at)
{
	const uint64_t length = dwarf_uleb(&at);
	const uint8_t *end = at + length;

	while (at < end && !e->failed) {
		const uint8_t operation = *at++;

		if (operation >= 0x30 && operation <= 0x4f) /* lit */
			push(e, operation - 0x30u);
		else if (operation >= 0x70 && operation <= 0x8f) /* breg */
			push(e, read_register(e, operation - 0x70u) + (uint64_t)dwarf_sleb(&at));
		else if (operation == 0x06) /* deref */
			push(e, read_word(e, pop(e)));
		else if (operation == 0x08) /* const1u */
			push(e, *at++);
		else if (operation == 0x09) /* const1s */
			push(e, (uint64_t)(int8_t)*at++);
		else if (operation == 0x0a) /* const2u */
			push(e, dwarf_fixed(&at, 2));
		else if (operation == 0x12 && e->depth) /* dup */
			push(e, e->stack[e->depth - 1]);
		else if (operation == 0x23) /* plus_uconst */
			push(e, pop(e) + dwarf_uleb(&at));
		else
			apply_binary(e, operation);
	}
	return pop(e);
}

/* Value of a column in the caller; `same` is what it is in this frame. */
static uint64_t
evaluate_column(struct evaluation *e, const struct cfi_column *column, uint64_t cfa, uint64_t same)
{
	switch (column->kind) {
	case CFI_COLUMN_SAME:
	case CFI_COLUMN_UNDEFINED:
		return same;
	case CFI_COLUMN_AT_CFA:
		return read_word(e, cfa + (uint64_t)column->offset);
	case CFI_COLUMN_EXPRESSION:
		return read_word(e, evaluate(e, column->expression));
	case CFI_COLUMN_OTHER:
		break;
	}
	e->failed = true;
	return 0;
}

bool
cfi_step(uint64_t address, const struct frame *frame, struct stack_view *view,
	struct frame *ret_caller)
{
	struct evaluation e = {.frame = frame, .view = view};
	struct cfi_row row;
	uint64_t cfa;

	if (cfi_row_find(address, &row) != RULE_SP)
		return false;
	if (row.cfa_expression)
		cfa = evaluate(&e, row.cfa_expression);
	else
		cfa = read_register(&e, (unsigned)row.cfa_register) + (uint64_t)row.cfa_offset;
	const struct frame caller = {
		.pc = evaluate_column(&e, &row.ra, cfa, 0),
		.sp = cfa,
		.bp = evaluate_column(&e, &row.bp, cfa, frame->bp),
	};
	if (e.failed)
		return false;
	*ret_caller = caller;
	return true;
}

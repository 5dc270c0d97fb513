/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reading .eh_frame, as the Linux Standard Base (chapter 10, "Exception Frames") and DWARF 5
 * section 6.4 define it. The binary search table of .eh_frame_hdr leads to the FDE; its CFA program
 * is run up to the address, for the three columns that matter: CFA, frame pointer, return address.
 */
#include "cfi.h"
#include <dlfcn.h>
#include "loader.h"
#include "rule.h"
#include "forbid.h"

enum {
	STATES_MAX = 8 /* nesting of DW_CFA_remember_state */
};

/* Pointer encodings (DW_EH_PE_*). */
enum {
	PE_ABSOLUTE = 0x00,
	PE_UDATA2 = 0x02,
	PE_UDATA4 = 0x03,
	PE_UDATA8 = 0x04,
	PE_SDATA2 = 0x0a,
	PE_SDATA4 = 0x0b,
	PE_SDATA8 = 0x0c,
	PE_PC_RELATIVE = 0x10,
	PE_DATA_RELATIVE = 0x30,
	PE_INDIRECT = 0x80,
	PE_OMIT = 0xff,
};

struct cie {
	const uint8_t *program, *end;
	uint64_t code_factor;
	int64_t data_factor;
	uint64_t return_column;
	uint8_t pointer_encoding;
	bool augmented;
	bool signal_frame;
};

/* How one column is recovered. */
enum column_kind {
	COLUMN_SAME,
	COLUMN_AT_CFA,
	COLUMN_UNDEFINED,
	COLUMN_EXPRESSION,
	COLUMN_OTHER
};

struct column {
	enum column_kind kind;
	int64_t offset;
	const uint8_t *expression;
};

struct row {
	uint64_t cfa_register;
	int64_t cfa_offset;
	const uint8_t *cfa_expression; /* instead of the two above */
	struct column bp, ra;
};

struct machine {
	const struct cie *cie;
	uint64_t location, target;
	struct row row, initial, saved[STATES_MAX];
	unsigned saved_count;
	bool failed;
};

static uint64_t
read_uleb(const uint8_t **at)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = *(*at)++;
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

static int64_t
read_sleb(const uint8_t **at)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = *(*at)++;
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (shift < 64 && (byte & 0x40))
		value |= ~UINT64_C(0) << shift;
	return (int64_t)value;
}

/* Little endian, any alignment. */
static uint64_t
read_fixed(const uint8_t **at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)(*at)[i] << (8 * i);
	*at += bytes;
	return value;
}

static uint64_t
read_pointer(const uint8_t **at, uint8_t encoding, uint64_t data_base)
{
	const uint64_t here = (uint64_t)*at;
	uint64_t value;

	switch (encoding & 0x0f) {
	case PE_ABSOLUTE:
	case PE_UDATA8:
	case PE_SDATA8:
		value = read_fixed(at, 8);
		break;
	case PE_UDATA2:
		value = read_fixed(at, 2);
		break;
	case PE_UDATA4:
		value = read_fixed(at, 4);
		break;
	case PE_SDATA2:
		value = (uint64_t)(int16_t)read_fixed(at, 2);
		break;
	case PE_SDATA4:
		value = (uint64_t)(int32_t)read_fixed(at, 4);
		break;
	default:
		return 0;
	}
	if (!value)
		return 0;
	if ((encoding & 0x70) == PE_PC_RELATIVE)
		value += here;
	else if ((encoding & 0x70) == PE_DATA_RELATIVE)
		value += data_base;
	return encoding & PE_INDIRECT ? *(const uint64_t *)value : value;
}

static bool
parse_augmentation(struct cie *cie, const char *letters, const uint8_t *at)
{
	const uint64_t length = read_uleb(&at);

	cie->augmented = true;
	cie->program = at + length;
	while (*++letters) {
		switch (*letters) {
		case 'R':
			cie->pointer_encoding = *at++;
			break;
		case 'P': {
			const uint8_t encoding = *at++;

			/* Only the size matters here; it must not be followed. */
			read_pointer(&at, encoding & 0x0f, 0);
			break;
		}
		case 'L':
			at++;
			break;
		case 'S':
			cie->signal_frame = true;
			break;
		case 'B': /* aarch64: return addresses are signed with the B key */
			break;
		default:
			/* Unknown letters may have data of unknown size; all known ones came first.
			 */
			return true;
		}
	}
	return true;
}

static bool
parse_cie(const uint8_t *at, struct cie *ret_cie)
{
	struct cie cie = {.pointer_encoding = PE_ABSOLUTE};
	uint64_t length = read_fixed(&at, 4);

	if (length == 0xffffffff)
		length = read_fixed(&at, 8);
	cie.end = at + length;
	at += 4; /* id */
	const uint8_t version = *at++;
	const char *augmentation = (const char *)at;

	if (version != 1 && version != 3)
		return false;
	while (*at++)
		;
	cie.code_factor = read_uleb(&at);
	cie.data_factor = read_sleb(&at);
	cie.return_column = version == 1 ? *at++ : read_uleb(&at);
	cie.program = at;
	if (augmentation[0] == 'z' && !parse_augmentation(&cie, augmentation, at))
		return false;
	*ret_cie = cie;
	return true;
}

/* ---- the CFA program ---- */

static struct column *
column_of(struct machine *m, uint64_t number)
{
	if (number == ARCH_DWARF_FP)
		return &m->row.bp;
	return number == m->cie->return_column ? &m->row.ra : NULL;
}

static void
set_column(struct machine *m, uint64_t number, enum column_kind kind, int64_t offset)
{
	struct column *column = column_of(m, number);

	if (column)
		*column = (struct column){kind, offset, NULL};
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
set_expression(struct machine *m, uint64_t number, const uint8_t **at, enum column_kind kind)
{
	const uint8_t *expression = *at;
	const uint64_t length = read_uleb(at);
	struct column *column = column_of(m, number);

	if (column)
		*column = (struct column){kind, 0, expression};
	*at += length;
}

static void
define_cfa_expression(struct machine *m, const uint8_t **at)
{
	m->row.cfa_expression = *at;
	const uint64_t length = read_uleb(at);

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
		m->location = read_pointer(at, m->cie->pointer_encoding, 0);
		break;
	case 0x02: /* advance_loc1 */
		m->location += read_fixed(at, 1) * m->cie->code_factor;
		break;
	case 0x03:
		m->location += read_fixed(at, 2) * m->cie->code_factor;
		break;
	case 0x04:
		m->location += read_fixed(at, 4) * m->cie->code_factor;
		break;
	case 0x05: /* offset_extended */
		number = read_uleb(at);
		set_column(m, number, COLUMN_AT_CFA, (int64_t)read_uleb(at) * factor);
		break;
	case 0x06: /* restore_extended */
		restore_column(m, read_uleb(at));
		break;
	case 0x07: /* undefined */
		set_column(m, read_uleb(at), COLUMN_UNDEFINED, 0);
		break;
	case 0x08: /* same_value */
		set_column(m, read_uleb(at), COLUMN_SAME, 0);
		break;
	case 0x09: /* register */
		number = read_uleb(at);
		read_uleb(at);
		set_column(m, number, COLUMN_OTHER, 0);
		break;
	case 0x0a:
		remember(m);
		break;
	case 0x0b:
		recall(m);
		break;
	case 0x0c: /* def_cfa */
		m->row.cfa_register = read_uleb(at);
		m->row.cfa_offset = (int64_t)read_uleb(at);
		m->row.cfa_expression = NULL;
		break;
	case 0x0d: /* def_cfa_register */
		m->row.cfa_register = read_uleb(at);
		m->row.cfa_expression = NULL;
		break;
	case 0x0e: /* def_cfa_offset */
		m->row.cfa_offset = (int64_t)read_uleb(at);
		break;
	case 0x0f:
		define_cfa_expression(m, at);
		break;
	case 0x10: /* expression */
		number = read_uleb(at);
		set_expression(m, number, at, COLUMN_EXPRESSION);
		break;
	case 0x11: /* offset_extended_sf */
		number = read_uleb(at);
		set_column(m, number, COLUMN_AT_CFA, read_sleb(at) * factor);
		break;
	case 0x12: /* def_cfa_sf */
		m->row.cfa_register = read_uleb(at);
		m->row.cfa_offset = read_sleb(at) * factor;
		m->row.cfa_expression = NULL;
		break;
	case 0x13: /* def_cfa_offset_sf */
		m->row.cfa_offset = read_sleb(at) * factor;
		break;
	case 0x14: /* val_offset */
	case 0x15: /* val_offset_sf */
		number = read_uleb(at);
		read_uleb(at);
		set_column(m, number, COLUMN_OTHER, 0);
		break;
	case 0x16: /* val_expression */
		number = read_uleb(at);
		set_expression(m, number, at, COLUMN_OTHER);
		break;
	case 0x2d: /* AARCH64_negate_ra_state: see arch_strip() */
		break;
	case 0x2e: /* GNU_args_size */
		read_uleb(at);
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
			set_column(m, operand, COLUMN_AT_CFA,
				(int64_t)read_uleb(&at) * m->cie->data_factor);
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

/* ---- from a row to a rule ---- */

/* Matches an expression that is `bp + offset`, then perhaps a dereference. */
static bool
is_bp_plus(const uint8_t *expression, bool dereference, int64_t *ret_offset)
{
	enum {
		OP_BREG0 = 0x70,
		OP_DEREF = 0x06
	};
	const uint64_t length = read_uleb(&expression);
	const uint8_t *end = expression + length;

	if (!length || *expression++ != OP_BREG0 + ARCH_DWARF_FP)
		return false;
	*ret_offset = read_sleb(&expression);
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
set_bp(struct rule *rule, const struct column *bp)
{
	int64_t offset = bp->offset;

	switch (bp->kind) {
	case COLUMN_SAME:
	case COLUMN_UNDEFINED:
		return true;
	case COLUMN_AT_CFA:
		rule->flags = RULE_BP_AT_CFA;
		break;
	case COLUMN_EXPRESSION:
		if (!is_bp_plus(bp->expression, false, &offset))
			return false;
		rule->flags = RULE_BP_AT_BP;
		break;
	case COLUMN_OTHER:
		return false;
	}
	rule->bp_words = (int16_t)(offset / 8);
	return fits_words(offset, 16);
}

static bool
set_cfa(struct rule *rule, const struct row *row)
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
make_rule(const struct row *row)
{
	struct rule rule = {.ra_words = ARCH_RETURN_OFFSET / 8};

	if (row->ra.kind == COLUMN_UNDEFINED)
		return rule_pack((struct rule){.kind = RULE_END});
	if (row->ra.kind != COLUMN_AT_CFA || !fits_words(row->ra.offset, 8) ||
		(ARCH_RETURN_FIXED && row->ra.offset != ARCH_RETURN_OFFSET))
		return rule_pack((struct rule){.kind = RULE_EXPRESSION});
	rule.ra_words = (int32_t)(row->ra.offset / 8);
	if (set_cfa(&rule, row) && set_bp(&rule, &row->bp))
		return rule_pack(rule);
	return rule_pack((struct rule){.kind = RULE_EXPRESSION});
}

/* Finds the row that holds at `address`. Returns what the FDE is, RULE_SP standing for any row. */
static enum rule_kind
run_fde(const uint8_t *fde, uint64_t address, struct row *ret_row)
{
	const uint8_t *at = fde;
	struct cie cie;
	uint64_t length = read_fixed(&at, 4);

	if (length == 0xffffffff)
		length = read_fixed(&at, 8);
	if (!length)
		return RULE_NONE;
	const uint8_t *end = at + length;
	const uint8_t *cie_field = at;
	const uint64_t cie_distance = read_fixed(&at, 4);

	if (!cie_distance || !parse_cie(cie_field - cie_distance, &cie))
		return RULE_NONE;
	const uint64_t start = read_pointer(&at, cie.pointer_encoding, 0);
	const uint64_t size = read_pointer(&at, cie.pointer_encoding & 0x0f, 0);

	if (address < start || address >= start + size)
		return RULE_NONE;
	if (cie.signal_frame)
		return RULE_SIGNAL;
	if (cie.augmented) {
		const uint64_t augmentation = read_uleb(&at);

		at += augmentation;
	}
	struct machine machine = {.cie = &cie, .location = start, .target = UINT64_MAX};

	run_program(&machine, cie.program, cie.end);
	machine.initial = machine.row;
	machine.location = start;
	machine.target = address;
	run_program(&machine, at, end);
	*ret_row = machine.row;
	return machine.failed ? RULE_NONE : RULE_SP;
}

/* ---- the search ---- */

/* The FDE that may cover `address`, by the sorted table of .eh_frame_hdr; NULL: none. */
static const uint8_t *
find_fde(const uint8_t *header, uint64_t address)
{
	enum {
		TABLE_ENCODING = PE_DATA_RELATIVE | PE_SDATA4
	};
	struct entry {
		int32_t start, fde; /* relative to the header */
	};
	const uint8_t *at = header + 4;

	if (header[0] != 1 || header[2] == PE_OMIT || header[3] != TABLE_ENCODING)
		return NULL;
	read_pointer(&at, header[1], (uint64_t)header);
	const uint64_t count = read_pointer(&at, header[2], (uint64_t)header);
	const struct entry *table = (const struct entry *)at;
	const int64_t wanted = (int64_t)(address - (uint64_t)header);
	uint64_t low = 0, high = count;

	while (low < high) {
		const uint64_t middle = (low + high) / 2;

		if (table[middle].start <= wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? header + table[low - 1].fde : NULL;
}

static enum rule_kind
find_row(uint64_t address, struct row *ret_row)
{
	struct loader_object object;

	if (!loader_find(address, &object) || !object.eh_frame_header)
		return RULE_NONE;
	const uint8_t *fde = find_fde(object.eh_frame_header, address);

	return fde ? run_fde(fde, address, ret_row) : RULE_NONE;
}

uint64_t
cfi_find_rule(uint64_t address)
{
	struct row row;
	const enum rule_kind kind = find_row(address, &row);

	return kind == RULE_SP ? make_rule(&row) : rule_pack((struct rule){.kind = (uint8_t)kind});
}

/* ---- expressions ---- */

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
	const uint64_t length = read_uleb(&at);
	const uint8_t *end = at + length;

	while (at < end && !e->failed) {
		const uint8_t operation = *at++;

		if (operation >= 0x30 && operation <= 0x4f) /* lit */
			push(e, operation - 0x30u);
		else if (operation >= 0x70 && operation <= 0x8f) /* breg */
			push(e, read_register(e, operation - 0x70u) + (uint64_t)read_sleb(&at));
		else if (operation == 0x06) /* deref */
			push(e, read_word(e, pop(e)));
		else if (operation == 0x08) /* const1u */
			push(e, *at++);
		else if (operation == 0x09) /* const1s */
			push(e, (uint64_t)(int8_t)*at++);
		else if (operation == 0x0a) /* const2u */
			push(e, read_fixed(&at, 2));
		else if (operation == 0x12 && e->depth) /* dup */
			push(e, e->stack[e->depth - 1]);
		else if (operation == 0x23) /* plus_uconst */
			push(e, pop(e) + read_uleb(&at));
		else
			apply_binary(e, operation);
	}
	return pop(e);
}

/* Value of a column in the caller; `same` is what it is in this frame. */
static uint64_t
evaluate_column(struct evaluation *e, const struct column *column, uint64_t cfa, uint64_t same)
{
	switch (column->kind) {
	case COLUMN_SAME:
	case COLUMN_UNDEFINED:
		return same;
	case COLUMN_AT_CFA:
		return read_word(e, cfa + (uint64_t)column->offset);
	case COLUMN_EXPRESSION:
		return read_word(e, evaluate(e, column->expression));
	case COLUMN_OTHER:
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
	struct row row;
	uint64_t cfa;

	if (find_row(address, &row) != RULE_SP)
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

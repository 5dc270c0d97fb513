/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * An unwind rule: what one row of a module's call frame information says about the caller, in 64
 * bits. Given a frame's (pc, sp, bp) it yields the CFA, the caller's pc and the caller's bp.
 *
 * Only what programs really use fits; everything else is RULE_EXPRESSION (the table is
 * read again at each step) or RULE_NONE (no table: the frame pointer is tried).
 */
#ifndef THAG_PRELOAD_RULE_H
#define THAG_PRELOAD_RULE_H

#include <stdbool.h>
#include <stdint.h>

enum rule_kind {
	RULE_NONE,	 /* nothing is known about this address */
	RULE_SP,	 /* CFA = sp + offset */
	RULE_BP,	 /* CFA = bp + offset */
	RULE_DEREF_BP,	 /* CFA = the word at bp + offset (gcc's realigned stacks) */
	RULE_SIGNAL,	 /* below a signal handler: the kernel saved everything */
	RULE_END,	 /* the outermost frame */
	RULE_EXPRESSION, /* anything else: the table is read again at each step (cfi_step) */
};

enum rule_flag {
	RULE_BP_AT_CFA = 1, /* the caller's bp is at CFA + bp_offset */
	RULE_BP_AT_BP = 2,  /* the caller's bp is at bp + bp_offset */
};

/* Offsets in words of 8 bytes, so that 24 bits reach 64 MiB. */
struct rule {
	uint8_t kind;  /* enum rule_kind */
	uint8_t flags; /* enum rule_flag */
	int16_t bp_words;
	int32_t cfa_words : 24;
	int32_t ra_words : 8; /* the return address is at CFA + this */
};

_Static_assert(sizeof(struct rule) == 8, "one atomic word");

static inline uint64_t
rule_pack(struct rule rule)
{
	union {
		struct rule rule;
		uint64_t word;
	} bits = {rule};

	return bits.word;
}

static inline struct rule
rule_unpack(uint64_t word)
{
	union {
		uint64_t word;
		struct rule rule;
	} bits = {word};

	return bits.rule;
}

#endif

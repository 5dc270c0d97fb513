/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The tables of .eh_frame as the loader mapped them: the Linux Standard Base, chapter 10,
 * "Exception Frames". The binary search table of .eh_frame_hdr leads to the FDE of an address, and
 * that to its CIE; what their programs say is cfi_row.h's.
 */
#ifndef THAG_PRELOAD_EH_FRAME_H
#define THAG_PRELOAD_EH_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct eh_frame_cie {
	const uint8_t *program, *end;
	uint64_t code_factor;
	int64_t data_factor;
	uint64_t return_column;
	uint8_t pointer_encoding;
	bool augmented;
	bool signal_frame;
};

/* What an FDE says of the code from `start`. */
struct eh_frame_fde {
	struct eh_frame_cie cie;
	uint64_t start, size;
	const uint8_t *program, *end;
};

/* The FDE that may cover `address`, by the sorted table of .eh_frame_hdr; NULL: none. */
const uint8_t *eh_frame_find(const uint8_t *header, uint64_t address);

/* Returns false where it ends the table or is of a version that is not known. */
bool eh_frame_parse(const uint8_t *fde, struct eh_frame_fde *ret_fde);

/* A pointer of that encoding (DW_EH_PE_*); `data_base` is what data relative ones count from. */
uint64_t eh_frame_pointer(const uint8_t **at, uint8_t encoding, uint64_t data_base);

#endif

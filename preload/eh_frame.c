/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See eh_frame.h. */
#include "eh_frame.h"
#include <stddef.h>
#include "dwarf.h"
#include "forbid.h"

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

uint64_t
eh_frame_pointer(const uint8_t **at, uint8_t encoding, uint64_t data_base)
{
	const uint64_t here = (uint64_t)*at;
	uint64_t value;

	switch (encoding & 0x0f) {
	case PE_ABSOLUTE:
	case PE_UDATA8:
	case PE_SDATA8:
		value = dwarf_fixed(at, 8);
		break;
	case PE_UDATA2:
		value = dwarf_fixed(at, 2);
		break;
	case PE_UDATA4:
		value = dwarf_fixed(at, 4);
		break;
	case PE_SDATA2:
		value = (uint64_t)(int16_t)dwarf_fixed(at, 2);
		break;
	case PE_SDATA4:
		value = (uint64_t)(int32_t)dwarf_fixed(at, 4);
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
parse_augmentation(struct eh_frame_cie *cie, const char *letters, const uint8_t *at)
{
	const uint64_t length = dwarf_uleb(&at);

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
			eh_frame_pointer(&at, encoding & 0x0f, 0);
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
parse_cie(const uint8_t *at, struct eh_frame_cie *ret_cie)
{
	struct eh_frame_cie cie = {.pointer_encoding = PE_ABSOLUTE};
	uint64_t length = dwarf_fixed(&at, 4);

	if (length == 0xffffffff)
		length = dwarf_fixed(&at, 8);
	cie.end = at + length;
	at += 4; /* id */
	const uint8_t version = *at++;
	const char *augmentation = (const char *)at;

	if (version != 1 && version != 3)
		return false;
	while (*at++)
		;
	cie.code_factor = dwarf_uleb(&at);
	cie.data_factor = dwarf_sleb(&at);
	cie.return_column = version == 1 ? *at++ : dwarf_uleb(&at);
	cie.program = at;
	if (augmentation[0] == 'z' && !parse_augmentation(&cie, augmentation, at))
		return false;
	*ret_cie = cie;
	return true;
}

bool
eh_frame_parse(const uint8_t *at, struct eh_frame_fde *ret_fde)
{
	struct eh_frame_fde fde;
	uint64_t length = dwarf_fixed(&at, 4);

	if (length == 0xffffffff)
		length = dwarf_fixed(&at, 8);
	if (!length)
		return false;
	fde.end = at + length;
	const uint8_t *cie_field = at;
	const uint64_t cie_distance = dwarf_fixed(&at, 4);

	if (!cie_distance || !parse_cie(cie_field - cie_distance, &fde.cie))
		return false;
	fde.start = eh_frame_pointer(&at, fde.cie.pointer_encoding, 0);
	fde.size = eh_frame_pointer(&at, fde.cie.pointer_encoding & 0x0f, 0);
	if (fde.cie.augmented) {
		const uint64_t augmentation = dwarf_uleb(&at);

		at += augmentation;
	}
	fde.program = at;
	*ret_fde = fde;
	return true;
}

/* ---- the search ---- */

const uint8_t *
eh_frame_find(const uint8_t *header, uint64_t address)
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
	eh_frame_pointer(&at, header[1], (uint64_t)header);
	const uint64_t count = eh_frame_pointer(&at, header[2], (uint64_t)header);
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

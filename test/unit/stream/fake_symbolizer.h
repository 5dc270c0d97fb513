/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the collector told the symbolizer, see fake_symbolizer.c. */
#ifndef THAG_TEST_FAKE_SYMBOLIZER_H
#define THAG_TEST_FAKE_SYMBOLIZER_H

#include "../../../symbolizer/symbolizer.h"

struct fake_symbolizer_state {
	char path[256];
	char open_path[256];
	size_t build_id_bytes;
	uint32_t modules;
};

extern struct fake_symbolizer_state fake_symbolizer;

#endif

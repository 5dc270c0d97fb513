/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Values as a person reads them, in any locale the same; format.js writes them alike. */
#ifndef THAG_AMOUNT_H
#define THAG_AMOUNT_H

#include "flame.h"

/* "1.25 MiB", "3.20 ms", "1,234 samples". `count_name` (plural) for FLAME_COUNT. g_free() it. */
char *amount_format(uint64_t value, enum flame_unit unit, const char *count_name);
/* "1,234,567" */
char *amount_count(uint64_t value);
/* "12.3 %", "0.05 %", "< 0.01 %" */
char *amount_share(uint64_t part, uint64_t whole);

#endif

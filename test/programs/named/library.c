/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A library with a section of its own, loaded and unloaded again. */
#include <stddef.h>
#include "thag.h"

void run_section(void (*spend)(size_t bytes));

void
run_section(void (*spend)(size_t bytes))
{
	THAG_SECTION("in a library") spend(1);
	spend(2);
}

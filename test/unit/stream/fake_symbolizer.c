/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Stands in for the symbolizer: remembers the last module it was told of. */
#include "fake_symbolizer.h"

#include <stdio.h>
#include <string.h>

struct fake_symbolizer_state fake_symbolizer;

uint32_t
symbolizer_add_module(struct symbolizer *symbolizer, const struct symbolizer_module *module)
{
	snprintf(fake_symbolizer.path, sizeof(fake_symbolizer.path), "%s", module->path);
	snprintf(fake_symbolizer.open_path, sizeof(fake_symbolizer.open_path), "%s",
		module->open_path ? module->open_path : "");
	fake_symbolizer.build_id_bytes = module->build_id_bytes;
	return fake_symbolizer.modules++;
}

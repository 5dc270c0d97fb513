/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "loader.h"
#include <dlfcn.h>
#include <stddef.h>
#include "forbid.h"

bool
loader_find(uint64_t address, struct loader_object *ret_object)
{
	struct dl_find_object found;

	if (_dl_find_object((void *)address, &found) != 0)
		return false;
	*ret_object = (struct loader_object){
		.start = (uint64_t)found.dlfo_map_start,
		.end = (uint64_t)found.dlfo_map_end,
		.map = found.dlfo_link_map,
		.eh_frame_header = found.dlfo_eh_frame,
	};
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The qualified name in a mangled C++ symbol, as people write it down:
 *
 *	_ZN3geo5ShapeIdE4areaEv		geo::Shape::area
 *	_ZNSt6vectorIiSaIiEE9push_backEOi	std::vector::push_back
 *
 * without template arguments and parameters, which no allocation is needed for. Names are read as
 * the Itanium C++ ABI has them; pure.
 */
#ifndef THAG_PRELOAD_MANGLED_H
#define THAG_PRELOAD_MANGLED_H

#include <stddef.h>

enum {
	MANGLED_MAX = 512, /* longer names are cut */
	MANGLED_NESTING_MAX = 64,
};

/*
 * Returns the length of the name left in `ret_name`; 0 where `symbol` is not mangled, or not in a
 * way that is understood.
 */
size_t mangled_name(const char *symbol, size_t length, char ret_name[MANGLED_MAX]);

#endif

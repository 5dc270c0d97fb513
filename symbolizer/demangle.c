/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdbool.h>
#include <string.h>
#include <libiberty/demangle.h>
#include "demangle.h"

/* Longer ones come from broken files; the demangler's time and output can grow much faster. */
#define DEMANGLE_NAME_MAX 65536

/* Saves the demangler from guessing at C names, and C names from being guessed at. */
static bool
demangle_is_mangled(const char *name)
{
	if (*name == '_')
		name++;
	return (*name == 'Z' || *name == 'R' || strncmp(name, "_Z", 2) == 0 ||
		       strncmp(name, "_R", 2) == 0 || strncmp(name, "GLOBAL_", 7) == 0) &&
	       strnlen(name, DEMANGLE_NAME_MAX) < DEMANGLE_NAME_MAX;
}

char *
demangle_name(const char *name)
{
	const int options = DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO;

	return demangle_is_mangled(name) ? cplus_demangle(name, options) : NULL;
}

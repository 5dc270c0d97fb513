/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdlib.h>
#include "demangle.h"
#include "symbol_names.h"

#define NAMES_BLOCK_BYTES 65536

void
symbol_names_init(struct symbol_names *names)
{
	g_mutex_init(&names->lock);
	names->chunk = g_string_chunk_new(NAMES_BLOCK_BYTES);
}

void
symbol_names_fini(struct symbol_names *names)
{
	g_string_chunk_free(names->chunk);
	g_mutex_clear(&names->lock);
}

const char *
symbol_names_intern(struct symbol_names *names, const char *text)
{
	g_autofree char *valid =
		g_utf8_validate(text, -1, NULL) ? NULL : g_utf8_make_valid(text, -1);
	const char *copy;

	g_mutex_lock(&names->lock);
	copy = g_string_chunk_insert_const(names->chunk, valid ? valid : text);
	g_mutex_unlock(&names->lock);
	return copy;
}

const char *
symbol_names_intern_symbol(struct symbol_names *names, const char *text)
{
	char *readable = demangle_name(text);
	const char *copy = symbol_names_intern(names, readable ? readable : text);

	free(readable);
	return copy;
}

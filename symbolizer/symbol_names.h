/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The strings a symbolizer has given out: each once, so that equal strings are equal pointers.
 * They live as long as the table. Any thread; the table locks itself.
 */
#ifndef THAG_SYMBOLIZER_SYMBOL_NAMES_H
#define THAG_SYMBOLIZER_SYMBOL_NAMES_H

#include <glib.h>

struct symbol_names {
	GMutex lock;
	GStringChunk *chunk; /* under `lock` */
};

void symbol_names_init(struct symbol_names *names);
void symbol_names_fini(struct symbol_names *names);

/* The table's own copy of `text`; what is not UTF-8 in it becomes U+FFFD. */
const char *symbol_names_intern(struct symbol_names *names, const char *text);

/* The table's copy of `text` demangled, or of itself where it is not mangled. */
const char *symbol_names_intern_symbol(struct symbol_names *names, const char *text);

#endif

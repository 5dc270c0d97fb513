/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The functions that a module's symbol tables name: .symtab of the file or of its debug file, else
 * .dynsym, with what .gnu_debugdata adds to that. A symbol names the addresses within its size and
 * no others.
 *
 * One thread at a time.
 */
#ifndef THAG_SYMBOLIZER_SYMBOL_TABLE_H
#define THAG_SYMBOLIZER_SYMBOL_TABLE_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stdint.h>

struct symbol_table;

/* `module` is borrowed and must outlive the table. */
struct symbol_table *symbol_table_new(Dwfl_Module *module);
void symbol_table_free(struct symbol_table *table);

/* The symbol, not demangled and without version, that `address` lies in; NULL. Borrowed. */
const char *symbol_table_find(const struct symbol_table *table, uint64_t address);

/* False where only exported functions are known. */
bool symbol_table_is_full(const struct symbol_table *table);

#endif

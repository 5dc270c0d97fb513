/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One module: the files it is read from, what was asked of it, what was found.
 *
 * Its files are opened in symbol_module_new(). symbol_module_resolve() reads them, through a
 * libdwfl session of its own that it closes again, so that the memory of one module's debug
 * information is given back before the next one's is read. The session of a module that is not too
 * big may be opened ahead, while the profiled program still runs (symbol_module_prepare()).
 * Different modules may be resolved by different threads at once; what they share is the table of
 * names, which locks itself.
 */
#ifndef THAG_SYMBOLIZER_SYMBOL_MODULE_H
#define THAG_SYMBOLIZER_SYMBOL_MODULE_H

#include <glib.h>
#include "debug_search.h"
#include "symbol_names.h"
#include "perf_map.h"
#include "symbolizer.h"

struct symbol_module {
	char *path;		       /* as the profiled process knows it */
	char *root;		       /* where that process's "/" is seen */
	struct elf_build_id wanted_id; /* what the process says it loaded */
	struct elf_file main;	       /* fd -1: no file that would do */
	struct elf_file debug;	       /* its separate debug file; fd -1: none */
	struct perf_map *map;	       /* made at run time: no files */
	char *complaint;
	struct symbol_session *session; /* opened ahead; NULL: when it is needed */
	GHashTable *chains;		/* address -> struct symbol_chain, NULL until resolved */
	GHashTable *unknown;		/* the same for addresses found but never resolved */
	GArray *pending;		/* uint64_t: addresses not resolved yet */
};

/* What all modules share while they are resolved. */
struct symbol_context {
	struct symbol_names *names;
	const GStrv *debug_directories;
	bool debuginfod;
};

struct symbol_module *symbol_module_new(
	const struct symbolizer_module *description, const struct symbol_context *context);
struct symbol_module *symbol_module_new_map(const char *path, struct perf_map *map);
void symbol_module_free(struct symbol_module *module);

void symbol_module_want(struct symbol_module *module, uint64_t address);
void symbol_module_resolve(struct symbol_module *module, const struct symbol_context *context);

/*
 * Reads what resolving needs first: debug information, which is compressed mostly, or where there
 * is none the symbol table, which is long in big programs. May run in another thread while
 * addresses are wanted, but not while they are resolved.
 */
void symbol_module_prepare(struct symbol_module *module, const struct symbol_context *context);
void symbol_session_free(struct symbol_session *session);

/* The chain of `address`, or its offset where it was not resolved. */
struct symbol_chain symbol_module_find(
	struct symbol_module *module, uint64_t address, const struct symbol_context *context);

/* A chain of one or of `count` symbols; the caller fills those in and frees the chain in one. */
struct symbol_chain *symbol_chain_new(uint32_t count, struct symbol **ret_symbols);
struct symbol_chain *symbol_chain_new_single(struct symbol symbol);

/* Of an address that no more is known of: "module+0x12ab". */
struct symbol symbol_module_offset_symbol(
	const struct symbol_module *module, uint64_t address, const struct symbol_context *context);

/* Size of the file that names are read from: with debug information, else its own; 0: none. */
uint64_t symbol_module_bytes(const struct symbol_module *module);

/* How long resolving may take, compared with other modules. */
uint64_t symbol_module_weight(const struct symbol_module *module);

#endif

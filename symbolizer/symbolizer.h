/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * From an address in a module to what a reader calls it: function, file and line, and the functions
 * inlined there, by elfutils libdw.
 *
 * A module is added when the profiled process first names it, and its file is opened at that moment
 * (so that a file replaced or deleted later does no harm). Addresses are resolved at the end, each
 * once. What cannot be found degrades in steps: line -> function from .symtab, .dynsym or
 * .gnu_debugdata -> "module+0xoffset". Nothing is guessed without saying so in `precision`. The
 * offset is that of the function's start where the unwind tables (.eh_frame) tell it, so that the
 * call sites of one nameless function stay together.
 *
 * One thread calls; symbolizer_resolve_all() may use several inside, and with `ahead` another one
 * reads meanwhile what will be needed then: decompressing libc's debug information alone takes 50
 * ms, which nobody should wait for at the end of a run.
 */
#ifndef THAG_SYMBOLIZER_H
#define THAG_SYMBOLIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbolizer;

enum symbol_precision {
	SYMBOL_LINE,   /* debug information */
	SYMBOL_NAME,   /* a symbol table: no line, no inline chain */
	SYMBOL_OFFSET, /* nothing: `function` is "module+0x12ab" */
};

/* One function at an address. Strings are owned by the symbolizer and interned: equal strings are
 * equal pointers. Never NULL but for `file`. */
struct symbol {
	const char *function; /* demangled, with arguments' types as the demangler gives them */
	const char *file;     /* as compiled, made absolute by the compilation directory; NULL */
	uint32_t line;	      /* 0: not known. For outer frames of an inline chain: of the call */
	uint32_t column;
	bool inlined; /* this function was inlined into the next one of the chain */
	enum symbol_precision precision;
};

/* The functions at one address, innermost (most inlined) first; at least one. */
struct symbol_chain {
	const struct symbol *symbols;
	uint32_t count;
};

struct symbolizer_options {
	const char *debug_directories; /* colon-separated, NULL: /usr/lib/debug */
	bool debuginfod;	       /* ask servers (DEBUGINFOD_URLS) for what is missing */
	unsigned threads;	       /* 0: as many as there are processors */
	bool ahead; /* read what names need when a module is added, in a thread of its own */
};

struct symbolizer_module {
	const char *path;      /* for reports */
	const char *open_path; /* where to read it now, e.g. /proc/<pid>/root/<path>; NULL: path */
	const uint8_t *build_id; /* NULL: not known */
	size_t build_id_bytes;
};

struct symbolizer *symbolizer_new(const struct symbolizer_options *options);
void symbolizer_free(struct symbolizer *symbolizer);

/*
 * Opens a module; one that is known already (same build id and path, or same file) gives its number
 * again. Returns the module's number (0, 1, 2 ...). A file that cannot be read, is not ELF, or has
 * another build id than asked for still gets a number: its addresses resolve to SYMBOL_OFFSET.
 */
uint32_t symbolizer_add_module(
	struct symbolizer *symbolizer, const struct symbolizer_module *module);

/*
 * Asks for an address, as linked (run-time address minus the module's bias), already adjusted: for
 * a return address pass it less one. The same address may be wanted often. Cheap; nothing is
 * resolved.
 */
void symbolizer_want(struct symbolizer *symbolizer, uint32_t module, uint64_t address);

/* Resolves all that was wanted since the last call; modules in parallel. */
void symbolizer_resolve_all(struct symbolizer *symbolizer);

/*
 * The chain of an address that was wanted and resolved (others give a chain of SYMBOL_OFFSET).
 * Borrowed: valid until symbolizer_free().
 */
struct symbol_chain symbolizer_find(
	struct symbolizer *symbolizer, uint32_t module, uint64_t address);

/*
 * A symbol map of code made at run time (JIT), in the format of perf: lines "start size name", hex,
 * addresses absolute. It is a module of its own whose bias is 0. Returns its number, or a negative
 * errno where the file cannot be read.
 */
int64_t symbolizer_add_map(struct symbolizer *symbolizer, const char *path);

/* Why a module's symbols are worse than SYMBOL_LINE, as one line for a reader, or NULL. */
const char *symbolizer_complaint(const struct symbolizer *symbolizer, uint32_t module);

#endif

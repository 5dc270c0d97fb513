/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A map of code made at run time, as a JIT compiler writes it for perf: text lines
 * "start size name", start and size in hex, the name to the end of the line.
 *
 * Format: tools/perf/Documentation/jit-interface.txt of the Linux sources.
 */
#ifndef THAG_SYMBOLIZER_PERF_MAP_H
#define THAG_SYMBOLIZER_PERF_MAP_H

#include <stddef.h>
#include <stdint.h>
#include "symbol_names.h"

struct perf_map;

/* Reads `bytes` of text; lines that do not fit the format are left out. Never fails. */
struct perf_map *perf_map_parse(const char *text, size_t bytes, struct symbol_names *names);

/* Returns 0 or a negative errno; the map is the caller's. */
int perf_map_open(const char *path, struct symbol_names *names, struct perf_map **ret_map);

void perf_map_free(struct perf_map *map);

/*
 * The name of the code at `address` or NULL. Where pieces overlap the one written last counts: a
 * JIT uses memory again.
 */
const char *perf_map_find(const struct perf_map *map, uint64_t address);

#endif

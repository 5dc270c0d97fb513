/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a selection looks like by function, by module and by place: rows to print or export. */
#ifndef THAG_REPORT_TABLES_H
#define THAG_REPORT_TABLES_H

#include "selection.h"

/* By function, by module or by file: the key is its number. */
struct table_row {
	uint32_t key;
	uint64_t self[METRICS];
	uint64_t total[METRICS]; /* recursion counted once */
};

/*
 * Functions (not the root) with anything but zero, largest total of `sort` first, ties by name.
 * GArray of struct table_row; g_array_unref() it.
 */
GArray *table_functions(const struct selection *selection, enum metric sort);

/* Modules, by the self of their functions; total: with a frame of the module on the call path. */
GArray *table_modules(const struct selection *selection, enum metric sort);

/* How nodes are put together. */
struct grouping {
	guint count; /* of keys */
	uint32_t (*key)(const struct profile *profile, uint32_t node);
	const char *(*name)(const struct profile *profile, uint32_t key);
};

struct grouping grouping_by_function(const struct profile *profile);
struct grouping grouping_by_module(const struct profile *profile);
struct grouping grouping_by_file(const struct profile *profile);

/* By node: 1 where no node above has its key. g_free() it. */
uint8_t *grouping_outermost(const struct grouping *grouping, const struct profile *profile);

/* A call path with its value: `node` is who asked, past the allocator's own frames. */
struct table_path {
	uint32_t node;
	uint64_t value;
	uint64_t blocks; /* that go with bytes; of other units nothing */
};

/* Call paths with a value, the largest first. GArray of struct table_path. */
GArray *table_paths(const struct selection *selection, enum metric metric);

/* The nearest node at or above `node` that is not the allocator's or a container's own. */
uint32_t table_site(const struct profile *profile, uint32_t node);

/* "file.c:12" with the directory left out, the module's name where the file is not known, or "". */
char *table_place(const struct profile *profile, uint32_t node);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Gives the modules, files, functions and frames of a profile that is being built their numbers,
 * each once. A function is a name in a module; a frame is a place in a function.
 */
#ifndef THAG_PROFILE_FRAME_TABLE_H
#define THAG_PROFILE_FRAME_TABLE_H

#include "profile.h"
#include "symbolizer.h"

struct frame_table {
	struct profile *profile; /* its tables are filled */
	GHashTable *files;	 /* text (owned by the profile) -> number */
	GHashTable *functions;
	GHashTable *frames;
};

void frame_table_init(struct frame_table *table, struct profile *profile);
void frame_table_fini(struct frame_table *table);

/* `module`: an entry of the profile's modules. */
uint32_t frame_table_add(struct frame_table *table, uint32_t module, const struct symbol *symbol);

/* The number of a file, 0 of "". */
uint32_t frame_table_add_file(struct frame_table *table, const char *path);

/* The frame of what the source named; `ret_function` is the function of its name. */
uint32_t frame_table_add_named(struct frame_table *table, uint32_t kind, const char *name,
	const char *file, uint32_t line, uint32_t *ret_function);

/* The frame of a mark, such as "[unknown]". */
uint32_t frame_table_add_pseudo(struct frame_table *table, const char *name);

/*
 * Renumbers the frames so that they are sorted by name, module, file and line. Returns the new
 * number of each old one; g_free() it. The table takes no more frames.
 */
uint32_t *frame_table_sort(struct frame_table *table);

#endif

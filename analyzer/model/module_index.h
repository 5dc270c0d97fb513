/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which module of a process holds an address. Modules come and go (dlopen, dlclose), so that one
 * address may have belonged to several in turn: the time decides among them, in whatever unit the
 * modules' own times are.
 */
#ifndef THAG_MODULE_INDEX_H
#define THAG_MODULE_INDEX_H

#include "model.h"

struct module_index {
	guint count;
	const struct module **modules; /* by first address */
	uint64_t *ends;		       /* the largest end of modules[0..i] */
};

/* `modules` (struct module) is borrowed for the life of the index. */
void module_index_init(struct module_index *index, const GPtrArray *modules);
void module_index_fini(struct module_index *index);

/*
 * The module at `address` that was there at `time`, or else the one that was there nearest to
 * it (announcements lag behind). NULL: none ever was.
 */
const struct module *module_index_find(
	const struct module_index *index, uint64_t address, uint64_t time);

#endif

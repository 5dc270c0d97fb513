/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "modules.h"
#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "session.h"
#include "tree.h"
#include "forbid.h"

enum {
	MODULES_MAX = 4096,
	BUILD_ID_BYTES_MAX = 64,
	PATH_BYTES_MAX = 4096
};

enum module_state {
	MODULE_FREE = 0,
	MODULE_NOTED, /* release; pairs with acquire wherever the list is read */
	MODULE_ANNOUNCED,
	MODULE_GONE,
};

/*
 * What is told of a module. Taken when it is noted, by a thread that has it on its stack: when it
 * is announced, perhaps by another, it may be about to go away.
 */
struct identity {
	uint64_t bias;
	uint32_t path_bytes, build_id_bytes;
	uint8_t build_id[BUILD_ID_BYTES_MAX];
	uint8_t path[PATH_BYTES_MAX];
};

struct module {
	uint32_t state; /* enum module_state */
	uint32_t unused;
	struct loader_object object;
	const struct identity *identity; /* NULL: there was no memory for it */
};

/* Entries are added at the end and never reused: a module's number is its index + 1. */
static struct module modules[MODULES_MAX];
static uint32_t module_count;

uint32_t modules_generation = 1;
uint32_t modules_unannounced;

static uint32_t
known_count(void)
{
	const uint32_t count = load_acquire(&module_count);

	return count < MODULES_MAX ? count : MODULES_MAX;
}

static bool
overlaps(const struct loader_object *a, const struct loader_object *b)
{
	return a->start < b->end && b->start < a->end;
}

static bool
is_same(const struct module *module, const struct loader_object *object)
{
	return module->object.map == object->map && module->object.start == object->start &&
	       module->object.end == object->end &&
	       module->object.eh_frame_header == object->eh_frame_header;
}

/* ---- what is told of a module ---- */

/* The build id in the notes of a module, by its program headers in memory. */
static void
find_build_id(const struct loader_object *object, struct identity *identity)
{
	const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)object->start;

	if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0)
		return;
	const ElfW(Phdr) *header = (const ElfW(Phdr) *)((const char *)elf + elf->e_phoff);

	for (unsigned i = 0; i < elf->e_phnum; i++) {
		const char *at = (const char *)object->map->l_addr + header[i].p_vaddr;
		const char *end = at + header[i].p_memsz;

		if (header[i].p_type != PT_NOTE)
			continue;
		while (at + sizeof(ElfW(Nhdr)) < end) {
			const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
			const char *name = at + sizeof(*note);
			const char *value = name + ((note->n_namesz + 3) & ~3u);

			if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
				note->n_descsz <= BUILD_ID_BYTES_MAX &&
				memcmp(name, "GNU", 4) == 0) {
				memcpy(identity->build_id, value, note->n_descsz);
				identity->build_id_bytes = note->n_descsz;
				return;
			}
			at = value + ((note->n_descsz + 3) & ~3u);
		}
	}
}

static void
find_path(const struct loader_object *object, struct identity *identity)
{
	const char *path = object->map->l_name;

	if (!*path) {
		/* The main program has no name for the loader. */
		const long count =
			system_readlink("/proc/self/exe", (char *)identity->path, PATH_BYTES_MAX);

		identity->path_bytes = count > 0 ? (uint32_t)count : 0;
		return;
	}
	if (strcmp(path, "linux-vdso.so.1") == 0)
		path = "[vdso]";
	identity->path_bytes = (uint32_t)strnlen(path, PATH_BYTES_MAX);
	memcpy(identity->path, path, identity->path_bytes);
}

static const struct identity *
identify(const struct loader_object *object)
{
	struct identity *identity = system_map(sizeof(*identity));

	if (!identity)
		return NULL;
	identity->bias = object->map->l_addr;
	find_build_id(object, identity);
	find_path(object, identity);
	return identity;
}

void
modules_note(const struct loader_object *object)
{
	bool reused = false;

	for (uint32_t i = 0; i < known_count(); i++) {
		const uint32_t state = load_acquire(&modules[i].state);

		if (state == MODULE_GONE)
			reused |= overlaps(&modules[i].object, object);
		else if (state != MODULE_FREE && is_same(&modules[i], object))
			return;
	}
	const uint32_t index = add_acq_rel(&module_count, 1);

	if (index >= MODULES_MAX)
		return; /* its frames will read as addresses */
	modules[index].object = *object;
	modules[index].identity = identify(object);
	store_release(&modules[index].state, MODULE_NOTED);
	add_release(&modules_unannounced, 1);
	if (reused)
		tree_restart();
}

/* ---- announcing ---- */

static void
announce(struct writer *writer, uint32_t index)
{
	static const struct identity unknown;
	uint32_t *busy = &session.process->announcing;
	struct module *module = &modules[index];
	uint32_t expected = MODULE_NOTED;

	if (exchange_acq_rel(busy, 1))
		return;
	if (cas_acq_rel(&module->state, &expected, MODULE_ANNOUNCED)) {
		const struct identity *identity = module->identity ? module->identity : &unknown;
		uint64_t numbers[MODULE_NUMBERS] = {
			[MODULE_NUMBER] = index + 1,
			[MODULE_BIAS] = identity->bias,
			[MODULE_START] = module->object.start,
			[MODULE_END] = module->object.end,
		};
		const struct record_string strings[MODULE_STRINGS] = {
			[MODULE_PATH] = {identity->path, identity->path_bytes},
			[MODULE_BUILD_ID] = {identity->build_id, identity->build_id_bytes},
		};

		writer_emit(
			writer, RECORD_MODULE, numbers, MODULE_NUMBERS, strings, MODULE_STRINGS);
		add_release(&modules_unannounced, (uint32_t)-1);
	}
	store_release(busy, 0);
}

void
modules_announce_slow(struct writer *writer)
{
	/* Nobody reads what calibration writes. */
	if (!writer->chunk || !writer->chunk->magic)
		return;
	for (uint32_t i = 0; i < known_count(); i++)
		if (load_acquire(&modules[i].state) == MODULE_NOTED)
			announce(writer, i);
}

/* ---- unloading ---- */

static void
forget(struct writer *writer, uint32_t index, uint32_t state)
{
	uint64_t numbers[] = {0, index + 1};

	if (!cas_acq_rel(&modules[index].state, &state, MODULE_GONE))
		return;
	add_release(&modules_generation, 1);
	if (state == MODULE_ANNOUNCED)
		writer_emit(writer, RECORD_MODULE_GONE, numbers, 2, NULL, 0);
	else
		add_release(&modules_unannounced, (uint32_t)-1);
}

void
modules_check(struct writer *writer)
{
	for (uint32_t i = 0; i < known_count(); i++) {
		const uint32_t state = load_acquire(&modules[i].state);
		struct loader_object object;

		if (state == MODULE_FREE || state == MODULE_GONE)
			continue;
		if (!loader_find(modules[i].object.start, &object) ||
			!is_same(&modules[i], &object))
			forget(writer, i, state);
	}
}

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

struct module {
	uint32_t state; /* enum module_state */
	uint32_t unused;
	struct loader_object object;
	const void *dynamic; /* with the addresses: tells whether it is still the same module */
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
	       module->object.end == object->end && module->dynamic == object->map->l_ld;
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
	modules[index].dynamic = object->map->l_ld;
	store_release(&modules[index].state, MODULE_NOTED);
	add_release(&modules_unannounced, 1);
	if (reused)
		tree_restart();
}

/* ---- announcing ---- */

/* The build id in the notes of a module, by its program headers in memory. */
static struct record_string
find_build_id(const struct module *module)
{
	const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)module->object.start;

	if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0)
		return (struct record_string){0};
	const ElfW(Phdr) *header = (const ElfW(Phdr) *)((const char *)elf + elf->e_phoff);

	for (unsigned i = 0; i < elf->e_phnum; i++) {
		const char *at = (const char *)module->object.map->l_addr + header[i].p_vaddr;
		const char *end = at + header[i].p_memsz;

		if (header[i].p_type != PT_NOTE)
			continue;
		while (at + sizeof(ElfW(Nhdr)) < end) {
			const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
			const char *name = at + sizeof(*note);
			const char *value = name + ((note->n_namesz + 3) & ~3u);

			if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
				note->n_descsz <= BUILD_ID_BYTES_MAX && memcmp(name, "GNU", 4) == 0)
				return (struct record_string){
					(const uint8_t *)value, note->n_descsz};
			at = value + ((note->n_descsz + 3) & ~3u);
		}
	}
	return (struct record_string){0};
}

static struct record_string
path_of(const struct module *module, char buffer[PATH_BYTES_MAX])
{
	const char *path = module->object.map->l_name;
	size_t length = strlen(path);

	if (!length) {
		/* The main program has no name for the loader. */
		const long count = system_readlink("/proc/self/exe", buffer, PATH_BYTES_MAX);

		path = buffer;
		length = count > 0 ? (size_t)count : 0;
	} else if (strcmp(path, "linux-vdso.so.1") == 0) {
		path = "[vdso]";
		length = strlen(path);
	}
	if (length > PATH_BYTES_MAX)
		length = PATH_BYTES_MAX;
	return (struct record_string){(const uint8_t *)path, (uint32_t)length};
}

static void
announce(struct writer *writer, uint32_t index)
{
	/* Static, because a hook may run on a stack of a few kilobytes; guarded by being the one
	 * that holds `busy`. */
	static char buffer[PATH_BYTES_MAX];
	uint32_t *busy = &session.process->announcing;
	struct module *module = &modules[index];
	uint32_t expected = MODULE_NOTED;

	if (exchange_acq_rel(busy, 1))
		return;
	if (cas_acq_rel(&module->state, &expected, MODULE_ANNOUNCED)) {
		uint64_t numbers[MODULE_NUMBERS] = {
			[MODULE_NUMBER] = index + 1,
			[MODULE_BIAS] = module->object.map->l_addr,
			[MODULE_START] = module->object.start,
			[MODULE_END] = module->object.end,
		};
		const struct record_string strings[MODULE_STRINGS] = {
			[MODULE_PATH] = path_of(module, buffer),
			[MODULE_BUILD_ID] = find_build_id(module),
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

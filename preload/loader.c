/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "loader.h"
#include <dlfcn.h>
#include <elf.h>
#include <stddef.h>
#include <string.h>
#include "forbid.h"

bool
loader_find(uint64_t address, struct loader_object *ret_object)
{
	struct dl_find_object found;

	if (_dl_find_object((void *)address, &found) != 0)
		return false;
	*ret_object = (struct loader_object){
		.start = (uint64_t)found.dlfo_map_start,
		.end = (uint64_t)found.dlfo_map_end,
		.map = found.dlfo_link_map,
		.eh_frame_header = found.dlfo_eh_frame,
	};
	return true;
}

/* ---- symbols ---- */

/* The parts of a module's dynamic section that a look-up needs. */
struct symbols {
	uint64_t bias;
	const ElfW(Sym) * table;
	const char *names;
	const uint16_t *versions; /* NULL: none */
	const uint32_t *gnu_hash; /* one of the two hashes, or NULL */
	const uint32_t *sysv_hash;
};

/* glibc has relocated most entries in place, but not those of a read-only section (the vdso's). */
static const void *
relocated(const struct link_map *map, uint64_t value)
{
	return (const void *)(value < map->l_addr ? value + map->l_addr : value);
}

static struct symbols
read_dynamic(const struct link_map *map)
{
	struct symbols symbols = {.bias = map->l_addr};

	for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
		const void *value = relocated(map, entry->d_un.d_ptr);

		switch (entry->d_tag) {
		case DT_SYMTAB:
			symbols.table = value;
			break;
		case DT_STRTAB:
			symbols.names = value;
			break;
		case DT_VERSYM:
			symbols.versions = value;
			break;
		case DT_GNU_HASH:
			symbols.gnu_hash = value;
			break;
		case DT_HASH:
			symbols.sysv_hash = value;
			break;
		}
	}
	return symbols;
}

/* A definition, of the version that a newly linked program would get. */
static bool
is_wanted(const struct symbols *symbols, uint32_t index, const char *name)
{
	enum {
		VERSION_HIDDEN = 0x8000
	};
	const ElfW(Sym) *symbol = &symbols->table[index];

	return symbol->st_shndx != SHN_UNDEF &&
	       !(symbols->versions && symbols->versions[index] & VERSION_HIDDEN) &&
	       strcmp(symbols->names + symbol->st_name, name) == 0;
}

/* Returns the symbol's index, 0 where there is none. */
static uint32_t
search_gnu(const struct symbols *symbols, const char *name)
{
	const uint32_t *header = symbols->gnu_hash;
	const uint32_t bucket_count = header[0], first = header[1], bloom_words = header[2];
	const uint32_t *buckets = header + 4 + bloom_words * (sizeof(ElfW(Addr)) / 4);
	const uint32_t *chain = buckets + bucket_count;
	uint32_t hash = 5381;

	for (const char *c = name; *c; c++)
		hash = hash * 33 + (uint8_t)*c;
	for (uint32_t i = bucket_count ? buckets[hash % bucket_count] : 0; i >= first && i; i++) {
		const uint32_t link = chain[i - first];

		if ((link | 1) == (hash | 1) && is_wanted(symbols, i, name))
			return i;
		if (link & 1)
			break;
	}
	return 0;
}

static uint32_t
search_sysv(const struct symbols *symbols, const char *name)
{
	const uint32_t *header = symbols->sysv_hash;
	const uint32_t *buckets = header + 2, *chain = buckets + header[0];
	uint32_t hash = 0;

	for (const char *c = name; *c; c++) {
		hash = (hash << 4) + (uint8_t)*c;
		hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
	}
	for (uint32_t i = header[0] ? buckets[hash % header[0]] : 0; i; i = chain[i])
		if (is_wanted(symbols, i, name))
			return i;
	return 0;
}

static void *
find_in(const struct link_map *map, const char *name)
{
	const struct symbols symbols = read_dynamic(map);
	uint32_t index = 0;

	if (!symbols.table || !symbols.names)
		return NULL;
	if (symbols.gnu_hash)
		index = search_gnu(&symbols, name);
	else if (symbols.sysv_hash)
		index = search_sysv(&symbols, name);
	if (!index)
		return NULL;
	void *code = (void *)(symbols.bias + symbols.table[index].st_value);

	if (ELF64_ST_TYPE(symbols.table[index].st_info) == STT_GNU_IFUNC)
		return ((void *(*)(void))code)();
	return code;
}

void *
loader_find_next(const char *symbol)
{
	struct loader_object self;

	if (!loader_find((uint64_t)&loader_find_next, &self))
		return NULL;
	for (const struct link_map *map = self.map->l_next; map; map = map->l_next) {
		void *code = find_in(map, symbol);

		if (code)
			return code;
	}
	return NULL;
}

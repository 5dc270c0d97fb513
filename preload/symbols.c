/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A module's functions are found in a hash table of indexes into its symbol table, by address.
 * Functions of one address follow one another there.
 */
#include "symbols.h"
#include <elf.h>
#include <stddef.h>
#include <string.h>
#include "atomics.h"
#include "modules.h"
#include "os/system.h"
#include "forbid.h"

enum {
	NAMES_BYTES_MAX = 1 << 30,
	PATH_BYTES_MAX = 4096,
};

struct symbols {
	struct symbols *next; /* constant once linked */
	struct loader_object object;
	uint32_t generation; /* of the modules, when it was read */
	uint32_t mask;
	const ElfW(Sym) * table; /* NULL: the module has none that can be read */
	const char *names;	 /* ends with a 0 byte */
	uint64_t names_bytes;
	uint32_t *slots; /* indexes into the table; 0: free */
};

/* Of all modules asked for; only added to (release, pairs with acquire). */
static struct symbols *all_symbols;

/* ---- the file ---- */

static char program_path[PATH_BYTES_MAX];

void
symbols_init(void)
{
	const long length = system_readlink("/proc/self/exe", program_path, PATH_BYTES_MAX - 1);

	program_path[length > 0 ? length : 0] = 0;
}

const char *
symbols_module_path(const struct loader_object *object)
{
	return *object->map->l_name ? object->map->l_name : program_path;
}

static bool
read_at(long fd, uint64_t offset, void *bytes, size_t count)
{
	uint8_t *at = bytes;

	while (count) {
		const long got =
			arch_syscall6(SYS_pread64, fd, (long)at, (long)count, (long)offset, 0, 0);

		if (got <= 0)
			return false;
		at += got;
		offset += (uint64_t)got;
		count -= (size_t)got;
	}
	return true;
}

/* Memory of its own with the section's bytes and a 0 byte behind them; NULL: it cannot be had. */
static void *
read_section(long fd, const ElfW(Shdr) * section)
{
	char *bytes;

	if (section->sh_type == SHT_NOBITS || !section->sh_size ||
		section->sh_size > NAMES_BYTES_MAX)
		return NULL;
	bytes = system_map(section->sh_size + 1);
	if (bytes && !read_at(fd, section->sh_offset, bytes, section->sh_size)) {
		system_unmap(bytes, section->sh_size + 1);
		bytes = NULL;
	}
	return bytes;
}

static bool
read_section_header(long fd, const ElfW(Ehdr) * elf, uint32_t index, ElfW(Shdr) * ret_header)
{
	return index < elf->e_shnum &&
	       read_at(fd, elf->e_shoff + (uint64_t)index * sizeof(*ret_header), ret_header,
		       sizeof(*ret_header));
}

/* The full symbol table, or else the one for dynamic linking. */
static bool
find_table(long fd, const ElfW(Ehdr) * elf, ElfW(Shdr) * ret_table)
{
	bool found = false;

	for (uint32_t i = 0; i < elf->e_shnum; i++) {
		ElfW(Shdr) header;

		if (!read_section_header(fd, elf, i, &header))
			return false;
		if (header.sh_type == SHT_SYMTAB || (header.sh_type == SHT_DYNSYM && !found)) {
			*ret_table = header;
			found = true;
		}
		if (header.sh_type == SHT_SYMTAB)
			break;
	}
	return found;
}

/* ---- the table ---- */

static uint32_t
home(const struct symbols *symbols, uint64_t value)
{
	return (uint32_t)((value * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & symbols->mask;
}

static bool
is_function(const ElfW(Sym) * symbol)
{
	const unsigned type = ELF64_ST_TYPE(symbol->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF;
}

static bool
index_functions(struct symbols *symbols, uint64_t count)
{
	uint64_t functions = 0, slots = 64;

	for (uint64_t i = 1; i < count; i++)
		functions += is_function(&symbols->table[i]);
	while (slots < 2 * functions)
		slots *= 2;
	symbols->slots = system_map(slots * sizeof(*symbols->slots));
	if (!symbols->slots)
		return false;
	symbols->mask = (uint32_t)(slots - 1);
	for (uint64_t i = 1; i < count; i++) {
		uint32_t at;

		if (!is_function(&symbols->table[i]))
			continue;
		at = home(symbols, symbols->table[i].st_value);
		while (symbols->slots[at])
			at = (at + 1) & symbols->mask;
		symbols->slots[at] = (uint32_t)i;
	}
	return true;
}

static void
read_table(struct symbols *symbols, long fd)
{
	const ElfW(Ehdr) *loaded = (const ElfW(Ehdr) *)symbols->object.start;
	ElfW(Shdr) table, names;
	ElfW(Ehdr) elf;
	void *bytes, *text;

	/* The file may have been replaced since it was loaded. */
	if (!read_at(fd, 0, &elf, sizeof(elf)) || memcmp(&elf, loaded, sizeof(elf)) != 0 ||
		memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 || !find_table(fd, &elf, &table) ||
		!read_section_header(fd, &elf, table.sh_link, &names))
		return;
	bytes = read_section(fd, &table);
	text = read_section(fd, &names);
	symbols->table = bytes;
	symbols->names = text;
	symbols->names_bytes = names.sh_size;
	if (bytes && text && index_functions(symbols, table.sh_size / sizeof(ElfW(Sym))))
		return;
	if (bytes)
		system_unmap(bytes, table.sh_size + 1);
	if (text)
		system_unmap(text, names.sh_size + 1);
	symbols->table = NULL;
}

static struct symbols *
read_module(const struct loader_object *object)
{
	struct symbols *symbols = system_map(sizeof(*symbols));
	const char *path = *object->map->l_name ? object->map->l_name : "/proc/self/exe";
	long fd;

	if (!symbols)
		return NULL;
	symbols->object = *object;
	symbols->generation = load_acquire(&modules_generation);
	fd = system_open(path, O_RDONLY, 0);
	if (!system_failed(fd)) {
		read_table(symbols, fd);
		system_close(fd);
	}
	symbols->next = load_acquire(&all_symbols);
	while (!cas_acq_rel(&all_symbols, &symbols->next, symbols))
		;
	return symbols;
}

/* After an unloading another module may be where one was. */
static struct symbols *
find_module(const struct loader_object *object)
{
	const uint32_t generation = load_acquire(&modules_generation);

	for (struct symbols *s = load_acquire(&all_symbols); s; s = s->next)
		if (s->object.start == object->start && s->object.map == object->map &&
			s->generation == generation)
			return s;
	return read_module(object);
}

bool
symbols_visit(const struct loader_object *object, uint64_t address,
	bool (*visit)(void *context, const char *name), void *context)
{
	const uint64_t value = address - object->map->l_addr;
	const struct symbols *symbols = find_module(object);

	if (!symbols || !symbols->table)
		return false;
	for (uint32_t at = home(symbols, value); symbols->slots[at];
		at = (at + 1) & symbols->mask) {
		const ElfW(Sym) *symbol = &symbols->table[symbols->slots[at]];

		if (symbol->st_value == value && symbol->st_name < symbols->names_bytes &&
			visit(context, symbols->names + symbol->st_name))
			return true;
	}
	return false;
}

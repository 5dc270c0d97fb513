/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Several symbols may stand for the same code. The smallest that holds the address is taken; of
 * equal ones the one that ranks highest: a function before a bare label, global before weak before
 * local, few leading underscores, a short name, the first in the alphabet.
 *
 * Assembler code often gives no size. Such a symbol holds what follows up to the next symbol or the
 * end of its section, but only where the table is full: in .dynsym all that is not exported would
 * go by the name of its neighbour.
 */
#include <gelf.h>
#include <glib.h>
#include <string.h>
#include "range_index.h"
#include "symbol_table.h"

struct table_symbol {
	uint64_t low, high;
	uint64_t limit; /* end of its section */
	const char *name;
	int rank;
};

struct symbol_table {
	GArray *symbols; /* struct table_symbol, by address, then best first */
	struct range_index ranges;
	GStringChunk *names; /* of those that had to be cut */
	bool is_full;
};

static int
table_rank(const GElf_Sym *symbol, const char *name)
{
	static const int binding[] = {[STB_LOCAL] = 0, [STB_GLOBAL] = 2, [STB_WEAK] = 1};
	const unsigned bind = GELF_ST_BIND(symbol->st_info);
	int rank = GELF_ST_TYPE(symbol->st_info) == STT_NOTYPE ? 0 : 256;

	rank += bind < G_N_ELEMENTS(binding) ? binding[bind] * 64 : 128;
	return rank - (int)MIN(strspn(name, "_"), 15);
}

static int
table_compare(const void *left_, const void *right_)
{
	const struct table_symbol *left = left_, *right = right_;
	const size_t left_length = strlen(left->name), right_length = strlen(right->name);

	if (left->low != right->low)
		return left->low < right->low ? -1 : 1;
	if (left->rank != right->rank)
		return left->rank > right->rank ? -1 : 1;
	if (left_length != right_length)
		return left_length < right_length ? -1 : 1;
	return strcmp(left->name, right->name);
}

/* Whether a symbol can be code; labels of the tool chain for itself are none. */
static bool
table_wants(const GElf_Sym *symbol, GElf_Word section, const char *name)
{
	const unsigned type = GELF_ST_TYPE(symbol->st_info);

	if (section == SHN_UNDEF || !name || !*name)
		return false;
	if (type == STT_FUNC || type == STT_GNU_IFUNC)
		return true;
	return type == STT_NOTYPE && *name != '$' && strncmp(name, ".L", 2) != 0;
}

/* "malloc@@GLIBC_2.2.5" is malloc. */
static const char *
table_cut_version(struct symbol_table *table, const char *name)
{
	const char *at = strchr(name, '@');

	if (!at || at == name)
		return name;
	return g_string_chunk_insert_len(table->names, name, at - name);
}

static void
table_add(struct symbol_table *table, Dwfl_Module *module, int i)
{
	GElf_Sym symbol;
	GElf_Addr address;
	GElf_Word number;
	Elf *elf;
	GElf_Shdr section;
	Dwarf_Addr bias;
	const char *name =
		dwfl_module_getsym_info(module, i, &symbol, &address, &number, &elf, &bias);
	struct table_symbol added = {.low = address};

	if (!table_wants(&symbol, name ? number : SHN_UNDEF, name))
		return;
	if (number >= SHN_LORESERVE || !gelf_getshdr(elf_getscn(elf, number), &section) ||
		!(section.sh_flags & SHF_EXECINSTR))
		return;
	added.limit = section.sh_addr + bias + section.sh_size;
	added.high = symbol.st_size <= UINT64_MAX - address ? address + symbol.st_size : address;
	added.name = table_cut_version(table, name);
	added.rank = table_rank(&symbol, added.name);
	g_array_append_val(table->symbols, added);
}

/* Where the symbol after number `i` begins, or the section ends. */
static uint64_t
table_room(const struct symbol_table *table, guint i)
{
	const struct table_symbol *symbol = &g_array_index(table->symbols, struct table_symbol, i);
	guint next = i;

	if (!table->is_full)
		return symbol->low + 1;
	while (next < table->symbols->len &&
		g_array_index(table->symbols, struct table_symbol, next).low == symbol->low)
		next++;
	if (next == table->symbols->len)
		return symbol->limit;
	return MIN(symbol->limit, g_array_index(table->symbols, struct table_symbol, next).low);
}

/* Gives symbols without a size the room up to the next, but a label in a function is no function.
 */
static void
table_stretch(struct symbol_table *table)
{
	uint64_t reach = 0;

	for (guint i = 0; i < table->symbols->len; i++) {
		struct table_symbol *symbol =
			&g_array_index(table->symbols, struct table_symbol, i);

		if (symbol->high == symbol->low && symbol->low >= reach)
			symbol->high = table_room(table, i);
		else
			reach = MAX(reach, symbol->high);
	}
}

static bool
table_has_symtab(Dwfl_Module *module)
{
	GElf_Sym symbol;
	GElf_Addr address;
	const int count = dwfl_module_getsymtab(module);

	/* Of the tables libdwfl may have read .dynsym alone never has local functions. */
	for (int i = 1; i < count; i++) {
		if (!dwfl_module_getsym_info(module, i, &symbol, &address, NULL, NULL, NULL))
			continue;
		if (GELF_ST_BIND(symbol.st_info) != STB_LOCAL)
			continue;
		if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC ||
			GELF_ST_TYPE(symbol.st_info) == STT_FILE)
			return true;
	}
	return false;
}

struct symbol_table *
symbol_table_new(Dwfl_Module *module)
{
	struct symbol_table *table = g_new0(struct symbol_table, 1);
	const int count = dwfl_module_getsymtab(module);

	table->symbols = g_array_new(FALSE, FALSE, sizeof(struct table_symbol));
	table->names = g_string_chunk_new(4096);
	table->is_full = table_has_symtab(module);
	range_index_init(&table->ranges);
	for (int i = 1; i < count; i++)
		table_add(table, module, i);
	g_array_sort(table->symbols, table_compare);
	table_stretch(table);
	for (guint i = 0; i < table->symbols->len; i++) {
		const struct table_symbol *symbol =
			&g_array_index(table->symbols, struct table_symbol, i);

		range_index_add(&table->ranges, symbol->low, symbol->high, i);
	}
	range_index_sort(&table->ranges);
	return table;
}

void
symbol_table_free(struct symbol_table *table)
{
	if (!table)
		return;
	g_array_unref(table->symbols);
	g_string_chunk_free(table->names);
	range_index_fini(&table->ranges);
	g_free(table);
}

const char *
symbol_table_find(const struct symbol_table *table, uint64_t address)
{
	const struct range *range = range_index_smallest(&table->ranges, address);

	return range ? g_array_index(table->symbols, struct table_symbol, range->value).name : NULL;
}

bool
symbol_table_is_full(const struct symbol_table *table)
{
	return table->is_full;
}

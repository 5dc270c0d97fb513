/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <errno.h>
#include <string.h>
#include "symbol_module.h"

/* The part of `open_path` that stands before `path`, "" where it is seen under its own name. */
static char *
module_root(const char *path, const char *open_path)
{
	if (!open_path || !g_str_has_suffix(open_path, path) || *path != '/')
		return g_strdup("");
	return g_strndup(open_path, strlen(open_path) - strlen(path));
}

static char *
module_complain_open(const struct symbol_module *module, int error)
{
	if (error == -ENOEXEC)
		return g_strdup_printf(
			"%s is not an ELF program or library: no names for it", module->path);
	return g_strdup_printf(
		"%s cannot be read (%s): no names for it", module->path, g_strerror(-error));
}

static char *
module_complain_id(const struct symbol_module *module)
{
	g_autofree char *wanted = elf_build_id_text(&module->wanted_id);
	g_autofree char *found = elf_build_id_text(&module->main.build_id);

	return g_strdup_printf("%s is not the file that was running (build id %s, expected %s): "
			       "no names for it",
		module->path, *found ? found : "none", wanted);
}

/* Opens `path` as the module's own file; if it is not there or another one, says so in `complaint`.
 */
static bool
module_open_as(struct symbol_module *module, const char *path)
{
	const int error = elf_file_open(&module->main, path);

	g_clear_pointer(&module->complaint, g_free);
	if (error != 0) {
		module->main.fd = -1;
		module->complaint = module_complain_open(module, error);
		return false;
	}
	if (module->wanted_id.byte_count &&
		!elf_build_id_equal(&module->wanted_id, &module->main.build_id)) {
		module->complaint = module_complain_id(module);
		elf_file_close(&module->main);
		return false;
	}
	return true;
}

/*
 * By way of the process, which may be in another mount namespace; it may be gone at any moment, and
 * the way with it. Then by the module's own path, where the build id tells whether it is the same.
 */
static void
module_open_main(struct symbol_module *module, const char *open_path)
{
	if (open_path && module_open_as(module, open_path)) {
		module->root = module_root(module->path, open_path);
		return;
	}
	module->root = g_strdup("");
	module_open_as(module, module->path);
}

/* A debug file alone has all the names too: it replaces a file that is gone. */
static void
module_open_debug(struct symbol_module *module, const struct symbol_context *context)
{
	const struct debug_search search = {
		.directories = *context->debug_directories, .root = module->root};

	if (module->main.fd >= 0) {
		if (!module->main.has_debug_info)
			debug_search_file(&search, &module->main, module->path, &module->debug);
	} else if (debug_search_build_id(&search, &module->wanted_id, &module->main)) {
		g_clear_pointer(&module->complaint, g_free);
	}
}

static struct symbol_module *
module_new_empty(const char *path)
{
	struct symbol_module *module = g_new0(struct symbol_module, 1);

	module->path = g_strdup(path);
	module->main.fd = module->debug.fd = -1;
	module->chains = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	module->unknown = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	module->pending = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	return module;
}

struct symbol_module *
symbol_module_new(const struct symbolizer_module *description, const struct symbol_context *context)
{
	struct symbol_module *module = module_new_empty(description->path);

	module->wanted_id = elf_build_id_of(description->build_id, description->build_id_bytes);
	module_open_main(module, description->open_path);
	module_open_debug(module, context);
	return module;
}

struct symbol_module *
symbol_module_new_map(const char *path, struct perf_map *map)
{
	struct symbol_module *module = module_new_empty(path);

	module->map = map;
	return module;
}

void
symbol_module_free(struct symbol_module *module)
{
	if (!module)
		return;
	symbol_session_free(module->session);
	elf_file_close(&module->main);
	elf_file_close(&module->debug);
	perf_map_free(module->map);
	g_hash_table_unref(module->chains);
	g_hash_table_unref(module->unknown);
	g_array_unref(module->pending);
	g_free(module->path);
	g_free(module->root);
	g_free(module->complaint);
	g_free(module);
}

void
symbol_module_want(struct symbol_module *module, uint64_t address)
{
	if (g_hash_table_contains(module->chains, (gpointer)address))
		return;
	g_hash_table_insert(module->chains, (gpointer)address, NULL);
	g_array_append_val(module->pending, address);
}

struct symbol
symbol_module_offset_symbol(
	const struct symbol_module *module, uint64_t address, const struct symbol_context *context)
{
	const char *slash = strrchr(module->path, '/');
	g_autofree char *text = g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x",
		slash && slash[1] ? slash + 1 : module->path, address);

	return (struct symbol){
		.function = symbol_names_intern(context->names, text), .precision = SYMBOL_OFFSET};
}

struct symbol_chain *
symbol_chain_new(uint32_t count, struct symbol **ret_symbols)
{
	struct symbol_chain *chain =
		g_malloc0(sizeof(struct symbol_chain) + count * sizeof(struct symbol));
	struct symbol *symbols = (struct symbol *)(void *)(chain + 1);

	*chain = (struct symbol_chain){.symbols = symbols, .count = count};
	*ret_symbols = symbols;
	return chain;
}

struct symbol_chain *
symbol_chain_new_single(struct symbol symbol)
{
	struct symbol *symbols;
	struct symbol_chain *chain = symbol_chain_new(1, &symbols);

	symbols[0] = symbol;
	return chain;
}

struct symbol_chain
symbol_module_find(
	struct symbol_module *module, uint64_t address, const struct symbol_context *context)
{
	struct symbol_chain *chain = g_hash_table_lookup(module->chains, (gpointer)address);

	if (!chain)
		chain = g_hash_table_lookup(module->unknown, (gpointer)address);
	if (!chain) {
		chain = symbol_chain_new_single(
			symbol_module_offset_symbol(module, address, context));
		g_hash_table_insert(module->unknown, (gpointer)address, chain);
	}
	return *chain;
}

uint64_t
symbol_module_bytes(const struct symbol_module *module)
{
	if (module->debug.fd >= 0)
		return (uint64_t)module->debug.status.st_size;
	return module->main.fd >= 0 ? (uint64_t)module->main.status.st_size : 0;
}

uint64_t
symbol_module_weight(const struct symbol_module *module)
{
	const struct elf_file *file = module->debug.fd >= 0 ? &module->debug : &module->main;

	return module->pending->len && file->fd >= 0 ? (uint64_t)file->status.st_size : 0;
}

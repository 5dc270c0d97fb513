/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include "symbol_module.h"
#include "symbolizer.h"

#define SYMBOLIZER_DEBUG_DIRECTORIES "/usr/lib/debug"

enum {
	/* What is bigger is not read on the mere chance that it will be needed. */
	AHEAD_BYTES_MAX = 64 << 20
};

struct symbolizer {
	struct symbol_names names;
	GStrv debug_directories;
	struct symbol_context context;
	unsigned threads;
	bool is_ahead;
	GThreadPool *ahead;  /* of one thread; NULL: there is nothing to read ahead */
	GPtrArray *modules;  /* struct symbol_module, by number */
	GHashTable *by_file; /* what identifies a file -> its module's number + 1 */
};

struct symbolizer *
symbolizer_new(const struct symbolizer_options *options)
{
	struct symbolizer *symbolizer = g_new0(struct symbolizer, 1);
	const char *directories = options->debug_directories ? options->debug_directories
							     : SYMBOLIZER_DEBUG_DIRECTORIES;

	symbol_names_init(&symbolizer->names);
	symbolizer->debug_directories = g_strsplit(directories, ":", -1);
	symbolizer->context = (struct symbol_context){
		.names = &symbolizer->names,
		.debug_directories = &symbolizer->debug_directories,
		.debuginfod = options->debuginfod,
	};
	symbolizer->threads = options->threads ? options->threads : g_get_num_processors();
	symbolizer->is_ahead = options->ahead;
	symbolizer->modules = g_ptr_array_new_with_free_func((GDestroyNotify)symbol_module_free);
	symbolizer->by_file = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return symbolizer;
}

static void
ahead_run(void *module, void *context)
{
	symbol_module_prepare(module, context);
}

static void
symbolizer_read_ahead(struct symbolizer *symbolizer, struct symbol_module *module)
{
	const uint64_t bytes = symbol_module_bytes(module);

	if (!symbolizer->is_ahead || bytes == 0 || bytes > AHEAD_BYTES_MAX)
		return;
	if (!symbolizer->ahead)
		symbolizer->ahead =
			g_thread_pool_new(ahead_run, &symbolizer->context, 1, FALSE, NULL);
	if (symbolizer->ahead)
		g_thread_pool_push(symbolizer->ahead, module, NULL);
}

/* From here on no other thread looks at any module; what was not begun is left. */
static void
symbolizer_stop_reading(struct symbolizer *symbolizer)
{
	if (symbolizer->ahead)
		g_thread_pool_free(symbolizer->ahead, TRUE, TRUE);
	symbolizer->ahead = NULL;
}

void
symbolizer_free(struct symbolizer *symbolizer)
{
	if (!symbolizer)
		return;
	symbolizer_stop_reading(symbolizer);
	g_ptr_array_unref(symbolizer->modules);
	g_hash_table_unref(symbolizer->by_file);
	g_strfreev(symbolizer->debug_directories);
	symbol_names_fini(&symbolizer->names);
	g_free(symbolizer);
}

/* Same build id and path; NULL where there is no build id and a path proves nothing. */
static char *
symbolizer_key_of_path(const struct symbolizer_module *description)
{
	const struct elf_build_id id =
		elf_build_id_of(description->build_id, description->build_id_bytes);
	g_autofree char *id_text = elf_build_id_text(&id);

	return *id_text ? g_strconcat(id_text, ":", description->path, NULL) : NULL;
}

/* Same file, and expected to be the same. */
static char *
symbolizer_key_of_file(const struct symbol_module *module)
{
	const struct stat *status = &module->main.status;
	g_autofree char *id_text = elf_build_id_text(&module->wanted_id);

	if (module->main.fd < 0 || strcmp(module->path, ELF_FILE_VDSO) == 0)
		return g_strdup_printf("%s;%s", id_text, module->path);
	return g_strdup_printf("%s@%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT ".%" G_GINT64_FORMAT
			       ".%ld",
		id_text, (guint64)status->st_dev, (guint64)status->st_ino,
		(gint64)status->st_mtim.tv_sec, status->st_mtim.tv_nsec);
}

static uint32_t
symbolizer_enter(struct symbolizer *symbolizer, char *key, struct symbol_module *module)
{
	const gpointer known = g_hash_table_lookup(symbolizer->by_file, key);

	if (known) {
		symbol_module_free(module);
		g_free(key);
		return GPOINTER_TO_UINT(known) - 1;
	}
	g_ptr_array_add(symbolizer->modules, module);
	g_hash_table_insert(symbolizer->by_file, key, GUINT_TO_POINTER(symbolizer->modules->len));
	symbolizer_read_ahead(symbolizer, module);
	return symbolizer->modules->len - 1;
}

uint32_t
symbolizer_add_module(struct symbolizer *symbolizer, const struct symbolizer_module *description)
{
	g_autofree char *path_key = symbolizer_key_of_path(description);
	const gpointer known = path_key ? g_hash_table_lookup(symbolizer->by_file, path_key) : NULL;
	struct symbol_module *module;
	uint32_t number;

	if (known)
		return GPOINTER_TO_UINT(known) - 1;
	module = symbol_module_new(description, &symbolizer->context);
	number = symbolizer_enter(symbolizer, symbolizer_key_of_file(module), module);
	if (path_key)
		g_hash_table_insert(symbolizer->by_file, g_steal_pointer(&path_key),
			GUINT_TO_POINTER(number + 1));
	return number;
}

int64_t
symbolizer_add_map(struct symbolizer *symbolizer, const char *path)
{
	struct perf_map *map;
	const int error = perf_map_open(path, &symbolizer->names, &map);

	if (error != 0)
		return error;
	g_ptr_array_add(symbolizer->modules, symbol_module_new_map(path, map));
	return symbolizer->modules->len - 1;
}

static struct symbol_module *
symbolizer_module_at(const struct symbolizer *symbolizer, uint32_t number)
{
	g_assert(number < symbolizer->modules->len);
	return g_ptr_array_index(symbolizer->modules, number);
}

void
symbolizer_want(struct symbolizer *symbolizer, uint32_t module, uint64_t address)
{
	symbol_module_want(symbolizer_module_at(symbolizer, module), address);
}

/* Modules to be resolved, and the threads that take one after the other. */
struct resolving {
	const struct symbol_context *context;
	GPtrArray *modules; /* the heaviest first, so that none is left for the end */
	_Atomic guint next; /* every thread, relaxed: the modules were written before it started */
};

static int
resolving_compare(const void *left_, const void *right_)
{
	const struct symbol_module *const *left = left_, *const *right = right_;
	const uint64_t left_weight = symbol_module_weight(*left),
		       right_weight = symbol_module_weight(*right);

	return left_weight > right_weight ? -1 : left_weight < right_weight;
}

static void *
resolving_run(void *resolving_)
{
	struct resolving *resolving = resolving_;

	for (;;) {
		const guint i =
			atomic_fetch_add_explicit(&resolving->next, 1, memory_order_relaxed);

		if (i >= resolving->modules->len)
			return NULL;
		symbol_module_resolve(g_ptr_array_index(resolving->modules, i), resolving->context);
	}
}

void
symbolizer_resolve_all(struct symbolizer *symbolizer)
{
	struct resolving resolving = {
		.context = &symbolizer->context, .modules = g_ptr_array_new()};
	g_autoptr(GPtrArray) threads = g_ptr_array_new();
	unsigned helpers;

	symbolizer_stop_reading(symbolizer);
	for (guint i = 0; i < symbolizer->modules->len; i++) {
		struct symbol_module *module = g_ptr_array_index(symbolizer->modules, i);

		if (module->pending->len)
			g_ptr_array_add(resolving.modules, module);
	}
	g_ptr_array_sort(resolving.modules, resolving_compare);
	helpers = MIN(symbolizer->threads, resolving.modules->len);
	/* This thread is one of them; fewer than wanted may be had. */
	for (unsigned i = 1; i < helpers; i++) {
		GThread *thread = g_thread_try_new("symbolizer", resolving_run, &resolving, NULL);

		if (thread)
			g_ptr_array_add(threads, thread);
	}
	resolving_run(&resolving);
	for (guint i = 0; i < threads->len; i++)
		g_thread_join(g_ptr_array_index(threads, i));
	g_ptr_array_unref(resolving.modules);
}

struct symbol_chain
symbolizer_find(struct symbolizer *symbolizer, uint32_t number, uint64_t address)
{
	return symbol_module_find(
		symbolizer_module_at(symbolizer, number), address, &symbolizer->context);
}

const char *
symbolizer_complaint(const struct symbolizer *symbolizer, uint32_t module)
{
	return symbolizer_module_at(symbolizer, module)->complaint;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What is known of each address of a module, best source first:
 *
 *	debug information -> symbol tables -> start of the function by the unwind tables -> offset
 *
 * libdwfl puts the files together (main file, debug file, .gnu_debugdata). It would also look for
 * debug files, and ask servers for them: its question is answered here with what
 * symbol_module_new() found, so that neither a file replaced in the meantime nor a slow network
 * plays a part unasked.
 */
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "dwarf_index.h"
#include "symbol_module.h"
#include "symbol_table.h"

struct symbol_session {
	struct symbol_module *module;
	const struct symbol_context *context;
	Dwfl *dwfl;
	Dwfl_Module *dwfl_module;
	struct dwarf_index *index; /* NULL: no debug information */
	Dwarf_Addr index_bias;
	Dwarf *alternative; /* dwz's common file */
	int alternative_fd;
	char *alternative_missing;  /* its name, where it was not found */
	struct symbol_table *table; /* NULL: not needed yet */
	Dwarf_CFI *unwind;
	Dwarf_Addr unwind_bias;
	bool unwind_tried;
	bool debug_given;
	char *failure;	/* why it could not be opened; NULL: it was */
	GArray *frames; /* struct dwarf_frame of one address */
};

static int
session_find_elf(Dwfl_Module *dwfl_module, void **userdata, const char *name, Dwarf_Addr base,
	char **ret_name, Elf **ret_elf)
{
	return -1;
}

static int
session_find_debug(Dwfl_Module *dwfl_module, void **userdata, const char *name, Dwarf_Addr base,
	const char *file_name, const char *debuglink, GElf_Word crc, char **ret_name)
{
	struct symbol_session *session = *userdata;
	const struct elf_file *debug = &session->module->debug;
	int fd;

	if (file_name && debug->fd >= 0) {
		/* Asked again, it is for dwz's common file: session_connect_alternative(). */
		if (session->debug_given || (fd = elf_file_dup(debug)) < 0)
			return -1;
		session->debug_given = true;
		*ret_name = strdup(debug->path);
		return fd;
	}
	if (!session->context->debuginfod)
		return -1;
	return dwfl_standard_find_debuginfo(
		dwfl_module, userdata, name, base, file_name, debuglink, crc, ret_name);
}

static const Dwfl_Callbacks session_callbacks = {
	.find_elf = session_find_elf,
	.find_debuginfo = session_find_debug,
	.section_address = dwfl_offline_section_address,
};

/* Connects dwz's common file, if there is one and it is found and right. */
static void
session_connect_alternative(struct symbol_session *session, Dwarf *dwarf)
{
	const struct symbol_module *module = session->module;
	const struct debug_search search = {
		.directories = *session->context->debug_directories, .root = module->root};
	const struct elf_file *debug = module->debug.fd >= 0 ? &module->debug : &module->main;
	const char *name;
	const void *id;
	const ssize_t id_bytes = dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &id);
	struct elf_build_id build_id;
	g_autofree char *path = NULL;

	if (id_bytes <= 0)
		return;
	build_id = elf_build_id_of(id, (size_t)id_bytes);
	path = debug_search_alternative(&search, debug->path, name, &build_id);
	if (path)
		session->alternative_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (session->alternative_fd >= 0)
		session->alternative = dwarf_begin(session->alternative_fd, DWARF_C_READ);
	if (session->alternative)
		dwarf_setalt(dwarf, session->alternative);
	else if (!dwarf_getalt(dwarf))
		session->alternative_missing = g_strdup(name);
}

static bool
session_open(struct symbol_session *session)
{
	const struct symbol_module *module = session->module;
	const int fd = elf_file_dup(&module->main);
	void **userdata;
	Dwarf *dwarf;

	if (fd < 0 || !(session->dwfl = dwfl_begin(&session_callbacks))) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	dwfl_report_begin(session->dwfl);
	/* At base 0, keeping the file's own addresses: these are the addresses asked for. */
	session->dwfl_module =
		dwfl_report_elf(session->dwfl, module->path, module->main.path, fd, 0, true);
	if (!session->dwfl_module) {
		close(fd);
		return false;
	}
	dwfl_report_end(session->dwfl, NULL, NULL);
	dwfl_module_info(session->dwfl_module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	*userdata = session;
	dwarf = dwfl_module_getdwarf(session->dwfl_module, &session->index_bias);
	if (dwarf) {
		session_connect_alternative(session, dwarf);
		session->index = dwarf_index_new(dwarf, session->context->names);
	}
	return true;
}

void
symbol_session_free(struct symbol_session *session)
{
	if (!session)
		return;
	dwarf_index_free(session->index);
	symbol_table_free(session->table);
	if (session->dwfl)
		dwfl_end(session->dwfl);
	if (session->alternative)
		dwarf_end(session->alternative);
	if (session->alternative_fd >= 0)
		close(session->alternative_fd);
	g_free(session->alternative_missing);
	g_free(session->failure);
	g_array_unref(session->frames);
	g_free(session);
}

/* The name that the symbol tables have for `address`; NULL. */
static const char *
session_symbol_name(struct symbol_session *session, uint64_t address)
{
	const char *name;

	if (!session->table)
		session->table = symbol_table_new(session->dwfl_module);
	name = symbol_table_find(session->table, address);
	return name ? symbol_names_intern_symbol(session->context->names, name) : NULL;
}

/*
 * Where the function without a name that holds `address` begins, so that its calls stay together;
 * `address` itself where that is not known.
 */
static uint64_t
session_function_start(struct symbol_session *session, uint64_t address)
{
	Dwarf_Frame *frame;
	Dwarf_Addr start, end;

	if (!session->unwind_tried)
		session->unwind = dwfl_module_eh_cfi(session->dwfl_module, &session->unwind_bias);
	session->unwind_tried = true;
	if (!session->unwind ||
		dwarf_cfi_addrframe(session->unwind, address - session->unwind_bias, &frame) != 0)
		return address;
	dwarf_frame_info(frame, &start, &end, NULL);
	free(frame);
	start += session->unwind_bias;
	return start <= address ? start : address;
}

static struct symbol
session_find_symbol(struct symbol_session *session, uint64_t address)
{
	const char *name = session_symbol_name(session, address);

	if (name)
		return (struct symbol){.function = name, .precision = SYMBOL_NAME};
	return symbol_module_offset_symbol(
		session->module, session_function_start(session, address), session->context);
}

static struct symbol_chain *
session_chain_of_frames(struct symbol_session *session, uint64_t address)
{
	const uint32_t count = session->frames->len;
	struct symbol *symbols;
	struct symbol_chain *chain = symbol_chain_new(count, &symbols);

	for (uint32_t i = 0; i < count; i++) {
		const struct dwarf_frame *frame =
			&g_array_index(session->frames, struct dwarf_frame, i);

		symbols[i] = (struct symbol){
			.function = frame->function,
			.file = frame->file,
			.line = frame->line,
			.column = frame->column,
			.inlined = i + 1 < count,
			.precision = SYMBOL_LINE,
		};
		/* Assembler code has lines but its functions are known to the symbol table alone.
		 */
		if (!symbols[i].function)
			symbols[i].function = session_find_symbol(session, address).function;
	}
	return chain;
}

static struct symbol_chain *
session_find_chain(struct symbol_session *session, uint64_t address)
{
	g_array_set_size(session->frames, 0);
	if (session->index &&
		dwarf_index_find(session->index, address - session->index_bias, session->frames))
		return session_chain_of_frames(session, address);
	return symbol_chain_new_single(session_find_symbol(session, address));
}

static char *
session_complaint(const struct symbol_session *session)
{
	const char *path = session->module->path;

	if (session->alternative_missing)
		return g_strdup_printf("the debug information of %s is incomplete: %s is missing",
			path, session->alternative_missing);
	if (session->index) {
		const unsigned missing = dwarf_index_split_missing(session->index);

		return missing ? g_strdup_printf("the debug information of %s is incomplete: "
						 "%u .dwo files were not found",
					 path, missing)
			       : NULL;
	}
	if (strcmp(path, ELF_FILE_VDSO) == 0)
		return NULL;
	if (session->table && symbol_table_is_full(session->table))
		return g_strdup_printf("%s has no debug information: functions are known but no "
				       "lines (compile with -g or install its debug symbols)",
			path);
	return g_strdup_printf("%s is stripped: only what it exports has a name (install its debug "
			       "symbols or compile with -g)",
		path);
}

static void
module_store(struct symbol_module *module, uint64_t address, struct symbol_chain *chain)
{
	g_hash_table_replace(module->chains, (gpointer)address, chain);
}

static void
module_resolve_map(struct symbol_module *module, const struct symbol_context *context)
{
	for (guint i = 0; i < module->pending->len; i++) {
		const uint64_t address = g_array_index(module->pending, uint64_t, i);
		const char *name = perf_map_find(module->map, address);

		module_store(module, address,
			symbol_chain_new_single(
				name ? (struct symbol){.function = name, .precision = SYMBOL_NAME}
				     : symbol_module_offset_symbol(module, address, context)));
	}
}

static void
module_resolve_nothing(struct symbol_module *module, const struct symbol_context *context)
{
	for (guint i = 0; i < module->pending->len; i++) {
		const uint64_t address = g_array_index(module->pending, uint64_t, i);

		module_store(module, address,
			symbol_chain_new_single(
				symbol_module_offset_symbol(module, address, context)));
	}
}

static void
module_close_session(struct symbol_module *module)
{
	g_clear_pointer(&module->session, symbol_session_free);
}

static bool
module_is_intact(struct symbol_module *module)
{
	if (module->main.fd < 0)
		return false;
	if (!elf_file_is_intact(&module->main)) {
		g_free(module->complaint);
		module->complaint = g_strdup_printf(
			"%s was overwritten while it was in use: no names for it", module->path);
		module_close_session(module);
		elf_file_close(&module->main);
		return false;
	}
	if (module->debug.fd >= 0 && !elf_file_is_intact(&module->debug)) {
		module_close_session(module);
		elf_file_close(&module->debug);
	}
	return true;
}

static struct symbol_session *
session_new(struct symbol_module *module, const struct symbol_context *context)
{
	struct symbol_session *session = g_new0(struct symbol_session, 1);

	session->module = module;
	session->context = context;
	session->alternative_fd = -1;
	session->frames = g_array_new(FALSE, FALSE, sizeof(struct dwarf_frame));
	if (!session_open(session))
		session->failure = g_strdup(dwfl_errmsg(-1)); /* which knows this thread's own */
	return session;
}

static void
module_resolve_files(struct symbol_module *module, const struct symbol_context *context)
{
	if (!module->session)
		module->session = session_new(module, context);
	g_clear_pointer(&module->complaint, g_free);
	if (!module->session->failure) {
		for (guint i = 0; i < module->pending->len; i++) {
			const uint64_t address = g_array_index(module->pending, uint64_t, i);

			module_store(module, address, session_find_chain(module->session, address));
		}
		module->complaint = session_complaint(module->session);
	} else {
		module->complaint = g_strdup_printf("%s cannot be read (%s): no names for it",
			module->path, module->session->failure);
		module_resolve_nothing(module, context);
	}
	module_close_session(module);
}

void
symbol_module_prepare(struct symbol_module *module, const struct symbol_context *context)
{
	struct symbol_session *session;

	if (module->session || module->main.fd < 0)
		return;
	session = module->session = session_new(module, context);
	if (!session->failure && !session->index)
		session->table = symbol_table_new(session->dwfl_module);
}

void
symbol_module_resolve(struct symbol_module *module, const struct symbol_context *context)
{
	if (module->pending->len == 0)
		return;
	if (module->map)
		module_resolve_map(module, context);
	else if (module_is_intact(module))
		module_resolve_files(module, context);
	else
		module_resolve_nothing(module, context);
	g_array_set_size(module->pending, 0);
}

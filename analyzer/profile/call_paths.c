/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See call_paths.h. Nothing here recurses: call paths may be 100,000 deep. */
#include <string.h>

#include "call_paths.h"
#include "generated_code.h"
#include "named_build.h"
#include "record.h"

enum call_path_state {
	NOT_SEEN = ID_MAP_NONE,
	WANTED = ID_MAP_NONE - 1,
	ON_THE_WAY = ID_MAP_NONE - 2, /* a parent that leads back here is no parent */
	LAST_NUMBER = ID_MAP_NONE - 3,
};

/* An address as the symbolizer takes it. */
struct place {
	const struct module *module;
	uint64_t address;
};

struct chain {
	uint32_t first, count; /* in chain_frames, outermost first */
};

/* ---- what the processes share ---- */

static guint
hash_place(gconstpointer key)
{
	const struct place *place = key;

	return place->module->symbols * 31 + (guint)(place->address ^ place->address >> 32);
}

static gboolean
equal_place(gconstpointer a, gconstpointer b)
{
	const struct place *left = a, *right = b;

	return left->module->symbols == right->module->symbols && left->address == right->address;
}

void
call_path_target_init(
	struct call_path_target *target, struct profile *profile, struct symbolizer *symbolizer)
{
	target->profile = profile;
	target->symbolizer = symbolizer;
	frame_table_init(&target->frames, profile);
	tree_builder_init(&target->tree);
	id_map_init(&target->modules);
	target->chains = g_hash_table_new_full(hash_place, equal_place, g_free, g_free);
	target->chain_frames = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	target->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void
call_path_target_fini(struct call_path_target *target)
{
	frame_table_fini(&target->frames);
	tree_builder_fini(&target->tree);
	id_map_fini(&target->modules);
	g_hash_table_destroy(target->chains);
	g_array_free(target->chain_frames, TRUE);
	g_hash_table_destroy(target->places);
}

static const char *
hexadecimal(struct profile *profile, const uint8_t *bytes, size_t count)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (size_t i = 0; i < count; i++)
		g_string_append_printf(text, "%02x", bytes[i]);
	return profile_string(profile, text->str);
}

static uint32_t
add_module(struct call_path_target *target, const struct module *module)
{
	uint32_t *place = id_map_place(&target->modules, module->symbols);
	struct profile *profile = target->profile;

	if (*place == ID_MAP_NONE) {
		const struct profile_module row = {
			.path = profile_string(profile, module->path),
			.build_id = hexadecimal(profile, module->build_id, module->build_id_bytes),
			.complaint = profile_string(
				profile, symbolizer_complaint(target->symbolizer, module->symbols)),
		};

		*place = profile->modules->len;
		g_array_append_val(profile->modules, row);
	}
	return *place;
}

/*
 * What thag.h inlines into those who use it: it stands between a section and its function where the
 * section begins, but nowhere else.
 */
static bool
is_of_header(const struct symbol *symbol)
{
	const char *slash = symbol->file ? strrchr(symbol->file, '/') : NULL;

	return symbol->inlined && symbol->file && symbol->function &&
	       g_str_has_prefix(symbol->function, "thag_") &&
	       g_str_equal(slash ? slash + 1 : symbol->file, "thag.h");
}

/* The frames at a place, made on first sight. */
static struct chain
find_chain(struct call_path_target *target, struct place place)
{
	const struct chain *known = g_hash_table_lookup(target->chains, &place);
	struct symbol_chain symbols;
	struct chain chain;
	uint32_t module;

	if (known)
		return *known;
	module = add_module(target, place.module);
	symbols = symbolizer_find(target->symbolizer, place.module->symbols, place.address);
	chain.first = target->chain_frames->len;
	for (uint32_t i = symbols.count; i > 0; i--) {
		const struct symbol *symbol = &symbols.symbols[i - 1];
		uint32_t frame;

		if (is_of_header(symbol))
			continue;
		frame = frame_table_add(&target->frames, module, symbol);
		g_array_append_val(target->chain_frames, frame);
	}
	chain.count = target->chain_frames->len - chain.first;
	g_hash_table_insert(
		target->chains, g_memdup2(&place, sizeof(place)), g_memdup2(&chain, sizeof(chain)));
	return chain;
}

/* ---- one process ---- */

void
call_paths_init(struct call_paths *paths, struct call_path_target *target,
	const struct process *process, uint64_t run_start_realtime_ns)
{
	const guint count = process->nodes ? process->nodes->len : 0;

	paths->target = target;
	paths->nodes = process->nodes;
	paths->named = process->named;
	paths->places = process->named ? g_new0(uint32_t, process->named->places->len + 1) : NULL;
	paths->pid = process->pid;
	paths->start_realtime_ns = run_start_realtime_ns;
	module_index_init(&paths->modules, process->modules);
	paths->placed = g_new(uint32_t, count);
	memset(paths->placed, 0xff, count * sizeof(*paths->placed)); /* NOT_SEEN */
	paths->way = g_array_new(FALSE, FALSE, sizeof(uint32_t));
}

void
call_paths_fini(struct call_paths *paths)
{
	module_index_fini(&paths->modules);
	generated_code_free(paths->generated);
	g_free(paths->placed);
	g_free(paths->places);
	g_array_free(paths->way, TRUE);
}

/* NULL for node 0 and for what the process never named. */
static const struct node *
find_node(const struct call_paths *paths, uint32_t node)
{
	if (!node || !paths->nodes || node >= paths->nodes->len)
		return NULL;
	return &g_array_index(paths->nodes, struct node, node);
}

/* What holds an address that lies in no module. NULL: nobody knows. */
static const struct module *
find_generated(struct call_paths *paths)
{
	if (!paths->generated_sought)
		paths->generated = generated_code_new(
			paths->target->symbolizer, paths->pid, paths->start_realtime_ns);
	paths->generated_sought = true;
	return paths->generated;
}

/* False where no module holds the address. */
static bool
find_place(struct call_paths *paths, const struct node *node, struct place *ret_place)
{
	const uint64_t address =
		node->pc & RECORD_PC_EXACT ? node->pc & ~RECORD_PC_EXACT : node->pc - 1;
	const struct module *module = module_index_find(&paths->modules, address, node->seen_ns);

	if (!module)
		module = find_generated(paths);
	if (!module)
		return false;
	*ret_place = (struct place){module, address - module->bias};
	return true;
}

static bool
is_pseudo(const struct node *node)
{
	return (node->pc & ~RECORD_PC_EXACT) < RECORD_PC_LAST_PSEUDO || record_pc_number(node->pc);
}

/* The profiling library's own code, which no reader should meet. */
static bool
is_ours(const struct module *module)
{
	const char *path = module->path ? module->path : "";
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return g_str_equal(name, "libthag.so") || g_str_has_prefix(name, "libthag.so.");
}

void
call_paths_want(struct call_paths *paths, uint32_t number)
{
	const struct node *node;

	while ((node = find_node(paths, number)) && paths->placed[number] == NOT_SEEN) {
		struct place place;

		paths->placed[number] = WANTED;
		if (!is_pseudo(node) && find_place(paths, node, &place) && !is_ours(place.module))
			symbolizer_want(
				paths->target->symbolizer, place.module->symbols, place.address);
		number = node->parent;
	}
}

static const char *
pseudo_name(uint64_t pc)
{
	switch (pc & ~RECORD_PC_EXACT) {
	case RECORD_PC_TRUNCATED:
		return "[truncated]";
	case RECORD_PC_FOLDED:
		return "[recursion folded]";
	case RECORD_PC_THREAD:
		return "[thread]";
	case RECORD_PC_COROUTINE:
		return "[coroutine]";
	default:
		return "[unknown]";
	}
}

static uint32_t
place_pseudo(struct call_paths *paths, uint32_t parent, const char *name)
{
	struct call_path_target *target = paths->target;

	return tree_builder_child(
		&target->tree, parent, frame_table_add_pseudo(&target->frames, name));
}

/* A map of generated code does not hold all addresses, as a module does. */
static bool
is_named(const struct call_paths *paths, struct place place)
{
	return place.module != paths->generated ||
	       symbolizer_find(paths->target->symbolizer, place.module->symbols, place.address)
			       .symbols->precision != SYMBOL_OFFSET;
}

/* The node's frames below `parent`, a number in the tree. */
static uint32_t
place_below(struct call_paths *paths, uint32_t parent, const struct node *node)
{
	struct call_path_target *target = paths->target;
	struct place place;
	struct chain chain;

	if (record_pc_number(node->pc))
		return named_build_place_node(paths, parent, record_pc_number(node->pc));
	if (is_pseudo(node))
		return place_pseudo(paths, parent, pseudo_name(node->pc));
	if (!find_place(paths, node, &place) || !is_named(paths, place))
		return place_pseudo(paths, parent, "[unknown]");
	if (is_ours(place.module))
		return parent;
	chain = find_chain(target, place);
	/* Where a traced function begins others may be inlined: they were not called. */
	if (node->traced)
		chain.count = MIN(chain.count, 1);
	for (uint32_t i = 0; i < chain.count; i++)
		parent = tree_builder_child(&target->tree, parent,
			g_array_index(target->chain_frames, uint32_t, chain.first + i));
	return parent;
}

uint32_t
call_paths_place(struct call_paths *paths, uint32_t number)
{
	const struct node *node;
	uint32_t placed = 0;

	if (!find_node(paths, number))
		return place_pseudo(paths, 0, "[unknown]");
	g_array_set_size(paths->way, 0);
	for (; (node = find_node(paths, number)); number = node->parent) {
		if (paths->placed[number] <= LAST_NUMBER) {
			placed = paths->placed[number];
			break;
		}
		if (paths->placed[number] == ON_THE_WAY)
			break;
		paths->placed[number] = ON_THE_WAY;
		g_array_append_val(paths->way, number);
	}
	for (guint i = paths->way->len; i > 0; i--) {
		number = g_array_index(paths->way, uint32_t, i - 1);
		placed = place_below(paths, placed, find_node(paths, number));
		paths->placed[number] = placed;
	}
	return placed;
}

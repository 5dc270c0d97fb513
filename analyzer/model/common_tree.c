/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See common_tree.h. Nothing here recurses: call paths may be 100,000 deep. */
#include "common_tree.h"

#include "call_modules.h"

enum {
	FIRST_SLOTS = 1 << 10,
	/* Apart from each other, so that an address at a module's end is in no other. */
	MODULE_GAP = 1 << 16,
	FIRST_ADDRESS = 1 << 28,
};

#define MODULE_BYTES_MAX (UINT64_C(1) << 40) /* a larger one is a broken stream's */

/* ---- modules ---- */

void
common_tree_init(struct common_tree *tree, struct model_process *process)
{
	*tree = (struct common_tree){
		.process = process,
		.modules = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.next_address = FIRST_ADDRESS,
		.slots = g_new0(uint32_t, FIRST_SLOTS),
		.mask = FIRST_SLOTS - 1,
	};
}

void
common_tree_fini(struct common_tree *tree)
{
	g_hash_table_unref(tree->modules);
	g_free(tree->slots);
}

/* Equal for what is the same file, mapped in the same way. */
static char *
identity(const struct module *module)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text, "%u %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x ",
		module->symbols, module->start - module->bias, module->end - module->start);
	for (size_t i = 0; i < module->build_id_bytes; i++)
		g_string_append_printf(text, "%02x", module->build_id[i]);
	g_string_append_printf(text, " %s", module->path);
	return g_string_free(text, FALSE);
}

static struct module *
place_module(struct common_tree *tree, const struct module *from)
{
	const uint64_t start = tree->next_address;
	struct module *module = g_memdup2(from, sizeof(*from));

	module->number = tree->process->public->modules->len + 1;
	module->path = g_strdup(from->path);
	module->build_id = g_memdup2(from->build_id, from->build_id_bytes);
	module->start = start;
	module->end = start + (from->end - from->start);
	module->bias = start - (from->start - from->bias);
	module->start_ns = 0;
	module->end_ns = UINT64_MAX;
	tree->next_address = (module->end + 2 * MODULE_GAP - 1) / MODULE_GAP * MODULE_GAP;
	g_ptr_array_add(tree->process->public->modules, module);
	return module;
}

static const struct module *
common_module(struct common_view *view, const struct module *from)
{
	struct common_tree *tree = view->tree;
	struct module *module = g_hash_table_lookup(view->modules, from);
	char *text;

	if (module)
		return module;
	text = identity(from);
	module = g_hash_table_lookup(tree->modules, text);
	if (!module) {
		module = place_module(tree, from);
		g_hash_table_insert(tree->modules, g_strdup(text), module);
	}
	g_free(text);
	g_hash_table_insert(view->modules, (gpointer)(uintptr_t)from, module);
	return module;
}

/* RECORD_PC_UNKNOWN of what lies in no module, or in more of one than addresses reach. */
static uint64_t
common_address(struct common_view *view, const struct module *from, uint64_t address)
{
	const struct module *module;

	if (!from || from->end - from->start > MODULE_BYTES_MAX)
		return RECORD_PC_UNKNOWN;
	module = common_module(view, from);
	if (module->end >> CALL_MODULE_SHIFT)
		return RECORD_PC_UNKNOWN;
	return address - from->start + module->start;
}

/* ---- nodes ---- */

static uint32_t *
find_slot(const struct common_tree *tree, uint32_t parent, uint64_t pc)
{
	const uint64_t key = (pc ^ (uint64_t)parent << 32) * UINT64_C(0x9e3779b97f4a7c15);

	for (uint32_t i = (uint32_t)(key >> 32) & tree->mask;; i = (i + 1) & tree->mask) {
		const uint32_t number = tree->slots[i];
		struct node node;

		if (!number)
			return &tree->slots[i];
		node = node_table_get(tree->process->nodes, number);
		if (node.pc == pc && node.parent == parent)
			return &tree->slots[i];
	}
}

static void
grow(struct common_tree *tree)
{
	const uint32_t room = tree->mask + 1;
	g_autofree uint32_t *before = tree->slots;

	tree->slots = g_new0(uint32_t, 2 * (gsize)room);
	tree->mask = 2 * room - 1;
	for (uint32_t i = 0; i < room; i++) {
		const struct node node = node_table_get(tree->process->nodes, before[i]);

		if (before[i])
			*find_slot(tree, node.parent, node.pc) = before[i];
	}
}

static uint32_t
add_node(struct common_tree *tree, uint32_t parent, uint64_t pc)
{
	struct node_table *nodes = tree->process->nodes;
	uint32_t *slot = find_slot(tree, parent, pc), number;

	if (*slot)
		return *slot;
	number = MAX(node_table_count(nodes), 1);
	/* There are no more numbers: it is a part of its caller. */
	if (number >= SITE_NODE_MAX)
		return parent;
	node_table_set(nodes, number, parent, pc);
	*slot = number;
	if (2 * ++tree->count > tree->mask)
		grow(tree);
	return number;
}

static uint64_t
common_pc(struct common_view *view, const struct node *node)
{
	const uint64_t exact = node->pc & RECORD_PC_EXACT, address = node->pc & ~RECORD_PC_EXACT;
	const struct module *module;
	uint64_t moved;

	if (address < RECORD_PC_LAST_PSEUDO || record_pc_number(node->pc))
		return node->pc;
	/* A return address is that of what comes after the call. */
	module = module_index_find(&view->index, exact ? address : address - 1, node->seen_ns);
	moved = common_address(view, module, address);
	return moved == RECORD_PC_UNKNOWN ? moved : moved | exact;
}

uint32_t
common_node(struct common_view *view, uint32_t node)
{
	const struct node_table *nodes = view->from->nodes;
	uint32_t moved = 0;

	g_array_set_size(view->way, 0);
	while (node && !moved) {
		moved = GPOINTER_TO_UINT(g_hash_table_lookup(view->nodes, GUINT_TO_POINTER(node)));
		if (moved)
			break;
		g_array_append_val(view->way, node);
		node = node_table_get(nodes, node).parent;
	}
	for (guint i = view->way->len; i-- > 0;) {
		const uint32_t number = g_array_index(view->way, uint32_t, i);
		const struct node from = node_table_get(nodes, number);

		moved = add_node(view->tree, moved, common_pc(view, &from));
		g_hash_table_insert(view->nodes, GUINT_TO_POINTER(number), GUINT_TO_POINTER(moved));
	}
	return moved;
}

/* ---- functions ---- */

uint64_t
common_function(struct common_view *view, uint64_t key)
{
	const GPtrArray *modules = view->from->public->modules;
	const uint64_t address = call_modules_address(key);
	const uint64_t number = record_pc_number(key) ? 0 : key >> CALL_MODULE_SHIFT;
	const struct module *module;

	if (record_pc_number(key))
		return key;
	if (number && number <= modules->len)
		module = g_ptr_array_index(modules, number - 1);
	else
		/* None had gone there by then. */
		module = module_index_find(&view->index, address, 0);
	return common_address(view, module, address);
}

/* ---- views ---- */

void
common_view_init(
	struct common_view *view, struct common_tree *tree, const struct model_process *from)
{
	*view = (struct common_view){
		.tree = tree,
		.from = from,
		.modules = g_hash_table_new(NULL, NULL),
		.nodes = g_hash_table_new(NULL, NULL),
		.way = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
	};
	module_index_init(&view->index, from->public->modules);
}

void
common_view_fini(struct common_view *view)
{
	module_index_fini(&view->index);
	g_hash_table_unref(view->modules);
	g_hash_table_unref(view->nodes);
	g_array_unref(view->way);
}

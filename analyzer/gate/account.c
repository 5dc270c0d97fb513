/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See account.h. */
#include "account.h"

#include <string.h>

char *
account_module_name(const char *path, const char *program)
{
	char *name = g_path_get_basename(*path ? path : "[unknown]");
	g_autofree char *own = g_path_get_basename(*program ? program : "?");
	char *version = strstr(name, ".so.");

	if (!strcmp(name, own)) {
		g_free(name);
		return g_strdup("[program]");
	}
	if (version)
		version[strlen(".so")] = 0;
	return name;
}

void
account_free(struct account *account)
{
	if (!account)
		return;
	g_array_unref(account->nodes);
	if (account->known)
		g_hash_table_unref(account->known);
	g_free(account);
}

struct account *
account_new(void)
{
	struct account *account = g_new0(struct account, 1);
	const struct account_node root = {.function = "", .module = "", .file = ""};

	account->nodes = g_array_new(FALSE, TRUE, sizeof(struct account_node));
	g_array_append_val(account->nodes, root);
	return account;
}

/* ---- from a profile ---- */

/* By module of the profile: its name here, interned. The array is the caller's. */
static const char **
name_modules(const struct profile *profile)
{
	const char **names = g_new(const char *, profile->modules->len);

	for (guint i = 0; i < profile->modules->len; i++) {
		g_autofree char *name =
			account_module_name(profile_module(profile, i)->path, profile->run.program);

		names[i] = g_intern_string(name);
	}
	return names;
}

/* A node of the profile; the parent is the caller's to set. */
static struct account_node
make_node(const struct profile *profile, const char *const *modules, uint32_t node)
{
	const struct profile_frame *frame = profile_node_frame(profile, node);
	const struct profile_function *function = profile_function(profile, frame->function);

	return (struct account_node){
		.line = frame->line,
		.function = g_intern_string(function->name),
		.module = modules[function->module],
		.file = g_intern_string(profile_file(profile, frame->file)),
	};
}

static void
add_nodes(struct account *account, const struct profile *profile)
{
	g_autofree const char **modules = name_modules(profile);

	for (uint32_t i = 1; i < profile->nodes.count; i++) {
		struct account_node node = make_node(profile, modules, i);

		node.parent = profile->nodes.parent[i];
		g_array_append_val(account->nodes, node);
	}
}

static void
add_rows(struct account *account, const struct profile *profile)
{
	for (uint32_t row = 0; row < profile->memory.count; row++) {
		if (profile->memory.category[row] != MEMORY_HEAP)
			continue;
		struct account_node *node = &g_array_index(
			account->nodes, struct account_node, profile->memory.node[row]);

		for (unsigned i = 0; i <= GATE_TEMPORARY; i++)
			node->self[i] +=
				metric_get(gate_metrics[i].column, &profile->memory.sums[row]);
	}
}

static void
add_calls(struct account *account, const struct profile *profile)
{
	for (guint row = 0; row < profile->calls->len; row++) {
		const struct profile_call *call =
			&g_array_index(profile->calls, struct profile_call, row);

		g_array_index(account->nodes, struct account_node, call->node).self[GATE_CALLS] +=
			metric_of(METRIC_CALLS, &call->sums);
	}
}

/* By node: whether it or a caller matches. Parents come first. */
static void
suppress(struct account *account, const struct profile *profile,
	const struct suppressions *suppressions)
{
	g_autofree bool *matched = g_new0(bool, account->nodes->len);

	for (guint i = 1; i < account->nodes->len; i++) {
		struct account_node *node = &g_array_index(account->nodes, struct account_node, i);
		const struct profile_frame *frame = profile_node_frame(profile, i);
		const char *module =
			profile_module(profile, profile_function(profile, frame->function)->module)
				->path;

		matched[i] = matched[node->parent] ||
			     suppressions_match(suppressions, node->function, module, node->file);
		if (!matched[i])
			continue;
		account->suppressed_bytes += node->self[GATE_LEAKED];
		account->suppressed_blocks += node->self[GATE_LEAKED_BLOCKS];
		node->self[GATE_LEAKED] = 0;
		node->self[GATE_LEAKED_BLOCKS] = 0;
	}
}

/* From what the profile itself says of the run, so that the nodes can be held against it. */
static void
add_totals(struct account *account, const struct profile *profile)
{
	struct memory_sums sums = {.allocated = {0}};

	for (uint32_t row = 0; row < profile->memory.count; row++) {
		if (profile->memory.category[row] == MEMORY_HEAP)
			memory_sums_add(&sums, &profile->memory.sums[row]);
	}
	for (unsigned i = 0; i <= GATE_TEMPORARY; i++)
		account->total[i] = metric_get(gate_metrics[i].column, &sums);
	for (guint row = 0; row < profile->calls->len; row++)
		account->total[GATE_CALLS] += metric_of(METRIC_CALLS,
			&g_array_index(profile->calls, struct profile_call, row).sums);
	if (!account->summary)
		account->total[GATE_PEAK] = profile->run.peak_bytes;
	account->total[GATE_LEAKED] -= account->suppressed_bytes;
	account->total[GATE_LEAKED_BLOCKS] -= account->suppressed_blocks;
}

struct account *
account_from_profile(const struct profile *profile, const struct suppressions *suppressions)
{
	struct account *account = account_new();

	account->summary = profile->run.summary;
	account->traced = profile->calls->len > 0;
	add_nodes(account, profile);
	add_rows(account, profile);
	add_calls(account, profile);
	if (suppressions)
		suppress(account, profile, suppressions);
	add_totals(account, profile);
	return account;
}

/* ---- samples of several runs ---- */

static guint
place_hash(gconstpointer data)
{
	const struct account_node *node = data;

	return (node->parent * 2654435761u + node->line) ^ g_direct_hash(node->function) * 31 ^
	       g_direct_hash(node->module) ^ g_direct_hash(node->file) * 7;
}

static gboolean
place_equal(gconstpointer a, gconstpointer b)
{
	const struct account_node *x = a, *y = b;

	return x->parent == y->parent && x->line == y->line && x->function == y->function &&
	       x->module == y->module && x->file == y->file;
}

static uint32_t
find_or_add(struct account *account, const struct account_node *place)
{
	gpointer value;

	if (g_hash_table_lookup_extended(account->known, place, NULL, &value))
		return GPOINTER_TO_UINT(value);
	const uint32_t id = account->nodes->len;

	g_array_append_val(account->nodes, *place);
	g_hash_table_insert(account->known, g_memdup2(place, sizeof(*place)), GUINT_TO_POINTER(id));
	return id;
}

void
account_add_samples(struct account *account, const struct profile *profile)
{
	g_autofree const char **modules = name_modules(profile);
	g_autofree uint32_t *own = g_new0(uint32_t, profile->nodes.count);

	if (!account->known)
		account->known = g_hash_table_new_full(place_hash, place_equal, g_free, NULL);
	for (uint32_t i = 1; i < profile->nodes.count; i++) {
		struct account_node place = make_node(profile, modules, i);

		place.parent = own[profile->nodes.parent[i]];
		own[i] = find_or_add(account, &place);
	}
	for (guint row = 0; row < profile->samples->len; row++) {
		const struct profile_sample *sample =
			&g_array_index(profile->samples, struct profile_sample, row);
		const uint64_t time_ns = metric_of(METRIC_CPU, sample->sums);

		g_array_index(account->nodes, struct account_node, own[sample->node])
			.self[GATE_CPU] += time_ns;
		account->total[GATE_CPU] += time_ns;
	}
}

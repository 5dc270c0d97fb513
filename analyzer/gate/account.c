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
	g_free(account);
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

static void
add_nodes(struct account *account, const struct profile *profile)
{
	g_autofree const char **modules = name_modules(profile);

	g_array_set_size(account->nodes, profile->nodes.count);
	for (uint32_t i = 0; i < profile->nodes.count; i++) {
		const struct profile_frame *frame = profile_node_frame(profile, i);
		const struct profile_function *function =
			profile_function(profile, frame->function);

		g_array_index(account->nodes, struct account_node, i) = (struct account_node){
			.parent = i ? profile->nodes.parent[i] : 0,
			.line = frame->line,
			.function = g_intern_string(function->name),
			.module = modules[function->module],
			.file = g_intern_string(profile_file(profile, frame->file)),
		};
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

		for (unsigned i = 0; i < GATE_HEAP_METRICS; i++)
			node->self[i] +=
				metric_get(gate_metrics[i].heap, &profile->memory.sums[row]);
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
	for (unsigned i = 0; i < GATE_HEAP_METRICS; i++)
		account->total[i] = metric_get(gate_metrics[i].heap, &sums);
	if (!account->summary)
		account->total[GATE_PEAK] = profile->run.peak_bytes;
	account->total[GATE_LEAKED] -= account->suppressed_bytes;
	account->total[GATE_LEAKED_BLOCKS] -= account->suppressed_blocks;
}

struct account *
account_from_profile(const struct profile *profile, const struct suppressions *suppressions)
{
	struct account *account = g_new0(struct account, 1);

	account->nodes = g_array_new(FALSE, TRUE, sizeof(struct account_node));
	account->summary = profile->run.summary;
	add_nodes(account, profile);
	add_rows(account, profile);
	if (suppressions)
		suppress(account, profile, suppressions);
	add_totals(account, profile);
	return account;
}

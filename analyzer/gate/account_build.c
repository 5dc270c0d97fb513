/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See account_build.h. */
#include "account_build.h"

#include <string.h>

#include "frame_table.h"
#include "symbolizer.h"
#include "tree_builder.h"

struct values {
	uint64_t of[GATE_PATH_METRICS];
};

struct account_builder {
	struct profile *profile;
	struct frame_table frames;
	struct tree_builder tree;
	GHashTable *modules; /* name -> number */
	GArray *values;	     /* struct values, by provisional node */
	GArray *samples;     /* struct account_sample, of provisional nodes */
	unsigned runs;
};

static void
add_module(struct account_builder *builder, const char *name)
{
	const char *owned = profile_string(builder->profile, name);
	const struct profile_module module = {owned, "", ""};

	g_array_append_val(builder->profile->modules, module);
	g_hash_table_insert(builder->modules, (gpointer)(uintptr_t)owned,
		GUINT_TO_POINTER(builder->profile->modules->len - 1));
}

/* One process and one thread, which all rows belong to. */
struct account_builder *
account_builder_new(void)
{
	struct account_builder *builder = g_new0(struct account_builder, 1);
	struct profile *profile = profile_new();
	const struct profile_process process = {
		.parent = -1, .exe = profile_string(profile, "[program]"), .command = ""};
	const struct profile_thread thread = {.number = 1, .name = ""};

	g_array_append_val(profile->processes, process);
	g_array_append_val(profile->threads, thread);
	builder->profile = profile;
	frame_table_init(&builder->frames, profile);
	tree_builder_init(&builder->tree);
	builder->modules = g_hash_table_new(g_str_hash, g_str_equal);
	builder->values = g_array_new(FALSE, TRUE, sizeof(struct values));
	builder->samples = g_array_new(FALSE, FALSE, sizeof(struct account_sample));
	g_array_set_size(builder->values, 1);
	/* Always there: a profile that knows no modules is compared by names alone. */
	add_module(builder, "[program]");
	return builder;
}

static void
free_tables(struct account_builder *builder)
{
	frame_table_fini(&builder->frames);
	tree_builder_fini(&builder->tree);
	g_hash_table_destroy(builder->modules);
	g_array_unref(builder->values);
	if (builder->samples)
		g_array_unref(builder->samples);
	g_free(builder);
}

void
account_builder_free(struct account_builder *builder)
{
	if (!builder)
		return;
	profile_free(builder->profile);
	free_tables(builder);
}

uint32_t
account_builder_child(
	struct account_builder *builder, uint32_t parent, const struct account_frame *frame)
{
	gpointer module = g_hash_table_lookup(builder->modules, frame->module);

	if (!module) {
		add_module(builder, frame->module);
		module = GUINT_TO_POINTER(builder->profile->modules->len - 1);
	}
	const struct symbol symbol = {
		.function = frame->function, .file = frame->file, .line = frame->line};
	const uint32_t number =
		frame_table_add(&builder->frames, GPOINTER_TO_UINT(module), &symbol);
	const uint32_t node = tree_builder_child(&builder->tree, parent, number);

	if (node >= builder->values->len)
		g_array_set_size(builder->values, node + 1);
	return node;
}

void
account_builder_add(
	struct account_builder *builder, uint32_t node, enum gate_metric metric, uint64_t value)
{
	g_array_index(builder->values, struct values, node).of[metric] += value;
}

void
account_builder_add_samples(struct account_builder *builder, const struct account *run)
{
	const GArray *samples = run->profile->samples;
	g_autofree uint32_t *own = g_new0(uint32_t, account_node_count(run));

	for (uint32_t i = 1; i < account_node_count(run); i++) {
		const struct account_frame frame = account_frame(run, i);

		own[i] = account_builder_child(builder, own[account_parent(run, i)], &frame);
	}
	for (guint row = 0; row < samples->len; row++) {
		const struct profile_sample *sample =
			&g_array_index(samples, struct profile_sample, row);
		const struct account_sample cell = {
			.run = builder->runs,
			.node = own[sample->node],
			.cpu_ns = metric_of(METRIC_CPU, sample->sums),
			.wall_ns = metric_of(METRIC_WALL, sample->sums),
		};

		g_array_append_val(builder->samples, cell);
		account_builder_add(builder, cell.node, GATE_CPU, cell.cpu_ns);
		account_builder_add(builder, cell.node, GATE_WALL, cell.wall_ns);
	}
	builder->runs++;
}

/* ---- the end ---- */

static bool
is_any(const struct values *values, unsigned set)
{
	for (unsigned i = 0; i < GATE_PATH_METRICS; i++) {
		if (gate_set_has(set, i) && values->of[i])
			return true;
	}
	return false;
}

/* `at`: a figure of the kind that metric_of() reads. */
static void
put(enum gate_metric metric, void *sums, uint64_t value)
{
	*(uint64_t *)(void *)((char *)sums + metric_table[gate_metrics[metric].column].offset) =
		value;
}

static void
put_values(struct profile *profile, uint32_t node, const struct values *values, unsigned set)
{
	struct profile_call call = {.node = node};
	struct profile_sample sample = {.node = node};
	struct memory_sums memory = {.allocated = {0}};

	for (unsigned i = 0; i < GATE_PATH_METRICS; i++) {
		if (!gate_set_has(set, i))
			continue;
		switch (metric_table[gate_metrics[i].column].source) {
		case SOURCE_MEMORY:
			put(i, &memory, values->of[i]);
			break;
		case SOURCE_CALLS:
			put(i, &call.sums, values->of[i]);
			break;
		case SOURCE_SAMPLES:
			put(i, sample.sums, values->of[i]);
			break;
		}
	}
	const uint32_t row = profile->memory.count++;

	profile->memory.node[row] = node;
	profile->memory.sums[row] = memory;
	g_array_append_val(profile->calls, call);
	g_array_append_val(profile->samples, sample);
}

/* Rows are sorted by node, of which those without anything have none. */
static void
put_rows(struct account_builder *builder, const uint32_t *number, unsigned set)
{
	g_autofree uint32_t *provisional = g_new(uint32_t, builder->values->len);

	for (guint i = 0; i < builder->values->len; i++)
		provisional[number[i]] = i;
	profile_resize_memory(builder->profile, builder->values->len);
	builder->profile->memory.count = 0;
	for (guint i = 0; i < builder->values->len; i++) {
		struct values *values =
			&g_array_index(builder->values, struct values, provisional[i]);

		for (unsigned j = 0; builder->runs && j < GATE_PATH_METRICS; j++)
			values->of[j] /= builder->runs;
		if (is_any(values, set))
			put_values(builder->profile, i, values, set);
	}
}

static struct account *
finish(struct account_builder *builder, const uint32_t *number, unsigned set)
{
	struct account *account = account_take(builder->profile, set);

	account->runs = builder->runs;
	if (!builder->runs)
		return account;
	for (guint i = 0; i < builder->samples->len; i++) {
		uint32_t *node = &g_array_index(builder->samples, struct account_sample, i).node;

		*node = number[*node];
	}
	account->samples = g_steal_pointer(&builder->samples);
	return account;
}

struct account *
account_builder_end(struct account_builder *builder, unsigned set)
{
	struct profile *profile = builder->profile;
	g_autofree uint32_t *frames = frame_table_sort(&builder->frames);
	g_autofree uint32_t *number = tree_builder_number(&builder->tree, frames, profile);
	struct account *account;

	profile_index_nodes(profile);
	put_rows(builder, number, set);
	account = finish(builder, number, set);
	free_tables(builder);
	return account;
}

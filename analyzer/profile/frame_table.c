/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See frame_table.h. Equal strings of a profile are equal pointers, which the hashes rely on. */
#include <string.h>

#include "frame_table.h"

static guint
hash_function(gconstpointer key)
{
	const struct profile_function *function = key;

	return (g_direct_hash(function->name) * 31 + function->module) * 8 + function->kind;
}

static gboolean
equal_function(gconstpointer a, gconstpointer b)
{
	const struct profile_function *left = a, *right = b;

	return left->name == right->name && left->module == right->module &&
	       left->kind == right->kind;
}

static guint
hash_frame(gconstpointer key)
{
	const struct profile_frame *frame = key;

	return ((frame->function * 31 + frame->file) * 8191 + frame->line) * 2 + frame->inlined;
}

static gboolean
equal_frame(gconstpointer a, gconstpointer b)
{
	const struct profile_frame *left = a, *right = b;

	return left->function == right->function && left->file == right->file &&
	       left->line == right->line && left->inlined == right->inlined;
}

void
frame_table_init(struct frame_table *table, struct profile *profile)
{
	table->profile = profile;
	table->files = g_hash_table_new(g_direct_hash, g_direct_equal);
	table->functions = g_hash_table_new_full(hash_function, equal_function, g_free, NULL);
	table->frames = g_hash_table_new_full(hash_frame, equal_frame, g_free, NULL);
}

void
frame_table_fini(struct frame_table *table)
{
	g_hash_table_destroy(table->files);
	g_hash_table_destroy(table->functions);
	g_hash_table_destroy(table->frames);
}

uint32_t
frame_table_add_file(struct frame_table *table, const char *path)
{
	const char *owned = profile_string(table->profile, path);
	gpointer known;

	if (!*owned)
		return 0;
	known = g_hash_table_lookup(table->files, owned);
	if (known)
		return GPOINTER_TO_UINT(known);
	g_array_append_val(table->profile->files, owned);
	g_hash_table_insert(table->files, (gpointer)(uintptr_t)owned,
		GUINT_TO_POINTER(table->profile->files->len - 1));
	return table->profile->files->len - 1;
}

/* Looks `row` up in `numbers`; a new one is appended to `rows` (entry 0 is never found). */
static uint32_t
add_row(GHashTable *numbers, GArray *rows, const void *row)
{
	gpointer known = g_hash_table_lookup(numbers, row);

	if (known)
		return GPOINTER_TO_UINT(known);
	g_array_append_vals(rows, row, 1);
	g_hash_table_insert(numbers, g_memdup2(row, g_array_get_element_size(rows)),
		GUINT_TO_POINTER(rows->len - 1));
	return rows->len - 1;
}

static uint32_t
add_function(struct frame_table *table, const char *name, uint32_t module, uint32_t kind)
{
	const struct profile_function function = {
		.name = profile_string(table->profile, name && *name ? name : "[unknown]"),
		.module = module,
		.kind = kind,
	};

	return add_row(table->functions, table->profile->functions, &function);
}

uint32_t
frame_table_add(struct frame_table *table, uint32_t module, const struct symbol *symbol)
{
	const struct profile_frame frame = {
		.function = add_function(table, symbol->function, module, 0),
		.file = frame_table_add_file(table, symbol->file),
		.line = symbol->line,
		.inlined = symbol->inlined,
	};

	return add_row(table->frames, table->profile->frames, &frame);
}

uint32_t
frame_table_add_named(struct frame_table *table, uint32_t kind, const char *name, const char *file,
	uint32_t line, uint32_t *ret_function)
{
	const struct profile_frame frame = {
		.function = add_function(table, name, 0, kind),
		.file = frame_table_add_file(table, file),
		.line = line,
	};

	*ret_function = frame.function;
	return add_row(table->frames, table->profile->frames, &frame);
}

uint32_t
frame_table_add_pseudo(struct frame_table *table, const char *name)
{
	const struct profile_frame frame = {.function = add_function(table, name, 0, 0)};

	return add_row(table->frames, table->profile->frames, &frame);
}

/* ---- order ---- */

static int
compare_frames(gconstpointer a, gconstpointer b, gpointer context)
{
	const struct profile *profile = context;
	const struct profile_frame *left = profile_frame(profile, *(const uint32_t *)a);
	const struct profile_frame *right = profile_frame(profile, *(const uint32_t *)b);
	const struct profile_function *left_function = profile_function(profile, left->function);
	const struct profile_function *right_function = profile_function(profile, right->function);
	int order = strcmp(left_function->name, right_function->name);

	if (!order)
		order = strcmp(profile_module(profile, left_function->module)->path,
			profile_module(profile, right_function->module)->path);
	if (!order && left_function->module != right_function->module)
		order = left_function->module < right_function->module ? -1 : 1;
	if (!order && left_function->kind != right_function->kind)
		order = left_function->kind < right_function->kind ? -1 : 1;
	if (!order)
		order = strcmp(
			profile_file(profile, left->file), profile_file(profile, right->file));
	if (!order && left->line != right->line)
		order = left->line < right->line ? -1 : 1;
	return order ? order : (int)left->inlined - (int)right->inlined;
}

uint32_t *
frame_table_sort(struct frame_table *table)
{
	GArray *frames = table->profile->frames;
	g_autofree struct profile_frame *old =
		g_memdup2(frames->data, frames->len * sizeof(struct profile_frame));
	g_autofree uint32_t *order = g_new(uint32_t, frames->len);
	uint32_t *ret_number = g_new(uint32_t, frames->len);

	for (guint i = 0; i < frames->len; i++)
		order[i] = i;
	g_qsort_with_data(
		order + 1, (gint)frames->len - 1, sizeof(*order), compare_frames, table->profile);
	for (guint i = 0; i < frames->len; i++) {
		g_array_index(frames, struct profile_frame, i) = old[order[i]];
		ret_number[order[i]] = i;
	}
	return ret_number;
}

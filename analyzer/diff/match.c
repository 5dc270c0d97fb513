/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See match.h. */
#include <string.h>

#include "folded.h"
#include "match.h"

/* ---- names ---- */

/* ".constprop.0", ".isra.3.cold", ".lto_priv.0.1": of these words and numbers alone. */
static bool
is_clone_suffix(const char *suffix)
{
	static const char *const words[] = {
		"constprop", "isra", "part", "cold", "lto_priv", "llvm", "localalias"};
	g_auto(GStrv) parts = g_strsplit(suffix + 1, ".", -1);

	for (unsigned i = 0; parts[i]; i++) {
		bool known = *parts[i] && strspn(parts[i], "0123456789") == strlen(parts[i]) && i;

		for (unsigned w = 0; w < G_N_ELEMENTS(words); w++)
			known |= g_str_equal(parts[i], words[w]);
		if (!known)
			return false;
	}
	return true;
}

/* "::h0123456789abcdef" */
static bool
is_rust_hash(const char *suffix)
{
	return g_str_has_prefix(suffix, "::h") && strlen(suffix) == 19 &&
	       strspn(suffix + 3, "0123456789abcdef") == 16;
}

char *
match_name(const char *function)
{
	const char *clone = strstr(function, " [clone ");
	char *name = clone ? g_strndup(function, (gsize)(clone - function)) : g_strdup(function);
	char *colons = g_strrstr(name, "::h");

	if (colons && is_rust_hash(colons))
		*colons = '\0';
	if (strchr("[(<", *name))
		return name;
	for (char *dot = strchr(name + (*name != '\0'), '.'); dot; dot = strchr(dot + 1, '.')) {
		if (is_clone_suffix(dot)) {
			*dot = '\0';
			break;
		}
	}
	return name;
}

/* Is it "libx.so+0x1234": no name, but an address in a module? */
static bool
is_address(const char *function)
{
	const char *plus = strrchr(function, '+');

	return plus && g_str_has_prefix(plus, "+0x") &&
	       plus[3 + strspn(plus + 3, "0123456789abcdef")] == '\0';
}

/* ---- modules ---- */

/* The program itself is "[program]" in keys; people see its name. */
static bool
is_program(const struct profile *profile, const char *path)
{
	return profile->processes->len && *path &&
	       g_str_equal(path, profile_process(profile, 0)->exe);
}

char *
match_module(const struct profile *profile, const char *path)
{
	if (is_program(profile, path))
		return g_strdup("[program]");
	char *name = *path ? g_path_get_basename(path) : g_strdup("");
	char *version = strstr(name, ".so.");

	if (version)
		version[strlen(".so")] = '\0';
	return name;
}

static GHashTable *
find_build_ids(const struct profile *profile)
{
	GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

	for (guint i = 1; i < profile->modules->len; i++) {
		const struct profile_module *module = profile_module(profile, i);

		g_hash_table_insert(
			table, match_module(profile, module->path), g_strdup(module->build_id));
	}
	return table;
}

static bool
is_same_build(const struct match *match, const char *module)
{
	const char *a = g_hash_table_lookup(match->build_ids[DIFF_A], module);
	const char *b = g_hash_table_lookup(match->build_ids[DIFF_B], module);

	return a && b && *a && g_str_equal(a, b);
}

/* ---- frames ---- */

void
match_init(struct match *match, const struct profile *a, const struct profile *b,
	const struct diff_options *options, GStringChunk *strings)
{
	*match = (struct match){
		.strings = strings,
		.frames = g_array_new(FALSE, TRUE, sizeof(struct diff_frame)),
		.known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.placed = g_hash_table_new(NULL, NULL),
		.names_only = a->modules->len < 2 || b->modules->len < 2,
		.any_inlining = options->any_inlining,
		.build_ids = {find_build_ids(a), find_build_ids(b)},
	};
}

void
match_fini(struct match *match)
{
	g_array_unref(match->frames);
	g_hash_table_destroy(match->known);
	g_hash_table_destroy(match->placed);
	for (unsigned side = 0; side < DIFF_SIDES; side++)
		g_hash_table_destroy(match->build_ids[side]);
}

static char *
function_key(const struct match *match, const char *function, const char *module)
{
	g_autofree char *name = match_name(function);

	if (match->names_only)
		return folded_name(function);
	if (is_address(function) && *module && !is_same_build(match, module))
		return g_strdup_printf("[%s]", module);
	return g_steal_pointer(&name);
}

/* The number of a function, new or known. */
static uint32_t
number_function(struct match *match, const char *name, const char *module)
{
	char *key = g_strconcat(name, "\n", module, NULL);
	gpointer found = g_hash_table_lookup(match->known, key);

	if (found) {
		g_free(key);
		return GPOINTER_TO_UINT(found) - 1;
	}
	g_hash_table_insert(
		match->known, key, GUINT_TO_POINTER(g_hash_table_size(match->known) + 1));
	return g_hash_table_size(match->known) - 1;
}

static uint32_t
place_frame(struct match *match, const struct diff_frame *frame)
{
	gpointer key = GUINT_TO_POINTER(2 * frame->function_number + frame->inlined);
	gpointer found = g_hash_table_lookup(match->placed, key);

	if (found)
		return GPOINTER_TO_UINT(found) - 1;
	g_array_append_vals(match->frames, frame, 1);
	g_hash_table_insert(match->placed, key, GUINT_TO_POINTER(match->frames->len));
	return match->frames->len - 1;
}

uint32_t *
match_frames(struct match *match, const struct profile *profile, enum diff_side side)
{
	uint32_t *numbers = g_new0(uint32_t, profile->frames->len);

	for (guint i = 1; i < profile->frames->len; i++) {
		const struct profile_frame *frame = profile_frame(profile, i);
		const struct profile_function *function =
			profile_function(profile, frame->function);
		const char *path =
			match->names_only ? "" : profile_module(profile, function->module)->path;
		g_autofree char *module = match_module(profile, path);
		g_autofree char *name = function_key(match, function->name, module);
		g_autofree char *shown = *path ? g_path_get_basename(path) : g_strdup("");
		const struct diff_frame made = {
			.function = g_string_chunk_insert_const(match->strings, name),
			.module = g_string_chunk_insert_const(match->strings, shown),
			.inlined = frame->inlined && !match->names_only && !match->any_inlining,
			.function_number = number_function(match, name, module),
		};

		numbers[i] = place_frame(match, &made);
	}
	return numbers;
}

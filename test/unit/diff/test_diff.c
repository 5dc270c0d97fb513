/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Comparisons of two profiles: random ones against brute force, and what matches what. */
#include <criterion/criterion.h>
#include <string.h>

#include "diff.h"
#include "match.h"
#include "tree_builder.h"

/* ---- profiles from text ---- */

/*
 * Makes a profile of lines "main@app;parse@lib 3 4": frames with modules, blocks, and the line
 * number that every frame of it gets (which must not matter). "name@module!" is inlined.
 */
struct maker {
	struct profile *profile;
	GHashTable *frames; /* text -> frame */
	struct tree_builder tree;
	GArray *nodes, *values;
};

static uint32_t
make_module(struct profile *profile, const char *path)
{
	for (guint i = 1; i < profile->modules->len; i++) {
		if (g_str_equal(profile_module(profile, i)->path, path))
			return i;
	}
	g_array_append_vals(profile->modules,
		&(struct profile_module){profile_string(profile, path), "", ""}, 1);
	return profile->modules->len - 1;
}

static uint32_t
make_frame(struct maker *maker, const char *text, uint32_t line)
{
	struct profile *profile = maker->profile;
	g_auto(GStrv) parts = g_strsplit(text, "@", 2);
	g_autofree char *key = g_strdup_printf("%s %u", text, line);
	gpointer found = g_hash_table_lookup(maker->frames, key);
	const bool inlined = g_str_has_suffix(text, "!");

	if (found)
		return GPOINTER_TO_UINT(found);
	if (parts[1] && inlined)
		parts[1][strlen(parts[1]) - 1] = '\0';
	const struct profile_function function = {profile_string(profile, parts[0]),
		parts[1] ? make_module(profile, parts[1]) : 0, 0};

	g_array_append_val(profile->functions, function);
	const struct profile_frame frame = {
		.function = profile->functions->len - 1, .line = line, .inlined = inlined};

	g_array_append_val(profile->frames, frame);
	g_hash_table_insert(
		maker->frames, g_steal_pointer(&key), GUINT_TO_POINTER(profile->frames->len - 1));
	return profile->frames->len - 1;
}

static void
make_line(struct maker *maker, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", 3);
	g_auto(GStrv) frames = g_strsplit(words[0], ";", -1);
	const uint32_t line = words[2] ? (uint32_t)atoi(words[2]) : 0;
	const uint64_t value = g_ascii_strtoull(words[1], NULL, 10);
	uint32_t node = 0;

	for (unsigned i = 0; frames[i] && *frames[i]; i++)
		node = tree_builder_child(&maker->tree, node, make_frame(maker, frames[i], line));
	g_array_append_val(maker->nodes, node);
	g_array_append_val(maker->values, value);
}

static void
put_values(struct maker *maker, const uint32_t *number)
{
	struct profile_memory *memory = &maker->profile->memory;

	profile_resize_memory(maker->profile, maker->nodes->len);
	for (guint i = 0; i < maker->nodes->len; i++) {
		memory->node[i] = number[g_array_index(maker->nodes, uint32_t, i)];
		memory->sums[i].allocated.count = g_array_index(maker->values, uint64_t, i);
		memory->sums[i].allocated.bytes = 16 * memory->sums[i].allocated.count;
	}
}

static struct profile *
make(const char *const *lines)
{
	struct maker maker = {.profile = profile_new(),
		.frames = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.nodes = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.values = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
	struct profile *profile = maker.profile;

	g_array_append_vals(profile->processes,
		&(struct profile_process){.parent = -1, .exe = "/bin/app", .command = ""}, 1);
	g_array_append_vals(profile->threads, &(struct profile_thread){.number = 1, .name = ""}, 1);
	tree_builder_init(&maker.tree);
	for (; *lines; lines++)
		make_line(&maker, *lines);
	g_autofree uint32_t *identity = g_new(uint32_t, profile->frames->len);

	for (guint i = 0; i < profile->frames->len; i++)
		identity[i] = i;
	g_autofree uint32_t *number = tree_builder_number(&maker.tree, identity, profile);

	cr_assert(profile_index_nodes(profile));
	put_values(&maker, number);
	tree_builder_fini(&maker.tree);
	g_hash_table_destroy(maker.frames);
	g_array_unref(maker.nodes);
	g_array_unref(maker.values);
	return profile;
}

/* ---- comparing ---- */

struct pair {
	struct profile *profiles[DIFF_SIDES];
	struct diff *diff;
	unsigned metric; /* allocations */
};

static struct pair
compare_with(const char *const *a, const char *const *b, const struct diff_options *options)
{
	const struct filter everything = {.function = NULL};
	struct pair pair = {.profiles = {make(a), make(b)}};
	struct selection selections[DIFF_SIDES];

	for (unsigned side = 0; side < DIFF_SIDES; side++)
		selection_init(&selections[side], pair.profiles[side], &everything, NULL);
	pair.diff = diff_new(&selections[DIFF_A], &selections[DIFF_B], options, NULL);
	for (unsigned side = 0; side < DIFF_SIDES; side++)
		selection_fini(&selections[side]);
	cr_assert_not_null(pair.diff);
	pair.metric = (unsigned)diff_find_metric(pair.diff, METRIC_ALLOCATIONS);
	return pair;
}

static struct pair
compare(const char *const *a, const char *const *b)
{
	return compare_with(a, b, NULL);
}

static void
pair_fini(struct pair *pair)
{
	diff_free(pair->diff);
	profile_free(pair->profiles[DIFF_A]);
	profile_free(pair->profiles[DIFF_B]);
}

/* "main;parse" of a node, inlined functions with '!'. */
static char *
path_of(const struct diff *diff, uint32_t node)
{
	GString *path = g_string_new(NULL);

	for (; node; node = diff->parent[node]) {
		const struct diff_frame *frame = &diff->frames[diff->frame[node]];
		g_autofree char *name = g_strdup_printf(
			"%s%s%s", frame->function, frame->inlined ? "!" : "", path->len ? ";" : "");

		g_string_prepend(path, name);
	}
	return g_string_free(path, FALSE);
}

/* "main;parse 3 5 changed, ...": nodes with a value of their own, in preorder. */
static char *
describe(const struct pair *pair)
{
	const struct diff *diff = pair->diff;
	GString *text = g_string_new(NULL);

	for (uint32_t node = 0; node < diff->node_count; node++) {
		const struct diff_values self = diff_self(diff, pair->metric, node);
		g_autofree char *path = path_of(diff, node);

		if (self.a || self.b)
			g_string_append_printf(text, "%s%s %d %d %s", text->len ? ", " : "", path,
				(int)self.a, (int)self.b,
				diff_class_names[diff_classify(diff, pair->metric, self)]);
	}
	return g_string_free(text, FALSE);
}

static void
expect(const char *const *a, const char *const *b, const char *expected)
{
	struct pair pair = compare(a, b);
	g_autofree char *text = describe(&pair);

	cr_expect_str_eq(text, expected);
	pair_fini(&pair);
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(diff, paths_are_new_gone_changed_or_the_same)
{
	expect(LINES("main;old 3", "main;parse 4", "main;read 2"),
		LINES("main;new 5", "main;parse 6", "main;read 2"),
		"main;new 0 5 new, main;old 3 0 gone, main;parse 4 6 changed, main;read 2 2 same");
}

Test(diff, lines_do_not_matter)
{
	expect(LINES("main@app;parse@lib 3 10"), LINES("main@app;parse@lib 3 99"),
		"main;parse 3 3 same");
}

Test(diff, a_library_in_another_directory_is_the_same)
{
	expect(LINES("f@/old/build/libx.so 1"), LINES("f@/usr/lib/libx.so 1"), "f 1 1 same");
}

Test(diff, equal_names_in_two_libraries_are_two)
{
	expect(LINES("f@libx.so 1"), LINES("f@liby.so 1"), "f 1 0 gone, f 0 1 new");
}

Test(diff, inlined_and_called_are_different_chains)
{
	expect(LINES("main@m;f@m! 1"), LINES("main@m;f@m 1"), "main;f! 1 0 gone, main;f 0 1 new");
}

Test(diff, clones_of_compilers_are_their_functions)
{
	expect(LINES("sum.constprop.0@m 1", "f.part.0@m 2"), LINES("sum@m 1", "f@m 2"),
		"f 2 2 same, sum 1 1 same");
}

Test(diff, addresses_never_match_between_builds)
{
	expect(LINES("lib.so+0x10@lib.so 1", "lib.so+0x20@lib.so 1"), LINES("lib.so+0x30@lib.so 3"),
		"[lib.so] 2 3 changed");
}

Test(diff, without_modules_names_alone_decide)
{
	expect(LINES("main@app;f@lib! 1"), LINES("main;f 2"), "main;f 1 2 changed");
}

Test(diff, recursion_counts_once_in_inclusive_values)
{
	struct pair pair = compare(LINES("f;f;f 3", "f 1"), LINES("f;f 9"));
	g_autoptr(GArray) rows = diff_functions(pair.diff, pair.metric);
	const struct diff_row *row = &g_array_index(rows, struct diff_row, 0);

	cr_expect_eq(rows->len, 1);
	cr_expect_eq(row->inclusive.a, 4);
	cr_expect_eq(row->inclusive.b, 9);
	pair_fini(&pair);
}

Test(diff, within_the_noise_is_the_same)
{
	struct pair pair = compare_with(LINES("a 1000", "b 10"), LINES("a 1005", "b 40"),
		&(struct diff_options){.noise = 0.01});
	g_autofree char *text = describe(&pair);

	cr_expect_str_eq(text, "a 1000 1005 same, b 10 40 changed");
	pair_fini(&pair);
}

Test(diff, normalised_totals_are_equal_to_the_last_unit)
{
	struct pair pair = compare_with(LINES("a 1", "b 1", "c 1"), LINES("a 50", "b 25", "c 25"),
		&(struct diff_options){.normalise = true});
	g_autofree char *text = describe(&pair);

	cr_expect_str_eq(text, "a 33 50 changed, b 34 25 changed, c 33 25 changed");
	cr_expect_eq(diff_total(pair.diff, pair.metric, 0).a, 100);
	pair_fini(&pair);
}

Test(diff, nothing_against_nothing)
{
	expect((const char *const[]){NULL}, (const char *const[]){NULL}, "");
	expect((const char *const[]){NULL}, LINES("f 1"), "f 0 1 new");
}

/* ---- random trees against brute force ---- */

enum {
	ROUNDS = 60,
	LINES_MAX = 60,
	DEPTH_MAX = 7,
	NAMES = 5,
};

static char *
random_line(GRand *random)
{
	GString *line = g_string_new(NULL);
	const int depth = g_rand_int_range(random, 1, DEPTH_MAX);

	for (int i = 0; i < depth; i++)
		g_string_append_printf(line, "%s%c@m%d", i ? ";" : "",
			'a' + g_rand_int_range(random, 0, NAMES), g_rand_int_range(random, 0, 2));
	g_string_append_printf(
		line, " %d %d", g_rand_int_range(random, 0, 100), g_rand_int_range(random, 1, 4));
	return g_string_free(line, FALSE);
}

static GStrv
random_lines(GRand *random)
{
	const int count = g_rand_int_range(random, 0, LINES_MAX);
	GStrv lines = g_new0(char *, count + 1);

	for (int i = 0; i < count; i++)
		lines[i] = random_line(random);
	return lines;
}

/* Adds what a line is worth to every path it should count for. */
static void
count_line(const char *line, unsigned side, GHashTable *exclusive, GHashTable *inclusive)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 3);
	g_auto(GStrv) frames = g_strsplit(words[0], ";", -1);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	const int value = atoi(words[1]);

	for (unsigned i = 0; frames[i]; i++) {
		int *sums = g_hash_table_lookup(inclusive, frames[i]);

		if (!sums)
			g_hash_table_insert(
				inclusive, g_strdup(frames[i]), sums = g_new0(int, DIFF_SIDES));
		if (g_hash_table_add(seen, frames[i]))
			sums[side] += value;
	}
	int *sums = g_hash_table_lookup(exclusive, words[0]);

	if (!sums)
		g_hash_table_insert(exclusive, g_strdup(words[0]), sums = g_new0(int, DIFF_SIDES));
	sums[side] += value;
}

static char *
full_path(const struct diff *diff, uint32_t node)
{
	GString *path = g_string_new(NULL);

	for (; node; node = diff->parent[node]) {
		const struct diff_frame *frame = &diff->frames[diff->frame[node]];
		g_autofree char *name = g_strdup_printf(
			"%s@%s%s", frame->function, frame->module, path->len ? ";" : "");

		g_string_prepend(path, name);
	}
	return g_string_free(path, FALSE);
}

static void
check_paths(const struct pair *pair, GHashTable *exclusive)
{
	const struct diff_values whole = diff_total(pair->diff, pair->metric, 0);
	struct diff_values sum = {0, 0};

	for (uint32_t node = 0; node < pair->diff->node_count; node++) {
		const struct diff_values self = diff_self(pair->diff, pair->metric, node);
		g_autofree char *path = full_path(pair->diff, node);
		const int *known = g_hash_table_lookup(exclusive, path);

		sum.a += self.a;
		sum.b += self.b;
		cr_assert_eq(self.a, known ? known[DIFF_A] : 0, "%s", path);
		cr_assert_eq(self.b, known ? known[DIFF_B] : 0, "%s", path);
	}
	cr_assert_eq(sum.a, whole.a);
	cr_assert_eq(sum.b, whole.b);
}

static void
check_functions(const struct pair *pair, GHashTable *inclusive)
{
	const struct diff_values whole = diff_total(pair->diff, pair->metric, 0);
	g_autoptr(GArray) rows = diff_functions(pair->diff, pair->metric);
	int64_t residual = whole.b - whole.a;

	for (guint i = 0; i < rows->len; i++) {
		const struct diff_row *row = &g_array_index(rows, struct diff_row, i);
		const struct diff_frame *frame = &pair->diff->frames[row->frame];
		g_autofree char *name = g_strdup_printf("%s@%s", frame->function, frame->module);
		const int *known = g_hash_table_lookup(inclusive, name);

		residual -= row->exclusive.b - row->exclusive.a;
		cr_assert_not_null(known);
		cr_assert_eq(row->inclusive.a, known[DIFF_A], "%s", name);
		cr_assert_eq(row->inclusive.b, known[DIFF_B], "%s", name);
	}
	cr_assert_eq(residual, 0);
}

Test(diff, random_trees_decompose_exactly)
{
	GRand *random = g_rand_new_with_seed(20260131);

	for (unsigned round = 0; round < ROUNDS; round++) {
		g_auto(GStrv) a = random_lines(random);
		g_auto(GStrv) b = random_lines(random);
		g_autoptr(GHashTable) exclusive =
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
		g_autoptr(GHashTable) inclusive =
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
		struct pair pair;

		if (!*a || !*b)
			continue; /* without modules names alone decide */
		pair = compare((const char *const *)a, (const char *const *)b);
		for (char **line = a; *line; line++)
			count_line(*line, DIFF_A, exclusive, inclusive);
		for (char **line = b; *line; line++)
			count_line(*line, DIFF_B, exclusive, inclusive);
		check_paths(&pair, exclusive);
		check_functions(&pair, inclusive);
		pair_fini(&pair);
	}
	g_rand_free(random);
}

/* ---- names ---- */

Test(match, what_compilers_add_is_taken_off)
{
	static const struct {
		const char *name, *matched;
	} cases[] = {
		{"sum.constprop.0", "sum"},
		{"sum.isra.0.part.1.cold", "sum"},
		{"parse(int) [clone .cold]", "parse(int)"},
		{"core::fmt::write::h0123456789abcdef", "core::fmt::write"},
		{"a.b", "a.b"},
		{"x.1", "x.1"},
		{"f::height", "f::height"},
		{"[unknown]", "[unknown]"},
		{"", ""},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *name = match_name(cases[i].name);

		cr_expect_str_eq(name, cases[i].matched);
	}
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See sieve.h. */
#include "sieve.h"

#include <string.h>

#include "names.h"

enum {
	PATH_BITS = 1 << SIEVE_FUNCTION | 1 << SIEVE_MODULE | 1 << SIEVE_FILE,
	/* What a node must not have: beside the bits above. */
	BIT_WITHOUT = 1 << SIEVE_PARTS,
	BIT_WITHOUT_LEAF = 2 << SIEVE_PARTS,
	LARGE_BYTES = 1 << 20,
	FREQUENT_PERCENT = 1,
};

/* ---- patterns ---- */

static bool
pattern_init(struct sieve_pattern *pattern, const char *text, GError **error)
{
	const size_t length = text ? strlen(text) : 0;

	*pattern = (struct sieve_pattern){.literal = text};
	if (length >= 2 && text[0] == '/' && text[length - 1] == '/') {
		g_autofree char *source = g_strndup(text + 1, length - 2);

		pattern->regex = g_regex_new(source, G_REGEX_OPTIMIZE, 0, error);
		return pattern->regex != NULL;
	}
	return true;
}

static void
pattern_fini(struct sieve_pattern *pattern)
{
	if (pattern->regex)
		g_regex_unref(pattern->regex);
}

static bool
matches(const struct sieve_pattern *pattern, const char *text,
	bool (*means)(const char *text, const char *wanted))
{
	if (!pattern->literal)
		return true;
	if (pattern->regex)
		return g_regex_match(pattern->regex, text, 0, NULL);
	return means(text, pattern->literal);
}

static bool
patterns_init(struct sieve_patterns *patterns, const char *const *texts, GError **error)
{
	const unsigned count = texts ? g_strv_length((GStrv)(uintptr_t)texts) : 0;

	*patterns = (struct sieve_patterns){.list = g_new0(struct sieve_pattern, count)};
	for (; patterns->count < count; patterns->count++) {
		if (!pattern_init(&patterns->list[patterns->count], texts[patterns->count], error))
			return false;
	}
	return true;
}

static void
patterns_fini(struct sieve_patterns *patterns)
{
	for (unsigned i = 0; i < patterns->count; i++)
		pattern_fini(&patterns->list[i]);
	g_free(patterns->list);
}

static bool
matches_any(const struct sieve_patterns *patterns, const char *text,
	bool (*means)(const char *text, const char *wanted))
{
	for (unsigned i = 0; i < patterns->count; i++) {
		if (matches(&patterns->list[i], text, means))
			return true;
	}
	return false;
}

/* ---- call paths ---- */

/* By function: bits of the function and module patterns. */
static uint8_t *
function_bits(const struct sieve *sieve, const struct profile *profile)
{
	const struct sieve_pattern *patterns = sieve->parts;
	uint8_t *bits = g_new0(uint8_t, profile->functions->len);

	for (guint i = 1; i < profile->functions->len; i++) {
		const struct profile_function *function = profile_function(profile, i);

		if (matches(&patterns[SIEVE_FUNCTION], function->name, name_means))
			bits[i] |= 1 << SIEVE_FUNCTION;
		if (matches(&patterns[SIEVE_MODULE],
			    profile_module(profile, function->module)->path, path_means))
			bits[i] |= 1 << SIEVE_MODULE;
		if (matches_any(&sieve->without, function->name, name_means))
			bits[i] |= BIT_WITHOUT;
		if (matches_any(&sieve->without_leaf, function->name, name_means))
			bits[i] |= BIT_WITHOUT_LEAF;
	}
	return bits;
}

/*
 * A call path that goes on, past the way into the allocator, does not end here: of the bits above a
 * node this is all but the leaf's, unless its function is the allocator's.
 */
static uint8_t
inherited(const struct profile *profile, const uint8_t *bits, uint32_t node)
{
	const uint8_t above = bits[profile->nodes.parent[node]];

	if (!(above & BIT_WITHOUT_LEAF) ||
		name_is_allocator(
			profile_function(profile, profile_node_function(profile, node))->name))
		return above;
	return (uint8_t)(above & ~BIT_WITHOUT_LEAF);
}

/* By node: bits that any frame from the root to it has earned. */
static uint8_t *
node_bits(const struct sieve *sieve, const struct profile *profile)
{
	const struct sieve_pattern *patterns = sieve->parts;
	g_autofree uint8_t *functions = function_bits(sieve, profile);
	g_autofree uint8_t *files = g_new0(uint8_t, profile->files->len);
	uint8_t *bits = g_new0(uint8_t, profile->nodes.count);

	for (guint i = 0; i < profile->files->len; i++)
		files[i] = matches(&patterns[SIEVE_FILE], profile_file(profile, i), path_means);
	for (unsigned part = 0; part <= SIEVE_FILE; part++)
		bits[0] |= (uint8_t)(patterns[part].literal ? 0 : 1 << part);
	for (uint32_t node = 1; node < profile->nodes.count; node++) {
		const struct profile_frame *frame = profile_node_frame(profile, node);

		bits[node] = (uint8_t)(inherited(profile, bits, node) | functions[frame->function] |
				       files[frame->file] << SIEVE_FILE);
	}
	return bits;
}

uint8_t *
sieve_nodes(const struct sieve *sieve, const struct profile *profile)
{
	uint8_t *bits = node_bits(sieve, profile);

	for (uint32_t node = 0; node < profile->nodes.count; node++)
		bits[node] = bits[node] == PATH_BITS;
	return bits;
}

/* ---- threads, numbers ---- */

bool
sieve_passes_named(
	const struct sieve *sieve, enum sieve_part part, const char *name, uint32_t number)
{
	const struct sieve_pattern *pattern = &sieve->parts[part];
	g_autofree char *digits = g_strdup_printf("%u", number);

	return matches(pattern, name, path_means) ||
	       (pattern->literal && g_str_equal(pattern->literal, digits));
}

static bool
in_range(uint64_t value, const struct filter_range *range)
{
	return value >= range->low && (!range->high || value <= range->high);
}

static bool
is_of_kind(const struct sieve *sieve, const struct memory_sums *sums)
{
	switch (sieve->filter->kind) {
	case FILTER_LARGE:
		return sums->largest_bytes > LARGE_BYTES;
	case FILTER_TEMPORARY:
		return sums->temporary.count > 0;
	case FILTER_LEAKED:
		return sums->leaked.count > 0;
	case FILTER_FREQUENT:
		return sums->allocated.count >= sieve->frequent;
	default:
		return true;
	}
}

bool
sieve_passes_memory(const struct sieve *sieve, const struct memory_sums *sums)
{
	const struct filter_range *lifetime = &sieve->filter->lifetime_ns;

	if (!is_of_kind(sieve, sums) || !in_range(sums->largest_bytes, &sieve->filter->size_bytes))
		return false;
	if (!lifetime->low && !lifetime->high)
		return true;
	return sums->freed.count && in_range(sums->lifetime_ns / sums->freed.count, lifetime);
}

bool
sieve_asks_for_memory(const struct sieve *sieve)
{
	const struct filter *filter = sieve->filter;

	return filter->kind || filter->size_bytes.low || filter->size_bytes.high ||
	       filter->lifetime_ns.low || filter->lifetime_ns.high;
}

/* ---- from a filter ---- */

static uint64_t
frequent_allocations(const struct profile *profile)
{
	const struct profile_memory *memory = &profile->memory;
	uint64_t all = 0;

	for (uint32_t i = 0; i < memory->count; i++)
		all += memory->category[i] == MEMORY_HEAP ? memory->sums[i].allocated.count : 0;
	return MAX(all / (100 / FREQUENT_PERCENT), 1);
}

bool
sieve_init(struct sieve *sieve, const struct filter *filter, const struct profile *profile,
	GError **error)
{
	const char *const texts[SIEVE_PARTS] = {
		filter->function, filter->module, filter->file, filter->thread, filter->process};

	*sieve = (struct sieve){.filter = filter, .frequent = frequent_allocations(profile)};
	for (unsigned i = 0; i < SIEVE_PARTS; i++) {
		if (!pattern_init(&sieve->parts[i], texts[i], error))
			return false;
	}
	return patterns_init(&sieve->without, filter->without, error) &&
	       patterns_init(&sieve->without_leaf, filter->without_leaf, error);
}

void
sieve_fini(struct sieve *sieve)
{
	for (unsigned i = 0; i < SIEVE_PARTS; i++)
		pattern_fini(&sieve->parts[i]);
	patterns_fini(&sieve->without);
	patterns_fini(&sieve->without_leaf);
}

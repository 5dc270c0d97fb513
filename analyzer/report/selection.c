/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See selection.h. A call path passes where every pattern met at least one of its frames. */
#include <string.h>

#include "names.h"
#include "profile_range.h"
#include "selection.h"

/* ---- patterns ---- */

struct pattern {
	const char *literal;
	GRegex *regex; /* instead of the literal */
};

static bool
pattern_init(struct pattern *pattern, const char *text, GError **error)
{
	const size_t length = text ? strlen(text) : 0;

	*pattern = (struct pattern){.literal = text};
	if (length >= 2 && text[0] == '/' && text[length - 1] == '/') {
		g_autofree char *source = g_strndup(text + 1, length - 2);

		pattern->regex = g_regex_new(source, G_REGEX_OPTIMIZE, 0, error);
		return pattern->regex != NULL;
	}
	return true;
}

static void
pattern_fini(struct pattern *pattern)
{
	if (pattern->regex)
		g_regex_unref(pattern->regex);
}

static bool
matches(const struct pattern *pattern, const char *text,
	bool (*means)(const char *text, const char *wanted))
{
	if (!pattern->literal)
		return true;
	if (pattern->regex)
		return g_regex_match(pattern->regex, text, 0, NULL);
	return means(text, pattern->literal);
}

/* Any of several, which are alternatives; the list may be NULL. */
struct patterns {
	struct pattern *list;
	unsigned count;
};

static bool
patterns_init(struct patterns *patterns, const char *const *texts, GError **error)
{
	const unsigned count = texts ? g_strv_length((GStrv)(uintptr_t)texts) : 0;

	*patterns = (struct patterns){.list = g_new0(struct pattern, count)};
	for (; patterns->count < count; patterns->count++) {
		if (!pattern_init(&patterns->list[patterns->count], texts[patterns->count], error))
			return false;
	}
	return true;
}

static void
patterns_fini(struct patterns *patterns)
{
	for (unsigned i = 0; i < patterns->count; i++)
		pattern_fini(&patterns->list[i]);
	g_free(patterns->list);
}

static bool
matches_any(const struct patterns *patterns, const char *text,
	bool (*means)(const char *text, const char *wanted))
{
	for (unsigned i = 0; i < patterns->count; i++) {
		if (matches(&patterns->list[i], text, means))
			return true;
	}
	return false;
}

/* ---- what matches ---- */

enum part {
	PART_FUNCTION,
	PART_MODULE,
	PART_FILE,
	PART_THREAD,
	PART_PROCESS,
	PARTS,
};

enum {
	PATH_BITS = 1 << PART_FUNCTION | 1 << PART_MODULE | 1 << PART_FILE,
	/* What a node must not have: beside the bits above. */
	BIT_WITHOUT = 1 << PARTS,
	BIT_WITHOUT_LEAF = 2 << PARTS,
	BITS_BARRED = BIT_WITHOUT | BIT_WITHOUT_LEAF,
	LARGE_BYTES = 1 << 20,
	FREQUENT_PERCENT = 1,
};

const char *const filter_kinds[FILTER_KINDS] = {
	[FILTER_ANY] = "any",
	[FILTER_LARGE] = "large",
	[FILTER_TEMPORARY] = "temporary",
	[FILTER_LEAKED] = "leaked",
	[FILTER_FREQUENT] = "frequent",
};

/* A filter made ready to be asked. */
struct sieve {
	const struct filter *filter;
	struct pattern parts[PARTS];
	struct patterns without, without_leaf;
	uint64_t frequent; /* allocations from which on a call path is frequent */
};

/* By function: bits of the function and module patterns. */
static uint8_t *
function_bits(struct selection *selection, const struct sieve *sieve)
{
	const struct profile *profile = selection->profile;
	const struct pattern *patterns = sieve->parts;
	uint8_t *bits = g_new0(uint8_t, profile->functions->len);

	for (guint i = 1; i < profile->functions->len; i++) {
		const struct profile_function *function = profile_function(profile, i);

		if (matches(&patterns[PART_FUNCTION], function->name, name_means))
			bits[i] |= 1 << PART_FUNCTION;
		if (matches(&patterns[PART_MODULE], profile_module(profile, function->module)->path,
			    path_means))
			bits[i] |= 1 << PART_MODULE;
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
node_bits(struct selection *selection, const struct sieve *sieve)
{
	const struct profile *profile = selection->profile;
	const struct pattern *patterns = sieve->parts;
	g_autofree uint8_t *functions = function_bits(selection, sieve);
	g_autofree uint8_t *files = g_new0(uint8_t, profile->files->len);
	uint8_t *bits = g_new0(uint8_t, profile->nodes.count);

	for (guint i = 0; i < profile->files->len; i++)
		files[i] = matches(&patterns[PART_FILE], profile_file(profile, i), path_means);
	for (unsigned part = 0; part <= PART_FILE; part++)
		bits[0] |= (uint8_t)(patterns[part].literal ? 0 : 1 << part);
	for (uint32_t node = 1; node < profile->nodes.count; node++) {
		const struct profile_frame *frame = profile_node_frame(profile, node);

		bits[node] = (uint8_t)(inherited(profile, bits, node) | functions[frame->function] |
				       files[frame->file] << PART_FILE);
	}
	return bits;
}

/* A name matches, or the number written out. */
static bool
matches_named(const struct pattern *pattern, const char *name, uint32_t number)
{
	g_autofree char *digits = g_strdup_printf("%u", number);

	return matches(pattern, name, path_means) ||
	       (pattern->literal && g_str_equal(pattern->literal, digits));
}

static void
select_threads(struct selection *selection, const struct pattern *patterns)
{
	const struct profile *profile = selection->profile;

	for (guint i = 0; i < profile->processes->len; i++) {
		const struct profile_process *process = profile_process(profile, i);

		selection->processes[i] =
			matches_named(&patterns[PART_PROCESS], process->exe, process->pid);
	}
	for (guint i = 0; i < profile->threads->len; i++) {
		const struct profile_thread *thread = profile_thread(profile, i);

		selection->threads[i] =
			selection->processes[thread->process] &&
			matches_named(&patterns[PART_THREAD], thread->name, thread->tid);
	}
}

static bool
in_range(uint64_t value, const struct filter_range *range)
{
	return value >= range->low && (!range->high || value <= range->high);
}

static bool
is_of_kind(const struct memory_sums *sums, const struct sieve *sieve)
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

/* What the filter asks of the numbers themselves. */
static bool
passes(const struct memory_sums *sums, const struct sieve *sieve)
{
	const struct filter_range *lifetime = &sieve->filter->lifetime_ns;

	if (!is_of_kind(sums, sieve) || !in_range(sums->largest_bytes, &sieve->filter->size_bytes))
		return false;
	if (!lifetime->low && !lifetime->high)
		return true;
	return sums->freed.count && in_range(sums->lifetime_ns / sums->freed.count, lifetime);
}

static uint64_t
frequent_allocations(const struct profile *profile)
{
	const struct profile_memory *memory = &profile->memory;
	uint64_t all = 0;

	for (uint32_t i = 0; i < memory->count; i++)
		all += memory->category[i] == MEMORY_HEAP ? memory->sums[i].allocated.count : 0;
	return MAX(all / (100 / FREQUENT_PERCENT), 1);
}

static void
select_nodes(struct selection *selection, const uint8_t *bits)
{
	const uint32_t count = selection->profile->nodes.count;

	selection->nodes = g_new0(uint8_t, count);
	for (uint32_t node = 0; node < count; node++)
		selection->nodes[node] = bits[node] == PATH_BITS;
}

static void
select_rows(struct selection *selection, const uint8_t *bits, const struct sieve *sieve)
{
	const struct profile_memory *memory = &selection->profile->memory;

	for (uint32_t i = 0; i < memory->count; i++) {
		selection->rows[i] = bits[memory->node[i]] == PATH_BITS &&
				     selection->threads[memory->thread[i]] &&
				     passes(&memory->sums[i], sieve);
		if (selection->rows[i])
			memory_sums_add(&selection->totals[memory->category[i]], &memory->sums[i]);
	}
}

/* Times are no part of what is chosen by what it did with memory. */
static bool
asks_for_memory(const struct filter *filter)
{
	return filter->kind || filter->size_bytes.low || filter->size_bytes.high ||
	       filter->lifetime_ns.low || filter->lifetime_ns.high;
}

static void
select_times(struct selection *selection, const uint8_t *bits, const struct filter *filter)
{
	const struct profile *profile = selection->profile;

	if (asks_for_memory(filter))
		return;

	for (guint i = 0; i < profile->calls->len; i++) {
		const struct profile_call *call =
			&g_array_index(profile->calls, struct profile_call, i);

		selection->calls[i] =
			bits[call->node] == PATH_BITS && selection->threads[call->thread];
		if (selection->calls[i])
			call_sums_add(&selection->call_totals, &call->sums);
	}
	selection->call_totals.total_ns = selection->call_totals.self_ns;
	selection->call_totals.total_error_ns = selection->call_totals.self_error_ns;
	for (guint i = 0; i < profile->samples->len; i++) {
		const struct profile_sample *sample =
			&g_array_index(profile->samples, struct profile_sample, i);

		selection->samples[i] =
			bits[sample->node] == PATH_BITS && selection->threads[sample->thread];
		if (selection->samples[i])
			sample_sums_add(selection->sample_totals, sample->sums);
	}
}

static void
append(GString *text, const char *name, const char *value)
{
	g_string_append_printf(text, "%s%s %s", text->len ? ", " : "", name, value);
}

static void
append_range(GString *text, const char *name, const struct filter_range *range)
{
	if (range->low)
		g_string_append_printf(text, "%s%s from %" G_GUINT64_FORMAT, text->len ? ", " : "",
			name, (guint64)range->low);
	if (range->high)
		g_string_append_printf(text, "%s%s to %" G_GUINT64_FORMAT, text->len ? ", " : "",
			name, (guint64)range->high);
}

static void
append_times(GString *text, const struct filter_range *range)
{
	char low[G_ASCII_DTOSTR_BUF_SIZE], high[G_ASCII_DTOSTR_BUF_SIZE];

	if (!range->high)
		return;
	/* To a tenth of a millisecond: intervals are no shorter than ten of these. */
	g_ascii_formatd(low, sizeof(low), "%.10g", (double)((range->low + 50000) / 100000) / 1e4);
	g_ascii_formatd(
		high, sizeof(high), "%.10g", (double)((range->high + 50000) / 100000) / 1e4);
	g_string_append_printf(text, "%sfrom %s s to %s s", text->len ? ", " : "", low, high);
}

static char *
describe(const char *const texts[PARTS], const struct filter *filter)
{
	static const char *const names[PARTS] = {"function", "module", "file", "thread", "process"};
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < PARTS; i++) {
		if (texts[i])
			append(text, names[i], texts[i]);
	}
	for (unsigned i = 0; filter->without && filter->without[i]; i++)
		append(text, "without", filter->without[i]);
	for (unsigned i = 0; filter->without_leaf && filter->without_leaf[i]; i++)
		append(text, "without leaf", filter->without_leaf[i]);
	if (filter->kind)
		append(text, "kind", filter_kinds[filter->kind]);
	append_range(text, "bytes", &filter->size_bytes);
	append_range(text, "lifetime ns", &filter->lifetime_ns);
	append_times(text, &filter->time_ns);
	return g_string_free(text, FALSE);
}

static bool
sieve_init(struct sieve *sieve, const char *const texts[PARTS], const struct filter *filter,
	GError **error)
{
	*sieve = (struct sieve){.filter = filter};
	for (unsigned i = 0; i < PARTS; i++) {
		if (!pattern_init(&sieve->parts[i], texts[i], error))
			return false;
	}
	return patterns_init(&sieve->without, filter->without, error) &&
	       patterns_init(&sieve->without_leaf, filter->without_leaf, error);
}

static void
sieve_fini(struct sieve *sieve)
{
	for (unsigned i = 0; i < PARTS; i++)
		pattern_fini(&sieve->parts[i]);
	patterns_fini(&sieve->without);
	patterns_fini(&sieve->without_leaf);
}

/* Anything but thread, process and time. */
static bool
restricts_paths(const char *const texts[PARTS], const struct filter *filter)
{
	const char *const paths[PARTS] = {
		texts[PART_FUNCTION], texts[PART_MODULE], texts[PART_FILE]};
	struct filter always = *filter;

	always.time_ns = (struct filter_range){0, 0};
	g_autofree char *description = describe(paths, &always);

	return *description != '\0';
}

/* The whole intervals of `range`, or all of the profile. */
static bool
choose_time(struct selection *selection, struct filter_range *range, GError **error)
{
	struct profile_range times = {range->low, range->high};

	if (!range->low && !range->high)
		return true;
	selection->part = profile_of_range(selection->profile, &times, error);
	if (!selection->part)
		return false;
	selection->profile = selection->part;
	*range = (struct filter_range){times.from_ns, times.to_ns};
	return true;
}

bool
selection_init(struct selection *selection, const struct profile *of, const struct filter *asked,
	GError **error)
{
	struct filter own = *asked;
	const struct filter *filter = &own;
	const char *const texts[PARTS] = {
		filter->function, filter->module, filter->file, filter->thread, filter->process};
	struct sieve sieve;
	bool valid;

	*selection = (struct selection){.profile = of};
	if (!choose_time(selection, &own.time_ns, error))
		return false;
	const struct profile *profile = selection->profile;

	valid = sieve_init(&sieve, texts, filter, error);
	selection->description = describe(texts, filter);
	selection->restricted = *selection->description != '\0';
	selection->path_restricted = restricts_paths(texts, filter);
	if (valid) {
		g_autofree uint8_t *bits = node_bits(selection, &sieve);

		sieve.frequent = frequent_allocations(profile);
		selection->rows = g_new0(uint8_t, profile->memory.count);
		selection->calls = g_new0(uint8_t, profile->calls->len);
		selection->samples = g_new0(uint8_t, profile->samples->len);
		selection->processes = g_new0(uint8_t, profile->processes->len);
		selection->threads = g_new0(uint8_t, profile->threads->len);
		select_threads(selection, sieve.parts);
		select_nodes(selection, bits);
		select_rows(selection, bits, &sieve);
		select_times(selection, bits, filter);
	}
	sieve_fini(&sieve);
	return valid;
}

void
selection_fini(struct selection *selection)
{
	g_free(selection->rows);
	g_free(selection->nodes);
	g_free(selection->calls);
	g_free(selection->samples);
	g_free(selection->processes);
	g_free(selection->threads);
	g_free(selection->description);
	profile_free(selection->part);
}

/* ---- by node ---- */

uint64_t
selection_whole(const struct selection *selection, enum metric metric)
{
	const void *const sums[] = {
		[SOURCE_MEMORY] = &selection->totals[MEMORY_HEAP],
		[SOURCE_CALLS] = &selection->call_totals,
		[SOURCE_SAMPLES] = selection->sample_totals,
	};

	return metric_of(metric, sums[metric_table[metric].source]);
}

uint64_t
selection_unsampled_ns(const struct selection *selection)
{
	uint64_t unsampled_ns = 0;

	for (guint i = 0; i < selection->profile->processes->len; i++)
		if (selection->processes[i])
			unsampled_ns += profile_process(selection->profile, i)->unsampled_ns;
	return unsampled_ns;
}

static void
add_memory(const struct selection *selection, enum metric metric, uint64_t *self)
{
	const struct profile_memory *memory = &selection->profile->memory;

	for (uint32_t i = 0; i < memory->count; i++) {
		if (selection->rows[i] && memory->category[i] == MEMORY_HEAP)
			self[memory->node[i]] += metric_of(metric, &memory->sums[i]);
	}
}

static void
add_calls(const struct selection *selection, enum metric metric, uint64_t *self)
{
	const GArray *calls = selection->profile->calls;

	for (guint i = 0; i < calls->len; i++) {
		const struct profile_call *call = &g_array_index(calls, struct profile_call, i);

		if (selection->calls[i])
			self[call->node] += metric_of(metric, &call->sums);
	}
}

static void
add_samples(const struct selection *selection, enum metric metric, uint64_t *self)
{
	const GArray *samples = selection->profile->samples;

	for (guint i = 0; i < samples->len; i++) {
		const struct profile_sample *sample =
			&g_array_index(samples, struct profile_sample, i);

		if (selection->samples[i])
			self[sample->node] += metric_of(metric, sample->sums);
	}
}

uint64_t *
selection_self(const struct selection *selection, enum metric metric)
{
	static void (*const adders[])(const struct selection *, enum metric, uint64_t *) = {
		[SOURCE_MEMORY] = add_memory,
		[SOURCE_CALLS] = add_calls,
		[SOURCE_SAMPLES] = add_samples,
	};
	uint64_t *self = g_new0(uint64_t, selection->profile->nodes.count);

	adders[metric_table[metric].source](selection, metric, self);
	return self;
}

uint64_t *
selection_total(const struct profile *profile, const uint64_t *self)
{
	uint64_t *total = g_memdup2(self, profile->nodes.count * sizeof(*self));

	for (uint32_t node = profile->nodes.count - 1; node > 0; node--)
		total[profile->nodes.parent[node]] += total[node];
	return total;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See selection.h. A call path passes where every pattern met at least one of its frames. */
#include <string.h>

#include "names.h"
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
};

/* By function: bits of the function and module patterns. */
static uint8_t *
function_bits(struct selection *selection, const struct pattern *patterns)
{
	const struct profile *profile = selection->profile;
	uint8_t *bits = g_new0(uint8_t, profile->functions->len);

	for (guint i = 1; i < profile->functions->len; i++) {
		const struct profile_function *function = profile_function(profile, i);

		if (matches(&patterns[PART_FUNCTION], function->name, name_means))
			bits[i] |= 1 << PART_FUNCTION;
		if (matches(&patterns[PART_MODULE], profile_module(profile, function->module)->path,
			    path_means))
			bits[i] |= 1 << PART_MODULE;
	}
	return bits;
}

/* By node: bits that any frame from the root to it has earned. */
static uint8_t *
node_bits(struct selection *selection, const struct pattern *patterns)
{
	const struct profile *profile = selection->profile;
	g_autofree uint8_t *functions = function_bits(selection, patterns);
	g_autofree uint8_t *files = g_new0(uint8_t, profile->files->len);
	uint8_t *bits = g_new0(uint8_t, profile->nodes.count);

	for (guint i = 0; i < profile->files->len; i++)
		files[i] = matches(&patterns[PART_FILE], profile_file(profile, i), path_means);
	for (unsigned part = 0; part <= PART_FILE; part++)
		bits[0] |= (uint8_t)(patterns[part].literal ? 0 : 1 << part);
	for (uint32_t node = 1; node < profile->nodes.count; node++) {
		const struct profile_frame *frame = profile_node_frame(profile, node);

		bits[node] =
			(uint8_t)(bits[profile->nodes.parent[node]] | functions[frame->function] |
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

static void
select_rows(struct selection *selection, const uint8_t *bits)
{
	const struct profile_memory *memory = &selection->profile->memory;

	for (uint32_t i = 0; i < memory->count; i++) {
		selection->rows[i] =
			bits[memory->node[i]] == PATH_BITS && selection->threads[memory->thread[i]];
		if (selection->rows[i])
			memory_sums_add(&selection->totals[memory->category[i]], &memory->sums[i]);
	}
}

static void
select_times(struct selection *selection, const uint8_t *bits)
{
	const struct profile *profile = selection->profile;

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

static char *
describe(const char *const texts[PARTS])
{
	static const char *const names[PARTS] = {"function", "module", "file", "thread", "process"};
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < PARTS; i++) {
		if (texts[i])
			g_string_append_printf(
				text, "%s%s %s", text->len ? ", " : "", names[i], texts[i]);
	}
	return g_string_free(text, FALSE);
}

bool
selection_init(struct selection *selection, const struct profile *profile,
	const struct filter *filter, GError **error)
{
	const char *const texts[PARTS] = {
		filter->function, filter->module, filter->file, filter->thread, filter->process};
	struct pattern patterns[PARTS] = {0};
	bool valid = true;

	*selection = (struct selection){.profile = profile, .description = describe(texts)};
	for (unsigned i = 0; i < PARTS; i++) {
		valid = valid && pattern_init(&patterns[i], texts[i], error);
		selection->restricted |= texts[i] != NULL;
		selection->path_restricted |= texts[i] && i <= PART_FILE;
	}
	if (valid) {
		g_autofree uint8_t *bits = node_bits(selection, patterns);

		selection->rows = g_new0(uint8_t, profile->memory.count);
		selection->calls = g_new0(uint8_t, profile->calls->len);
		selection->samples = g_new0(uint8_t, profile->samples->len);
		selection->processes = g_new0(uint8_t, profile->processes->len);
		selection->threads = g_new0(uint8_t, profile->threads->len);
		select_threads(selection, patterns);
		select_rows(selection, bits);
		select_times(selection, bits);
	}
	for (unsigned i = 0; i < PARTS; i++)
		pattern_fini(&patterns[i]);
	return valid;
}

void
selection_fini(struct selection *selection)
{
	g_free(selection->rows);
	g_free(selection->calls);
	g_free(selection->samples);
	g_free(selection->processes);
	g_free(selection->threads);
	g_free(selection->description);
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

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See selection.h. */
#include <string.h>

#include "profile_range.h"
#include "selection.h"
#include "sieve.h"

const char *const filter_kinds[FILTER_KINDS] = {
	[FILTER_ANY] = "any",
	[FILTER_LARGE] = "large",
	[FILTER_TEMPORARY] = "temporary",
	[FILTER_LEAKED] = "leaked",
	[FILTER_FREQUENT] = "frequent",
};

/* ---- rows ---- */

static void
select_threads(struct selection *selection, const struct sieve *sieve)
{
	const struct profile *profile = selection->profile;

	for (guint i = 0; i < profile->processes->len; i++) {
		const struct profile_process *process = profile_process(profile, i);

		selection->processes[i] =
			sieve_passes_named(sieve, SIEVE_PROCESS, process->exe, process->pid);
	}
	for (guint i = 0; i < profile->threads->len; i++) {
		const struct profile_thread *thread = profile_thread(profile, i);

		selection->threads[i] =
			selection->processes[thread->process] &&
			sieve_passes_named(sieve, SIEVE_THREAD, thread->name, thread->tid);
	}
}

static void
select_rows(struct selection *selection, const struct sieve *sieve)
{
	const struct profile_memory *memory = &selection->profile->memory;

	for (uint32_t i = 0; i < memory->count; i++) {
		selection->rows[i] = selection->nodes[memory->node[i]] &&
				     selection->threads[memory->thread[i]] &&
				     sieve_passes_memory(sieve, &memory->sums[i]);
		if (selection->rows[i])
			memory_sums_add(&selection->totals[memory->category[i]], &memory->sums[i]);
	}
}

static void
select_times(struct selection *selection)
{
	const struct profile *profile = selection->profile;

	for (guint i = 0; i < profile->calls->len; i++) {
		const struct profile_call *call =
			&g_array_index(profile->calls, struct profile_call, i);

		selection->calls[i] =
			selection->nodes[call->node] && selection->threads[call->thread];
		if (selection->calls[i])
			call_sums_add(&selection->call_totals, &call->sums);
	}
	selection->call_totals.total_ns = selection->call_totals.self_ns;
	selection->call_totals.total_error_ns = selection->call_totals.self_error_ns;
	for (guint i = 0; i < profile->samples->len; i++) {
		const struct profile_sample *sample =
			&g_array_index(profile->samples, struct profile_sample, i);

		selection->samples[i] =
			selection->nodes[sample->node] && selection->threads[sample->thread];
		if (selection->samples[i])
			sample_sums_add(selection->sample_totals, sample->sums);
	}
}

/* ---- in words ---- */

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
describe(const struct filter *filter)
{
	const struct {
		const char *name, *value;
	} texts[] = {{"function", filter->function}, {"module", filter->module},
		{"file", filter->file}, {"thread", filter->thread}, {"process", filter->process}};
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
		if (texts[i].value)
			append(text, texts[i].name, texts[i].value);
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

/* Anything but thread, process and time. */
static bool
restricts_paths(const struct filter *filter)
{
	struct filter paths = *filter;

	paths.thread = paths.process = NULL;
	paths.time_ns = (struct filter_range){0, 0};
	g_autofree char *description = describe(&paths);

	return *description != '\0';
}

/* Threads that are one row have no names: of such the pattern may have missed some. */
static void
describe_rest(struct selection *selection)
{
	const struct profile *profile = selection->profile;
	uint32_t count = 0;

	for (guint i = 0; i < profile->threads->len; i++) {
		const struct profile_thread *thread = profile_thread(profile, i);

		if (selection->processes[thread->process] && !selection->threads[i])
			count += thread->together;
	}
	if (!count)
		return;
	g_autofree char *before = selection->description;

	selection->description = g_strdup_printf(
		"%s, of those with rows of their own (%u have none)", before, count);
}

/* ---- all of it ---- */

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
	struct filter filter = *asked;
	struct sieve sieve;
	bool valid;

	*selection = (struct selection){.profile = of};
	if (!choose_time(selection, &filter.time_ns, error))
		return false;
	const struct profile *profile = selection->profile;

	valid = sieve_init(&sieve, &filter, profile, error);
	selection->description = describe(&filter);
	selection->restricted = *selection->description != '\0';
	selection->path_restricted = restricts_paths(&filter);
	if (valid) {
		selection->nodes = sieve_nodes(&sieve, profile);
		selection->rows = g_new0(uint8_t, profile->memory.count);
		selection->calls = g_new0(uint8_t, profile->calls->len);
		selection->samples = g_new0(uint8_t, profile->samples->len);
		selection->processes = g_new0(uint8_t, profile->processes->len);
		selection->threads = g_new0(uint8_t, profile->threads->len);
		select_threads(selection, &sieve);
		if (filter.thread)
			describe_rest(selection);
		select_rows(selection, &sieve);
		if (!sieve_asks_for_memory(&sieve))
			select_times(selection);
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

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See sections.h. What happened inside a section is in the rows of the nodes below it. All rows are
 * in preorder, as nodes are: one pass over them with the sections in mind that are open there finds
 * them all, and these are few however deep the tree is.
 */
#include "sections.h"

#include <string.h>

#include "call_histogram.h"
#include "record.h"

struct builder {
	const struct profile *profile;
	const struct section_choice *choice;
	GArray *sections;      /* struct profile_section */
	uint32_t *of_function; /* by function: index of the section and 1; 0: none */
	uint32_t *nodes;       /* outermost ones of sections, ascending */
	uint32_t node_count;
};

/* ---- names ---- */

static struct profile_section *
find_or_add(struct builder *builder, uint32_t index)
{
	const struct profile_place *place =
		&g_array_index(builder->profile->named.places, struct profile_place, index);
	struct profile_section section = {.name = place->name,
		.kind = place->kind,
		.place = index,
		.function = place->function};

	for (guint i = builder->sections->len; i-- > 0;) {
		struct profile_section *known =
			&g_array_index(builder->sections, struct profile_section, i);

		if (strcmp(known->name, place->name) != 0)
			break;
		if (known->kind == place->kind && (known->function == place->function ||
							  !known->function || !place->function)) {
			known->function = MAX(known->function, place->function);
			return known;
		}
	}
	g_array_append_val(builder->sections, section);
	return &g_array_index(
		builder->sections, struct profile_section, builder->sections->len - 1);
}

static bool
is_before(
	const struct profile *profile, const struct profile_place *a, const struct profile_place *b)
{
	const int files = strcmp(profile_file(profile, a->file), profile_file(profile, b->file));

	return files ? files < 0 : a->line < b->line;
}

/* Places are sorted by name. */
static void
name_sections(struct builder *builder)
{
	const GArray *places = builder->profile->named.places;

	for (guint i = 1; i < places->len; i++) {
		const struct profile_place *place = &g_array_index(places, struct profile_place, i);
		struct profile_section *section;

		if (place->kind != NAMED_SECTION && place->kind != NAMED_PROFILED &&
			place->kind != NAMED_SPAN)
			continue;
		section = find_or_add(builder, i);
		section->places++;
		if (is_before(builder->profile, place,
			    &g_array_index(places, struct profile_place, section->place)))
			section->place = i;
	}
	for (guint i = 0; i < builder->sections->len; i++) {
		const struct profile_section *section =
			&g_array_index(builder->sections, struct profile_section, i);

		if (section->function)
			builder->of_function[section->function] = i + 1;
	}
}

static struct profile_section *
section_at(struct builder *builder, uint32_t node)
{
	const uint32_t index = builder->of_function[profile_node_function(builder->profile, node)];

	return index ? &g_array_index(builder->sections, struct profile_section, index - 1) : NULL;
}

/* ---- what is inside ---- */

static void
find_nodes(struct builder *builder)
{
	const struct profile_nodes *nodes = &builder->profile->nodes;

	builder->nodes = g_new(uint32_t, nodes->count);
	for (uint32_t node = 1; node < nodes->count; node++)
		if (nodes->outermost[node] && section_at(builder, node))
			builder->nodes[builder->node_count++] = node;
}

/* The sections that are open at nodes which are asked for in ascending order. */
struct sweep {
	struct builder *builder;
	GArray *open; /* uint32_t: nodes */
	uint32_t next;
};

static void
sweep_close(struct sweep *sweep, uint32_t node)
{
	const uint32_t *last = sweep->builder->profile->nodes.last;

	while (sweep->open->len &&
		last[g_array_index(sweep->open, uint32_t, sweep->open->len - 1)] < node)
		g_array_set_size(sweep->open, sweep->open->len - 1);
}

static void
sweep_to(struct sweep *sweep, uint32_t node)
{
	const struct builder *builder = sweep->builder;

	for (; sweep->next < builder->node_count && builder->nodes[sweep->next] <= node;
		sweep->next++) {
		sweep_close(sweep, builder->nodes[sweep->next]);
		g_array_append_val(sweep->open, builder->nodes[sweep->next]);
	}
	sweep_close(sweep, node);
}

static struct profile_section *
open_section(const struct sweep *sweep, guint index)
{
	const struct builder *builder = sweep->builder;
	const uint32_t node = g_array_index(sweep->open, uint32_t, index);
	const uint32_t number = builder->of_function[profile_node_function(builder->profile, node)];

	return &g_array_index(builder->sections, struct profile_section, number - 1);
}

static void
add_memory(struct builder *builder)
{
	const struct profile_memory *memory = &builder->profile->memory;
	g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	struct sweep sweep = {.builder = builder, .open = open};

	for (uint32_t i = 0; i < memory->count; i++) {
		if (memory->category[i] != MEMORY_HEAP ||
			(builder->choice->memory && !builder->choice->memory[i]))
			continue;
		sweep_to(&sweep, memory->node[i]);
		for (guint j = 0; j < open->len; j++)
			memory_sums_add(&open_section(&sweep, j)->memory, &memory->sums[i]);
	}
}

static void
add_samples(struct builder *builder)
{
	const GArray *samples = builder->profile->samples;
	g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	struct sweep sweep = {.builder = builder, .open = open};

	for (guint i = 0; i < samples->len; i++) {
		const struct profile_sample *sample =
			&g_array_index(samples, struct profile_sample, i);

		if (builder->choice->samples && !builder->choice->samples[i])
			continue;
		sweep_to(&sweep, sample->node);
		for (guint j = 0; j < open->len; j++)
			sample_sums_add(open_section(&sweep, j)->samples, sample->sums);
	}
}

/* ---- times ---- */

/* `distributions` are by section: how long each took; NULL: not known. */

static void
add_times(struct builder *builder, struct profile_section *section, const struct call_sums *sums,
	const struct profile_bytes *histogram, struct call_distribution **distributions)
{
	const guint index =
		(guint)(section - (struct profile_section *)(void *)builder->sections->data);

	call_sums_add(&section->times, sums);
	if (!histogram->count)
		return;
	if (!distributions[index])
		distributions[index] = g_new0(struct call_distribution, 1);
	call_distribution_add(distributions[index], histogram->bytes, histogram->count);
}

static void
add_calls(struct builder *builder, struct call_distribution **distributions)
{
	for (guint i = 0; i < builder->profile->calls->len; i++) {
		const struct profile_call *call =
			&g_array_index(builder->profile->calls, struct profile_call, i);
		struct profile_section *section = section_at(builder, call->node);
		struct call_sums sums = call->sums;

		if (!section || (builder->choice->calls && !builder->choice->calls[i]))
			continue;
		if (!builder->profile->nodes.outermost[call->node])
			sums.total_ns = sums.total_error_ns = 0;
		add_times(builder, section, &sums, &call->histogram, distributions);
	}
}

static struct profile_section *
find_span(struct builder *builder, uint32_t place)
{
	const struct profile_place *wanted =
		&g_array_index(builder->profile->named.places, struct profile_place, place);

	for (guint i = 0; i < builder->sections->len; i++) {
		struct profile_section *section =
			&g_array_index(builder->sections, struct profile_section, i);

		if (section->kind == NAMED_SPAN && g_str_equal(section->name, wanted->name))
			return section;
	}
	return NULL;
}

static void
add_spans(struct builder *builder, struct call_distribution **distributions)
{
	const GArray *spans = builder->profile->named.spans;

	for (guint i = 0; i < spans->len && !builder->choice->no_spans; i++) {
		const struct profile_named_span *span =
			&g_array_index(spans, struct profile_named_span, i);
		const struct call_sums sums = {
			.calls = span->durations.count,
			.unfinished = span->durations.unfinished,
			.total_ns = span->durations.total_ns,
			.min_ns = span->durations.min_ns,
			.max_ns = span->durations.max_ns,
			.peak_bytes = span->peak_bytes,
		};
		struct profile_section *section = find_span(builder, span->place);

		if (section &&
			(!builder->choice->processes || builder->choice->processes[span->process]))
			add_times(builder, section, &sums, &span->histogram, distributions);
	}
}

static void
find_percentiles(struct builder *builder, struct call_distribution **distributions)
{
	for (guint i = 0; i < builder->sections->len; i++) {
		struct profile_section *section =
			&g_array_index(builder->sections, struct profile_section, i);
		const struct call_bounds bounds = {section->times.min_ns, section->times.max_ns};

		if (!distributions[i])
			continue;
		section->distributed = distributions[i]->count > 0;
		section->p50_ns = call_distribution_percentile(distributions[i], bounds, 50);
		section->p90_ns = call_distribution_percentile(distributions[i], bounds, 90);
		section->p99_ns = call_distribution_percentile(distributions[i], bounds, 99);
		g_free(distributions[i]);
	}
}

static void
find_times(struct builder *builder)
{
	g_autofree struct call_distribution **distributions =
		g_new0(struct call_distribution *, builder->sections->len);

	add_calls(builder, distributions);
	add_spans(builder, distributions);
	find_percentiles(builder, distributions);
}

/* ---- all of them ---- */

static bool
has_anything(const struct profile_section *section)
{
	return section->times.calls || section->memory.allocated.count ||
	       section->memory.freed.count || section->samples[SAMPLE_CPU].samples ||
	       section->samples[SAMPLE_WALL].samples;
}

static void
drop_empty(GArray *sections)
{
	struct profile_section *section = (struct profile_section *)(void *)sections->data;
	guint kept = 0;

	for (guint i = 0; i < sections->len; i++)
		if (has_anything(&section[i]))
			section[kept++] = section[i];
	g_array_set_size(sections, kept);
}

GArray *
profile_sections(const struct profile *profile, const struct section_choice *choice)
{
	struct builder builder = {
		.profile = profile,
		.choice = choice,
		.sections = g_array_new(FALSE, TRUE, sizeof(struct profile_section)),
		.of_function = g_new0(uint32_t, profile->functions->len),
	};

	name_sections(&builder);
	if (builder.sections->len) {
		find_nodes(&builder);
		add_memory(&builder);
		add_samples(&builder);
		find_times(&builder);
	}
	drop_empty(builder.sections);
	g_free(builder.of_function);
	g_free(builder.nodes);
	return builder.sections;
}

const struct profile_section *
profile_section_find(const GArray *sections, const char *name)
{
	for (guint i = 0; i < sections->len; i++) {
		const struct profile_section *section =
			&g_array_index(sections, struct profile_section, i);

		if (g_str_equal(section->name, name))
			return section;
	}
	return NULL;
}

char *
profile_section_place(const struct profile *profile, const struct profile_section *section)
{
	const struct profile_place *place =
		&g_array_index(profile->named.places, struct profile_place, section->place);
	const char *file = profile_file(profile, place->file);
	g_autofree char *base = *file ? g_path_get_basename(file) : g_strdup("?");

	if (section->places > 1)
		return g_strdup_printf("%s:%u and %u more", base, place->line, section->places - 1);
	return g_strdup_printf("%s:%u", base, place->line);
}

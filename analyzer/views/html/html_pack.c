/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See html_pack.h. Box i of the pack is node i + 1 of the profile. */
#include "html_pack.h"

#include <stdlib.h>

#include "flame_pack.h"
#include "names.h"

/* ---- frames ---- */

struct use {
	uint32_t frame, count;
};

static int
compare_uses(const void *a, const void *b)
{
	const struct use *left = a, *right = b;

	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	return (left->frame > right->frame) - (left->frame < right->frame);
}

/* Those that occur, the most frequent first: most boxes then name theirs in one byte. */
static struct html_frames
rank_frames(const struct profile *profile)
{
	const guint all = profile->frames->len;
	g_autofree struct use *uses = g_new0(struct use, all);
	struct html_frames frames = {
		.frame_of = g_new(uint32_t, all), .number_of = g_new0(uint32_t, all)};

	for (guint i = 0; i < all; i++)
		uses[i].frame = i;
	for (uint32_t node = 1; node < profile->nodes.count; node++)
		uses[profile->nodes.frame[node]].count++;
	qsort(uses, all, sizeof(*uses), compare_uses);
	for (; frames.count < all && uses[frames.count].count; frames.count++) {
		frames.frame_of[frames.count] = uses[frames.count].frame;
		frames.number_of[uses[frames.count].frame] = frames.count;
	}
	return frames;
}

static const struct profile_function *
function_of(const struct profile *profile, const struct html_frames *frames, uint32_t number)
{
	return profile_function(
		profile, profile_frame(profile, frames->frame_of[number])->function);
}

static void
put_frames(GByteArray *pack, const struct profile *profile, const struct html_frames *frames,
	struct pack_strings *strings)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_autoptr(GByteArray) allocator = g_byte_array_new();

	pack_varint(bytes, frames->count);
	for (uint32_t i = 0; i < frames->count; i++) {
		const char *name = function_of(profile, frames, i)->name;
		const uint8_t own = name_is_allocator(name);

		pack_varint(bytes, pack_strings_number(strings, name));
		g_byte_array_append(allocator, &own, 1);
	}
	for (uint32_t i = 0; i < frames->count; i++)
		pack_varint(
			bytes, pack_strings_number(strings,
				       profile_file(profile,
					       profile_frame(profile, frames->frame_of[i])->file)));
	for (uint32_t i = 0; i < frames->count; i++)
		pack_varint(bytes, profile_frame(profile, frames->frame_of[i])->line);
	for (uint32_t i = 0; i < frames->count; i++)
		pack_varint(bytes,
			pack_strings_number(strings,
				profile_module(profile, function_of(profile, frames, i)->module)
					->path));
	pack_section(pack, "frames", bytes);
	pack_section(pack, "allocator", allocator);
}

/* ---- boxes ---- */

static void
put_shape(GByteArray *pack, const struct profile_nodes *nodes, const struct html_frames *frames)
{
	g_autofree uint32_t *depth = g_new0(uint32_t, nodes->count);
	g_autoptr(GByteArray) shape = g_byte_array_new();
	g_autoptr(GByteArray) frame = g_byte_array_new();

	pack_varint(shape, nodes->count - 1);
	for (uint32_t node = 1; node < nodes->count; node++) {
		depth[node] = depth[nodes->parent[node]] + 1;
		pack_varint(shape, node == 1 ? 0 : depth[node - 1] + 1 - depth[node]);
		pack_varint(frame, frames->number_of[nodes->frame[node]]);
	}
	pack_section(pack, "shape", shape);
	pack_section(pack, "frame", frame);
}

static void
put_metric(GByteArray *pack, const struct selection *selection, const struct html_metric *metric,
	unsigned number)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_autofree char *name = g_strdup_printf("self%u", number);
	g_autofree uint64_t *self = selection_self(selection, metric->metric);

	pack_varint(bytes, 3);
	pack_text(bytes, metric->name);
	pack_text(bytes, metric->unit);
	pack_text(bytes, metric->plural);
	pack_column(bytes, self + 1, selection->profile->nodes.count - 1);
	pack_section(pack, name, bytes);
}

static void
put_metrics(GByteArray *pack, const struct selection *selection)
{
	unsigned number = 0;

	for (unsigned i = 0; i < html_metric_count; i++) {
		if (html_metric_is_known(&html_metrics[i], selection->profile))
			put_metric(pack, selection, &html_metrics[i], number++);
	}
}

/* ---- all of it ---- */

static void
put_meta(GByteArray *pack, const struct profile *profile, const struct html_options *options)
{
	g_autofree char *program = g_path_get_basename(profile->run.program);
	g_autofree char *schemes = flame_schemes_text();
	const char *const pairs[] = {"title", options->title ? options->title : program, "root",
		program, "scheme", "Mem", "schemes", schemes, "flipped", "1"};
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	pack_varint(bytes, G_N_ELEMENTS(pairs));
	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *valid = g_utf8_make_valid(pairs[i], -1);

		pack_text(bytes, valid);
	}
	pack_section(pack, "meta", bytes);
}

GByteArray *
html_pack(const struct selection *selection, const struct html_options *options)
{
	const struct profile *profile = selection->profile;
	GByteArray *pack = g_byte_array_new();
	g_autoptr(GByteArray) report = g_byte_array_new();
	g_autoptr(GByteArray) texts = g_byte_array_new();
	g_autofree char *info = html_info(selection);
	struct html_frames frames = rank_frames(profile);
	struct pack_strings strings;

	pack_strings_init(&strings);
	put_meta(pack, profile, options);
	pack_text(report, info);
	pack_section(pack, "report", report);
	put_frames(pack, profile, &frames, &strings);
	put_shape(pack, &profile->nodes, &frames);
	put_metrics(pack, selection);
	html_put_times(pack, profile);
	html_put_sources(pack, selection, &strings, options);
	pack_strings_emit(&strings, texts);
	pack_section(pack, "strings", texts);
	pack_strings_fini(&strings);
	g_free(frames.frame_of);
	g_free(frames.number_of);
	return pack;
}

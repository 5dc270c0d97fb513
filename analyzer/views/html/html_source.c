/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Source files that cost something, with their text where it is at hand. What costs most comes
 * first, so that limits leave out what matters least; what is left out is said.
 */
#include "html_pack.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	FILE_BYTES_MAX = 2 << 20,
	ALL_BYTES_MAX = 24 << 20, /* of text; it takes about a fifth of that in the page */
	FILES_MAX = 5000,
};

struct file_cost {
	uint32_t file;
	uint64_t bytes; /* allocated, with all that was called from it */
};

static int
compare_costs(const void *a, const void *b)
{
	const struct file_cost *left = a, *right = b;

	if (left->bytes != right->bytes)
		return left->bytes > right->bytes ? -1 : 1;
	return (left->file > right->file) - (left->file < right->file);
}

/* By file, in order of cost; returns how many cost anything. */
static uint32_t
rank_files(const struct selection *selection, struct file_cost *costs)
{
	const struct profile *profile = selection->profile;
	g_autofree uint64_t *self = selection_self(selection, METRIC_BYTES);
	g_autofree uint64_t *total = selection_total(profile, self);
	uint32_t count = 0;

	for (guint i = 0; i < profile->files->len; i++)
		costs[i] = (struct file_cost){.file = i};
	for (uint32_t node = 1; node < profile->nodes.count; node++)
		costs[profile_node_frame(profile, node)->file].bytes += total[node];
	costs[0].bytes = 0;
	qsort(costs, profile->files->len, sizeof(*costs), compare_costs);
	while (count < profile->files->len && count < FILES_MAX && costs[count].bytes)
		count++;
	return count;
}

/* The text of a file as it is now, valid UTF-8; NULL, and why. `room`: what may still be taken. */
static char *
read_text(const char *path, uint64_t start_ns, size_t room, enum html_source *ret_state)
{
	struct stat status;
	g_autofree char *raw = NULL;
	gsize length;

	*ret_state = HTML_SOURCE_MISSING;
	/* A relative name could be any file of where the report is made. */
	if (!g_path_is_absolute(path) || stat(path, &status) || !S_ISREG(status.st_mode))
		return NULL;
	*ret_state = HTML_SOURCE_TOO_BIG;
	if (status.st_size > FILE_BYTES_MAX || (size_t)status.st_size > room)
		return NULL;
	*ret_state = HTML_SOURCE_MISSING;
	if (!g_file_get_contents(path, &raw, &length, NULL))
		return NULL;
	*ret_state = (uint64_t)status.st_mtim.tv_sec > start_ns / 1000000000 ? HTML_SOURCE_NEWER
									     : HTML_SOURCE_WHOLE;
	return g_utf8_make_valid(raw, (gssize)length);
}

void
html_put_sources(GByteArray *pack, const struct selection *selection, struct pack_strings *strings,
	const struct html_options *options)
{
	const struct profile *profile = selection->profile;
	g_autofree struct file_cost *costs = g_new(struct file_cost, profile->files->len);
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	const uint32_t count = rank_files(selection, costs);
	size_t room = ALL_BYTES_MAX;

	pack_varint(bytes, count);
	for (uint32_t i = 0; i < count; i++) {
		const char *path = profile_file(profile, costs[i].file);
		enum html_source state = HTML_SOURCE_LEFT_OUT;
		g_autofree char *text =
			options->no_source
				? NULL
				: read_text(path, profile->run.start_realtime_ns, room, &state);

		room -= text ? MIN(room, strlen(text)) : 0;
		pack_varint(bytes, pack_strings_number(strings, path));
		pack_varint(bytes, state);
		pack_text(bytes, text ? text : "");
	}
	pack_section(pack, "sources", bytes);
}

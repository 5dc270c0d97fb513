/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See folded_profile.h. Nodes come in preorder, so one line buffer grows and shrinks along the
 * tree: `end[depth]` is its length with the frames down to that depth.
 */
#include "folded_profile.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

void
folded_append_frame(GString *line, const char *name)
{
	const gsize start = line->len;

	g_string_append(line, *name ? name : "[unknown]");
	for (gsize i = start; i < line->len; i++) {
		char *c = &line->str[i];

		if (*c == ';')
			*c = ':';
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	}
	gsize digits = line->len;

	while (digits > start && g_ascii_isdigit(line->str[digits - 1]))
		digits--;
	if (digits > start && digits < line->len && line->str[digits - 1] == ' ')
		line->str[digits - 1] = '_';
}

/* Bytes that each node itself allocated on the heap. The caller's. */
static uint64_t *
bytes_by_node(const struct profile *profile)
{
	uint64_t *bytes = g_new0(uint64_t, profile->nodes.count);

	for (uint32_t row = 0; row < profile->memory.count; row++) {
		if (profile->memory.category[row] == MEMORY_HEAP)
			bytes[profile->memory.node[row]] +=
				profile->memory.sums[row].allocated.bytes;
	}
	return bytes;
}

int
folded_profile_write(FILE *out, const struct profile *profile)
{
	g_autofree uint64_t *bytes = bytes_by_node(profile);
	/* By node, not by depth: the same without a second walk to find the deepest. */
	g_autofree gsize *end = g_new0(gsize, profile->nodes.count);
	g_autoptr(GString) line = g_string_new(NULL);

	for (uint32_t node = 1; node < profile->nodes.count; node++) {
		const uint32_t parent = profile->nodes.parent[node];
		const uint32_t function = profile_node_function(profile, node);

		g_string_truncate(line, end[parent]);
		if (parent)
			g_string_append_c(line, ';');
		folded_append_frame(line, profile_function(profile, function)->name);
		end[node] = line->len;
		if (bytes[node])
			fprintf(out, "%s %" PRIu64 "\n", line->str, bytes[node]);
	}
	return fflush(out) || ferror(out) ? -(errno ? errno : EIO) : 0;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Two columns of folded stacks: see diff_report.h. */
#include <errno.h>

#include "diff_report.h"
#include "folded.h"

static char **
clean_names(const struct diff *diff)
{
	char **names = g_new0(char *, diff->frame_count + 1);

	for (uint32_t i = 0; i < diff->frame_count; i++)
		names[i] = folded_name(diff->frames[i].function);
	return names;
}

/* Preorder: `line` holds the names down to the node, `lengths` where each level ends. */
int
diff_write_folded(FILE *file, const struct diff *diff, unsigned metric)
{
	g_auto(GStrv) names = clean_names(diff);
	g_autoptr(GString) line = g_string_new(NULL);
	g_autoptr(GArray) lengths = g_array_new(FALSE, FALSE, sizeof(gsize));
	uint32_t top = 0;

	errno = 0;
	for (uint32_t node = 1; node < diff->node_count; node++) {
		const struct diff_values self = diff_self(diff, metric, node);

		for (; top != diff->parent[node]; top = diff->parent[top]) {
			g_string_truncate(line, g_array_index(lengths, gsize, lengths->len - 1));
			g_array_set_size(lengths, lengths->len - 1);
		}
		g_array_append_val(lengths, line->len);
		g_string_append_printf(
			line, "%s%s", line->len ? ";" : "", names[diff->frame[node]]);
		top = node;
		if (self.a || self.b)
			fprintf(file, "%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", line->str,
				self.a, self.b);
	}
	if (fflush(file) == 0 && !ferror(file))
		return 0;
	return errno ? -errno : -EIO;
}

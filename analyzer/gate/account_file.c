/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Paths files: see account.h. They are written by us and edited by merges: everything is checked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"

#define HEADER "thag-gate-paths 1"

enum {
	/* Values of a node in the first files; later ones have more, what is missing is 0. */
	COLUMNS_MIN = GATE_TEMPORARY + 1,
	DEPTH_MAX = 1000000, /* of a file: an indentation beyond it is nonsense */
};

/* ---- writing ---- */

/* By node: whether it or anything below did something. */
static bool *
find_used(const struct account *account)
{
	bool *used = g_new0(bool, account->nodes->len);

	for (guint i = account->nodes->len; i-- > 1;) {
		const struct account_node *node = account_node(account, i);

		for (unsigned j = 0; j < GATE_EXACT_METRICS; j++)
			used[i] |= node->self[j] != 0;
		used[node->parent] |= used[i];
	}
	return used;
}

/* Tabs and line ends divide the file: in a name they become spaces. */
static void
append_name(GString *text, const char *name)
{
	for (; *name; name++)
		g_string_append_c(text, g_ascii_iscntrl(*name) ? ' ' : *name);
}

static void
append_values(GString *text, const struct account_node *node)
{
	bool any = false;

	for (unsigned i = 0; i < GATE_EXACT_METRICS; i++)
		any |= node->self[i] != 0;
	if (!any) {
		g_string_append_c(text, '-');
		return;
	}
	for (unsigned i = 0; i < GATE_EXACT_METRICS; i++)
		g_string_append_printf(text, i ? " %" G_GUINT64_FORMAT : "%" G_GUINT64_FORMAT,
			(guint64)node->self[i]);
}

char *
account_emit(const struct account *account)
{
	g_autofree bool *used = find_used(account);
	g_autofree uint32_t *depth = g_new0(uint32_t, account->nodes->len);
	GString *text = g_string_new(HEADER "\n# depth; ");

	for (unsigned i = 0; i < GATE_EXACT_METRICS; i++)
		g_string_append_printf(text, "%s%s", i ? " " : "", gate_metrics[i].key);
	g_string_append(text, "; function, module, place\n");
	for (guint i = 1; i < account->nodes->len; i++) {
		const struct account_node *node = account_node(account, i);

		depth[i] = depth[node->parent] + 1;
		if (!used[i])
			continue;
		g_string_append_printf(text, "%u\t", depth[i]);
		append_values(text, node);
		g_string_append_c(text, '\t');
		append_name(text, node->function);
		g_string_append_c(text, '\t');
		append_name(text, node->module);
		g_string_append_c(text, '\t');
		append_name(text, node->file);
		g_string_append_printf(text, ":%u\n", node->line);
	}
	return g_string_free(text, FALSE);
}

/* ---- reading ---- */

static bool
parse_number(const char **at, uint64_t max, uint64_t *ret_value)
{
	char *end;

	if (!g_ascii_isdigit(**at))
		return false;
	errno = 0;
	const guint64 value = g_ascii_strtoull(*at, &end, 10);

	if (errno || value > max)
		return false;
	*at = end;
	*ret_value = value;
	return true;
}

static bool
parse_values(const char *text, struct account_node *node)
{
	if (!strcmp(text, "-"))
		return true;
	for (unsigned i = 0; i < GATE_EXACT_METRICS; i++) {
		if (i >= COLUMNS_MIN && !*text)
			return true;
		if (i && *text++ != ' ')
			return false;
		if (!parse_number(&text, INT64_MAX, &node->self[i]))
			return false;
	}
	return !*text;
}

static bool
parse_place(char *text, struct account_node *node)
{
	char *colon = strrchr(text, ':');
	uint64_t line;

	if (!colon)
		return false;
	const char *at = colon + 1;

	if (!parse_number(&at, UINT32_MAX, &line) || *at)
		return false;
	*colon = 0;
	node->line = (uint32_t)line;
	node->file = g_intern_string(text);
	return true;
}

/* `open` holds the last node of each depth, the root first. */
static bool
parse_line(struct account *account, const char *line, GArray *open)
{
	g_auto(GStrv) fields = g_strsplit(line, "\t", 0);
	struct account_node node = {.line = 0};
	uint64_t depth;

	if (g_strv_length(fields) != 5)
		return false;
	const char *at = fields[0];

	if (!parse_number(&at, DEPTH_MAX, &depth) || *at || !depth || depth > open->len ||
		!parse_values(fields[1], &node) || !parse_place(fields[4], &node))
		return false;
	node.function = g_intern_string(fields[2]);
	node.module = g_intern_string(fields[3]);
	node.parent = g_array_index(open, uint32_t, depth - 1);
	const uint32_t id = account->nodes->len;

	g_array_append_val(account->nodes, node);
	g_array_set_size(open, (guint)depth);
	g_array_append_val(open, id);
	for (unsigned i = 0; i < GATE_EXACT_METRICS; i++)
		account->total[i] += node.self[i];
	return true;
}

struct account *
account_parse(const char *text, char **ret_why)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	struct account *account;
	const uint32_t root = 0;

	if (!g_utf8_validate(text, -1, NULL) || strcmp(lines[0] ? lines[0] : "", HEADER)) {
		*ret_why = g_strdup("line 1 is not '" HEADER "'");
		return NULL;
	}
	account = account_new();
	g_array_append_val(open, root);
	for (unsigned i = 1; lines[i]; i++) {
		if (!*lines[i] || *lines[i] == '#' || parse_line(account, lines[i], open))
			continue;
		*ret_why = g_strdup_printf("line %u is not understood", i + 1);
		account_free(account);
		return NULL;
	}
	return account;
}

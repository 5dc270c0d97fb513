/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Paths files: see account.h. They are written by us and edited by merges: everything is checked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account_build.h"

#define HEADER "thag-gate-paths 1"

enum {
	/* Exact values of a node in the first files; later ones have more, what is missing is 0. */
	COLUMNS_MIN = GATE_TEMPORARY + 1,
	DEPTH_MAX = 1000000, /* of a file: an indentation beyond it is nonsense */
	RUNS_MAX = 100000,
};

/* ---- writing ---- */

struct figures {
	const struct account *account;
	unsigned set;
	uint64_t *self[GATE_PATH_METRICS]; /* NULL: not in the set */
};

static void
figures_init(struct figures *figures, const struct account *account, unsigned set)
{
	*figures = (struct figures){.account = account, .set = set};
	for (unsigned i = 0; i < GATE_PATH_METRICS; i++)
		figures->self[i] = gate_set_has(set, i) ? account_self(account, i) : NULL;
}

static void
figures_fini(struct figures *figures)
{
	for (unsigned i = 0; i < GATE_PATH_METRICS; i++)
		g_free(figures->self[i]);
}

static bool
has_figure(const struct figures *figures, uint32_t node)
{
	for (unsigned i = 0; i < GATE_PATH_METRICS; i++) {
		if (figures->self[i] && figures->self[i][node])
			return true;
	}
	return false;
}

/* By node: whether it or anything below did something. */
static bool *
find_used(const struct figures *figures)
{
	bool *used = g_new0(bool, account_node_count(figures->account));

	for (uint32_t i = account_node_count(figures->account); i-- > 1;) {
		used[i] |= has_figure(figures, i);
		used[account_parent(figures->account, i)] |= used[i];
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
append_values(GString *text, const struct figures *figures, uint32_t node)
{
	bool first = true;

	for (unsigned i = 0; has_figure(figures, node) && i < GATE_PATH_METRICS; i++) {
		if (!figures->self[i])
			continue;
		g_string_append_printf(text, "%s%" G_GUINT64_FORMAT, first ? "" : " ",
			(guint64)figures->self[i][node]);
		first = false;
	}
	if (first)
		g_string_append_c(text, '-');
}

static void
append_keys(GString *text, unsigned set)
{
	bool first = true;

	for (unsigned i = 0; i < GATE_PATH_METRICS; i++) {
		if (!gate_set_has(set, i))
			continue;
		g_string_append_printf(text, "%s%s", first ? "" : " ", gate_metrics[i].key);
		first = false;
	}
}

static void
append_header(GString *text, const struct account *account, unsigned set)
{
	g_string_append(text, HEADER);
	if (set != GATE_SET_EXACT) {
		g_string_append_c(text, ' ');
		append_keys(text, set);
	}
	if (account->runs)
		g_string_append_printf(text, " runs=%u", account->runs);
	g_string_append(text, "\n# depth; ");
	append_keys(text, set);
	g_string_append(text, "; function, module, place\n");
}

static void
append_node(GString *text, const struct figures *figures, uint32_t node, uint32_t depth)
{
	const struct account_frame frame = account_frame(figures->account, node);

	g_string_append_printf(text, "%u\t", depth);
	append_values(text, figures, node);
	g_string_append_c(text, '\t');
	append_name(text, frame.function);
	g_string_append_c(text, '\t');
	append_name(text, frame.module);
	g_string_append_c(text, '\t');
	append_name(text, frame.file);
	g_string_append_printf(text, ":%u\n", frame.line);
}

char *
account_emit(const struct account *account, unsigned set)
{
	g_autofree uint32_t *depth = g_new0(uint32_t, account_node_count(account));
	GString *text = g_string_new(NULL);
	struct figures figures;

	figures_init(&figures, account, set);
	g_autofree bool *used = find_used(&figures);

	append_header(text, account, set);
	for (uint32_t i = 1; i < account_node_count(account); i++) {
		depth[i] = depth[account_parent(account, i)] + 1;
		if (used[i])
			append_node(text, &figures, i, depth[i]);
	}
	figures_fini(&figures);
	return g_string_free(text, FALSE);
}

/* ---- reading ---- */

struct parser {
	struct account_builder *builder;
	GArray *open; /* the last node of each depth, the root first */
	unsigned set, runs;
};

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
parse_header_word(struct parser *parser, const char *word)
{
	const char *runs = g_str_has_prefix(word, "runs=") ? word + strlen("runs=") : NULL;
	enum gate_metric metric;
	uint64_t number;

	if (runs) {
		if (!parse_number(&runs, RUNS_MAX, &number) || *runs || !number)
			return false;
		parser->runs = (unsigned)number;
		return true;
	}
	if (!gate_metric_parse(word, &metric) || !gate_has_paths(metric))
		return false;
	parser->set |= 1u << metric;
	return true;
}

static bool
parse_header(struct parser *parser, const char *line)
{
	if (!line || !g_str_has_prefix(line, HEADER))
		return false;
	g_auto(GStrv) words = g_strsplit(line + strlen(HEADER), " ", -1);

	if (words[0] && *words[0])
		return false;
	for (char **word = words + (words[0] != NULL); *word; word++) {
		if (!parse_header_word(parser, *word))
			return false;
	}
	if (!parser->set)
		parser->set = GATE_SET_EXACT;
	return true;
}

static bool
parse_values(const char *text, const struct parser *parser, uint64_t *ret_values)
{
	const bool exact = parser->set == GATE_SET_EXACT;
	bool first = true;

	if (!strcmp(text, "-"))
		return true;
	for (unsigned i = 0; i < GATE_PATH_METRICS; i++) {
		if (!gate_set_has(parser->set, i))
			continue;
		if (exact && i >= COLUMNS_MIN && !*text)
			return true;
		if (!first && *text++ != ' ')
			return false;
		if (!parse_number(&text, INT64_MAX, &ret_values[i]))
			return false;
		first = false;
	}
	return !*text;
}

static bool
parse_place(char *text, struct account_frame *frame)
{
	char *colon = strrchr(text, ':');
	uint64_t line;

	if (!colon)
		return false;
	const char *at = colon + 1;

	if (!parse_number(&at, UINT32_MAX, &line) || *at)
		return false;
	*colon = 0;
	frame->line = (uint32_t)line;
	frame->file = text;
	return true;
}

static bool
parse_line(struct parser *parser, const char *line)
{
	g_auto(GStrv) fields = g_strsplit(line, "\t", 0);
	uint64_t values[GATE_PATH_METRICS] = {0}, depth;
	struct account_frame frame;

	if (g_strv_length(fields) != 5)
		return false;
	const char *at = fields[0];

	frame.function = fields[2];
	frame.module = fields[3];
	if (!parse_number(&at, DEPTH_MAX, &depth) || *at || !depth || depth > parser->open->len ||
		!parse_values(fields[1], parser, values) || !parse_place(fields[4], &frame))
		return false;
	const uint32_t node = account_builder_child(
		parser->builder, g_array_index(parser->open, uint32_t, depth - 1), &frame);

	g_array_set_size(parser->open, (guint)depth);
	g_array_append_val(parser->open, node);
	for (unsigned i = 0; i < GATE_PATH_METRICS; i++)
		account_builder_add(parser->builder, node, i, values[i]);
	return true;
}

/* NULL, or what is wrong. */
static char *
parse(struct parser *parser, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	if (!g_utf8_validate(text, -1, NULL) || !parse_header(parser, lines[0]))
		return g_strdup("line 1 is not '" HEADER "'");
	for (unsigned i = 1; lines[i]; i++) {
		if (*lines[i] && *lines[i] != '#' && !parse_line(parser, lines[i]))
			return g_strdup_printf("line %u is not understood", i + 1);
	}
	return NULL;
}

struct account *
account_parse(const char *text, char **ret_why)
{
	g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	struct parser parser = {.builder = account_builder_new(), .open = open};
	const uint32_t root = 0;

	g_array_append_val(open, root);
	char *why = parse(&parser, text);

	if (why) {
		account_builder_free(parser.builder);
		*ret_why = why;
		return NULL;
	}
	struct account *account = account_builder_end(parser.builder, parser.set);

	account->runs = parser.runs;
	return account;
}

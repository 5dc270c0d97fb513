/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See callgrind.h. A file is read twice: where functions are and what calls them must be known
 * before the first path can be named.
 */
#include "callgrind.h"

#include <errno.h>
#include <string.h>

const char *const callgrind_options[] = {"--tool=callgrind", "--quiet", "--trace-children=yes",
	"--separate-callers=24", "--separate-recs=1", "--compress-pos=no", "--dump-line=yes",
	"--dump-instr=no", "--collect-jumps=no", "--demangle=yes", NULL};

enum {
	CONTEXT_MAX = 64, /* functions of a context */
};

enum pass {
	PASS_NAMES, /* modules of functions, places of calls */
	PASS_COUNTS,
	PASSES,
};

/* Where a context was called from most. */
struct call_place {
	const char *file; /* interned */
	uint32_t line;
	uint64_t cost;
};

enum name_kind {
	NAME_OBJECT,
	NAME_FILE,
	NAME_FUNCTION,
	NAME_KINDS,
};

struct parser {
	struct account_builder *builder;
	const char *program;
	enum pass pass;
	GHashTable *names[NAME_KINDS]; /* number -> text, interned */
	GHashTable *modules;	       /* function -> module; interned, first seen */
	GHashTable *calls;	       /* context -> struct call_place */
	GHashTable *paths;	       /* context -> parent node + 1 */
	const char *object, *file, *context, *function, *callee;
	uint32_t path;		    /* the context's, where it is known: PASS_COUNTS */
	bool call;		    /* the next line of costs is that of a call */
	unsigned positions, column; /* numbers before the costs; which cost is instructions */
	uint64_t sum, total;
	bool whole; /* the total was there */
};

/* ---- names ---- */

/* "(3) name", "(3)" or "name". NULL where a number was never given a name. */
static const char *
parse_name(struct parser *parser, enum name_kind kind, const char *text)
{
	char *end;

	if (*text != '(')
		return g_intern_string(text);
	const guint64 number = g_ascii_strtoull(text + 1, &end, 10);
	gpointer key = GSIZE_TO_POINTER((gsize)number + 1);

	/* A function without a name is "(below main)" or the like. */
	if (end == text + 1 || *end != ')')
		return g_intern_string(text);
	end += strspn(end, ") ");
	if (*end)
		g_hash_table_insert(
			parser->names[kind], key, (gpointer)(uintptr_t)g_intern_string(end));
	return g_hash_table_lookup(parser->names[kind], key);
}

/* "???" is where code was that no file is known of. */
static const char *
module_name(const struct parser *parser, const char *object)
{
	g_autofree char *name = g_path_get_basename(object);
	g_autofree char *own = g_path_get_basename(parser->program);
	char *version = strstr(name, ".so.");

	if (!strcmp(name, own))
		return "[program]";
	if (!*object || !strcmp(object, "???"))
		return "[unknown]";
	if (version)
		version[strlen(".so")] = 0;
	return g_intern_string(name);
}

static bool
is_address(const char *function)
{
	return g_str_has_prefix(function, "0x") &&
	       strspn(function + 2, "0123456789abcdef") == strlen(function + 2);
}

/* As profiles name it: "libz.so+0x1a0" where there is no name, and without a symbol's version. */
static const char *
function_name(const char *function, const char *module)
{
	g_autofree char *name = NULL;

	if (is_address(function) && *module != '[')
		name = g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x", module,
			g_ascii_strtoull(function, NULL, 16));
	else if (is_address(function))
		name = g_strdup("[unknown]");
	else
		name = g_strndup(function, strcspn(function, "@"));

	return *name ? g_intern_string(name) : "[unknown]";
}

/* The first function of a context. */
static const char *
function_of(const char *context)
{
	const char *end = strchr(context, '\'');
	g_autofree char *name = g_strndup(context, end ? (gsize)(end - context) : strlen(context));

	return g_intern_string(name);
}

/* ---- paths ---- */

static const char *
module_of(const struct parser *parser, const char *function)
{
	const char *module = g_hash_table_lookup(parser->modules, function);

	return module ? module : "[unknown]";
}

static const char *
file_name(const char *file)
{
	return strcmp(file, "???") != 0 ? file : "";
}

/* The node that the context's own lines are below: its callers, the outermost first. */
static uint32_t
find_path(struct parser *parser, const char *context)
{
	gpointer known = g_hash_table_lookup(parser->paths, context);
	const char *starts[CONTEXT_MAX] = {context};
	unsigned count = 1;
	uint32_t node = 0;

	if (known)
		return GPOINTER_TO_UINT(known) - 1;
	for (const char *at = strchr(context, '\''); at && count < CONTEXT_MAX;
		at = strchr(at + 1, '\''))
		starts[count++] = at + 1;
	for (unsigned i = count; i-- > 1;) {
		const struct call_place *place = g_hash_table_lookup(parser->calls, starts[i - 1]);
		const char *function = function_of(starts[i]);
		const char *module = module_of(parser, function);
		const struct account_frame frame = {
			.function = function_name(function, module),
			.module = module,
			.file = place ? file_name(place->file) : "",
			.line = place ? place->line : 0,
		};

		node = account_builder_child(parser->builder, node, &frame);
	}
	g_hash_table_insert(
		parser->paths, (gpointer)(uintptr_t)context, GUINT_TO_POINTER(node + 1));
	return node;
}

/* ---- lines of names ---- */

static void
set_function(struct parser *parser, const char *context)
{
	parser->context = context;
	parser->function = function_of(context);
	if (!g_hash_table_contains(parser->modules, parser->function))
		g_hash_table_insert(parser->modules, (gpointer)(uintptr_t)parser->function,
			(gpointer)(uintptr_t)module_name(parser, parser->object));
	if (parser->pass == PASS_COUNTS)
		parser->path = find_path(parser, context);
}

static const struct {
	const char *key;
	enum name_kind kind;
} name_lines[] = {{"ob", NAME_OBJECT}, {"fl", NAME_FILE}, {"fi", NAME_FILE}, {"fe", NAME_FILE},
	{"fn", NAME_FUNCTION}, {"cob", NAME_OBJECT}, {"cfl", NAME_FILE}, {"cfi", NAME_FILE},
	{"cfn", NAME_FUNCTION}};

/* "fn=(3) main". False: no such line, or a broken one. */
static bool
parse_name_line(struct parser *parser, const char *line)
{
	const char *equals = strchr(line, '=');

	for (size_t i = 0; equals && i < G_N_ELEMENTS(name_lines); i++) {
		const size_t length = (size_t)(equals - line);
		const char *key = name_lines[i].key;

		if (length != strlen(key) || strncmp(line, key, length) != 0)
			continue;
		const char *name = parse_name(parser, name_lines[i].kind, equals + 1);

		if (!name)
			return false;
		if (!strcmp(key, "fn"))
			set_function(parser, name);
		else if (!strcmp(key, "cfn"))
			parser->callee = name;
		else if (!strcmp(key, "ob"))
			parser->object = name;
		else if (*key == 'f')
			parser->file = name;
		return true;
	}
	return false;
}

static void
add_cost(struct parser *parser, uint32_t line, uint64_t cost)
{
	const char *module = module_of(parser, parser->function);
	const struct account_frame frame = {
		.function = function_name(parser->function, module),
		.module = module,
		.file = file_name(parser->file),
		.line = line,
	};

	account_builder_add(parser->builder,
		account_builder_child(parser->builder, parser->path, &frame), GATE_INSTRUCTIONS,
		cost);
	parser->sum += cost;
}

/* ---- lines of numbers ---- */

static void
add_call(struct parser *parser, uint32_t line, uint64_t cost)
{
	struct call_place *place = g_hash_table_lookup(parser->calls, parser->callee);

	if (place && place->cost >= cost)
		return;
	place = g_new(struct call_place, 1);
	*place = (struct call_place){parser->file, line, cost};
	g_hash_table_insert(parser->calls, (gpointer)(uintptr_t)parser->callee, place);
}

static bool
parse_costs(struct parser *parser, const char *text)
{
	uint64_t line = 0, cost = 0;

	for (unsigned i = 0; i < parser->positions + parser->column + 1; i++) {
		char *end;

		text += strspn(text, " \t");
		/* Costs at the end that are 0 are left out. */
		if (!*text && i >= parser->positions)
			break;
		errno = 0;
		const guint64 number = g_ascii_strtoull(text, &end, 0);

		if (end == text || errno || *text == '+' || *text == '-')
			return false;
		if (i + 1 == parser->positions)
			line = number;
		cost = i == parser->positions + parser->column ? number : 0;
		text = end;
	}
	if (!parser->context || !parser->file)
		return false;
	if (parser->pass == PASS_NAMES && parser->call)
		add_call(parser, (uint32_t)line, cost);
	else if (parser->pass == PASS_COUNTS && !parser->call && cost)
		add_cost(parser, (uint32_t)line, cost);
	parser->call = false;
	return true;
}

/* "events: Ir Dr": which of them is that of instructions. */
static bool
parse_events(struct parser *parser, const char *text)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
	unsigned column = 0;

	for (char **word = words; *word; word++) {
		if (!strcmp(*word, "Ir")) {
			parser->column = column;
			return true;
		}
		column += **word != 0;
	}
	return false;
}

static bool
parse_positions(struct parser *parser, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);

	parser->positions = 0;
	for (char **word = words; *word; word++)
		parser->positions += **word != 0;
	return parser->positions > 0 && g_str_has_suffix(text, "line");
}

static bool
parse_totals(struct parser *parser, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);

	if (g_strv_length(words) <= parser->column)
		return false;
	parser->total += g_ascii_strtoull(words[parser->column], NULL, 10);
	parser->whole = true;
	return true;
}

static bool
parse_line(struct parser *parser, const char *line)
{
	static const char *const skipped[] = {"version:", "creator:", "pid:", "cmd:", "part:",
		"desc:", "summary:", "thread:", "event:", "#", "rcalls="};

	if (!*line)
		return true;
	if (g_ascii_isdigit(*line))
		return parse_costs(parser, line);
	if (g_str_has_prefix(line, "calls=")) {
		parser->call = true;
		return parser->callee != NULL;
	}
	if (g_str_has_prefix(line, "events: "))
		return parse_events(parser, line + strlen("events: "));
	if (g_str_has_prefix(line, "positions: "))
		return parse_positions(parser, line + strlen("positions: "));
	if (g_str_has_prefix(line, "totals: "))
		return parse_totals(parser, line + strlen("totals: "));
	for (size_t i = 0; i < G_N_ELEMENTS(skipped); i++) {
		if (g_str_has_prefix(line, skipped[i]))
			return true;
	}
	return parse_name_line(parser, line);
}

/* ---- a file ---- */

static void
begin_pass(struct parser *parser, enum pass pass)
{
	parser->pass = pass;
	parser->object = parser->file = "";
	parser->context = parser->callee = NULL;
	parser->call = parser->whole = false;
	parser->positions = 1;
	parser->column = 0;
	parser->sum = parser->total = 0;
	for (unsigned i = 0; i < NAME_KINDS; i++)
		g_hash_table_remove_all(parser->names[i]);
}

static char *
run_pass(struct parser *parser, enum pass pass, char **lines)
{
	begin_pass(parser, pass);
	for (unsigned i = 0; lines[i]; i++) {
		if (!parse_line(parser, lines[i]))
			return g_strdup_printf("line %u is not understood", i + 1);
	}
	if (!parser->whole)
		return g_strdup("it ends too early: valgrind could not write all of it");
	if (pass == PASS_COUNTS && parser->sum != parser->total)
		return g_strdup_printf("its lines add up to %" G_GUINT64_FORMAT
				       ", its total is %" G_GUINT64_FORMAT,
			(guint64)parser->sum, (guint64)parser->total);
	return NULL;
}

bool
callgrind_parse(
	struct account_builder *builder, const char *program, const char *text, char **ret_why)
{
	struct parser parser = {.builder = builder,
		.program = program,
		.modules = g_hash_table_new(NULL, NULL),
		.calls = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free),
		.paths = g_hash_table_new(NULL, NULL)};
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	char *why = NULL;

	for (unsigned i = 0; i < NAME_KINDS; i++)
		parser.names[i] = g_hash_table_new(NULL, NULL);
	for (unsigned pass = 0; pass < PASSES && !why; pass++)
		why = run_pass(&parser, pass, lines);
	for (unsigned i = 0; i < NAME_KINDS; i++)
		g_hash_table_destroy(parser.names[i]);
	g_hash_table_destroy(parser.modules);
	g_hash_table_destroy(parser.calls);
	g_hash_table_destroy(parser.paths);
	if (why)
		*ret_why = why;
	return !why;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See functions.h. libclang's C interface gives every declaration with its extent in bytes. A
 * body's braces must stand in the source itself, not in what a macro became; its head may.
 */
#include "functions.h"

#include <clang-c/Index.h>
#include <string.h>
#include "braces.h"
#include "declaration.h"
#include "diagnostics.h"
#include "heads.h"
#include "marks.h"
#include "unit.h"
#include "words.h"

const char *const skip_names[SKIPS] = {
	[SKIP_NOT] = "instrumented",
	[SKIP_MACRO] = "body from a macro",
	[SKIP_ALREADY] = "already instrumented",
	[SKIP_CONSTANT] = "constexpr",
	[SKIP_NAKED] = "naked",
	[SKIP_FORBIDDEN] = "no_instrument_function",
	[SKIP_RESOLVER] = "ifunc resolver",
	[SKIP_INLINE] = "inline with external linkage",
	[SKIP_COROUTINE] = "coroutine",
	[SKIP_TAIL_CALL] = "musttail",
	[SKIP_LAMBDA] = "lambda",
	[SKIP_HEAD] = "head not understood",
	[SKIP_BRACES] = "braces not understood",
	[SKIP_NOT_CHOSEN] = "not chosen",
	[SKIP_SHORT] = "too short",
};

struct search {
	const struct functions_source *source;
	struct functions *functions;
	GArray *diagnostics;
	struct braces braces;
	struct heads heads;
	GHashTable *resolvers; /* names of functions that resolve an ifunc */
	CXFile file;
	size_t outer;	     /* of the declaration that is visited */
	size_t constant_end; /* where the value of the last constexpr variable ends */
};

/* Where a location is in the source; false: in another file, or in what a macro became. */
static bool
locate(const struct search *s, CXSourceLocation location, size_t *ret_offset, unsigned *ret_line)
{
	CXFile file, spelled_file;
	unsigned offset, spelled_offset, line;

	clang_getExpansionLocation(location, &file, &line, NULL, &offset);
	clang_getSpellingLocation(location, &spelled_file, NULL, NULL, &spelled_offset);
	if (!file || !clang_File_isEqual(file, s->file) ||
		!clang_File_isEqual(spelled_file, s->file) || offset != spelled_offset)
		return false;
	*ret_offset = offset;
	if (ret_line)
		*ret_line = line;
	return true;
}

/* Where a declaration begins; where its macro is called if it comes from one. */
static bool
locate_start(const struct search *s, CXCursor cursor, size_t *ret_offset)
{
	CXFile file;
	unsigned offset;

	clang_getExpansionLocation(
		clang_getRangeStart(clang_getCursorExtent(cursor)), &file, NULL, NULL, &offset);
	*ret_offset = offset;
	return file && clang_File_isEqual(file, s->file);
}

static bool
is_function(CXCursor cursor)
{
	switch (clang_getCursorKind(cursor)) {
	case CXCursor_FunctionDecl:
	case CXCursor_CXXMethod:
	case CXCursor_Constructor:
	case CXCursor_Destructor:
	case CXCursor_ConversionFunction:
	case CXCursor_FunctionTemplate:
	case CXCursor_LambdaExpr:
		return true;
	default:
		return false;
	}
}

static enum CXChildVisitResult
keep_body(CXCursor cursor, CXCursor parent, CXClientData data)
{
	const enum CXCursorKind kind = clang_getCursorKind(cursor);

	if (kind == CXCursor_CXXTryStmt)
		return CXChildVisit_Recurse;
	if (kind == CXCursor_CompoundStmt && clang_Cursor_isNull(*(CXCursor *)data))
		*(CXCursor *)data = cursor;
	return CXChildVisit_Continue;
}

/* The braces of a function; of one that is a try block as a whole, those behind try. */
static CXCursor
body_of(CXCursor function)
{
	CXCursor body = clang_getNullCursor();

	clang_visitChildren(function, keep_body, &body);
	return body;
}

static const char *const constant_words[] = {"constexpr", "consteval", "constinit", NULL};

/* What in a body forbids that anything is to be done at its end, or on the same thread. */
static enum skip
judge_body(const struct search *s, const struct function *f)
{
	static const char *const coroutine[] = {"co_await", "co_yield", "co_return", NULL};
	static const char *const tail_call[] = {"musttail", NULL};

	if (s->source->is_cxx && words_occur(s->source->bytes, f->body, f->end, coroutine))
		return SKIP_COROUTINE;
	if (words_occur(s->source->bytes, f->body, f->end, tail_call))
		return SKIP_TAIL_CALL;
	return SKIP_NOT;
}

/* C lets such a function have no static data of its own, and the macro may have some. */
static bool
is_external_inline(const struct search *s, CXCursor cursor)
{
	return !s->source->is_cxx && clang_Cursor_isFunctionInlined(cursor) &&
	       clang_Cursor_getStorageClass(cursor) != CX_SC_Static;
}

static enum skip
judge_declaration(CXCursor cursor)
{
	struct declaration declaration;
	enum skip skip = SKIP_NOT;

	declaration_init(&declaration, cursor);
	if (declaration_is_constant(&declaration))
		skip = SKIP_CONSTANT;
	else if (declaration_has_attribute(&declaration, "naked"))
		skip = SKIP_NAKED;
	else if (declaration_has_attribute(&declaration, "no_instrument_function"))
		skip = SKIP_FORBIDDEN;
	declaration_fini(&declaration);
	return skip;
}

static enum skip
judge_lambda(const struct search *s, const struct function *f)
{
	if (!s->source->lambdas)
		return SKIP_LAMBDA;
	return f->start < s->constant_end ||
			       words_occur(s->source->bytes, f->start, f->body, constant_words)
		       ? SKIP_CONSTANT
		       : SKIP_NOT;
}

/* Whether the parser, which met errors, can be believed about this function. */
static enum skip
judge_parser(const struct search *s, CXCursor cursor, const struct function *f)
{
	size_t name;

	if (diagnostics_has_syntax_error(s->diagnostics, f->start, f->body))
		return SKIP_HEAD;
	/* Where the type is missing, a macro that is not known is likelier than old C. */
	if (!s->source->is_cxx && locate(s, clang_getCursorLocation(cursor), &name, NULL) &&
		name == f->start)
		return SKIP_HEAD;
	return braces_match(&s->braces, f->body - 1, f->end - 1) ? SKIP_NOT : SKIP_BRACES;
}

static enum skip
judge_head(const struct search *s, CXCursor cursor, const struct function *f)
{
	if (clang_getCursorKind(cursor) == CXCursor_LambdaExpr)
		return judge_lambda(s, f);
	const enum skip skip = judge_declaration(cursor);

	if (skip)
		return skip;
	if (s->source->is_cxx && heads_may_be_constant(&s->heads, f->start, f->body))
		return SKIP_CONSTANT;
	if (g_hash_table_contains(s->resolvers, f->name))
		return SKIP_RESOLVER;
	return is_external_inline(s, cursor) ? SKIP_INLINE : SKIP_NOT;
}

static enum skip
judge(const struct search *s, CXCursor cursor, const struct function *f)
{
	if (words_begin_with(s->source->bytes, f->body, f->end, MARKS_MACRO))
		return SKIP_ALREADY;
	enum skip skip = judge_head(s, cursor, f);

	if (!skip)
		skip = judge_body(s, f);
	if (!skip && s->functions->errors)
		skip = judge_parser(s, cursor, f);
	return skip;
}

/* Bytes of the brace at `offset`, also as it was written where keyboards had none. */
static size_t
brace_length(const struct search *s, size_t offset, const char *const *braces)
{
	for (; *braces; braces++) {
		const size_t length = strlen(*braces);

		if (offset + length <= s->source->length &&
			!memcmp(s->source->bytes + offset, *braces, length))
			return length;
	}
	return 0;
}

/* Fills in where the body is; false: not in the source. */
static bool
locate_body(const struct search *s, CXCursor body, struct function *f)
{
	static const char *const opening[] = {"{", "<%", "?\?<", NULL};
	const CXSourceRange extent = clang_getCursorExtent(body);
	size_t open, end;
	unsigned line, end_line;

	if (!locate(s, clang_getRangeStart(extent), &open, &line) ||
		!locate(s, clang_getRangeEnd(extent), &end, &end_line))
		return false;
	const size_t length = brace_length(s, open, opening);

	if (!length || end <= open || !strchr("}>", s->source->bytes[end - 1]))
		return false;
	f->body = open + length;
	f->end = end;
	f->lines = end_line - line + 1;
	return true;
}

static void
add_function(struct search *s, CXCursor cursor, CXCursor body)
{
	struct function f = {.outer = s->outer, .name = declaration_name(cursor)};

	f.qualified_name = declaration_qualified_name(cursor);
	clang_getExpansionLocation(clang_getCursorLocation(cursor), NULL, &f.line, NULL, NULL);
	locate_start(s, cursor, &f.start);
	f.skip = locate_body(s, body, &f) ? judge(s, cursor, &f) : SKIP_MACRO;
	if (f.skip == SKIP_MACRO)
		f.end = f.start;
	g_array_append_val(s->functions->list, f);
}

/* A lambda in the value of something constexpr must be so, too. */
static void
note_constant(struct search *s, CXCursor variable)
{
	size_t start, name, end;

	if (!locate_start(s, variable, &start) ||
		!locate(s, clang_getCursorLocation(variable), &name, NULL) ||
		!locate(s, clang_getRangeEnd(clang_getCursorExtent(variable)), &end, NULL) ||
		!words_occur(s->source->bytes, start, name, constant_words))
		return;
	s->constant_end = MAX(s->constant_end, end);
}

/* What is in a function: in C++ lambdas, and types with functions of their own. */
static bool
is_worth_entering(const struct search *s)
{
	const struct function *last =
		&g_array_index(s->functions->list, struct function, s->functions->list->len - 1);

	return s->source->is_cxx && last->skip != SKIP_MACRO && last->skip != SKIP_CONSTANT;
}

static enum CXChildVisitResult
visit(CXCursor cursor, CXCursor parent, CXClientData data)
{
	struct search *s = data;
	const enum CXCursorKind kind = clang_getCursorKind(cursor);

	if (kind == CXCursor_VarDecl && s->source->lambdas)
		note_constant(s, cursor);
	if (!is_function(cursor))
		return CXChildVisit_Recurse;
	const CXCursor body = body_of(cursor);

	/* What is "= default" and used has a body, too, that nobody wrote. */
	if (clang_Cursor_isNull(body) || clang_CXXMethod_isDefaulted(cursor))
		return CXChildVisit_Recurse;
	add_function(s, cursor, body);
	return is_worth_entering(s) ? CXChildVisit_Recurse : CXChildVisit_Continue;
}

static enum CXChildVisitResult
visit_outermost(CXCursor cursor, CXCursor parent, CXClientData data)
{
	struct search *s = data;

	if (!locate_start(s, cursor, &s->outer))
		return CXChildVisit_Continue;
	if (visit(cursor, parent, data) == CXChildVisit_Recurse && s->source->is_cxx)
		clang_visitChildren(cursor, visit, data);
	return CXChildVisit_Continue;
}

static size_t
place_of(const struct function *f)
{
	return f->body ? f->body : f->start;
}

static int
compare(const void *a, const void *b)
{
	const size_t left = place_of(a), right = place_of(b);

	return (left > right) - (left < right);
}

/* libclang may come by a body twice, e.g. that of a friend: once is enough. */
static void
sort(GArray *list)
{
	guint kept = 0;

	g_array_sort(list, compare);
	for (guint i = 0; i < list->len; i++) {
		struct function *functions = (struct function *)list->data;

		if (kept && functions[i].body && functions[i].body == functions[kept - 1].body) {
			g_free(functions[i].name);
			g_free(functions[i].qualified_name);
		} else {
			functions[kept++] = functions[i];
		}
	}
	g_array_set_size(list, kept);
}

static bool
is_within_function(const GArray *list, size_t offset)
{
	for (guint i = 0; i < list->len; i++) {
		const struct function *f = &g_array_index(list, struct function, i);

		if (offset >= f->start && offset < f->end)
			return true;
	}
	return false;
}

static void
count_errors(struct functions *functions, const GArray *diagnostics)
{
	for (guint i = 0; i < diagnostics->len; i++) {
		const struct diagnostic *d = &g_array_index(diagnostics, struct diagnostic, i);

		if (!functions->first_error)
			functions->first_error = g_strdup(d->text);
		if (!d->in_source || is_within_function(functions->list, d->offset))
			continue;
		functions->errors_outside++;
		if (d->is_syntax && !functions->first_syntax_outside)
			functions->first_syntax_outside = g_strdup(d->text);
	}
}

static void
search(struct search *s, const struct unit *unit)
{
	s->file = unit->file;
	s->diagnostics = diagnostics_read(unit->unit, unit->file);
	s->resolvers = words_resolvers(s->source->bytes, s->source->length);
	s->functions->errors = s->diagnostics->len;
	braces_find(&s->braces, s->source->bytes, s->source->length);
	heads_find(&s->heads, s->source->bytes, s->source->length);
	clang_visitChildren(clang_getTranslationUnitCursor(unit->unit), visit_outermost, s);
	sort(s->functions->list);
	count_errors(s->functions, s->diagnostics);
	s->functions->may_miss_some = s->functions->errors_outside &&
				      words_show_bodies(s->source->bytes, s->source->length);
	braces_fini(&s->braces);
	heads_fini(&s->heads);
	g_hash_table_unref(s->resolvers);
	g_array_unref(s->diagnostics);
}

int
functions_find(
	const struct functions_source *source, struct functions *ret_functions, char **ret_why)
{
	struct search s = {.source = source, .functions = ret_functions};
	struct unit unit;

	if (unit_open(source->path, source->bytes, source->length, source->flags, source->is_cxx,
		    &unit, ret_why))
		return -1;
	*ret_functions = (struct functions){
		.list = g_array_new(FALSE, FALSE, sizeof(struct function)),
	};
	search(&s, &unit);
	unit_close(&unit);
	return 0;
}

void
functions_fini(struct functions *functions)
{
	for (guint i = 0; functions->list && i < functions->list->len; i++) {
		struct function *f = &g_array_index(functions->list, struct function, i);

		g_free(f->name);
		g_free(f->qualified_name);
	}
	g_clear_pointer(&functions->list, g_array_unref);
	g_clear_pointer(&functions->first_error, g_free);
	g_clear_pointer(&functions->first_syntax_outside, g_free);
}

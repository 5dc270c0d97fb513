/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See declaration.h. */
#include "declaration.h"

#include <glib.h>
#include <string.h>
#include "lexer.h"

static char *
take(CXString string)
{
	char *text = g_strdup(clang_getCString(string));

	clang_disposeString(string);
	return text ? text : g_strdup("");
}

static char *
print(CXCursor cursor)
{
	const CXPrintingPolicy policy = clang_getCursorPrintingPolicy(cursor);

	clang_PrintingPolicy_setProperty(policy, CXPrintingPolicy_TerseOutput, 1);
	char *text = take(clang_getCursorPrettyPrinted(cursor, policy));

	clang_PrintingPolicy_dispose(policy);
	return text;
}

void
declaration_init(struct declaration *declaration, CXCursor function)
{
	declaration->own = print(function);
	declaration->first = print(clang_getCanonicalCursor(function));
}

void
declaration_fini(struct declaration *declaration)
{
	g_clear_pointer(&declaration->own, g_free);
	g_clear_pointer(&declaration->first, g_free);
}

static bool
has_word(const char *text, const char *word)
{
	struct lexer lexer;
	struct lexer_token token;

	lexer_init(&lexer, text, strlen(text));
	while ((token = lexer_next_code(&lexer)).kind != LEXER_END) {
		if (lexer_token_is(&lexer, &token, word))
			return true;
	}
	return false;
}

bool
declaration_is_constant(const struct declaration *declaration)
{
	return has_word(declaration->own, "constexpr") || has_word(declaration->own, "consteval");
}

bool
declaration_has_attribute(const struct declaration *declaration, const char *name)
{
	g_autofree char *gnu = g_strdup_printf("((%s", name);
	g_autofree char *standard = g_strdup_printf("gnu::%s", name);

	return strstr(declaration->own, gnu) || strstr(declaration->first, gnu) ||
	       strstr(declaration->own, standard) || strstr(declaration->first, standard);
}

char *
declaration_name(CXCursor cursor)
{
	return clang_getCursorKind(cursor) == CXCursor_LambdaExpr
		       ? g_strdup("lambda")
		       : take(clang_getCursorSpelling(cursor));
}

/* What a name may be in that has none of its own, unlike extern "C". */
static bool
may_be_anonymous(CXCursor cursor)
{
	switch (clang_getCursorKind(cursor)) {
	case CXCursor_Namespace:
	case CXCursor_StructDecl:
	case CXCursor_UnionDecl:
	case CXCursor_ClassDecl:
		return true;
	default:
		return false;
	}
}

char *
declaration_qualified_name(CXCursor cursor)
{
	char *name = declaration_name(cursor);

	for (CXCursor outer = clang_getCursorSemanticParent(cursor);
		!clang_Cursor_isNull(outer) && clang_isDeclaration(clang_getCursorKind(outer));
		outer = clang_getCursorSemanticParent(outer)) {
		g_autofree char *inner = name;
		g_autofree char *space = declaration_name(outer);

		if (!*space && !may_be_anonymous(outer))
			name = g_steal_pointer(&inner);
		else
			name = g_strconcat(*space ? space : "(anonymous)", "::", inner, NULL);
	}
	return name;
}

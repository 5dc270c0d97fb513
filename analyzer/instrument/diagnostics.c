/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See diagnostics.h. */
#include "diagnostics.h"

static void
clear_diagnostic(void *data)
{
	g_free(((struct diagnostic *)data)->text);
}

static bool
is_syntax(CXDiagnostic diagnostic)
{
	const CXString category = clang_getDiagnosticCategoryText(diagnostic);
	const bool answer = !g_strcmp0(clang_getCString(category), "Parse Issue");

	clang_disposeString(category);
	return answer;
}

static char *
text_of(CXDiagnostic diagnostic, CXFile source, CXFile file, unsigned line, unsigned column)
{
	const CXString message = clang_getDiagnosticSpelling(diagnostic);
	const CXString name = clang_getFileName(file);
	char *text;

	if (clang_File_isEqual(file, source))
		text = g_strdup_printf("%u:%u: %s", line, column, clang_getCString(message));
	else
		text = g_strdup_printf("%s:%u:%u: %s", clang_getCString(name), line, column,
			clang_getCString(message));
	clang_disposeString(message);
	clang_disposeString(name);
	return text;
}

static struct diagnostic
read_one(CXDiagnostic diagnostic, CXFile source)
{
	CXFile file;
	unsigned line, column, offset;

	clang_getExpansionLocation(
		clang_getDiagnosticLocation(diagnostic), &file, &line, &column, &offset);
	return (struct diagnostic){
		.in_source = clang_File_isEqual(file, source),
		.is_syntax = is_syntax(diagnostic),
		.offset = offset,
		.text = text_of(diagnostic, source, file, line, column),
	};
}

/* What is said of no place is about a flag: gcc's may be unknown. */
static bool
is_error_of_source(CXDiagnostic diagnostic)
{
	CXFile file;

	clang_getExpansionLocation(
		clang_getDiagnosticLocation(diagnostic), &file, NULL, NULL, NULL);
	return file && clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error;
}

GArray *
diagnostics_read(CXTranslationUnit unit, CXFile source)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(struct diagnostic));
	const unsigned count = clang_getNumDiagnostics(unit);

	g_array_set_clear_func(list, clear_diagnostic);
	for (unsigned i = 0; i < count; i++) {
		const CXDiagnostic diagnostic = clang_getDiagnostic(unit, i);

		if (is_error_of_source(diagnostic)) {
			const struct diagnostic error = read_one(diagnostic, source);

			g_array_append_val(list, error);
		}
		clang_disposeDiagnostic(diagnostic);
	}
	return list;
}

bool
diagnostics_has_syntax_error(const GArray *diagnostics, size_t start, size_t end)
{
	for (guint i = 0; i < diagnostics->len; i++) {
		const struct diagnostic *d = &g_array_index(diagnostics, struct diagnostic, i);

		if (d->in_source && d->is_syntax && d->offset >= start && d->offset < end)
			return true;
	}
	return false;
}

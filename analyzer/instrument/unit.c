/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See unit.h. Headers that are missing must not end the parse, nor must a number of errors.
 * libclang parses in a thread of its own and survives a crash there.
 */
#include "unit.h"

#include <glib.h>

/* After all others, and a source's own -w or -ferror-limit. */
static const char *const own_flags[] = {
	"-w",
	"-Wno-error",
	"-ferror-limit=0",
	"-Qunused-arguments",
};

static const char *
name_error(enum CXErrorCode code)
{
	return code == CXError_Crashed ? "libclang crashed on it"
				       : "libclang could not parse it with these flags";
}

/* What gcc takes C++ for that nobody says the version of; clang 14 would take an older one. */
static const char default_cxx[] = "-std=gnu++17";

/* For a processor, or a version of the language, that this libclang may not know. */
static bool
is_of_compiler(const char *flag)
{
	return g_str_has_prefix(flag, "-m") || g_str_has_prefix(flag, "-std=");
}

static GStrv
add_own_flags(const char *const *flags, bool is_cxx, bool all)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	if (is_cxx)
		g_strv_builder_add(builder, default_cxx);
	for (; *flags; flags++) {
		if (all || !is_of_compiler(*flags))
			g_strv_builder_add(builder, *flags);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(own_flags); i++)
		g_strv_builder_add(builder, own_flags[i]);
	return g_strv_builder_end(builder);
}

static enum CXErrorCode
parse(struct unit *unit, struct CXUnsavedFile *contents, GStrv flags)
{
	const enum CXErrorCode code = clang_parseTranslationUnit2(unit->index, contents->Filename,
		(const char *const *)flags, (int)g_strv_length(flags), contents, 1,
		CXTranslationUnit_KeepGoing, &unit->unit);

	if (code == CXError_Success)
		unit->file = clang_getFile(unit->unit, contents->Filename);
	return unit->file || code ? code : CXError_Failure;
}

int
unit_open(const char *path, const char *bytes, size_t length, const char *const *flags, bool is_cxx,
	struct unit *ret_unit, char **ret_why)
{
	struct CXUnsavedFile contents = {path, bytes, length};
	g_auto(GStrv) all = add_own_flags(flags, is_cxx, true);
	g_auto(GStrv) some = add_own_flags(flags, is_cxx, false);
	struct unit unit = {.index = clang_createIndex(0, 0)};
	enum CXErrorCode code = parse(&unit, &contents, all);

	if (code && code != CXError_Crashed)
		code = parse(&unit, &contents, some);
	if (code) {
		*ret_why = g_strdup(name_error(code));
		unit_close(&unit);
		return -1;
	}
	*ret_unit = unit;
	return 0;
}

void
unit_close(struct unit *unit)
{
	if (unit->unit)
		clang_disposeTranslationUnit(unit->unit);
	clang_disposeIndex(unit->index);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See names.h. */
#include <glib.h>
#include <string.h>

#include "names.h"

/* Drops "(...)" of arguments, and what follows; "(anonymous namespace)" and operator() stay. */
static size_t
without_arguments(const char *name)
{
	int depth = 0;
	const char *at = name;

	for (; *at; at++) {
		if (g_str_has_prefix(at, "(anonymous namespace)")) {
			at += strlen("(anonymous namespace)") - 1;
		} else if (depth == 0 && g_str_has_prefix(at, "operator")) {
			at += strlen("operator");
			if (g_str_has_prefix(at, "()"))
				at += 2;
			at += strspn(at, "<>=-");
			at--;
		} else if (*at == '<' || *at == '{') {
			depth++;
		} else if ((*at == '>' || *at == '}') && depth) {
			depth--;
		} else if (*at == '(' && depth == 0 && at > name) {
			break;
		}
	}
	return (size_t)(at - name);
}

/* The return type, which the demangler gives for templates, ends at the last outer space. */
static const char *
without_return_type(const char *name, size_t length)
{
	const char *start = name;
	int depth = 0;

	for (const char *at = name; at < name + length; at++) {
		if (g_str_has_prefix(at, "operator"))
			break;
		if (strchr("<({", *at))
			depth++;
		else if (strchr(">)}", *at))
			depth--;
		else if (*at == ' ' && depth == 0)
			start = at + 1;
	}
	return start;
}

static char *
without_templates(const char *name)
{
	GString *text = g_string_new(NULL);
	int depth = 0;

	if (strstr(name, "operator") || *name == '<')
		return g_string_free(g_string_assign(text, name), FALSE);
	for (; *name; name++) {
		depth += *name == '<';
		if (!depth)
			g_string_append_c(text, *name);
		depth -= *name == '>' && depth;
	}
	return g_string_free(text, FALSE);
}

char *
name_short(const char *function, bool template_arguments)
{
	const char *clone = strstr(function, " [clone ");
	g_autofree char *plain =
		clone ? g_strndup(function, (gsize)(clone - function)) : g_strdup(function);
	size_t length;
	const char *start;
	char *name;

	if (*plain == '[')
		return g_steal_pointer(&plain);
	length = without_arguments(plain);
	/* Only with arguments is there a return type; else a space belongs to the name. */
	start = plain[length] ? without_return_type(plain, length) : plain;
	name = g_strndup(start, length - (size_t)(start - plain));
	if (!strchr(name, ':') && strchr(name, '.') && *name != '.')
		*strchr(name, '.') = '\0'; /* sum.constprop.0 */
	if (!template_arguments) {
		char *bare = without_templates(name);

		g_free(name);
		name = bare;
	}
	return name;
}

/* Equal, or equal after the outer scopes. */
static bool
ends_with_scope(const char *name, const char *wanted)
{
	const size_t length = strlen(name), wanted_length = strlen(wanted);

	if (length < wanted_length || !g_str_equal(name + length - wanted_length, wanted))
		return false;
	return length == wanted_length ||
	       (length >= wanted_length + 2 &&
		       strncmp(name + length - wanted_length - 2, "::", 2) == 0);
}

bool
name_means(const char *function, const char *wanted)
{
	g_autofree char *named = NULL, *bare = NULL;

	if (g_str_equal(function, wanted))
		return true;
	named = name_short(function, true);
	bare = name_short(function, false);
	return ends_with_scope(named, wanted) || ends_with_scope(bare, wanted);
}

bool
path_means(const char *path, const char *wanted)
{
	const size_t length = strlen(path), wanted_length = strlen(wanted);

	return g_str_has_suffix(path, wanted) &&
	       (length == wanted_length || path[length - wanted_length - 1] == '/');
}

bool
name_is_allocator(const char *function)
{
	static const char *const whole[] = {"malloc", "calloc", "realloc", "reallocarray", "free",
		"posix_memalign", "aligned_alloc", "memalign", "valloc", "pvalloc", "mmap",
		"mmap64", "mremap", "brk", "sbrk", "__libc_malloc", "__libc_calloc",
		"__libc_realloc"};
	static const char *const scopes[] = {"operator new",
		"std::", "__gnu_cxx::", "alloc::", "hashbrown::", "__rust_", "__rdl_", "core::"};
	g_autofree char *name = NULL;

	for (unsigned i = 0; i < G_N_ELEMENTS(whole); i++) {
		if (g_str_equal(function, whole[i]))
			return true;
	}
	name = name_short(function, false);
	for (unsigned i = 0; i < G_N_ELEMENTS(scopes); i++) {
		if (g_str_has_prefix(name, scopes[i]) ||
			(*name == '<' && g_str_has_prefix(name + 1, scopes[i])))
			return true;
	}
	return false;
}

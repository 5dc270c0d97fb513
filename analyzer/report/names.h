/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names of functions as people use them: without arguments, return type and compiler's suffixes;
 * and which functions are merely the way into the allocator.
 */
#ifndef THAG_REPORT_NAMES_H
#define THAG_REPORT_NAMES_H

#include <stdbool.h>

/*
 * "void ns::parse<int>(char const*) const [clone .cold]" -> "ns::parse<int>". With
 * `template_arguments` false "ns::parse". g_free() the result.
 */
char *name_short(const char *function, bool template_arguments);

/*
 * Is `function` what a user means by `wanted`? The full name, or without arguments, without
 * template arguments, or without the outer namespaces: "parse" means "ns::parse<int>(char)".
 */
bool name_means(const char *function, const char *wanted);

/* "a/b/c.so" is meant by itself, "c.so" and "b/c.so". */
bool path_means(const char *path, const char *wanted);

/* malloc and its kin, operator new, and the containers of standard libraries: not who asked. */
bool name_is_allocator(const char *function);

#endif

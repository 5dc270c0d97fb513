/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What patterns match, and which are none. */
#include <criterion/criterion.h>
#include <string.h>
#include "pattern.h"

static bool
matches(const char *pattern, const char *name)
{
	struct pattern_space space;

	return pattern_matches(pattern, strlen(pattern), name, strlen(name), &space);
}

struct example {
	const char *pattern, *name;
	bool matches;
};

static void
check(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct example *one = &examples[i];

		cr_expect_null(
			pattern_complaint(one->pattern, strlen(one->pattern)), "%s", one->pattern);
		cr_expect_eq(matches(one->pattern, one->name), one->matches, "%s of %s",
			one->pattern, one->name);
	}
}

Test(pattern, a_glob_matches_all_of_a_name)
{
	static const struct example examples[] = {
		{"main", "main", true},
		{"main", "main_loop", false},
		{"main", "domain", false},
		{"*", "", true},
		{"*", "anything", true},
		{"", "", true},
		{"", "a", false},
		{"parse_*", "parse_", true},
		{"parse_*", "parse_line", true},
		{"parse_*", "reparse_line", false},
		{"*line*", "parse_line_2", true},
		{"a*b*c", "aXbXbXc", true},
		{"a*b*c", "aXbXbX", false},
		{"?at", "cat", true},
		{"?at", "at", false},
		{"[bc]at", "cat", true},
		{"[!bc]at", "cat", false},
		{"[a-f]9", "d9", true},
		{"[a-f]9", "g9", false},
		{"[]x]", "]", true},
		{"ns::*::~*", "ns::type::~type", true},
		{"operator\\*", "operator*", true},
		{"operator\\*", "operator+", false},
		{"operator\\[]", "operator[]", true},
		{"/usr/lib/*.so", "/usr/lib/a/b.so", true},
	};

	check(examples, sizeof(examples) / sizeof(examples[0]));
}

Test(pattern, a_regular_expression_is_found_anywhere_in_a_name)
{
	static const struct example examples[] = {
		{"/line/", "parse_line_2", true},
		{"/^line/", "parse_line", false},
		{"/line$/", "parse_line", true},
		{"/line$/", "line_2", false},
		{"/^(a|bc)d$/", "ad", true},
		{"/^(a|bc)d$/", "bcd", true},
		{"/^(a|bc)d$/", "abd", false},
		{"/^(a|b|c|)x$/", "x", true},
		{"/^a*b+c?$/", "b", true},
		{"/^a*b+c?$/", "aabbc", true},
		{"/^a*b+c?$/", "aac", false},
		{"/^(ab)*$/", "ababab", true},
		{"/^(ab)*$/", "ababa", false},
		{"/^((a*)*)*$/", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false},
		{"/^(a|ab)(c|bcd)$/", "abcd", true},
		{"/a.c/", "xxabcxx", true},
		{"/a\\.c/", "abc", false},
		{"/^[^_]*$/", "a_b", false},
		{"/^[^_]*$/", "ab", true},
		{"/\\d\\d/", "v12", true},
		{"/^\\w+$/", "a_1", true},
		{"/^\\w+$/", "a-1", false},
		{"/a\\sb/", "a b", true},
		{"/x|^y/", "zy", false},
		{"/x|^y/", "zx", true},
		{"/(^|_)end($|_)/", "the_end", true},
		{"/(^|_)end($|_)/", "trends", false},
	};

	check(examples, sizeof(examples) / sizeof(examples[0]));
}

Test(pattern, what_cannot_be_read_is_said_and_matches_nothing)
{
	static const struct {
		const char *pattern, *complaint;
	} wrong[] = {
		{"[abc", "misses a ]"},
		{"abc\\", "ends with a \\"},
		{"/(a/", "misses a )"},
		{"/[a/", "misses a ]"},
		{"/a\\/", "ends with a \\"},
		{"/*a/", "repeats nothing"},
		{"/a{2}/", "has a {, which means nothing here: write \\{"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *pattern = wrong[i].pattern;

		cr_expect_str_eq(pattern_complaint(pattern, strlen(pattern)), wrong[i].complaint);
		cr_expect(!matches(pattern, "a"), "%s", pattern);
	}
}

Test(pattern, a_pattern_has_a_longest_length)
{
	char pattern[PATTERN_MAX + 2];

	memset(pattern, '*', sizeof(pattern));
	cr_assert_null(pattern_complaint(pattern, PATTERN_MAX));
	cr_assert_str_eq(pattern_complaint(pattern, PATTERN_MAX + 1), "is too long");
	/* The longest regular expression takes no more room than there is. */
	memset(pattern, '|', sizeof(pattern));
	pattern[0] = pattern[PATTERN_MAX - 1] = '/';
	cr_assert_null(pattern_complaint(pattern, PATTERN_MAX));
	memset(pattern + 1, '(', PATTERN_MAX - 2);
	cr_assert_str_eq(pattern_complaint(pattern, PATTERN_MAX), "is nested too deep");
}

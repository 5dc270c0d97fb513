/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Files that are replaced as a whole, and what is known of how they are compiled. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "flags.h"
#include "source.h"

static char directory[] = "/tmp/thag-instrument-XXXXXX";

static void
make_directory(void)
{
	cr_assert_not_null(g_mkdtemp(directory));
	cr_assert_eq(chdir(directory), 0);
}

static void
remove_directory(void)
{
	g_autofree char *command = g_strdup_printf("rm -rf %s", directory);

	cr_expect_eq(system(command), 0);
}

TestSuite(source, .init = make_directory, .fini = remove_directory);
TestSuite(flags, .init = make_directory, .fini = remove_directory);

static void
write_file(const char *path, const char *text)
{
	cr_assert(g_file_set_contents(path, text, -1, NULL));
}

static char *
read_file(const char *path)
{
	char *text = NULL;

	cr_assert(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static struct source
read_source(const char *path)
{
	struct source source;
	g_autofree char *why = NULL;

	cr_assert_eq(source_read(path, &source, &why), 0, "%s", why);
	return source;
}

Test(source, is_replaced_and_keeps_its_mode)
{
	g_autofree char *why = NULL;
	struct stat status;

	write_file("a.c", "old");
	cr_assert_eq(chmod("a.c", 0751), 0);
	struct source source = read_source("a.c");

	cr_assert_eq(source_replace(&source, "new\0x", 5, &why), 0, "%s", why);
	source_fini(&source);
	source = read_source("a.c");
	cr_expect_eq(source.length, 5);
	cr_expect_eq(memcmp(source.bytes, "new\0x", 5), 0);
	cr_assert_eq(stat("a.c", &status), 0);
	cr_expect_eq(status.st_mode & 07777, 0751);
	source_fini(&source);
}

Test(source, behind_a_link_is_replaced_and_the_link_stays)
{
	g_autofree char *why = NULL;

	cr_assert_eq(mkdir("d", 0755), 0);
	write_file("d/a.c", "old");
	cr_assert_eq(symlink("d/a.c", "link.c"), 0);
	struct source source = read_source("link.c");

	cr_assert_eq(source_replace(&source, "new", 3, &why), 0);
	g_autofree char *text = read_file("d/a.c");
	g_autofree char *link = g_file_read_link("link.c", NULL);

	cr_expect_str_eq(text, "new");
	cr_expect_str_eq(link, "d/a.c");
	source_fini(&source);
}

Test(source, that_somebody_changed_meanwhile_is_left)
{
	g_autofree char *why = NULL;

	write_file("a.c", "old");
	struct source source = read_source("a.c");

	write_file("a.c", "newer");
	cr_expect_eq(source_replace(&source, "new", 3, &why), -1);
	cr_expect(strstr(why, "changed"));
	g_autofree char *text = read_file("a.c");

	cr_expect_str_eq(text, "newer");
	source_fini(&source);
}

Test(source, leaves_nothing_behind)
{
	g_autofree char *why = NULL;
	unsigned count = 0;

	write_file("a.c", "old");
	struct source source = read_source("a.c");

	cr_assert_eq(source_replace(&source, "new", 3, &why), 0);
	write_file("a.c", "other");
	cr_assert_eq(source_replace(&source, "newer", 5, &why), -1);
	source_fini(&source);
	GDir *dir = g_dir_open(".", 0, NULL);

	while (g_dir_read_name(dir))
		count++;
	g_dir_close(dir);
	cr_expect_eq(count, 1);
}

Test(source, that_is_none_is_refused)
{
	struct source source;
	g_autofree char *why = NULL;

	cr_expect_eq(source_read("none.c", &source, &why), -1);
	cr_expect(strstr(why, "No such file"));
	g_clear_pointer(&why, g_free);
	cr_expect_eq(source_read(".", &source, &why), -1);
	cr_expect(strstr(why, "directory"));
}

/* ---- flags ---- */

static char *
flags_as_text(struct flags *flags, const char *name, enum flags_origin *ret_origin)
{
	g_autofree char *path = g_canonicalize_filename(name, NULL);
	g_autofree char *why = NULL;
	g_auto(GStrv) words = flags_for(flags, path, ret_origin, &why);

	return words ? g_strjoinv(" ", words) : g_steal_pointer(&why);
}

static void
write_database(void)
{
	g_autofree char *text = g_strdup_printf(
		"[{\"directory\": \"%s/build\", \"file\": \"../src/a.c\", \"command\": \"gcc -O2"
		" -Wall -Werror -fweird -Iinclude -isystem ../sys -DA=1 -D B -std=c99 -MD -MF a.d"
		" -o a.o -c ../src/a.c\"},"
		"{\"directory\": \"%s/build\", \"file\": \"../src/b.c\", \"arguments\":"
		" [\"g++\", \"-c\", \"../src/b.c\"]}]\n",
		directory, directory);

	g_mkdir("build", 0755);
	g_mkdir("src", 0755);
	write_file("build/compile_commands.json", text);
}

Test(flags, of_a_database_are_those_a_parser_needs)
{
	struct flags flags;
	enum flags_origin origin;

	write_database();
	flags_init(&flags, NULL, NULL, NULL);
	g_autofree char *found = flags_as_text(&flags, "src/a.c", &origin);
	g_autofree char *wanted = g_strdup_printf(
		"-O2 -I%s/build/include -isystem %s/sys -DA=1 -D B -std=c99", directory, directory);

	cr_expect_str_eq(found, wanted);
	cr_expect_eq(origin, FLAGS_RECORDED);
	flags_fini(&flags);
}

Test(flags, tell_cxx_by_the_compiler)
{
	struct flags flags;
	enum flags_origin origin;
	g_autofree char *why = NULL;

	write_database();
	flags_init(&flags, "build", NULL, NULL);
	g_autofree char *path = g_canonicalize_filename("src/b.c", NULL);
	g_auto(GStrv) words = flags_for(&flags, path, &origin, &why);

	cr_assert_not_null(words);
	cr_expect(flags_say_cxx((const char *const *)words, path));
	flags_fini(&flags);
}

Test(flags, of_another_file_are_a_guess)
{
	struct flags flags;
	enum flags_origin origin;

	write_database();
	flags_init(&flags, NULL, NULL, NULL);
	g_autofree char *found = flags_as_text(&flags, "src/a.h", &origin);

	cr_expect(strstr(found, "-DA=1"), "%s", found);
	cr_expect_eq(origin, FLAGS_GUESSED);
	flags_fini(&flags);
}

Test(flags, given_by_hand_come_last_and_are_relative_to_here)
{
	static const char *const extra[] = {"-Ihere", "-DX", "-Wall", NULL};
	struct flags flags;
	enum flags_origin origin;

	flags_init(&flags, NULL, extra, "c++");
	g_autofree char *found = flags_as_text(&flags, "a.c", &origin);
	g_autofree char *wanted = g_strdup_printf("-x c++ -I%s/here -DX", directory);

	cr_expect_str_eq(found, wanted);
	cr_expect_eq(origin, FLAGS_GIVEN);
	flags_fini(&flags);
}

Test(flags, need_the_database_that_was_named)
{
	struct flags flags;
	enum flags_origin origin;

	flags_init(&flags, "none", NULL, NULL);
	g_autofree char *found = flags_as_text(&flags, "a.c", &origin);

	cr_expect_str_eq(found, "no compile_commands.json can be read in none");
	flags_fini(&flags);
}

Test(flags, say_the_language)
{
	static const char *const none[] = {NULL}, *const cxx[] = {"-x", "c++-header", NULL};

	cr_expect(flags_say_cxx(none, "/a/b.cpp"));
	cr_expect_not(flags_say_cxx(none, "/a.cpp/b.c"));
	cr_expect_not(flags_leave_open(none, "b.c"));
	cr_expect(flags_leave_open(none, "b.h"));
	cr_expect(flags_leave_open(none, "/a.c/b"));
	cr_expect(flags_say_cxx(cxx, "b.h"));
	cr_expect_not(flags_leave_open(cxx, "b.h"));
}

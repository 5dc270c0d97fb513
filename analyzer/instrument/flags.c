/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See flags.h. */
#include "flags.h"

#include <clang-c/CXCompilationDatabase.h>
#include <string.h>

#define DATABASE "compile_commands.json"

static void
dispose(void *database)
{
	if (database)
		clang_CompilationDatabase_dispose(database);
}

/* What is given by hand is relative to here, not to where a database has its compiler run. */
static char *
make_absolute(const char *word, const char *before)
{
	static const char *const options[] = {
		"-I", "-isystem", "-iquote", "-idirafter", "-isysroot", "--sysroot", NULL};

	for (size_t i = 0; options[i]; i++) {
		const size_t length = strlen(options[i]);

		if (before && !strcmp(before, options[i]))
			return g_canonicalize_filename(word, NULL);
		if (g_str_has_prefix(word, options[i]) && word[length] && word[length] != '=') {
			g_autofree char *path = g_canonicalize_filename(word + length, NULL);

			return g_strconcat(options[i], path, NULL);
		}
	}
	return g_strdup(word);
}

static GStrv
make_all_absolute(const char *const *words)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (size_t i = 0; words && words[i]; i++) {
		g_autofree char *word = make_absolute(words[i], i ? words[i - 1] : NULL);

		g_strv_builder_add(builder, word);
	}
	return g_strv_builder_end(builder);
}

void
flags_init(
	struct flags *flags, const char *directory, const char *const *extra, const char *language)
{
	*flags = (struct flags){
		.directory = g_strdup(directory),
		.extra = make_all_absolute(extra),
		.language = g_strdup(language),
		.databases = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, dispose),
	};
}

void
flags_fini(struct flags *flags)
{
	g_clear_pointer(&flags->directory, g_free);
	g_clear_pointer(&flags->extra, g_strfreev);
	g_clear_pointer(&flags->language, g_free);
	g_clear_pointer(&flags->databases, g_hash_table_unref);
}

static bool
has_database(const char *directory)
{
	g_autofree char *path = g_build_filename(directory, DATABASE, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* The nearest directory with a database; the caller's, NULL where there is none. */
static char *
find_directory(const char *path)
{
	g_autofree char *directory = g_path_get_dirname(path);

	for (;;) {
		g_autofree char *build = g_build_filename(directory, "build", NULL);

		if (has_database(directory))
			return g_steal_pointer(&directory);
		if (has_database(build))
			return g_steal_pointer(&build);
		char *above = g_path_get_dirname(directory);
		const bool is_root = !strcmp(above, directory);

		g_free(directory);
		directory = above;
		if (is_root)
			return NULL;
	}
}

/* NULL where it cannot be read; borrowed. */
static CXCompilationDatabase
open_database(struct flags *flags, const char *directory)
{
	CXCompilationDatabase_Error error;
	void *database;

	if (g_hash_table_lookup_extended(flags->databases, directory, NULL, &database))
		return database;
	database = clang_CompilationDatabase_fromDirectory(directory, &error);
	g_hash_table_insert(flags->databases, g_strdup(directory), database);
	return database;
}

/* What follows as the next word belongs to the option, if nothing is written to it directly. */
static const char *const with_value[] = {"-I", "-D", "-U", "-isystem", "-iquote", "-idirafter",
	"-include", "-imacros", "-isysroot", "--sysroot", "-x", "-target", "-iprefix",
	"-iwithprefix", "-iwithprefixbefore", NULL};

/* What matters to a parser, by how it begins; all of the above do. */
static const char *const wanted[] = {"-std=", "-ansi", "-m", "-nostdinc", "-pthread", "-trigraphs",
	"-no-integrated-cpp", "-undef", "-O", "--driver-mode", "--target",
	"--sysroot=", "-fshort-enums", "-fsigned-char", "-funsigned-char", "-fms-extensions",
	"-fgnu89-inline", "-fno-exceptions", "-fno-rtti", "-fopenmp", "-fblocks", "-fchar8_t",
	"-fno-char8_t", "-fcoroutines", "-fpermissive", "-fplan9-extensions", "-fno-builtin",
	"-ffreestanding", "-fPIC", "-fpic", "-fPIE", "-fpie", "-fno-operator-names",
	"-fdollars-in-identifiers", "-fexceptions", "-fasm", "-fno-asm", NULL};

static bool
begins_with_one_of(const char *word, const char *const *beginnings)
{
	for (; *beginnings; beginnings++) {
		if (g_str_has_prefix(word, *beginnings))
			return true;
	}
	return false;
}

/* Takes over the words of a compiler call, without its name, that matter. */
static void
keep_wanted(GStrvBuilder *builder, char **words)
{
	for (; *words; words++) {
		if (g_strv_contains(with_value, *words)) {
			if (!words[1])
				return;
			g_strv_builder_add_many(builder, words[0], words[1], NULL);
			words++;
		} else if (begins_with_one_of(*words, with_value) ||
			   begins_with_one_of(*words, wanted)) {
			g_strv_builder_add(builder, *words);
		}
	}
}

static GStrv
words_of(CXCompileCommand command)
{
	const unsigned count = clang_CompileCommand_getNumArgs(command);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (unsigned i = 0; i < count; i++) {
		const CXString word = clang_CompileCommand_getArg(command, i);

		g_strv_builder_add(builder, clang_getCString(word));
		clang_disposeString(word);
	}
	return g_strv_builder_end(builder);
}

/* A compiler's name says what it compiles, unless a flag does. */
static bool
is_cxx_compiler(const char *name)
{
	g_autofree char *base = g_path_get_basename(name);

	return strstr(base, "++") != NULL;
}

static void
add_command(GStrvBuilder *builder, CXCompileCommand command)
{
	const CXString directory = clang_CompileCommand_getDirectory(command);
	g_autofree char *option =
		g_strconcat("-working-directory=", clang_getCString(directory), NULL);
	g_auto(GStrv) words = words_of(command);

	clang_disposeString(directory);
	g_strv_builder_add(builder, option);
	if (!words[0])
		return;
	if (is_cxx_compiler(words[0]))
		g_strv_builder_add(builder, "--driver-mode=g++");
	keep_wanted(builder, words + 1);
}

/* Whether the database had anything for the file. */
static bool
add_from_database(GStrvBuilder *builder, CXCompilationDatabase database, const char *path)
{
	const CXCompileCommands commands =
		clang_CompilationDatabase_getCompileCommands(database, path);
	const bool found = commands && clang_CompileCommands_getSize(commands);

	if (found)
		add_command(builder, clang_CompileCommands_getCommand(commands, 0));
	if (commands)
		clang_CompileCommands_dispose(commands);
	return found;
}

GStrv
flags_for(struct flags *flags, const char *path, bool *ret_found, char **ret_why)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_autofree char *absolute = g_canonicalize_filename(path, NULL);
	g_autofree char *directory =
		flags->directory ? g_strdup(flags->directory) : find_directory(absolute);
	const CXCompilationDatabase database = directory ? open_database(flags, directory) : NULL;

	if (flags->directory && !database) {
		*ret_why = g_strdup_printf("no " DATABASE " can be read in %s", directory);
		return NULL;
	}
	*ret_found = database && add_from_database(builder, database, absolute);
	if (flags->language)
		g_strv_builder_add_many(builder, "-x", flags->language, NULL);
	keep_wanted(builder, flags->extra);
	return g_strv_builder_end(builder);
}

static bool
has_extension(const char *path, const char *const *extensions)
{
	const char *slash = strrchr(path, '/');
	const char *dot = strrchr(slash ? slash : path, '.');

	return dot && g_strv_contains(extensions, dot + 1);
}

static const char *const c_names[] = {"c", NULL};
static const char *const cxx_names[] = {"cc", "cp", "cxx", "cpp", "CPP", "c++", "C", "hh", "H",
	"hp", "hxx", "hpp", "HPP", "h++", "tcc", "ipp", "inl", "cppm", "ixx", NULL};
static const char *const header_names[] = {"h", "inc", NULL};

/* What -x says last; NULL where it is not said. */
static const char *
said_language(const char *const *flags)
{
	const char *language = NULL;

	for (; *flags; flags++) {
		if (!strcmp(*flags, "-x") && flags[1])
			language = *++flags;
		else if (g_str_has_prefix(*flags, "-x"))
			language = *flags + 2;
	}
	return language;
}

bool
flags_say_cxx(const char *const *flags, const char *path)
{
	const char *language = said_language(flags);

	if (language)
		return strstr(language, "++") != NULL;
	return has_extension(path, cxx_names) || g_strv_contains(flags, "--driver-mode=g++");
}

bool
flags_leave_open(const char *const *flags, const char *path)
{
	return !said_language(flags) && !g_strv_contains(flags, "--driver-mode=g++") &&
	       !has_extension(path, c_names) && !has_extension(path, cxx_names);
}

bool
flags_name_is_source(const char *path)
{
	return has_extension(path, c_names) || has_extension(path, cxx_names) ||
	       has_extension(path, header_names);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See flags.h. */
#include "flags.h"

#include <clang-c/CXCompilationDatabase.h>
#include <string.h>

#define DATABASE "compile_commands.json"

struct database {
	CXCompilationDatabase database; /* NULL: cannot be read */
	GHashTable *files;		/* absolute names of those in it */
};

static void
free_database(void *data)
{
	struct database *database = data;

	if (database->database)
		clang_CompilationDatabase_dispose(database->database);
	g_hash_table_unref(database->files);
	g_free(database);
}

static char *
take(CXString string)
{
	char *text = g_strdup(clang_getCString(string));

	clang_disposeString(string);
	return text ? text : g_strdup("");
}

/* -include takes a file that is there, or one to be found like any other header. */
static char *
make_file_absolute(const char *name, const char *directory)
{
	g_autofree char *path = g_canonicalize_filename(name, directory);

	return g_file_test(path, G_FILE_TEST_EXISTS) ? g_steal_pointer(&path) : g_strdup(name);
}

/*
 * A word of a command that is run in `directory`, NULL for the current one. libclang is not told of
 * directories: it would change that of the process, of all threads.
 */
static char *
make_absolute(const char *word, const char *before, const char *directory)
{
	static const char *const options[] = {
		"-I", "-isystem", "-iquote", "-idirafter", "-isysroot", "--sysroot", NULL};

	if (before && (!strcmp(before, "-include") || !strcmp(before, "-imacros")))
		return make_file_absolute(word, directory);
	for (size_t i = 0; options[i]; i++) {
		const size_t length = strlen(options[i]);

		if (before && !strcmp(before, options[i]))
			return g_canonicalize_filename(word, directory);
		if (g_str_has_prefix(word, options[i]) && word[length] && word[length] != '=') {
			g_autofree char *path = g_canonicalize_filename(word + length, directory);

			return g_strconcat(options[i], path, NULL);
		}
	}
	return g_strdup(word);
}

static GStrv
make_all_absolute(const char *const *words, const char *directory)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (size_t i = 0; words && words[i]; i++) {
		g_autofree char *word = make_absolute(words[i], i ? words[i - 1] : NULL, directory);

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
		.extra = make_all_absolute(extra, NULL),
		.language = g_strdup(language),
		.databases = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_database),
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

static void
list_files(struct database *database)
{
	const CXCompileCommands commands =
		clang_CompilationDatabase_getAllCompileCommands(database->database);
	const unsigned count = clang_CompileCommands_getSize(commands);

	for (unsigned i = 0; i < count; i++) {
		const CXCompileCommand command = clang_CompileCommands_getCommand(commands, i);
		g_autofree char *directory = take(clang_CompileCommand_getDirectory(command));
		g_autofree char *name = take(clang_CompileCommand_getFilename(command));

		g_hash_table_add(database->files, g_canonicalize_filename(name, directory));
	}
	clang_CompileCommands_dispose(commands);
}

/* Borrowed; its `database` is NULL where it cannot be read. */
static struct database *
open_database(struct flags *flags, const char *directory)
{
	struct database *database = g_hash_table_lookup(flags->databases, directory);
	CXCompilationDatabase_Error error;

	if (database)
		return database;
	database = g_new0(struct database, 1);
	database->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	/* libclang would print it if there were none. */
	if (has_database(directory))
		database->database = clang_CompilationDatabase_fromDirectory(directory, &error);
	if (database->database)
		list_files(database);
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
		g_autofree char *word = take(clang_CompileCommand_getArg(command, i));

		g_strv_builder_add(builder, word);
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
	g_autofree char *directory = take(clang_CompileCommand_getDirectory(command));
	g_auto(GStrv) words = words_of(command);
	g_auto(GStrv) absolute = make_all_absolute((const char *const *)words, directory);

	if (!words[0])
		return;
	if (is_cxx_compiler(words[0]))
		g_strv_builder_add(builder, "--driver-mode=g++");
	keep_wanted(builder, absolute + 1);
}

static enum flags_origin
add_from_database(GStrvBuilder *builder, const struct database *database, const char *path)
{
	const CXCompileCommands commands =
		clang_CompilationDatabase_getCompileCommands(database->database, path);
	const bool found = commands && clang_CompileCommands_getSize(commands);

	if (found)
		add_command(builder, clang_CompileCommands_getCommand(commands, 0));
	if (commands)
		clang_CompileCommands_dispose(commands);
	if (!found)
		return FLAGS_UNKNOWN;
	return g_hash_table_contains(database->files, path) ? FLAGS_RECORDED : FLAGS_GUESSED;
}

static void
add_given(const struct flags *flags, GStrvBuilder *builder)
{
	if (flags->language)
		g_strv_builder_add_many(builder, "-x", flags->language, NULL);
	keep_wanted(builder, flags->extra);
}

GStrv
flags_for(struct flags *flags, const char *path, enum flags_origin *ret_origin, char **ret_why)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_autofree char *directory =
		flags->directory ? g_strdup(flags->directory) : find_directory(path);
	const struct database *database = directory ? open_database(flags, directory) : NULL;
	enum flags_origin origin = FLAGS_UNKNOWN;

	if (flags->directory && !database->database) {
		*ret_why = g_strdup_printf("no " DATABASE " can be read in %s", directory);
		return NULL;
	}
	if (database && database->database)
		origin = add_from_database(builder, database, path);
	add_given(flags, builder);
	*ret_origin = origin == FLAGS_UNKNOWN && flags->extra[0] ? FLAGS_GIVEN : origin;
	return g_strv_builder_end(builder);
}

GStrv
flags_without_database(const struct flags *flags)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	add_given(flags, builder);
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

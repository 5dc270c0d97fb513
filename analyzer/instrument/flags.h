/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a source is compiled with, as libclang takes it.
 *
 * From compile_commands.json, which meson, CMake and bear write: in a directory that is given, else
 * found in the source's own directory or one above it, or in a directory `build` there. A source
 * that is not in it, a header say, gets the flags of the one that is most like it. Then what was
 * given by hand. Of all this what matters to a parser is kept.
 */
#ifndef THAG_INSTRUMENT_FLAGS_H
#define THAG_INSTRUMENT_FLAGS_H

#include <glib.h>
#include <stdbool.h>

struct flags {
	char *directory;       /* of compile_commands.json; NULL: it is looked for */
	GStrv extra;	       /* given by hand */
	char *language;	       /* "c" or "c++"; NULL: by the flags and the name */
	GHashTable *databases; /* directory -> struct database */
};

enum flags_origin {
	FLAGS_UNKNOWN,	/* nobody said how the file is compiled */
	FLAGS_GIVEN,	/* by hand alone */
	FLAGS_GUESSED,	/* they are those of another file */
	FLAGS_RECORDED, /* the file is in the database */
};

/* Takes copies; any may be NULL. */
void flags_init(
	struct flags *flags, const char *directory, const char *const *extra, const char *language);
void flags_fini(struct flags *flags);

/*
 * Flags for the file `path`, which is absolute, the caller's. NULL, with the reason: the directory
 * that was given has no database that can be read.
 */
GStrv flags_for(
	struct flags *flags, const char *path, enum flags_origin *ret_origin, char **ret_why);

/* Those given by hand alone, the caller's. */
GStrv flags_without_database(const struct flags *flags);

/* Whether a file is compiled as C++ with these flags. */
bool flags_say_cxx(const char *const *flags, const char *path);

/* Whether C as well as C++ is possible, by flags and name: a header, or no name at all. */
bool flags_leave_open(const char *const *flags, const char *path);

/* Whether this name is that of a C or C++ source or header. */
bool flags_name_is_source(const char *path);

#endif

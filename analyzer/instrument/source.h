/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A source file: read as a whole, and replaced as a whole or not at all.
 *
 * The new contents are written to a file beside it, which then takes its name: whoever reads it,
 * and whatever happens on the way, finds the old contents or the new. Mode and owner stay; a
 * symbolic link stays one, and the file it names is replaced. (Another hard link to the file keeps
 * the old contents.)
 */
#ifndef THAG_INSTRUMENT_SOURCE_H
#define THAG_INSTRUMENT_SOURCE_H

#include <glib.h>
#include <sys/stat.h>

/* libclang counts in 32 bits. */
#define SOURCE_BYTES_MAX ((size_t)1 << 30)

struct source {
	char *path; /* as given; "-" for standard input */
	char *bytes;
	size_t length;
	struct stat status; /* when it was read */
};

/* 0, or -1 with the reason, the caller's. `path` "-" reads standard input. */
int source_read(const char *path, struct source *ret_source, char **ret_why);
void source_fini(struct source *source);

/*
 * Puts `bytes` in place of the file's contents. 0, or -1 with the reason and the file as it was:
 * also where somebody changed it since it was read.
 */
int source_replace(const struct source *source, const char *bytes, size_t length, char **ret_why);

#endif

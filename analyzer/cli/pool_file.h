/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The pool (wire/pool.h) as a file: made, opened, taken away.
 *
 * Only the analyzer does this. The file is backed before anybody may touch it, so that a full file
 * system is an error here and never a SIGBUS there.
 */
#ifndef THAG_CLI_POOL_FILE_H
#define THAG_CLI_POOL_FILE_H

#include <stdint.h>
#include "pool.h"

struct pool_file {
	char *path;
	int fd;
	struct pool_header *pool; /* pool_file_bytes() mapped */
};

/*
 * Makes a pool in /dev/shm, or where that has no room in $TMPDIR, /tmp or /var/tmp, with the first
 * POOL_CHUNKS_INITIAL chunks backed. Returns 0, or a negative errno with `*ret_why`, the caller's.
 */
int pool_file_create(const struct options *options, struct pool_file *ret_file, char **ret_why);

/* Opens and maps one that was made elsewhere. Errors as above; -EPROTO: it is no pool of ours. */
int pool_file_open(const char *path, struct pool_file *ret_file, char **ret_why);

enum pool_file_users {
	POOL_FILE_UNUSED, /* nobody else has it open or mapped */
	POOL_FILE_USED,
	POOL_FILE_UNKNOWN, /* this file system cannot tell: there must be another way to know */
};

/* Whether processes of the run are left, also those that have recorded nothing yet. */
enum pool_file_users pool_file_users(const struct pool_file *file);

/* Takes the file away, unmaps and closes. */
void pool_file_fini(struct pool_file *file);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Where the library is that thag-run preloads. */
#ifndef THAG_CLI_LIBRARY_H
#define THAG_CLI_LIBRARY_H

/*
 * Absolute path of libthag.so, the caller's: what THAG_LIBRARY says, else the one of the build
 * directory or installation that this program belongs to. NULL, with `*ret_why`, where there is
 * none, or its path cannot stand in LD_PRELOAD.
 */
char *library_find(char **ret_why);

/* Path of the library beside `library` that records jemalloc's own calls; the caller's. NULL: it is
 * not there. */
char *library_for_jemalloc(const char *library);

#endif

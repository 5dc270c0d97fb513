/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See version.h. Nothing here depends on when or from which commit: equal sources give equal text.
 */
#include "version.h"

#include <elfutils/version.h>
#include <features.h>
#include <glib.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <zstd.h>
#include "library.h"
#include "pool.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED ", with address sanitizer"
#else
#define SANITIZED ""
#endif

static const char machine[] =
#if defined(__x86_64__)
	"x86-64";
#elif defined(__aarch64__)
	"aarch64";
#else
	"another machine";
#endif

void
version_print(void)
{
	g_autofree char *why = NULL;
	g_autofree char *library = library_find(&why);

	printf("thag %s\n"
	       "built for Linux on %s by %s%s\n"
	       "with glibc %d.%d, glib %d.%d.%d, elfutils 0.%d, SQLite %s, zstd %s, jansson %s\n"
	       "pool version %d; library %s\n",
		THAG_VERSION, machine, COMPILER, SANITIZED, __GLIBC__, __GLIBC_MINOR__,
		GLIB_MAJOR_VERSION, GLIB_MINOR_VERSION, GLIB_MICRO_VERSION, _ELFUTILS_VERSION,
		SQLITE_VERSION, ZSTD_VERSION_STRING, JANSSON_VERSION, POOL_VERSION,
		library ? library : why);
}

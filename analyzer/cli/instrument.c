/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* `thag instrument`: becomes thag-instrument, which is a program of its own (analyzer/instrument).
 */
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <unistd.h>
#include "command.h"
#include "target.h"

/* Beside this program where both are installed, else where both were built; the caller's. */
static char *
find_program(void)
{
	static const char *const places[] = {"thag-instrument", "instrument/thag-instrument"};
	g_autofree char *own = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *directory = own ? g_path_get_dirname(own) : g_strdup(".");

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *path = g_build_filename(directory, places[i], NULL);

		if (!access(path, X_OK))
			return g_steal_pointer(&path);
	}
	return NULL;
}

int
instrument_main(int count, char **arguments)
{
	g_autofree char *path = find_program();

	if (!path) {
		fprintf(stderr,
			"%s: thag-instrument is not beside this thag; install or build it "
			"again\n",
			arguments[0]);
		return EXIT_OURS;
	}
	execv(path, arguments);
	fprintf(stderr, "%s: %s cannot be started: %s\n", arguments[0], path, g_strerror(errno));
	return EXIT_OURS;
}

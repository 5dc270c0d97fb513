/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Runs a fuzz target over files and directories of files, so that its corpus is replayed in the
 * normal test run. The same target built with clang's -fsanitize=fuzzer finds new ones.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void
replay_file(const char *path, unsigned *number)
{
	g_autofree char *bytes = NULL;
	gsize length;
	const bool read = g_file_get_contents(path, &bytes, &length, NULL);

	if (read) {
		/* A copy of just that length, so that a sanitizer sees a step beyond it. */
		g_autofree uint8_t *exact = g_memdup2(bytes, length ? length : 1);

		LLVMFuzzerTestOneInput(exact, length);
	}
	printf("%s %u - %s\n", read ? "ok" : "not ok", ++*number, path);
}

static void
replay(const char *path, unsigned *number)
{
	GDir *directory = g_dir_open(path, 0, NULL);

	if (!directory) {
		replay_file(path, number);
		return;
	}
	for (const char *name; (name = g_dir_read_name(directory));) {
		g_autofree char *inner = g_build_filename(path, name, NULL);

		replay(inner, number);
	}
	g_dir_close(directory);
}

int
main(int count, char **arguments)
{
	unsigned number = 0;

	for (int i = 1; i < count; i++)
		replay(arguments[i], &number);
	printf("1..%u\n", number);
	return number == 0;
}

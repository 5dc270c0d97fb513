/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Any bytes as a folded file, drawn. With -DREPLAY the program feeds the files named on its command
 * line, which is how the corpus is part of the normal run; with clang's -fsanitize=fuzzer it
 * fuzzes.
 */
#include "flame.h"

#include <glib.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *sink;
	struct flame *flame;

	if (!sink)
		sink = fopen("/dev/null", "w");
	for (unsigned columns = 1; columns <= 2; columns++) {
		FILE *in = fmemopen((void *)(uintptr_t)data, size, "r");

		if (!in)
			return 0;
		if (flame_from_folded(in, &(struct flame_folded_options){.columns = columns},
			    &flame, NULL) != 0)
			abort();
		if (flame_write_svg(sink, flame, NULL) != 0)
			abort();
		flame_free(flame);
		fclose(in);
	}
	return 0;
}

#ifdef REPLAY
int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		g_autofree char *data = NULL;
		gsize size;

		if (!g_file_get_contents(argv[i], &data, &size, NULL)) {
			fprintf(stderr, "%s: cannot be read\n", argv[i]);
			return 1;
		}
		LLVMFuzzerTestOneInput((const uint8_t *)data, size);
	}
	return 0;
}
#endif

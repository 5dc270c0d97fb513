/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The symbolizer on the command line, to be held against addr2line: reads hexadecimal addresses
 * from standard input and writes what `addr2line -a -i -f -C -e MODULE` writes for them. What it
 * took goes to standard error, and the complaint.
 *
 *	symbolize [-d DEBUG_DIRECTORIES] [-n] MODULE < addresses
 */
#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "symbolizer.h"

static void
symbolize_print(struct symbol_chain chain, uint64_t address)
{
	printf("0x%016" PRIx64 "\n", address);
	for (uint32_t i = 0; i < chain.count; i++) {
		const struct symbol *symbol = &chain.symbols[i];

		printf("%s\n%s:", symbol->function, symbol->file ? symbol->file : "??");
		printf(symbol->line ? "%" PRIu32 "\n" : "?\n", symbol->line);
	}
}

static GArray *
symbolize_read_addresses(void)
{
	GArray *addresses = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	char line[64];

	while (fgets(line, sizeof line, stdin)) {
		const uint64_t address = strtoull(line, NULL, 16);

		g_array_append_val(addresses, address);
	}
	return addresses;
}

int
main(int argument_count, char **arguments)
{
	struct symbolizer_options options = {0};
	struct symbolizer_module module = {0};
	struct symbolizer *symbolizer;
	g_autoptr(GArray) addresses = NULL;
	gint64 start, added, resolved;
	bool quiet = false;
	uint32_t number;
	int option;

	while ((option = getopt(argument_count, arguments, "d:n")) != -1) {
		if (option == 'd')
			options.debug_directories = optarg;
		else if (option == 'n')
			quiet = true;
		else
			return 2;
	}
	if (optind + 1 != argument_count)
		return 2;
	addresses = symbolize_read_addresses();
	module.path = arguments[optind];
	start = g_get_monotonic_time();
	symbolizer = symbolizer_new(&options);
	number = symbolizer_add_module(symbolizer, &module);
	added = g_get_monotonic_time();
	for (guint i = 0; i < addresses->len; i++)
		symbolizer_want(symbolizer, number, g_array_index(addresses, uint64_t, i));
	symbolizer_resolve_all(symbolizer);
	resolved = g_get_monotonic_time();
	for (guint i = 0; i < addresses->len && !quiet; i++) {
		const uint64_t address = g_array_index(addresses, uint64_t, i);

		symbolize_print(symbolizer_find(symbolizer, number, address), address);
	}
	fprintf(stderr, "%u addresses: added in %.3f ms, resolved in %.3f ms\n", addresses->len,
		(double)(added - start) / 1e3, (double)(resolved - added) / 1e3);
	if (symbolizer_complaint(symbolizer, number))
		fprintf(stderr, "%s\n", symbolizer_complaint(symbolizer, number));
	symbolizer_free(symbolizer);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The values of all variables: the input is given to every row of the table. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "options.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *text = malloc(length + 1);
	char message[OPTIONS_MESSAGE_BYTES];
	struct options options;

	memcpy(text, bytes, length);
	text[length] = 0;
	for (size_t i = 0; i < options_table_count; i++) {
		options_init(&options);
		if (options_table[i].parse(&options, text, message) &&
			!memchr(message, 0, sizeof(message)))
			abort();
		if (!memchr(options.directory, 0, sizeof(options.directory)))
			abort();
	}
	free(text);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What thag-run looks at before it starts a program. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "elf_probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *copy = malloc(length ? length : 1);
	struct elf_probe probe;

	memcpy(copy, bytes, length);
	if (elf_probe_bytes(copy, length, &probe) || !elf_machine_name(probe.class, probe.machine))
		abort();
	free(copy);
	return 0;
}

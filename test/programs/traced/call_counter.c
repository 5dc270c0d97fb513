/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The simplest tracer there is, to compare with: loaded into a program by LD_PRELOAD instead of
 * libthag.so it counts how often each function is entered, and writes at the end, into the file
 * named by CALL_COUNTS and the process's number, a line for each: calls, offset in the module, and
 * the module.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FUNCTIONS_MAX = 1 << 16, /* a power of two */
	MODULES_MAX = 64,
	PATH_BYTES = 512,
};

struct function {
	_Atomic uintptr_t address;
	_Atomic uint64_t calls;
	_Atomic uint32_t module; /* 0: not known yet */
	uintptr_t offset;
};

static struct function functions[FUNCTIONS_MAX];
/* Kept here, because a module may be gone at the end. */
static char modules[MODULES_MAX][PATH_BYTES] = {"?"};

static uint32_t
module_of(const char *path)
{
	for (uint32_t i = 1; i < MODULES_MAX; i++) {
		if (!modules[i][0])
			snprintf(modules[i], PATH_BYTES, "%s", path);
		if (!strcmp(modules[i], path))
			return i;
	}
	return 0;
}

static void
describe(struct function *function, uintptr_t address)
{
	Dl_info info;

	if (!dladdr((void *)address, &info) || !info.dli_fname)
		return;
	function->offset = address - (uintptr_t)info.dli_fbase;
	function->module = module_of(info.dli_fname);
}

static struct function *
find(uintptr_t address)
{
	for (uintptr_t i = (address * 0x9E3779B97F4A7C15) >> 48;; i = (i + 1) % FUNCTIONS_MAX) {
		uintptr_t there = 0;

		if (functions[i].address == address)
			return &functions[i];
		if (functions[i].address)
			continue;
		if (atomic_compare_exchange_strong(&functions[i].address, &there, address))
			describe(&functions[i], address);
		if (functions[i].address == address)
			return &functions[i];
	}
}

void __cyg_profile_func_enter(void *function, void *call_site);
void __cyg_profile_func_exit(void *function, void *call_site);

void
__cyg_profile_func_enter(void *function, void *call_site)
{
	(void)call_site;
	find((uintptr_t)function)->calls++;
}

void
__cyg_profile_func_exit(void *function, void *call_site)
{
	(void)function;
	(void)call_site;
}

__attribute__((destructor)) static void
write_counts(void)
{
	char path[PATH_BYTES];
	const char *prefix = getenv("CALL_COUNTS");
	FILE *out;

	if (!prefix)
		return;
	snprintf(path, sizeof(path), "%s.%d", prefix, getpid());
	out = fopen(path, "w");
	if (!out)
		return;
	for (uint32_t i = 0; i < FUNCTIONS_MAX; i++)
		if (functions[i].address)
			fprintf(out, "%llu %llx %s\n", (unsigned long long)functions[i].calls,
				(unsigned long long)functions[i].offset,
				modules[functions[i].module]);
	fclose(out);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Around the loader: code that runs before main, libraries that come and go, errors pending. */
#include "sites.h"
#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

SITE(early)
SITE(main)

static void *early_block;
static int early_wanted;

/* ---- before main ---- */

static void
before_all(int count, char **arguments, char **environment)
{
	early_wanted = count > 1 && !strcmp(arguments[1], "early");
	if (!early_wanted)
		return;
	early_block = use(malloc(1000));
	early_block = use(realloc(early_block, 2000));
	site_early(10, 10);
}

__attribute__((section(".preinit_array"), used)) static void (*const preinit)(
	int, char **, char **) = before_all;

__attribute__((constructor(101))) static void
first_constructor(void)
{
	if (early_wanted)
		site_early(10, 10);
}

static int
chosen_one(void)
{
	return 1;
}

/* Runs while this program is relocated. */
static int (*resolve(void))(void)
{
	return chosen_one;
}

int chosen(void) __attribute__((ifunc("resolve")));

static int
early(char **arguments)
{
	free(early_block);
	site_main(10, 10);
	printf("%d\n", chosen());
	return 0;
}

static int
locale(char **arguments)
{
	puts(setlocale(LC_ALL, "C.UTF-8") ? "set" : "not set");
	site_main(10, 10);
	return 0;
}

/* ---- libraries that take each other's place ---- */

/* Loads, calls and unloads; returns the page where its function was. */
static uintptr_t
visit(const char *directory, const char *library)
{
	char path[512];
	void (*function)(void);

	snprintf(path, sizeof(path), "%s/%s", directory, library);
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!handle || !(function = (void (*)(void))dlsym(handle, "visit"))) {
		puts(dlerror());
		exit(1);
	}
	function();
	const uintptr_t at = (uintptr_t)function / 4096;

	dlclose(handle);
	return at;
}

static int
alternate(char **arguments)
{
	unsigned same = 0;

	for (int i = 0; i < 200; i++)
		same += visit(arguments[0], "libplugin_a.so") ==
			visit(arguments[0], "libplugin_b.so");
	puts(same > 150 ? "at one address" : "at different addresses");
	return 0;
}

/* ---- errors ---- */

static int
pending_dlerror(char **arguments)
{
	dlsym(RTLD_DEFAULT, "no_such_function_1");
	site_main(10, 10);
	churn_main(10, 10);
	munmap(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
	puts(dlerror());
	puts(dlerror() ? "again" : "once");
	free(use(malloc(10)));
	puts(dlerror() ? "from nowhere" : "none");
	if (!dlopen("/nonexistent/library.so", RTLD_NOW))
		site_main(10, 10);
	puts(dlerror());
	return 0;
}

#define KEEPS(call)                                                                                \
	do {                                                                                       \
		errno = 77;                                                                        \
		call;                                                                              \
		printf("%d %s\n", errno, #call);                                                   \
	} while (0)

static int
keep_errno(char **arguments)
{
	size_t huge = SIZE_MAX / 2 + 100;
	void *block = NULL, *other = NULL;

	__asm__ volatile("" : "+r"(huge));
	printf("begin\n"); /* stdio's own buffer comes first */
	KEEPS(block = use(malloc(10)));
	KEEPS(block = use(realloc(block, 100000)));
	KEEPS(block = use(reallocarray(block, 10, 10)));
	KEEPS(free(block));
	KEEPS(block = use(calloc(3, 5)));
	KEEPS(free(block));
	KEEPS(block = use(memalign(64, 100)));
	KEEPS(free(block));
	KEEPS(block = use(aligned_alloc(64, 128)));
	KEEPS(free(block));
	KEEPS(posix_memalign(&block, 64, 100));
	KEEPS(free(block));
	KEEPS(block = use(valloc(10)));
	KEEPS(free(block));
	KEEPS(block = use(pvalloc(10)));
	KEEPS(free(block));
	KEEPS(free(NULL));
	KEEPS(other = use(malloc(huge)));
	KEEPS(other = use(calloc(huge, 4)));
	KEEPS(other = use(realloc(NULL, huge)));
	KEEPS(other = use(reallocarray(NULL, huge, 4)));
	KEEPS(other = use(memalign(64, huge)));
	KEEPS(printf("%d\n", posix_memalign(&other, 64, huge)));
	KEEPS(printf("%d\n", posix_memalign(&other, 5, 10)));
	KEEPS(block = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	KEEPS(block = mremap(block, 4096, 8192, MREMAP_MAYMOVE));
	KEEPS(munmap(block, 8192));
	KEEPS(other = mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	KEEPS(munmap((void *)1, 4096));
	KEEPS(other = sbrk(0));
	KEEPS(dlclose(dlopen(NULL, RTLD_NOW)));
	return 0;
}

int
main(int count, char **arguments)
{
	static const struct test_case cases[] = {
		{"early", early},
		{"locale", locale},
		{"alternate", alternate},
		{"dlerror", pending_dlerror},
		{"errno", keep_errno},
		{NULL, NULL},
	};

	return run_case(cases, arguments);
}

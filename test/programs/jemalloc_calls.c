/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* jemalloc's own calls, each a known number of times. */
#include <jemalloc/jemalloc.h>
#include <stdlib.h>

enum {
	BLOCKS = 100
};

static void *block[BLOCKS];

__attribute__((noinline)) static void
site_mallocx(void)
{
	for (int i = 0; i < BLOCKS; i++)
		block[i] = mallocx(100, 0);
	__asm__ volatile("");
}

__attribute__((noinline)) static void
site_rallocx(void)
{
	for (int i = 0; i < 50; i++)
		block[i] = rallocx(block[i], 5000, 0);
	__asm__ volatile("");
}

int
main(void)
{
	site_mallocx();
	site_rallocx();
	for (int i = 0; i < 30; i++)
		dallocx(block[i], 0);
	for (int i = 30; i < 60; i++)
		sdallocx(block[i], i < 50 ? 5000 : 100, 0);
	return 0;
}

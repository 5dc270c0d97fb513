/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Burns 300 ms of CPU time in one function. */
#include <stdint.h>
#include <time.h>

static volatile uint64_t sum;

__attribute__((noinline)) static void
burn(void)
{
	for (unsigned i = 0; i < 100000; i++)
		sum = sum * 3 + 1;
}

int
main(void)
{
	while (clock() < 3 * CLOCKS_PER_SEC / 10)
		burn();
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A library whose destructor allocates more than all that came before it. */
#include <stdlib.h>

static void *volatile kept;

__attribute__((destructor)) static void
end(void)
{
	kept = malloc(4000000);
}

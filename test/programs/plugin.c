/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Two libraries of the same shape and size, with a function of another name in each. */
#include "sites.h"

#define SITE_OF(name) SITE(name)
#define CALL_OF(name) site_##name
#define CALL(name)    CALL_OF(name)

SITE_OF(PLUGIN)

void visit(void);

void
visit(void)
{
	CALL(PLUGIN)(COUNT, 10);
	__asm__ volatile("");
}

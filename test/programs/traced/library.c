/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* An instrumented library that calls back. */
#include "traced.h"

void visit(void (*function)(void));

KEEP static void
in_library(void (*function)(void))
{
	function();
	END;
}

void
visit(void (*function)(void))
{
	in_library(function);
	in_library(function);
	END;
}

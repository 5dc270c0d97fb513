/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sites.h"
#include <string.h>

int
run_case(const struct test_case *cases, char **arguments)
{
	for (; arguments[1] && cases->name; cases++)
		if (!strcmp(cases->name, arguments[1]))
			return cases->run(arguments + 2);
	return 2;
}

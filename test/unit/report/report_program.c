/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* `thag report` alone, for the golden reports. */
#include "report_main.h"

int
main(int argc, char **argv)
{
	return report_main(argc, argv);
}

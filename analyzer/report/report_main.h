/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* `thag report`: argv[0] is "report" or the like. Returns the exit status: 0, 1 for a file that
 * cannot be read or output that cannot be written, 2 for wrong usage. */
#ifndef THAG_REPORT_REPORT_MAIN_H
#define THAG_REPORT_REPORT_MAIN_H

int report_main(int argc, char **argv);

#endif

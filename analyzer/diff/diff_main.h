/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* `thag diff`: argv[0] is its name. Returns the exit status: 0, 1 for a file that cannot be read or
 * written, 2 for wrong usage. */
#ifndef THAG_DIFF_MAIN_H
#define THAG_DIFF_MAIN_H

int diff_main(int argc, char **argv);

#endif

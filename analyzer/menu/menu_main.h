/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* `thag profile`, which people call thag-profile: the menu. Returns the exit status: 0, 1 for a
 * directory that cannot be read, 2 for wrong usage or where there is no terminal. */
#ifndef THAG_MENU_MAIN_H
#define THAG_MENU_MAIN_H

int menu_main(int argc, char **argv);

#endif

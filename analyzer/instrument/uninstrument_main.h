/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The command `thag uninstrument`. Its exit status is that of deliver.h. */
#ifndef THAG_INSTRUMENT_UNINSTRUMENT_MAIN_H
#define THAG_INSTRUMENT_UNINSTRUMENT_MAIN_H

int uninstrument_main(int count, char **arguments);

#endif

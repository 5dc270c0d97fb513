/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A line on standard error for work that takes more than a second, only where that is a terminal;
 * it is gone when the work is done. One at a time.
 *
 *	progress_begin("reading", path);
 *	...
 *	progress_end();
 */
#ifndef THAG_PROGRESS_H
#define THAG_PROGRESS_H

void progress_begin(const char *verb, const char *what);
void progress_end(void);

#endif

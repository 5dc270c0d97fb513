/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The debug log of a run: what the analyzer did and when, for somebody who reports a problem.
 *
 * It goes to <temporary directory>/thag_profiler/<program>-<yyyymmdd>-<hhmmss>-debug.log. A log
 * that cannot be written is no reason to stop: it is said once, and all calls do nothing.
 */
#ifndef THAG_CLI_DEBUG_LOG_H
#define THAG_CLI_DEBUG_LOG_H

#include <glib.h>

struct debug_log;

/* `mode`: enum options_debug. NULL, which all calls take, where there is to be no log. */
struct debug_log *debug_log_open(unsigned mode, const char *program);
void debug_log_close(struct debug_log *log);

/* A line, with the seconds since the log was opened before it. */
void debug_log_add(struct debug_log *log, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The history: a line of JSON for each result, only ever appended to, so that branches merge and
 * nothing is rewritten.
 *
 *	{"schema_version": 1, "time": "2026-01-31T12:00:00Z", "commit": "...", "benchmark": "...",
 *	 "result": "pass", "machine": "...", "metrics": {"allocations": 1004, ...}}
 */
#ifndef THAG_GATE_HISTORY_H
#define THAG_GATE_HISTORY_H

#include "outcome.h"

enum {
	HISTORY_VERSION = 1,
};

/* Appends one line by one write. */
bool history_append(const char *path, const struct outcome *outcome, GError **error);

/*
 * Advice on a history: where each metric of each benchmark (or of the one named) changed its
 * level, and by how much. Exact metrics by every change, the others by statistics and for each
 * machine by itself. Returns the text, the caller's, or NULL with `error`.
 */
char *history_advise(const char *path, const char *benchmark, GError **error);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Times by function, file, module or thread: rows to print or export. docs/time.md says what the
 * columns mean. */
#ifndef THAG_REPORT_TIME_TABLES_H
#define THAG_REPORT_TIME_TABLES_H

#include "tables.h"

enum time_by {
	TIME_BY_FUNCTION,
	TIME_BY_FILE,
	TIME_BY_MODULE,
	TIME_BY_THREAD,
	TIME_BYS,
};

/* "function", "file", "module", "thread" */
extern const char *const time_by_names[TIME_BYS];

struct time_row {
	uint32_t key;
	struct call_sums calls; /* total_ns and its error: recursion counted once */
	bool distributed;	/* the percentiles are known: not in summary mode */
	uint64_t p50_ns, p90_ns, p99_ns;
	struct sample_tally self[SAMPLE_KINDS], total[SAMPLE_KINDS];
};

/* A figure of a row: a metric of calls or of samples. */
uint64_t time_row_self(const struct time_row *row, enum metric metric);
uint64_t time_row_total(const struct time_row *row, enum metric metric);

/*
 * Rows that have anything of the metric, the largest self first, then the largest total, then by
 * name. GArray of struct time_row; g_array_unref() it.
 */
GArray *time_table(const struct selection *selection, enum time_by by, enum metric metric);

/* What to call a row: the function, the path, "name (tid)". g_free() it. */
char *time_row_name(const struct profile *profile, enum time_by by, const struct time_row *row);

#endif

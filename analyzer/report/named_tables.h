/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the source named, as far as it is selected: rows to print or export, g_array_unref() each.
 *
 * Sections and tasks have call paths, by which they are chosen. Marks, counters and spans have
 * none: a selection by function leaves marks and counters out, and spans too.
 */
#ifndef THAG_REPORT_NAMED_TABLES_H
#define THAG_REPORT_NAMED_TABLES_H

#include "sections.h"
#include "selection.h"

/* struct profile_section, the longest total first, then the most allocated, then by name. */
GArray *named_sections(const struct selection *selection);

/* const struct profile_task *, those that ran longest first. */
GArray *named_tasks(const struct selection *selection);

/* struct profile_instance of selected tasks, those that lived longest first. */
GArray *named_instances(const struct selection *selection);

/* struct profile_mark, one for each name and thread, by first. */
GArray *named_marks(const struct selection *selection);

/* struct profile_counter, one for each name and process. */
GArray *named_counters(const struct selection *selection);

/* struct profile_misuse, the most frequent first. */
GArray *named_misuses(const struct selection *selection);

/* By node: 1 where its frame is one that the source named, or a coroutine's. g_free() it. */
uint8_t *named_frames(const struct profile *profile);

/*
 * Like selection_self(). Of METRIC_TIME tasks have what they ran and no call below them did: their
 * frames are no calls themselves. `shown` is what named_frames() gave. g_free() it.
 */
uint64_t *named_self(const struct selection *selection, enum metric metric, const uint8_t *shown);

struct named_left_out {
	uint64_t instances, pieces;
};
struct named_left_out named_left_out(const struct selection *selection);

#endif

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

struct named_left_out {
	uint64_t instances, pieces;
};
struct named_left_out named_left_out(const struct selection *selection);

#endif

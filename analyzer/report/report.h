/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What is said of a profile in words and numbers: the one-screen summary at the end of a run, the
 * tables of `thag report`, and JSON. All take a selection (selection.h) and print what it holds;
 * nothing here reads files. docs/memory.md defines the numbers.
 *
 *	struct selection selection;
 *	struct text text;
 *
 *	if (!selection_init(&selection, profile, &(struct filter){ 0 }, &error))
 *		...
 *	text_init(&text, stderr);
 *	report_summary(&text, &selection, &(struct report_options){ .files = files });
 *	selection_fini(&selection);
 */
#ifndef THAG_REPORT_REPORT_H
#define THAG_REPORT_REPORT_H

#include <jansson.h>

#include "selection.h"
#include "text.h"
#include "time_tables.h"

struct report_options {
	const char *const *files; /* written by the run, for the summary's end; NULL: none */
	enum metric sort;	  /* of tables and trees */
	bool sorted;		  /* `sort` was asked for: only tables of its source */
	enum time_by by;	  /* of tables of times */
	unsigned limit;		  /* rows of a table; 0: its own default */
};

enum {
	REPORT_JSON_VERSION = 1, /* raised when a key changes its meaning or goes */
};

/* One screen: what ran, peak, leaked, allocated, the call paths behind them, what was lost. */
void report_summary(const struct text *text, const struct selection *selection,
	const struct report_options *options);

/* Functions with self and total of the sort metric, and modules. */
void report_functions(const struct text *text, const struct selection *selection,
	const struct report_options *options);

/* Call paths with their callers. */
void report_paths(const struct text *text, const struct selection *selection,
	const struct report_options *options);

/* Call paths with every frame and its place. */
void report_stacks(const struct text *text, const struct selection *selection,
	const struct report_options *options);

/* The tree from the root down, or from the allocating functions up to their callers. */
void report_tree(const struct text *text, const struct selection *selection,
	const struct report_options *options);
void report_bottom_up(const struct text *text, const struct selection *selection,
	const struct report_options *options);

/* Distributions with bars; of processes, whatever functions are asked for (it says so). */
void report_sizes(const struct text *text, const struct selection *selection);
void report_lifetimes(const struct text *text, const struct selection *selection);

/* Live heap, mapped memory, RSS and allocations over time. */
void report_timeline(const struct text *text, const struct selection *selection);

/* Traced calls with all their figures, and samples, by function or as options->by says. */
void report_times(const struct text *text, const struct selection *selection,
	const struct report_options *options);

/* What the source named (thag.h): sections with times and memory; tasks; marks, counters, misuse.
 */
void report_sections(const struct text *text, const struct selection *selection,
	const struct report_options *options);
void report_tasks(const struct text *text, const struct selection *selection,
	const struct report_options *options);
void report_marks(const struct text *text, const struct selection *selection,
	const struct report_options *options);

/* The same in the summary, where there is any. */
void summary_named_lines(const struct text *text, const struct selection *selection);
void summary_named(const struct text *text, const struct selection *selection, unsigned limit);

/* Parts of the summary: lines with the sums, and the hottest functions. */
void summary_times(const struct text *text, const struct selection *selection);
void summary_hot(const struct text *text, const struct selection *selection, unsigned limit);

/* Where there are several: the heaviest processes, and of the others the sums of each program. */
void summary_processes(const struct text *text, const struct selection *selection, unsigned limit);

/* Samples a second of the time they stand for. */
double sample_rate_hz(const struct sample_tally *sums);

/* The key "time" of report_json(); null where there is none. */
json_t *report_time_json(const struct selection *selection, const struct report_options *options);

/* Arrays of what the source named, which may be empty. */
json_t *report_sections_json(const struct selection *selection);
json_t *report_tasks_json(const struct selection *selection);
json_t *report_marks_json(const struct selection *selection);
json_t *report_counters_json(const struct selection *selection);
json_t *report_misuses_json(const struct selection *selection);

/* All of it for machines; json_decref() the result. Keys: docs/profile.md. */
json_t *report_json(const struct selection *selection, const struct report_options *options);

/*
 * A size class of the distributions: the sum of the histogram's buckets in [first, last].
 * `title` as in "65-256".
 */
struct size_class {
	const char *title;
	unsigned first, last;
};
extern const struct size_class size_classes[];
extern const unsigned size_class_count;
extern const struct size_class lifetime_classes[];
extern const unsigned lifetime_class_count;

/* Sum over the selected processes of the buckets of a class. */
struct tally size_class_tally(const struct selection *selection, enum profile_histogram kind,
	const struct size_class *class);

#endif

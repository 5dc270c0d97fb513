/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The data of a report: a pack as pictures have it (pack.h: meta, strings, frames, shape, frame,
 * self0 ...), whose boxes are the profile's nodes but the root, in the same order, with these
 * sections more:
 *
 *	section		contents
 *	report		JSON: what `thag report --json` says (without functions), and what this
 *			report knows of its metrics: see html_info.c
 *	allocator	a byte per frame, in the pack's order: 1 where it is the allocator's own
 *	timeline	varint count, then columns: live, largest live, blocks, mapped, RSS,
 *			allocations, allocated bytes, frees, freed bytes, CPU time; all processes
 *			together
 *	spans		varint count, then columns: node (less the one before), born, gone, blocks,
 *			bytes, temporary, and 0 or one more than the interval in which the process
 *			of a block that was never freed ended, before others did; of a node there
 *			may be several of the same born and gone
 *	moments		varint count, then columns: node (less the one before), interval; then for
 *			each of CPU time, wall time, time and number of traced calls, CPU time in
 *			the kernel a varint 1 and a column, or a varint 0 where it is not known
 *	sizes, lifetimes	varint count of buckets, then columns: blocks, bytes
 *	sources		varint count, then per file: number of its path, enum html_source, text
 */
#ifndef THAG_HTML_PACK_H
#define THAG_HTML_PACK_H

#include <glib.h>

#include "html.h"
#include "pack.h"
#include "selection.h"

enum html_source {
	HTML_SOURCE_WHOLE,
	HTML_SOURCE_NEWER,   /* whole, but changed since the run began */
	HTML_SOURCE_MISSING, /* not at hand; no text */
	HTML_SOURCE_TOO_BIG,
	HTML_SOURCE_LEFT_OUT, /* by request */
};

/* A column of values that the page can show. */
struct html_metric {
	const char *key, *name;
	const char *short_name; /* for the head of a column */
	const char *unit;	/* "bytes", "count" or "ns" */
	const char *plural;	/* of what is counted, or "" */
	const char *in_range;	/* its like for a range of time, a key of IN_RANGE in
				 * report_sums.js */
	enum metric metric;
	bool in_summary; /* of memory: known also in summary mode */
};

extern const struct html_metric html_metrics[];
extern const unsigned html_metric_count;

static inline bool
html_metric_is_known(const struct html_metric *metric, const struct profile *profile)
{
	const bool memory = metric_table[metric->metric].source == SOURCE_MEMORY;

	return metric_is_there(profile, metric->metric) &&
	       (!memory || metric->in_summary || !profile->run.summary);
}

/* Frames in the order of the pack: `frame_of[number]`, and back `number_of[frame]`. */
struct html_frames {
	uint32_t count;
	uint32_t *frame_of, *number_of;
};

/* html_info.c: the section "report", ready to be written. g_free() it. */
char *html_info(const struct selection *selection);

/* html_source.c: appends the section "sources". */
void html_put_sources(GByteArray *pack, const struct selection *selection,
	struct pack_strings *strings, const struct html_options *options);

/* html_time.c: appends the sections "timeline", "spans", "sizes" and "lifetimes". */
void html_put_times(GByteArray *pack, const struct profile *profile);

GByteArray *html_pack(const struct selection *selection, const struct html_options *options);

#endif

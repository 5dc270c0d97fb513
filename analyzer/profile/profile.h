/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A profile: all that is kept of one run, with names. It is built from the model and the symbolizer
 * at the end of a run (profile_build.h), written to and read from a `.thag` file (profile_write.h,
 * profile_read.h; docs/profile.md draws the file), and every report, picture and comparison is
 * made from it.
 *
 * The call paths of all processes and threads are one tree. Its nodes are numbered in preorder:
 *
 *	id      0        1      2     3      4
 *	        (root)   main   read  malloc parse
 *	parent  -        0      1     2      1
 *	last    4        4      3     3      4        the last node below it, or itself
 *
 * so that totals are one pass from the last node to the first, and the subtree of a node is the
 * range [id, last].
 *
 * Invariants, which hold for every profile however it came to be (a file is refused otherwise)
 * I1. Entry 0 of modules, files, functions and frames stands for "none"; node 0 is the root.
 * I2. parent[id] < id, and the numbering is preorder.
 * I3. Every index is within its table; memory rows are sorted by (node, thread, category), no two
 *     alike; call and sample rows by (node, thread); boxes of the chart by (thread, kind, start).
 * I4. Strings are valid UTF-8 and never NULL.
 * A profile that thag built has its frames sorted by name and siblings, all different, by frame.
 *
 * A profile is not changed once it is made: any number of threads may read it.
 */
#ifndef THAG_PROFILE_H
#define THAG_PROFILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model.h"
#include "profile_named.h"

enum {
	PROFILE_MAJOR = 1, /* a reader refuses files with a larger one */
	PROFILE_MINOR = 5, /* tables and columns may have been added */
	PROFILE_APPLICATION_ID = 0x74686167,
};

enum profile_error {
	PROFILE_ERROR_IO,      /* cannot be opened, read or written */
	PROFILE_ERROR_FULL,    /* no space left */
	PROFILE_ERROR_EXISTS,  /* there is a file of that name already */
	PROFILE_ERROR_FOREIGN, /* a file of another kind */
	PROFILE_ERROR_NEWER,   /* written by a newer thag */
	PROFILE_ERROR_CORRUPT,
	PROFILE_ERROR_RANGE, /* of time: the profile has nothing there, or does not know */
};

#define PROFILE_ERROR (profile_error_quark())
GQuark profile_error_quark(void);

/* What is known of the run as a whole. docs/profile.md names the keys in the file. */
struct profile_run {
	const char *thag_version;
	const char *program;	/* as it was called */
	const char *command;	/* command line, quoted for a shell where needed */
	const char *incomplete; /* why the profile is partial, a reason a line; "": it is whole */
	const char *cost;	/* what the profiling cost, a line each; may be "" */
	const char *host, *kernel, *cpu;
	uint64_t start_realtime_ns, duration_ns;
	uint64_t bin_ns; /* length of the intervals of all timelines, which begin with the run */
	uint64_t peak_bytes, peak_ns; /* heap, all processes together */
	uint64_t events, event_bytes;
	uint64_t chunks, broken_chunks, lost_events;
	int64_t exit_status; /* -1: not known */
	int64_t exit_signal; /* 0: none */
	bool summary;	     /* of at least one process only counts and bytes are known */
	/* Of folded stacks from elsewhere, which are all that is known then: what their values
	 * count, "samples" or "bytes". "": a run that thag recorded. */
	const char *folded;
	/* Charts: calls shorter than this are left out, so many; samples nearer are one piece. */
	uint64_t chart_shortest_ns, chart_hidden, chart_grain_ns;
	uint64_t left_out[LEFT_OUT_REASONS]; /* traced calls that are not there, by request */
	/* Traced calls are of this part of the run alone; until 0: to its end. */
	uint64_t traced_from_ns, traced_until_ns;
};

struct profile_module {
	const char *path;
	const char *build_id;  /* in hexadecimal digits, may be "" */
	const char *complaint; /* why its symbols are worse than they could be, or "" */
};

struct profile_function {
	const char *name; /* pseudo functions are in brackets: "[unknown]" */
	uint32_t module;
	uint32_t kind; /* 0: a function; else what the source named: enum record_named_kind */
};

struct profile_frame {
	uint32_t function;
	uint32_t file;
	uint32_t line; /* 0: not known */
	bool inlined;  /* into the frame of the parent node */
};

struct profile_nodes {
	uint32_t count;
	uint32_t *parent;
	uint32_t *frame;
	uint32_t *last;	    /* last node of the subtree */
	uint8_t *outermost; /* 1: no node on the way to the root is of the same function */
};

/* Sums of one call path by one thread; the call path's own, without what it called. */
struct profile_memory {
	uint32_t count;
	uint32_t *node;
	uint32_t *thread;
	uint8_t *category; /* enum memory_category */
	struct memory_sums *sums;
};

/*
 * Blocks of the heap by call path of a thread and by the intervals in which they came and went:
 * `gone` is SPAN_NEVER where they were live when their process ended.
 */
struct profile_span {
	uint32_t node, thread;
	uint8_t born, gone;
	struct tally blocks;
	uint64_t temporary; /* where born is gone: all temporary ones that went then */
};

/* Sorted by (node, thread, born, gone), no two alike. None in summary mode. */
struct profile_spans {
	uint64_t span_ns; /* length of the intervals, the first of which begins with the run */
	uint32_t count;
	struct profile_span *rows;
};

/* Traced calls of one call path by one thread. */
struct profile_call {
	uint32_t node, thread;
	struct call_sums sums;
	uint64_t p50_ns, p90_ns, p99_ns;
	struct profile_bytes histogram; /* packed, see call_histogram.h */
};

/* Samples of one call path of one thread: self, as everything is. */
struct profile_sample {
	uint32_t node, thread;
	struct sample_tally sums[SAMPLE_KINDS];
};

/*
 * What samples and traced calls say of one call path of one thread in one of the intervals that
 * spans have too. By (node, thread, span).
 */
struct profile_moment {
	uint32_t node, thread;
	uint32_t span;
	struct moment_sums sums;
};

/* See struct chart_box. */
struct profile_box {
	uint64_t start_ns, duration_ns;
	uint32_t thread, node;
	uint32_t depth;
	uint32_t kind; /* enum chart_kind */
};

enum profile_histogram {
	PROFILE_SIZES_ALLOCATED,
	PROFILE_SIZES_FREED,
	PROFILE_LIFETIMES,
	PROFILE_HISTOGRAMS,
};

struct profile_process {
	uint32_t pid, parent_pid;
	int64_t parent; /* index of the forking process, -1: a fresh image */
	const char *exe;
	const char *command;
	uint32_t together; /* processes of that executable that are one row; 0: it is one */
	uint32_t profiled; /* enum options_profile: what was asked for; 0: not known */
	bool summary;
	uint64_t start_ns, end_ns;
	uint64_t peak_bytes, peak_ns; /* of the one with the highest, where it is several */
	uint64_t mapped_peak_bytes, mapped_peak_ns;
	uint64_t rss_peak_bytes;
	uint64_t frees_unknown;
	uint64_t lost_events;
	struct sampling sampling[SAMPLE_KINDS];
	struct profiling_cost cost[COST_KINDS];
	uint64_t unmatched_exits, folded_calls, trace_stops;
	uint64_t own_periods, own_ns; /* samples that hit the profiler */
	uint64_t unsampled_ns;
	struct histogram histograms[PROFILE_HISTOGRAMS];
	uint32_t bin_first, bin_count; /* of the run's intervals: those that it lived in */
	struct timeline_bin *timeline;
};

struct profile_thread {
	uint32_t process; /* index */
	uint32_t number; /* in its process; 1: the main thread; 0: times of several of the others */
	uint32_t tid;
	uint32_t creator; /* node that created it, 0: not known */
	const char *name; /* may be "" */
	uint64_t start_ns, end_ns;
	uint64_t missed_events;
	uint32_t together; /* where `number` is 0: threads that have no rows of their own */
};

struct profile {
	struct profile_run run;
	GArray *modules;   /* struct profile_module */
	GArray *files;	   /* const char * */
	GArray *functions; /* struct profile_function */
	GArray *frames;	   /* struct profile_frame */
	GArray *processes; /* struct profile_process, by start; those that are several last */
	GArray *threads;   /* struct profile_thread, by process and number */
	struct profile_nodes nodes;
	struct profile_memory memory;
	struct profile_spans spans;
	GArray *calls;	 /* struct profile_call */
	GArray *samples; /* struct profile_sample */
	GArray *moments; /* struct profile_moment */
	GArray *chart;	 /* struct profile_box */
	struct profile_named named;
	GStringChunk *strings;
	/* Not NULL: this is a part of it (profile_range.h), and borrows all but the rows. */
	const struct profile *whole;
};

/* An empty profile: the "none" entries and the root. */
struct profile *profile_new(void);
void profile_free(struct profile *profile);

/* Gives a part its own rows, empty: memory, spans, calls, samples, moments, chart, processes. */
void profile_init_parts(struct profile *part);

/* A copy of `text` that the profile owns, made valid UTF-8; NULL gives "". Equal texts share one.
 */
const char *profile_string(struct profile *profile, const char *text);

/* Gives the node and memory columns their length; what is new is zero. */
void profile_resize_nodes(struct profile *profile, uint32_t count);
void profile_resize_memory(struct profile *profile, uint32_t count);

/*
 * Fills `last` and `outermost` from `parent` and `frame`. Returns false where the numbering is not
 * preorder (I2); frames must be in range.
 */
bool profile_index_nodes(struct profile *profile);

static inline const struct profile_module *
profile_module(const struct profile *profile, uint32_t module)
{
	return &g_array_index(profile->modules, struct profile_module, module);
}

static inline const char *
profile_file(const struct profile *profile, uint32_t file)
{
	return g_array_index(profile->files, const char *, file);
}

static inline const struct profile_function *
profile_function(const struct profile *profile, uint32_t function)
{
	return &g_array_index(profile->functions, struct profile_function, function);
}

static inline const struct profile_frame *
profile_frame(const struct profile *profile, uint32_t frame)
{
	return &g_array_index(profile->frames, struct profile_frame, frame);
}

static inline const struct profile_process *
profile_process(const struct profile *profile, uint32_t process)
{
	return &g_array_index(profile->processes, struct profile_process, process);
}

static inline const struct profile_thread *
profile_thread(const struct profile *profile, uint32_t thread)
{
	return &g_array_index(profile->threads, struct profile_thread, thread);
}

/* An interval of the run, NULL: the process did not live then. */
static inline const struct timeline_bin *
profile_bin(const struct profile_process *process, uint32_t bin)
{
	return bin >= process->bin_first && bin - process->bin_first < process->bin_count
		       ? &process->timeline[bin - process->bin_first]
		       : NULL;
}

/* One more than the last interval that any process lived in. */
uint32_t profile_bin_end(const struct profile *profile);

/*
 * By thread: the interval in which its process ended, SPAN_NEVER where that is the last in which
 * anything ran. Blocks that were never freed are live until then. g_free() it.
 */
uint8_t *profile_thread_spans(const struct profile *profile);

static inline uint8_t
profile_span_end(const struct profile_span *span, const uint8_t *thread_spans)
{
	return span->gone != SPAN_NEVER ? span->gone : MAX(thread_spans[span->thread], span->born);
}

/* The frame and the function of a node; of the root "none". */
static inline const struct profile_frame *
profile_node_frame(const struct profile *profile, uint32_t node)
{
	return profile_frame(profile, profile->nodes.frame[node]);
}

static inline uint32_t
profile_node_function(const struct profile *profile, uint32_t node)
{
	return profile_node_frame(profile, node)->function;
}

/* How many a row is. */
static inline uint32_t
profile_process_count(const struct profile_process *process)
{
	return MAX(process->together, 1);
}

/* What profiling so many events cost, as it was measured. */
struct profile_expense {
	uint64_t events;
	double ns, error_ns;
};

void profile_spend(
	struct profile_expense *expense, const struct profiling_cost *cost, uint64_t events);

/* Gives the uint32_t at `offset` of each row its new number. */
void profile_renumber(GArray *rows, size_t offset, const uint32_t *number);

/* Of all allocations of the run. */
struct profile_expense profile_memory_expense(const struct profile *profile);

/* Adds `from` to `sums`: everything is a sum but the maxima. */
void memory_sums_add(struct memory_sums *sums, const struct memory_sums *from);
void call_sums_add(struct call_sums *sums, const struct call_sums *from);
void moment_sums_add(struct moment_sums *sums, const struct moment_sums *from);

#endif

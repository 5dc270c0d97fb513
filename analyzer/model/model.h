/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What happened in a run, as numbers: processes, threads, call paths and what each of them
 * allocated.
 *
 * The model is fed with records in an order the program could have had (stream/ sees to that) and
 * keeps sums alone: its size is proportional to live blocks and call paths, never to events. Names
 * play no part here: a call path is a node of its process's tree of return addresses.
 *
 * Times are ticks while the model is fed and nanoseconds since the start of the run in everything
 * that model_finish() leaves to be read.
 *
 * Definitions (docs/memory.md has them for users)
 *	allocation	a call that returned a block: malloc family, operator new, and the second
 *			half of every realloc that returned one
 *	free		a call that gave a known block back, and the first half of such a realloc
 *	live		allocated and not yet freed, in requested bytes
 *	peak		the largest sum of live bytes; "at peak": live at the first such moment.
 *			The heap has one, and all mappings (MMAP and BREAK together) have another
 *	leaked		live when the process ended
 *	temporary	freed by the thread that allocated it before that thread's next allocation
 *
 * and of time (docs/time.md)
 *	total, self	of a traced call: from entry to exit, and that without the traced calls
 *			inside; time during which its call stack was switched away is nobody's
 *	sample		stands for one period of its thread's CPU or wall time, or for more where
 *			samples were lost
 */
#ifndef THAG_MODEL_H
#define THAG_MODEL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "named.h"

enum memory_category {
	MEMORY_HEAP,  /* the allocator's calls */
	MEMORY_MMAP,  /* the program's own mmap, mremap, munmap: bytes of address space */
	MEMORY_BREAK, /* the program's own brk, sbrk */
	MEMORY_CATEGORIES,
};

/* Blocks and their bytes. */
struct tally {
	uint64_t count;
	uint64_t bytes;
};

static inline void
tally_add(struct tally *sum, struct tally more)
{
	sum->count += more.count;
	sum->bytes += more.bytes;
}

/* What a call path of one thread did with one category of memory; also sums over several. */
struct memory_sums {
	struct tally allocated;
	struct tally freed;
	struct tally temporary;
	struct tally leaked;	  /* = allocated - freed */
	struct tally at_run_peak; /* live at the run's peak (all processes together), of the heap
				   * or of the mappings, whichever this belongs to */
	struct tally at_peak;	  /* live at the same peak of its own process */
	uint64_t largest_bytes;	  /* the largest single allocation */
	uint64_t lifetime_ns;	  /* sum over freed blocks */
	uint64_t lifetime_max_ns;
};

struct site {
	uint32_t node; /* in the process's tree; 0: the releases of summary mode, whatever they
			* released */
	enum memory_category category;
	struct memory_sums memory;
};

enum {
	SPANS_MAX = 240,  /* intervals, all of one length, that the run is cut into */
	SPAN_NEVER = 255, /* in place of an interval: live when the process ended */
};

/* Blocks of the heap by call path of a thread and the intervals in which they came and went. */
struct span {
	uint32_t node;
	uint8_t born, gone;
	struct tally blocks;
	uint64_t temporary; /* where born is gone: all temporary ones that went then */
};

struct node {
	uint32_t parent;  /* 0: none */
	uint64_t pc;	  /* see enum record_pc and RECORD_PC_EXACT in wire/record.h */
	uint64_t seen_ns; /* when it was first named: tells apart modules at one address */
	bool traced; /* pc is where a function begins whose calls were traced: no place in it */
};

/*
 * What a thread's traced calls of one call path took, without what tracing itself cost. An error is
 * how far a time may be off because that cost is not known exactly.
 */
struct call_sums {
	uint64_t calls;
	uint64_t total_ns, total_error_ns; /* from entry to exit */
	uint64_t self_ns, self_error_ns;   /* without the traced calls inside */
	uint64_t min_ns, max_ns;	   /* of one call's total; min of finished ones */
	uint64_t unfinished; /* had not returned when their thread or the trace ended */
	uint64_t below_cost; /* took less than tracing them is thought to cost: count as 0 */
	/* Of a section: how much more than at its beginning its process had live, at most, in any
	 * one of these. Of other calls 0, as where memory was not profiled in detail. */
	uint64_t peak_bytes;
};

struct call_row {
	uint32_t node;
	struct call_sums sums;
	uint8_t *histogram; /* of finished calls' totals in ns: call_histogram.h; may be NULL */
	uint32_t histogram_bytes;
};

enum sample_kind {
	SAMPLE_CPU,
	SAMPLE_WALL,
	SAMPLE_KINDS,
};

struct sample_tally {
	uint64_t samples;
	uint64_t periods; /* that they stand for: more than samples where there was none for each */
	uint64_t time_ns; /* of these periods */
	uint64_t kernel_samples, kernel_periods, kernel_ns; /* of all these, in the kernel */
};

static inline void
sample_sums_add(
	struct sample_tally sums[SAMPLE_KINDS], const struct sample_tally from[SAMPLE_KINDS])
{
	for (unsigned kind = 0; kind < SAMPLE_KINDS; kind++) {
		sums[kind].samples += from[kind].samples;
		sums[kind].periods += from[kind].periods;
		sums[kind].time_ns += from[kind].time_ns;
		sums[kind].kernel_samples += from[kind].kernel_samples;
		sums[kind].kernel_periods += from[kind].kernel_periods;
		sums[kind].kernel_ns += from[kind].kernel_ns;
	}
}

/* What samples say of one call path of one thread: it was running, or there. */
struct sample_row {
	uint32_t node;
	struct sample_tally sums[SAMPLE_KINDS];
};

/* The same of one interval (see struct span) of a call path of a thread. */
struct moment_sums {
	uint64_t samples[SAMPLE_KINDS], time_ns[SAMPLE_KINDS];
	uint64_t kernel_samples, kernel_ns; /* of those of CPU time, in the kernel */
	uint64_t calls, self_ns; /* those that returned in it; what they had of it for themselves */
};

struct moment_row {
	uint32_t node;
	uint8_t span;
	struct moment_sums sums;
};

enum chart_kind {
	CHART_CPU, /* samples found the whole call path of `node`, again and again */
	CHART_WALL,
	CHART_CALL, /* one traced call; around it is the nearest of less depth before it */
	CHART_KINDS,
};

/* A piece of a thread's time. */
struct chart_box {
	uint64_t start_ns, duration_ns;
	uint32_t node;
	uint32_t depth; /* CHART_CALL: traced calls around it */
	enum chart_kind kind;
};

/* How samples were taken. */
struct sampling {
	uint64_t rate_hz; /* as it was set up; 0: none */
	uint64_t source;  /* enum record_sampling_source */
};

/* What was measured of profiling's own cost in a process: see record.h. */
enum profiling_cost_kind {
	COST_OF_CALLS,
	COST_OF_CALL_SUMS, /* tracing in summary mode */
	COST_OF_MEMORY,	   /* an allocation and its free */
	COST_OF_LEFT_OUT,  /* a call that was followed, but not recorded */
	COST_KINDS,
};

/* Why traced calls are not in a profile, by request. */
enum left_out {
	LEFT_OUT_PATTERN, /* their functions were not asked for */
	LEFT_OUT_SHORT,
	LEFT_OUT_DEEP,
	LEFT_OUT_MANY, /* there were more than were asked for; those not recorded are not known */
	LEFT_OUT_REASONS,
};

struct profiling_cost {
	uint64_t pair_ps, inside_ps, uncertainty_ps; /* picoseconds */
};

struct module {
	uint32_t number;
	uint64_t bias, start, end;
	char *path;
	uint8_t *build_id;
	size_t build_id_bytes;
	uint64_t start_ns,
		end_ns;	  /* when it was known to be there; end_ns: UINT64_MAX to the end */
	uint32_t symbols; /* the symbolizer's number, set by the module callback */
};

struct thread {
	uint32_t number; /* 1: the main thread; 0: several that are over, see `together` */
	uint32_t tid;
	char *name;	  /* may be NULL */
	uint32_t creator; /* node where it was created, 0: not known */
	uint64_t start_ns, end_ns;
	struct memory_sums memory[MEMORY_CATEGORIES]; /* peaks: its share of them */
	GArray *sites;				      /* struct site */
	GArray *spans;				      /* struct span; none in summary mode */
	GArray *calls;				      /* struct call_row, by node */
	GArray *samples;			      /* struct sample_row, by node */
	GArray *chart;				      /* struct chart_box, by start and depth */
	GArray *moments;			      /* struct moment_row */
	uint64_t missed_events;
	uint32_t together; /* threads that are over, whose sums these are; 0: it is one */
};

enum {
	SIZE_BUCKETS = 32,
	LIFETIME_BUCKETS = 48
};

/* Bucket 0 holds 0 and 1; bucket i > 0 holds (2^(i-1), 2^i]. The last one holds all above too. */
struct histogram {
	struct tally bucket[LIFETIME_BUCKETS];
};

/* One interval of a process's timeline; all intervals of a run have the same length. */
struct timeline_bin {
	uint64_t live_bytes;	 /* at its end */
	uint64_t live_max_bytes; /* largest within */
	uint64_t live_blocks;	 /* at its end */
	uint64_t mapped_bytes;	 /* MEMORY_MMAP + MEMORY_BREAK, at its end */
	uint64_t rss_bytes;	 /* last known; 0: not measured in this interval */
	uint64_t cpu_ns;	 /* CPU time, spread evenly between measurements */
	struct tally allocated;
	struct tally freed;
};

struct process {
	uint32_t number; /* in the run, from 1 */
	uint32_t pid, parent_pid;
	uint32_t parent; /* number of the forking process, 0: a fresh image */
	char *exe;
	GStrv arguments;
	uint32_t together; /* processes that have ended, whose sums these are; 0: it is one */
	bool summary;	   /* only counts and bytes are known: no frees by block, no peak */
	uint32_t profiled; /* enum options_profile: what was asked for; 0: not known */
	uint64_t start_ns, end_ns;
	GPtrArray *threads; /* struct thread */
	GPtrArray *modules; /* struct module, also the inherited ones; forks may share the list */
	GArray *nodes;	    /* struct node, by id; [0] unused; a parent's id is less than its
			     * child's; all that sites and threads refer to, the inherited too */
	struct memory_sums memory[MEMORY_CATEGORIES];
	uint64_t peak_bytes, peak_ns;		    /* of MEMORY_HEAP */
	uint64_t mapped_peak_bytes, mapped_peak_ns; /* of MEMORY_MMAP + MEMORY_BREAK */
	uint64_t rss_peak_bytes;
	uint64_t frees_unknown; /* of blocks made before the start, by the parent, or by means that
				 * are not recorded (below the size threshold, say) */
	uint64_t lost_events;	/* all reasons */
	struct histogram sizes_allocated, sizes_freed, lifetimes; /* heap; lifetimes in ns */
	uint32_t timeline_first; /* timeline[0] is this interval of the run: starts at
				  * timeline_first * bin_ns */
	GArray *timeline;	 /* struct timeline_bin */
	struct sampling sampling[SAMPLE_KINDS];
	struct profiling_cost cost[COST_KINDS];
	uint64_t unmatched_exits; /* of calls that were not seen to begin */
	uint64_t folded_calls; /* beyond the depth that is kept: part of the innermost kept one */
	uint64_t own_periods, own_ns; /* CPU time sampled in the profiler's own code: left out */
	uint64_t unsampled_ns;	      /* CPU time of threads that ended that no sample stands for */
	uint64_t trace_stops;	      /* how often tracing was stopped by a limit or an option */
	struct named *named;	      /* what its source named; NULL: nothing */
};

struct run {
	uint64_t start_realtime_ns, duration_ns;
	uint64_t bin_ns;	      /* of the timelines */
	uint64_t span_ns;	      /* of the intervals of spans, which begin with the run */
	uint64_t peak_bytes, peak_ns; /* heap, all processes together */
	uint64_t mapped_peak_bytes, mapped_peak_ns; /* MMAP + BREAK, all processes together */
	uint64_t events;      /* records that count: allocations, frees, maps, calls, samples */
	uint64_t event_bytes; /* payload bytes read */
	uint64_t chunks, broken_chunks, lost_events;
	/* Charts: calls shorter than this are left out, so many; samples nearer are one piece. */
	uint64_t chart_shortest_ns, chart_hidden, chart_grain_ns;
	uint64_t left_out[LEFT_OUT_REASONS];
	/* Traced calls are of this part of the run alone; until 0: to its end. */
	uint64_t traced_from_ns, traced_until_ns;
	GPtrArray *processes; /* struct process, by number */
};

/* Frees a run and all that hangs on it; NULL is fine. */
void run_free(struct run *run);
void process_free(struct process *process);

/* Makes an empty run, process, thread with all their arrays: for the model and for readers of
 * profiles. Owned by the caller until it hangs them up. */
struct run *run_new(void);
struct process *process_new(void);
struct thread *thread_new(void);
GPtrArray *modules_new(void);

/* Those that are there: the gone ones are left out. */
GPtrArray *modules_copy(const GPtrArray *modules);

#endif

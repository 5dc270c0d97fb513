/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The model's own structures, shared by the files of this folder while it is fed. Readers of the
 * finished run see model.h, who feeds it feed.h.
 */
#ifndef THAG_MODEL_STATE_H
#define THAG_MODEL_STATE_H

#include "crowd.h"
#include "feed.h"
#include "inner_peak.h"
#include "live_table.h"
#include "rest.h"
#include "sites.h"
#include "spans.h"
#include "tasks.h"

/* The release half of a realloc: it holds unless REALLOC_FAILED says otherwise. */
struct model_tentative {
	uint64_t address; /* 0: none */
	uint64_t ticks;
};

struct model_thread {
	struct model *model;
	struct model_process *process;
	struct thread *public;
	struct site_map sites;
	uint32_t serial[PEAK_DOMAINS]; /* allocations so far, low bits */
	struct model_tentative tentative;
	GArray *unseen; /* uint32_t: nodes named since the last timed record; NULL: none ever */
	struct tally releases; /* of summary mode: not known of which block */
	uint64_t start_ticks, end_ticks;
	bool ended;
	bool over;		      /* and nobody feeds it any more */
	bool kept;		      /* by itself, although it is over */
	bool waiting;		      /* to be put together, see rest.h */
	struct timing_thread *timing; /* timing.c's; NULL: nothing yet */
	GPtrArray *tasks;	      /* tasks.c's: those that run here; NULL: none ever */
	uint64_t left_out[POOL_LEFT_OUT_REASONS];
};

struct table_node {
	uint64_t pc, seen_ticks; /* pc 0: nobody announced it */
	uint32_t parent;
};

/* The tree of call paths. A forked child goes on from its parent's: ids below `first` are there. */
struct node_table {
	struct node_table *parent; /* NULL: none */
	unsigned references;
	uint32_t first;
	uint32_t count, room;
	struct table_node *nodes; /* those from `first` on */
};

/* One interval of a process's timeline while the model is fed. */
struct timeline {
	GArray *bins; /* struct timeline_bin, closed ones */
	uint64_t first;
	uint64_t open;		 /* number of the open interval: always first + bins->len */
	uint64_t open_end_ticks; /* 0: not known yet */
	uint64_t live_max_bytes;
	uint64_t rss_bytes;
	uint64_t cpu_ns, cpu_ticks; /* CPU time when it was last measured, and when that was */
	uint64_t open_cpu_ns;
	struct tally allocated, freed; /* of the process when the interval was opened */
};

struct model_process {
	struct model *model;
	struct process *public;
	struct live_table live;
	struct tally allocated, freed; /* heap */
	struct peak peak[PEAK_DOMAINS];
	struct peak *run_peak; /* the run's; when it has left that, `nowhere` */
	struct peak nowhere[PEAK_DOMAINS];
	struct timeline timeline;
	struct inner_peaks inner_peaks;
	uint64_t live_watch; /* the lowest of the maxima of the live heap that are kept */
	struct tasks *tasks; /* NULL: there are none, or it has ended */
	unsigned tentative_count;
	GHashTable *threads; /* number -> struct model_thread; NULL: it is in a crowd */
	GTree *mappings;
	struct rest rest; /* of its threads */
	struct node_table *nodes;
	uint64_t lost_nested, lost_full, missed;
	uint64_t start_ticks, end_ticks;
	bool ended;
	bool shares_modules;	       /* public->modules is a relative's too */
	uint32_t parent_number;	       /* of the process that forked it, 0: none */
	struct timing_process *timing; /* timing.c's; NULL: nothing yet */
	struct naming_process *naming; /* naming.c's; NULL: nothing yet */
	/* See crowd.h. Of one that is in a crowd all else is gone but its number, and for a while
	 * its nodes and modules. */
	struct model_process *crowd; /* NULL: it is by itself */
	GPtrArray *modules;	     /* of one that is in a crowd; NULL: forgotten */
	uint64_t weight, rows;	     /* of one that has ended */
};

struct model {
	struct model_clock clock;
	uint64_t ticks;		     /* of the latest event */
	uint64_t ns_per_tick_scaled; /* times 2^32: for lifetimes, without floating point */
	struct site_pool sites;
	struct span_table spans;
	struct peak peak[PEAK_DOMAINS];
	GHashTable *processes; /* number -> struct model_process */
	GPtrArray *process_list;
	GArray *parked; /* struct model_event: see heap.c */
	uint64_t skew_ticks, ahead_ticks;
	uint64_t bin_ticks; /* width of the timeline's intervals */
	uint64_t events;
	uint64_t task_instances; /* that are kept */
	uint64_t kept_rows;	 /* of threads that are over: see rest.c */
	GArray *sinks;		 /* struct model_sink_entry */
	struct timing *timing;
	struct crowds crowds;
	uint64_t left_out[POOL_LEFT_OUT_REASONS]; /* of threads that are finished */
	uint32_t sink_kinds;
	uint32_t (*module_found)(void *context, uint32_t pid, const struct module *module);
	void *module_context;
};

struct model_sink_entry {
	struct model_sink sink;
	void *context;
};

/* model.c */
/* Not yet among those of the model. */
struct model_process *model_process_new(
	struct model *model, uint32_t number, uint32_t pid, uint64_t ticks);
void model_thread_free(gpointer thread);
/* Frees all but what children go on from. */
void model_process_empty(struct model_process *process);
/* Frees that, too. */
void model_process_forget(struct model_process *process);

/*
 * What the process has live is the run's no more: it is about to end, or has. What follows of it is
 * its own alone.
 */
void model_process_leave(struct model_process *process);

/* heap.c */
void heap_alloc(struct model *model, const struct model_event *event);
void heap_free(struct model *model, const struct model_event *event);
void heap_realloc_failed(struct model_thread *thread, uint64_t address);
void heap_expire_parked(struct model *model, uint64_t now_ticks);
void heap_process_end(struct model_process *process);

/* mappings.c: the mmap family and the program break. */
GTree *mappings_new(void);
void mapping_add(struct model_thread *thread, uint64_t ticks, uint32_t node, uint64_t address,
	uint64_t length, enum memory_category category);
void mapping_remove(struct model_thread *thread, uint64_t ticks, uint64_t address, uint64_t length);
/* Their sites have become others', see spans.h. */
void mappings_move(GTree *mappings, const struct span_move *moves, uint32_t count);

/* node_table.c */
struct node_table *node_table_new(struct node_table *parent, uint32_t first);
struct node_table *node_table_ref(struct node_table *table);
void node_table_unref(struct node_table *table);
void node_table_set(struct node_table *table, uint32_t node, uint32_t parent, uint64_t pc);
void node_table_set_seen(struct node_table *table, uint32_t node, uint64_t ticks);
/* There may be no more for long. */
void node_table_trim(struct node_table *table);
/* One more than the highest number announced; one more than what could come next. */
uint32_t node_table_count(const struct node_table *table);
uint32_t node_table_limit(const struct node_table *table);
/* A node that nobody announced has no parent and the pc RECORD_PC_UNKNOWN. */
struct node node_table_get(const struct node_table *table, uint32_t node);

/* timeline.c */
void timeline_init(struct model_process *process, uint64_t ticks);
void timeline_advance_slow(struct model_process *process, uint64_t ticks);
/* CPU time of the process so far. */
void timeline_cpu(struct model_process *process, uint64_t ticks, uint64_t cpu_ns);
void timeline_end(struct model_process *process, uint64_t ticks);
/* Adds the intervals of one that has ended. */
void timeline_add(struct timeline *to, const struct timeline *from);

static inline void
timeline_advance(struct model_process *process, uint64_t ticks)
{
	if (unlikely(ticks >= process->timeline.open_end_ticks))
		timeline_advance_slow(process, ticks);
}

/* records.c */
void records_apply(struct model *model, struct model_thread *thread, const struct record *record);

/* timing.c: calls, samples and charts. */
void timing_attach(struct model *model);
/* Whether it matters what calls of different threads come after each other. */
bool timing_orders_calls(const struct model *model);
void timing_calls(struct model_thread *thread, const struct model_call *calls, unsigned count);
void timing_finish_run(const struct model *model, struct run *run);

/* finish.c: fills in the public process. */
/* Its times; once for each list. */
void finish_modules(GPtrArray *modules, const struct model_clock *clock);
void finish_process(struct model_process *process, const struct model_clock *clock,
	const struct span_index *spans);

/* To be called when a maximum has begun, has ended, or has been set. */
static inline void
process_watch_live(struct model_process *process)
{
	process->live_watch =
		MIN(process->timeline.live_max_bytes, inner_peaks_threshold(&process->inner_peaks));
}

/* The live heap has risen above one of the maxima. */
static inline void
process_live_rose(struct model_process *process)
{
	const uint64_t live = process->peak[PEAK_HEAP].live_bytes;

	process->timeline.live_max_bytes = MAX(process->timeline.live_max_bytes, live);
	if (live > inner_peaks_threshold(&process->inner_peaks))
		inner_peaks_rise(&process->inner_peaks, live);
	process_watch_live(process);
}

/* The largest live heap from one moment to another. */
static inline uint64_t
process_peak_begin(struct model_process *process)
{
	const uint64_t number =
		inner_peaks_begin(&process->inner_peaks, process->peak[PEAK_HEAP].live_bytes);

	process_watch_live(process);
	return number;
}

static inline uint64_t
process_peak_end(struct model_process *process, uint64_t number)
{
	const uint64_t bytes = inner_peaks_end(&process->inner_peaks, number);

	process_watch_live(process);
	return bytes;
}

/* Bucket 0: 0 and 1; i: (2^(i-1), 2^i]. */
static inline unsigned
histogram_bucket(uint64_t value, unsigned buckets)
{
	const unsigned bucket = value < 2 ? 0 : 64 - (unsigned)__builtin_clzll(value - 1);

	return bucket < buckets ? bucket : buckets - 1;
}

static inline void
histogram_add(struct histogram *histogram, unsigned bucket, uint64_t bytes)
{
	histogram->bucket[bucket].count++;
	histogram->bucket[bucket].bytes += bytes;
}

/* A block, or a mapping, comes to a site. */
static inline void
account_add(struct model_process *process, struct site_state *site, enum peak_domain domain,
	uint64_t bytes, uint64_t ticks)
{
	struct peak *peak = &process->peak[domain], *run_peak = &process->run_peak[domain];

	site_settle(site, peak, run_peak);
	site->allocated.count++;
	site->allocated.bytes += bytes;
	if (bytes > site->largest_bytes)
		site->largest_bytes = bytes;
	peak_add(peak, bytes, ticks);
	peak_add(run_peak, bytes, ticks);
}

/* `gone` leaves a site: a block whole, a mapping in pieces of which the last one counts. */
static inline void
account_remove(struct model_process *process, struct site_state *site, enum peak_domain domain,
	struct tally gone)
{
	struct peak *peak = &process->peak[domain], *run_peak = &process->run_peak[domain];

	site_settle(site, peak, run_peak);
	site->freed.count += gone.count;
	site->freed.bytes += gone.bytes;
	peak->live_bytes -= gone.bytes;
	run_peak->live_bytes -= gone.bytes;
}

static inline void
account_lifetime(struct site_state *site, uint64_t lifetime_ticks)
{
	site->lifetime_ticks += lifetime_ticks;
	if (lifetime_ticks > site->lifetime_max_ticks)
		site->lifetime_max_ticks = lifetime_ticks;
}

static inline uint64_t
model_lifetime_ns(const struct model *model, uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)ticks * model->ns_per_tick_scaled >> 32);
}

/* Broken times may be centuries: those end at 2^62 ns. */
static inline uint64_t
model_span_ns(const struct model_clock *clock, uint64_t ticks)
{
	const double ns = (double)ticks * clock->ns_per_tick + 0.5;

	return ns < 0x1p62 ? (uint64_t)ns : UINT64_C(1) << 62;
}

static inline uint64_t
model_ns(const struct model_clock *clock, uint64_t ticks)
{
	return ticks <= clock->start_ticks ? 0 : model_span_ns(clock, ticks - clock->start_ticks);
}

#endif

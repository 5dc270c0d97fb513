/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See profile_schema.h. */
#include "schema_columns.h"

/* ---- tables of rows ---- */

static const struct schema_column module_columns[] = {
	COLUMN(TEXT, profile_module, path),
	COLUMN(TEXT, profile_module, build_id),
	COLUMN(TEXT, profile_module, complaint),
};

static const struct schema_column file_columns[] = {
	{"path", SCHEMA_TEXT, 0, 0},
};

static const struct schema_column function_columns[] = {
	COLUMN(TEXT, profile_function, name),
	COLUMN(MODULE, profile_function, module),
};

static const struct schema_column frame_columns[] = {
	COLUMN(FUNCTION, profile_frame, function),
	COLUMN(FILE, profile_frame, file),
	COLUMN(U32, profile_frame, line),
	COLUMN(BOOL, profile_frame, inlined),
};

static const struct schema_column process_columns[] = {
	COLUMN(U32, profile_process, pid),
	COLUMN(U32, profile_process, parent_pid),
	COLUMN(PROCESS_OR_NO, profile_process, parent),
	COLUMN(TEXT, profile_process, exe),
	COLUMN(TEXT, profile_process, command),
	COLUMN(BOOL, profile_process, summary),
	COLUMN(U64, profile_process, start_ns),
	COLUMN(U64, profile_process, end_ns),
	COLUMN(U64, profile_process, peak_bytes),
	COLUMN(U64, profile_process, peak_ns),
	COLUMN(U64, profile_process, mapped_peak_bytes),
	COLUMN(U64, profile_process, mapped_peak_ns),
	COLUMN(U64, profile_process, rss_peak_bytes),
	COLUMN(U64, profile_process, frees_unknown),
	COLUMN(U64, profile_process, lost_events),
	NAMED(U64, profile_process, "cpu_rate_hz", sampling[SAMPLE_CPU].rate_hz),
	NAMED(U64, profile_process, "cpu_source", sampling[SAMPLE_CPU].source),
	NAMED(U64, profile_process, "wall_rate_hz", sampling[SAMPLE_WALL].rate_hz),
	NAMED(U64, profile_process, "call_cost_ps", cost[COST_OF_CALLS].pair_ps),
	NAMED(U64, profile_process, "call_cost_inside_ps", cost[COST_OF_CALLS].inside_ps),
	NAMED(U64, profile_process, "call_cost_error_ps", cost[COST_OF_CALLS].uncertainty_ps),
	NAMED(U64, profile_process, "call_sum_cost_ps", cost[COST_OF_CALL_SUMS].pair_ps),
	NAMED(U64, profile_process, "call_sum_cost_inside_ps", cost[COST_OF_CALL_SUMS].inside_ps),
	NAMED(U64, profile_process, "call_sum_cost_error_ps",
		cost[COST_OF_CALL_SUMS].uncertainty_ps),
	NAMED(U64, profile_process, "memory_cost_ps", cost[COST_OF_MEMORY].pair_ps),
	NAMED(U64, profile_process, "memory_cost_error_ps", cost[COST_OF_MEMORY].uncertainty_ps),
	COLUMN(U64, profile_process, unmatched_exits),
	COLUMN(U64, profile_process, folded_calls),
	COLUMN(U64, profile_process, trace_stops),
	COLUMN(U64, profile_process, own_periods),
	COLUMN(U64, profile_process, own_ns),
	ADDED(3, U64, profile_process, "unsampled_ns", unsampled_ns),
	ADDED(4, U32, profile_process, "together", together),
	ADDED(5, U32, profile_process, "profiled", profiled),
};

static const struct schema_column thread_columns[] = {
	COLUMN(PROCESS, profile_thread, process),
	COLUMN(U32, profile_thread, number),
	COLUMN(U32, profile_thread, tid),
	COLUMN(TEXT, profile_thread, name),
	COLUMN(NODE, profile_thread, creator),
	COLUMN(U64, profile_thread, start_ns),
	COLUMN(U64, profile_thread, end_ns),
	COLUMN(U64, profile_thread, missed_events),
	ADDED(4, U32, profile_thread, "together", together),
};

static const struct schema_column call_columns[] = {
	COLUMN(NODE, profile_call, node),
	COLUMN(THREAD, profile_call, thread),
	NAMED(U64, profile_call, "calls", sums.calls),
	NAMED(U64, profile_call, "total_ns", sums.total_ns),
	NAMED(U64, profile_call, "total_error_ns", sums.total_error_ns),
	NAMED(U64, profile_call, "self_ns", sums.self_ns),
	NAMED(U64, profile_call, "self_error_ns", sums.self_error_ns),
	NAMED(U64, profile_call, "min_ns", sums.min_ns),
	NAMED(U64, profile_call, "max_ns", sums.max_ns),
	NAMED(U64, profile_call, "unfinished", sums.unfinished),
	NAMED(U64, profile_call, "below_cost", sums.below_cost),
	COLUMN(U64, profile_call, p50_ns),
	COLUMN(U64, profile_call, p90_ns),
	COLUMN(U64, profile_call, p99_ns),
	COLUMN(BYTES, profile_call, histogram),
};

static const struct schema_column sample_columns[] = {
	COLUMN(NODE, profile_sample, node),
	COLUMN(THREAD, profile_sample, thread),
	NAMED(U64, profile_sample, "cpu_samples", sums[SAMPLE_CPU].samples),
	NAMED(U64, profile_sample, "cpu_periods", sums[SAMPLE_CPU].periods),
	NAMED(U64, profile_sample, "cpu_ns", sums[SAMPLE_CPU].time_ns),
	NAMED(U64, profile_sample, "wall_samples", sums[SAMPLE_WALL].samples),
	NAMED(U64, profile_sample, "wall_periods", sums[SAMPLE_WALL].periods),
	NAMED(U64, profile_sample, "wall_ns", sums[SAMPLE_WALL].time_ns),
	ADDED(3, U64, profile_sample, "kernel_samples", sums[SAMPLE_CPU].kernel_samples),
	ADDED(3, U64, profile_sample, "kernel_periods", sums[SAMPLE_CPU].kernel_periods),
	ADDED(3, U64, profile_sample, "kernel_ns", sums[SAMPLE_CPU].kernel_ns),
};

static const struct schema_column moment_columns[] = {
	COLUMN(NODE, profile_moment, node),
	COLUMN(THREAD, profile_moment, thread),
	COLUMN(U32, profile_moment, span),
	NAMED(U64, profile_moment, "cpu_samples", sums.samples[SAMPLE_CPU]),
	NAMED(U64, profile_moment, "cpu_ns", sums.time_ns[SAMPLE_CPU]),
	NAMED(U64, profile_moment, "wall_samples", sums.samples[SAMPLE_WALL]),
	NAMED(U64, profile_moment, "wall_ns", sums.time_ns[SAMPLE_WALL]),
	NAMED(U64, profile_moment, "calls", sums.calls),
	NAMED(U64, profile_moment, "self_ns", sums.self_ns),
	ADDED(4, U64, profile_moment, "kernel_samples", sums.kernel_samples),
	ADDED(4, U64, profile_moment, "kernel_ns", sums.kernel_ns),
};

static const struct schema_column box_columns[] = {
	COLUMN(THREAD, profile_box, thread),
	COLUMN(U32, profile_box, kind),
	COLUMN(U64, profile_box, start_ns),
	COLUMN(U64, profile_box, duration_ns),
	COLUMN(U32, profile_box, depth),
	COLUMN(NODE, profile_box, node),
};

const struct schema_table schema_tables[] = {
	TABLE("module", module_columns, modules, 0),
	TABLE("file", file_columns, files, 0),
	TABLE("function", function_columns, functions, 0),
	TABLE("frame", frame_columns, frames, 0),
	TABLE("process", process_columns, processes, 1),
	TABLE("thread", thread_columns, threads, 1),
	TABLE("calls", call_columns, calls, 1),
	TABLE("samples", sample_columns, samples, 1),
	TABLE("moment", moment_columns, moments, 1),
	TABLE("chart", box_columns, chart, 1),
};
const unsigned schema_table_count = G_N_ELEMENTS(schema_tables);

/* ---- columns of the others ---- */

static const struct schema_column run_columns[] = {
	COLUMN(TEXT, profile_run, thag_version),
	COLUMN(TEXT, profile_run, program),
	COLUMN(TEXT, profile_run, command),
	COLUMN(TEXT, profile_run, incomplete),
	COLUMN(TEXT, profile_run, cost),
	COLUMN(TEXT, profile_run, host),
	COLUMN(TEXT, profile_run, kernel),
	COLUMN(TEXT, profile_run, cpu),
	COLUMN(U64, profile_run, start_realtime_ns),
	COLUMN(U64, profile_run, duration_ns),
	COLUMN(U64, profile_run, bin_ns),
	COLUMN(U64, profile_run, peak_bytes),
	COLUMN(U64, profile_run, peak_ns),
	COLUMN(U64, profile_run, events),
	COLUMN(U64, profile_run, event_bytes),
	COLUMN(U64, profile_run, chunks),
	COLUMN(U64, profile_run, broken_chunks),
	COLUMN(U64, profile_run, lost_events),
	COLUMN(I64, profile_run, exit_status),
	COLUMN(I64, profile_run, exit_signal),
	COLUMN(BOOL, profile_run, summary),
	COLUMN(U64, profile_run, chart_shortest_ns),
	COLUMN(U64, profile_run, chart_hidden),
	COLUMN(U64, profile_run, chart_grain_ns),
	NAMED(U64, profile_run, "left_out_pattern", left_out[LEFT_OUT_PATTERN]),
	NAMED(U64, profile_run, "left_out_short", left_out[LEFT_OUT_SHORT]),
	NAMED(U64, profile_run, "left_out_deep", left_out[LEFT_OUT_DEEP]),
	NAMED(U64, profile_run, "left_out_many", left_out[LEFT_OUT_MANY]),
	COLUMN(U64, profile_run, traced_from_ns),
	COLUMN(U64, profile_run, traced_until_ns),
};
const struct schema_columns schema_run = COLUMNS(run_columns);

static const struct schema_column sums_columns[] = {
	NAMED(U64, memory_sums, "allocations", allocated.count),
	NAMED(U64, memory_sums, "allocated_bytes", allocated.bytes),
	NAMED(U64, memory_sums, "frees", freed.count),
	NAMED(U64, memory_sums, "freed_bytes", freed.bytes),
	NAMED(U64, memory_sums, "temporary", temporary.count),
	NAMED(U64, memory_sums, "temporary_bytes", temporary.bytes),
	NAMED(U64, memory_sums, "leaked_blocks", leaked.count),
	NAMED(U64, memory_sums, "leaked_bytes", leaked.bytes),
	NAMED(U64, memory_sums, "peak_blocks", at_run_peak.count),
	NAMED(U64, memory_sums, "peak_bytes", at_run_peak.bytes),
	NAMED(U64, memory_sums, "process_peak_blocks", at_peak.count),
	NAMED(U64, memory_sums, "process_peak_bytes", at_peak.bytes),
	COLUMN(U64, memory_sums, largest_bytes),
	COLUMN(U64, memory_sums, lifetime_ns),
	COLUMN(U64, memory_sums, lifetime_max_ns),
};
const struct schema_columns schema_sums = COLUMNS(sums_columns);

static const struct schema_column bin_columns[] = {
	COLUMN(U64, timeline_bin, live_bytes),
	COLUMN(U64, timeline_bin, live_max_bytes),
	COLUMN(U64, timeline_bin, live_blocks),
	COLUMN(U64, timeline_bin, mapped_bytes),
	COLUMN(U64, timeline_bin, rss_bytes),
	COLUMN(U64, timeline_bin, cpu_ns),
	NAMED(U64, timeline_bin, "allocations", allocated.count),
	NAMED(U64, timeline_bin, "allocated_bytes", allocated.bytes),
	NAMED(U64, timeline_bin, "frees", freed.count),
	NAMED(U64, timeline_bin, "freed_bytes", freed.bytes),
};
const struct schema_columns schema_bin = COLUMNS(bin_columns);

const char *const schema_histogram_names[PROFILE_HISTOGRAMS] = {
	[PROFILE_SIZES_ALLOCATED] = "size_allocated",
	[PROFILE_SIZES_FREED] = "size_freed",
	[PROFILE_LIFETIMES] = "lifetime",
};

const char *const schema_category_names[MEMORY_CATEGORIES] = {
	[MEMORY_HEAP] = "heap",
	[MEMORY_MMAP] = "mmap",
	[MEMORY_BREAK] = "break",
};

unsigned
schema_bucket_count(enum profile_histogram kind)
{
	return kind == PROFILE_LIFETIMES ? LIFETIME_BUCKETS : SIZE_BUCKETS;
}

/*
 * Totals use the preorder numbering: what lies below a node is a range of nodes. A recursive
 * function is counted at its outermost node alone.
 */
const char schema_views[] =
	"CREATE VIEW node_name AS"
	" SELECT n.id AS node, n.parent, f.name AS function, file.path AS file, fr.line,"
	"  fr.inlined, m.path AS module"
	" FROM node n JOIN frame fr ON fr.id = n.frame JOIN function f ON f.id = fr.function"
	" JOIN file ON file.id = fr.file JOIN module m ON m.id = f.module;"

	"CREATE VIEW heap_by_node AS"
	" SELECT node, sum(allocations) AS allocations, sum(allocated_bytes) AS allocated_bytes,"
	"  sum(temporary) AS temporary, sum(peak_bytes) AS peak_bytes,"
	"  sum(leaked_blocks) AS leaked_blocks, sum(leaked_bytes) AS leaked_bytes"
	" FROM memory WHERE category = 0 GROUP BY node;"

	"CREATE VIEW function_self AS"
	" SELECT f.id AS function, f.name, m.path AS module, sum(h.allocations) AS allocations,"
	"  sum(h.allocated_bytes) AS allocated_bytes, sum(h.temporary) AS temporary,"
	"  sum(h.peak_bytes) AS peak_bytes, sum(h.leaked_blocks) AS leaked_blocks,"
	"  sum(h.leaked_bytes) AS leaked_bytes"
	" FROM heap_by_node h JOIN node n ON n.id = h.node JOIN frame fr ON fr.id = n.frame"
	" JOIN function f ON f.id = fr.function JOIN module m ON m.id = f.module"
	" GROUP BY f.id;"

	"CREATE VIEW function_total AS"
	" SELECT f.id AS function, f.name, m.path AS module, sum(h.allocations) AS allocations,"
	"  sum(h.allocated_bytes) AS allocated_bytes, sum(h.temporary) AS temporary,"
	"  sum(h.peak_bytes) AS peak_bytes, sum(h.leaked_blocks) AS leaked_blocks,"
	"  sum(h.leaked_bytes) AS leaked_bytes"
	" FROM node n JOIN memory h ON h.node BETWEEN n.id AND n.last AND h.category = 0"
	" JOIN frame fr ON fr.id = n.frame"
	" JOIN function f ON f.id = fr.function JOIN module m ON m.id = f.module"
	" WHERE n.outermost AND n.id > 0 GROUP BY f.id;"

	"CREATE VIEW leak AS"
	" SELECT h.leaked_bytes, h.leaked_blocks, n.node, n.function, n.file, n.line, n.module"
	" FROM heap_by_node h JOIN node_name n ON n.node = h.node"
	" WHERE h.leaked_bytes > 0 OR h.leaked_blocks > 0 ORDER BY h.leaked_bytes DESC;"

	"CREATE VIEW thread_memory AS"
	" SELECT t.process, t.id AS thread, t.tid, t.name, c.name AS category,"
	"  sum(m.allocations) AS allocations, sum(m.allocated_bytes) AS allocated_bytes,"
	"  sum(m.frees) AS frees, sum(m.temporary) AS temporary, sum(m.peak_bytes) AS peak_bytes,"
	"  sum(m.leaked_blocks) AS leaked_blocks, sum(m.leaked_bytes) AS leaked_bytes"
	" FROM memory m JOIN thread t ON t.id = m.thread JOIN category c ON c.id = m.category"
	" GROUP BY t.id, m.category;"

	"CREATE INDEX calls_node ON calls(node);"
	"CREATE INDEX samples_node ON samples(node);"

	"CREATE VIEW function_calls AS"
	" SELECT f.id AS function, f.name, m.path AS module, sum(c.calls) AS calls,"
	"  sum(c.self_ns) AS self_ns, sum(CASE WHEN n.outermost THEN c.total_ns END) AS total_ns,"
	"  sum(c.self_error_ns) AS self_error_ns,"
	"  min(CASE WHEN c.calls > c.unfinished THEN c.min_ns END) AS min_ns,"
	"  max(c.max_ns) AS max_ns"
	" FROM calls c JOIN node n ON n.id = c.node JOIN frame fr ON fr.id = n.frame"
	" JOIN function f ON f.id = fr.function JOIN module m ON m.id = f.module GROUP BY f.id;"

	"CREATE VIEW function_samples AS"
	" SELECT f.id AS function, f.name, m.path AS module, sum(s.cpu_samples) AS cpu_samples,"
	"  sum(s.cpu_ns) AS cpu_ns, sum(s.wall_samples) AS wall_samples, sum(s.wall_ns) AS wall_ns"
	" FROM samples s JOIN node n ON n.id = s.node JOIN frame fr ON fr.id = n.frame"
	" JOIN function f ON f.id = fr.function JOIN module m ON m.id = f.module GROUP BY f.id;"

	"CREATE VIEW thread_time AS"
	" SELECT t.process, t.id AS thread, t.tid, t.name,"
	"  (SELECT sum(calls) FROM calls WHERE thread = t.id) AS calls,"
	"  (SELECT sum(self_ns) FROM calls WHERE thread = t.id) AS traced_ns,"
	"  (SELECT sum(cpu_ns) FROM samples WHERE thread = t.id) AS cpu_ns,"
	"  (SELECT sum(wall_ns) FROM samples WHERE thread = t.id) AS wall_ns"
	" FROM thread t;";

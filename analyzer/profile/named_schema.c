/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The tables of what the source named: see profile_schema.h. */
#include "schema_columns.h"

/* Columns that several tables have. */
#define DURATIONS(type, prefix, member)                                                            \
	NAMED(U64, type, prefix "total_ns", member.total_ns),                                      \
		NAMED(U64, type, prefix "min_ns", member.min_ns),                                  \
		NAMED(U64, type, prefix "max_ns", member.max_ns),                                  \
		NAMED(U64, type, prefix "p50_ns", member.p50_ns),                                  \
		NAMED(U64, type, prefix "p90_ns", member.p90_ns),                                  \
		NAMED(U64, type, prefix "p99_ns", member.p99_ns)
#define MEMORY(type)                                                                               \
	NAMED(U64, type, "allocations", memory.allocations),                                       \
		NAMED(U64, type, "allocated_bytes", memory.allocated_bytes),                       \
		NAMED(U64, type, "frees", memory.frees),                                           \
		NAMED(U64, type, "freed_bytes", memory.freed_bytes),                               \
		NAMED(U64, type, "peak_bytes", memory.peak_bytes)

static const struct schema_column place_columns[] = {
	COLUMN(TEXT, profile_place, name),
	COLUMN(U32, profile_place, kind),
	COLUMN(FILE, profile_place, file),
	COLUMN(U32, profile_place, line),
	COLUMN(TEXT, profile_place, inside),
	COLUMN(FUNCTION, profile_place, function),
};

static const struct schema_column peak_columns[] = {
	COLUMN(NODE, profile_section_peak, node),
	COLUMN(THREAD, profile_section_peak, thread),
	COLUMN(U64, profile_section_peak, peak_bytes),
};

static const struct schema_column span_columns[] = {
	COLUMN(PLACE, profile_named_span, place),
	COLUMN(PROCESS, profile_named_span, process),
	NAMED(U64, profile_named_span, "count", durations.count),
	NAMED(U64, profile_named_span, "unfinished", durations.unfinished),
	DURATIONS(profile_named_span, "", durations),
	COLUMN(U64, profile_named_span, peak_bytes),
	COLUMN(BYTES, profile_named_span, histogram),
};

static const struct schema_column task_columns[] = {
	COLUMN(PLACE, profile_task, place),
	COLUMN(PROCESS, profile_task, process),
	COLUMN(NODE, profile_task, node),
	NAMED(U64, profile_task, "instances", lives.count),
	NAMED(U64, profile_task, "unfinished", lives.unfinished),
	COLUMN(U64, profile_task, most_at_once),
	COLUMN(U64, profile_task, resumes),
	DURATIONS(profile_task, "life_", lives),
	DURATIONS(profile_task, "running_", running),
	MEMORY(profile_task),
};

static const struct schema_column instance_columns[] = {
	COLUMN(U32, profile_instance, task),
	COLUMN(U32, profile_instance, number),
	COLUMN(THREAD, profile_instance, thread),
	COLUMN(U64, profile_instance, start_ns),
	COLUMN(U64, profile_instance, end_ns),
	COLUMN(U64, profile_instance, running_ns),
	COLUMN(U64, profile_instance, resumes),
	COLUMN(BOOL, profile_instance, moved),
	COLUMN(BOOL, profile_instance, ended),
	MEMORY(profile_instance),
};

static const struct schema_column piece_columns[] = {
	COLUMN(U32, profile_piece, instance),
	COLUMN(THREAD, profile_piece, thread),
	COLUMN(U64, profile_piece, start_ns),
	COLUMN(U64, profile_piece, duration_ns),
};

static const struct schema_column mark_columns[] = {
	COLUMN(PLACE, profile_mark, place),
	COLUMN(THREAD, profile_mark, thread),
	COLUMN(U64, profile_mark, count),
	COLUMN(U64, profile_mark, first_ns),
	COLUMN(U64, profile_mark, last_ns),
};

static const struct schema_column mark_point_columns[] = {
	NAMED(U32, profile_point, "mark", series),
	COLUMN(U64, profile_point, start_ns),
	COLUMN(U64, profile_point, end_ns),
	COLUMN(U64, profile_point, count),
};

static const struct schema_column counter_columns[] = {
	COLUMN(PLACE, profile_counter, place),
	COLUMN(PROCESS, profile_counter, process),
	COLUMN(U64, profile_counter, count),
	COLUMN(U64, profile_counter, first_ns),
	COLUMN(U64, profile_counter, last_ns),
	COLUMN(DOUBLE, profile_counter, min),
	COLUMN(DOUBLE, profile_counter, max),
	COLUMN(DOUBLE, profile_counter, last),
};

static const struct schema_column counter_point_columns[] = {
	NAMED(U32, profile_point, "counter", series),
	COLUMN(U64, profile_point, start_ns),
	COLUMN(U64, profile_point, end_ns),
	COLUMN(U64, profile_point, count),
	COLUMN(DOUBLE, profile_point, min),
	COLUMN(DOUBLE, profile_point, max),
	COLUMN(DOUBLE, profile_point, last),
};

static const struct schema_column misuse_columns[] = {
	COLUMN(PLACE, profile_misuse, place),
	COLUMN(U32, profile_misuse, kind),
	COLUMN(THREAD, profile_misuse, thread),
	COLUMN(NODE, profile_misuse, node),
	COLUMN(U64, profile_misuse, count),
};

static const struct schema_column left_out_columns[] = {
	COLUMN(PROCESS, profile_left_out, process),
	COLUMN(U64, profile_left_out, instances),
	COLUMN(U64, profile_left_out, pieces),
	COLUMN(U64, profile_left_out, pieces_shortest_ns),
};

const struct schema_table schema_named_tables[] = {
	TABLE("place", place_columns, named.places, 0),
	TABLE("section_peak", peak_columns, named.peaks, 0),
	TABLE("named_span", span_columns, named.spans, 0),
	TABLE("task", task_columns, named.tasks, 0),
	TABLE("task_instance", instance_columns, named.instances, 0),
	TABLE("task_piece", piece_columns, named.pieces, 0),
	TABLE("mark", mark_columns, named.marks, 0),
	TABLE("mark_point", mark_point_columns, named.mark_points, 0),
	TABLE("counter", counter_columns, named.counters, 0),
	TABLE("counter_point", counter_point_columns, named.counter_points, 0),
	TABLE("misuse", misuse_columns, named.misuses, 0),
	TABLE("left_out", left_out_columns, named.left_out, 0),
};
const unsigned schema_named_table_count = G_N_ELEMENTS(schema_named_tables);

const char schema_named_views[] =
	"CREATE VIEW section AS"
	" SELECT f.id AS function, f.name,"
	"  (SELECT p.kind FROM place p WHERE p.function = f.id) AS kind,"
	"  sum(c.calls) AS calls, sum(CASE WHEN n.outermost THEN c.total_ns END) AS total_ns,"
	"  sum(c.self_ns) AS self_ns,"
	"  min(CASE WHEN c.calls > c.unfinished THEN c.min_ns END) AS min_ns,"
	"  max(c.max_ns) AS max_ns,"
	"  max(k.peak_bytes) AS peak_bytes"
	" FROM calls c JOIN node n ON n.id = c.node JOIN frame fr ON fr.id = n.frame"
	" JOIN function f ON f.id = fr.function"
	" LEFT JOIN section_peak k ON k.node = c.node AND k.thread = c.thread"
	" WHERE f.id IN (SELECT function FROM place WHERE kind IN (1, 2) AND function > 0)"
	" GROUP BY f.id;"

	"CREATE VIEW section_memory AS"
	" SELECT f.id AS function, f.name, sum(m.allocations) AS allocations,"
	"  sum(m.allocated_bytes) AS allocated_bytes, sum(m.frees) AS frees,"
	"  sum(m.leaked_bytes) AS leaked_bytes"
	" FROM function f JOIN frame fr ON fr.function = f.id"
	" JOIN node n ON n.frame = fr.id AND n.outermost"
	" JOIN memory m ON m.node BETWEEN n.id AND n.last AND m.category = 0"
	" WHERE f.id IN (SELECT function FROM place WHERE kind IN (1, 2) AND function > 0)"
	" GROUP BY f.id;"

	"CREATE VIEW task_name AS"
	" SELECT t.*, CASE WHEN t.place THEN p.name ELSE nn.function END AS name"
	" FROM task t JOIN place p ON p.id = t.place JOIN node_name nn ON nn.node = t.node;";

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the source named: from the model to the profile, into a file and back. */
#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <string.h>

#include "call_histogram.h"
#include "profile_read.h"
#include "profile_schema.h"
#include "profile_write.h"
#include "record.h"
#include "synthetic.h"

enum {
	SECTION = 1,
	TASK,
	SPAN,
	MARK,
	COUNTER,
};

static struct symbolizer *symbolizer;
static struct run *run;
static struct process *process;
static struct thread *thread;
static struct profile *before, *after;
static char *directory, *path;

static void
set_up(void)
{
	symbolizer = symbolizer_new(NULL);
	run = synthetic_run_new();
	process = synthetic_process(run, 100);
	thread = synthetic_thread(process, 100);
	synthetic_thread(process, 101);
	synthetic_module(process, "/bin/app", 0x10000, 1);
	synthetic_symbol(symbolizer, 1, 0x100, "main", "m.c", 1);
	synthetic_symbol(symbolizer, 1, 0x110, "main", "m.c", 1);
	synthetic_symbol(symbolizer, 1, 0x200, "main", "m.c", 2);
	directory = g_dir_make_tmp("thag-named-XXXXXX", NULL);
	path = g_build_filename(directory, "named.thag", NULL);
}

static void
tear_down(void)
{
	profile_free(before);
	profile_free(after);
	synthetic_run_free(run);
	symbolizer_free(symbolizer);
	g_unlink(path);
	g_rmdir(directory);
	g_free(path);
	g_free(directory);
}

TestSuite(named_profile, .init = set_up, .fini = tear_down);

/* ---- a run ---- */

static void
add_places(void)
{
	static const struct {
		uint32_t number, kind;
		const char *name, *file, *function;
	} places[] = {
		{SECTION, NAMED_SECTION, "parse", "p.c", "load"},
		{TASK, NAMED_TASK, "request", "r.c", "accept"},
		{SPAN, NAMED_SPAN, "wait", "w.c", "wait_for"},
		{MARK, NAMED_MARK, "full", "c.c", "grow"},
		{COUNTER, NAMED_COUNTER, "depth", "c.c", "push"},
	};

	process->named = named_new();
	for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
		const struct named_place place = {
			.number = places[i].number,
			.kind = places[i].kind,
			.line = 10 * (i + 1),
			.name = g_strdup(places[i].name),
			.file = g_strdup(places[i].file),
			.function = g_strdup(places[i].function),
		};

		g_array_append_val(process->named->places, place);
	}
}

static struct named_durations
durations_of(uint64_t value_ns)
{
	struct named_durations durations = {
		.count = 1, .total_ns = value_ns, .min_ns = value_ns, .max_ns = value_ns};

	durations.histogram = call_histogram_pack_one(value_ns, 1, &durations.histogram_bytes);
	return durations;
}

/* A task that was made at `pc` and lived from there to there, running half of its time. */
static void
add_task(uint64_t pc, uint64_t start_ns, uint64_t end_ns)
{
	const uint32_t made = synthetic_node(process, 0, pc);
	const struct named_memory memory = {3, 300, 2, 200, end_ns - start_ns};
	const struct named_task task = {
		.place = TASK,
		.node = synthetic_node(process, made, RECORD_PC_NAMED | TASK),
		.lives = durations_of(end_ns - start_ns),
		.running = durations_of((end_ns - start_ns) / 2),
		.resumes = 2,
		.most_at_once = 1,
		.memory = memory,
	};
	const struct named_instance instance = {
		.task = process->named->tasks->len,
		.id = process->named->instances->len + 1,
		.start_ns = start_ns,
		.end_ns = end_ns,
		.running_ns = (end_ns - start_ns) / 2,
		.resumes = 2,
		.first_thread = 1,
		.moved = true,
		.ended = true,
		.memory = memory,
	};
	const struct named_piece piece = {
		process->named->instances->len, 2, start_ns, instance.running_ns};

	g_array_append_val(process->named->tasks, task);
	g_array_append_val(process->named->instances, instance);
	g_array_append_val(process->named->pieces, piece);
}

static void
add_series(GArray *to, uint32_t place, double scale)
{
	struct named_series series = {.place = place,
		.thread = place == MARK ? 2 : 0,
		.count = 5,
		.first_ns = 100,
		.last_ns = 500,
		.min = -1.5 * scale,
		.max = 3.25 * scale,
		.last = 2 * scale,
		.points = g_array_new(FALSE, FALSE, sizeof(struct named_point))};
	const struct named_point points[] = {
		{100, 100, 1, -1.5 * scale, -1.5 * scale, -1.5 * scale},
		{200, 500, 4, 0, 3.25 * scale, 2 * scale}};

	g_array_append_vals(series.points, points, G_N_ELEMENTS(points));
	g_array_append_val(to, series);
}

static void
name_everything(void)
{
	const uint32_t main_node = synthetic_node(process, 0, 0x10100);
	const uint32_t section = synthetic_node(process, main_node, RECORD_PC_NAMED | SECTION);
	const struct named_span span = {SPAN, durations_of(777), 4096};
	const struct named_misuse misuse = {SECTION, MISUSE_NOT_ENDED, 2, main_node, 7};
	struct named *named;

	add_places();
	named = process->named;
	synthetic_heap(thread, section, 10, 100, 2);
	synthetic_calls(thread, section, 5, 1000, 900);
	g_array_index(thread->calls, struct call_row, 0).sums.peak_bytes = 640;
	g_array_append_val(named->spans, span);
	g_array_append_val(named->misuses, misuse);
	add_task(0x10100, 1000, 1400);
	add_task(0x10200, 1000, 9000);
	add_series(named->marks, MARK, 0);
	add_series(named->counters, COUNTER, 1);
	named->instances_left_out = 11;
	named->pieces_left_out = 12;
	named->pieces_shortest_ns = 13;
}

static void
build(void)
{
	const struct profile_context context = {.exit_status = 0};

	synthetic_finish(run);
	before = profile_build(run, symbolizer, &context);
}

static void
write_and_read(void)
{
	GError *error = NULL;

	cr_assert(profile_write(before, path, &error), "%s", error ? error->message : "");
	after = profile_read(path, &error);
	cr_assert_not_null(after, "%s", error ? error->message : "");
}

/* ---- comparing ---- */

static const GArray *
rows_of(const struct profile *profile, const struct schema_table *table)
{
	return *(GArray *const *)(const void *)((const char *)profile + table->rows_offset);
}

static bool
is_same(enum schema_kind kind, const void *left, const void *right)
{
	static const size_t sizes[] = {
		[SCHEMA_U32] = 4,
		[SCHEMA_U64] = 8,
		[SCHEMA_I64] = 8,
		[SCHEMA_BOOL] = sizeof(bool),
		[SCHEMA_MODULE] = 4,
		[SCHEMA_FILE] = 4,
		[SCHEMA_FUNCTION] = 4,
		[SCHEMA_NODE] = 4,
		[SCHEMA_THREAD] = 4,
		[SCHEMA_PROCESS] = 4,
		[SCHEMA_PROCESS_OR_NO] = 8,
		[SCHEMA_PLACE] = 4,
		[SCHEMA_DOUBLE] = sizeof(double),
	};
	const struct profile_bytes *a = left, *b = right;

	if (kind == SCHEMA_TEXT)
		return g_str_equal(*(const char *const *)left, *(const char *const *)right);
	if (kind == SCHEMA_BYTES)
		return a->count == b->count && (!a->count || !memcmp(a->bytes, b->bytes, a->count));
	return memcmp(left, right, sizes[kind]) == 0;
}

static void
assert_same_row(const struct schema_table *table, const char *left, const char *right)
{
	for (unsigned i = 0; i < table->columns.count; i++) {
		const struct schema_column *column = &table->columns.columns[i];

		cr_assert(is_same(column->kind, left + column->offset, right + column->offset),
			"%s.%s", table->name, column->name);
	}
}

/* ---- tests ---- */

Test(named_profile, every_column_is_read_as_it_was_written)
{
	name_everything();
	build();
	write_and_read();
	for (unsigned t = 0; t < schema_named_table_count; t++) {
		const struct schema_table *table = &schema_named_tables[t];
		const GArray *left = rows_of(before, table), *right = rows_of(after, table);
		const guint bytes = g_array_get_element_size((GArray *)(uintptr_t)left);

		cr_assert_gt(left->len, 0, "%s is empty", table->name);
		cr_assert_eq(left->len, right->len, "%s", table->name);
		for (guint i = 0; i < left->len; i++)
			assert_same_row(table, left->data + i * bytes, right->data + i * bytes);
	}
}

Test(named_profile, what_is_not_in_the_tables_is_found_again)
{
	const struct profile_task *task;

	name_everything();
	build();
	write_and_read();
	task = &g_array_index(after->named.tasks, struct profile_task, 0);
	cr_assert_eq(task->running.count, 1);
	cr_assert_eq(task->running.unfinished, 0);
	cr_assert_eq(g_array_index(after->calls, struct profile_call, 0).sums.peak_bytes, 640);
	for (guint i = 0; i < after->functions->len; i++)
		cr_assert_eq(profile_function(after, i)->kind, profile_function(before, i)->kind);
}

Test(named_profile, tasks_that_one_line_made_are_one)
{
	const struct profile_task *task;

	add_places();
	add_task(0x10100, 1000, 1400);
	add_task(0x10110, 1200, 2000);
	add_task(0x10200, 1000, 9000);
	build();
	cr_assert_eq(before->named.tasks->len, 2);
	task = &g_array_index(before->named.tasks, struct profile_task, 0);
	cr_assert_eq(task->lives.count, 2);
	cr_assert_eq(task->lives.total_ns, 1200);
	cr_assert_eq(task->lives.min_ns, 400);
	cr_assert_eq(task->lives.max_ns, 800);
	cr_assert_leq(task->lives.p50_ns, 404);
	cr_assert_geq(task->lives.p99_ns, 793);
	cr_assert_leq(task->lives.p99_ns, 800);
	cr_assert_eq(task->running.total_ns, 600);
	cr_assert_eq(task->resumes, 4);
	cr_assert_eq(task->most_at_once, 2);
	cr_assert_eq(task->memory.allocated_bytes, 600);
	cr_assert_eq(g_array_index(before->named.instances, struct profile_instance, 1).task, 0);
	cr_assert_eq(g_array_index(before->named.instances, struct profile_instance, 2).task, 1);
}

Test(named_profile, a_percentile_is_no_longer_than_the_longest)
{
	name_everything();
	build();
	for (guint i = 0; i < before->named.tasks->len; i++) {
		const struct profile_durations *lives =
			&g_array_index(before->named.tasks, struct profile_task, i).lives;

		cr_assert_eq(lives->p50_ns, lives->max_ns);
		cr_assert_eq(lives->p99_ns, lives->max_ns);
	}
}

Test(named_profile, a_run_that_names_nothing_has_none_of_it)
{
	before = synthetic_sample();
	cr_assert_not(profile_named_any(before));
	write_and_read();
	cr_assert_not(profile_named_any(after));
	cr_assert_eq(after->named.places->len, 1, "but the one that stands for none");
	for (unsigned t = 1; t < schema_named_table_count; t++)
		cr_assert_eq(rows_of(after, &schema_named_tables[t])->len, 0);
	for (guint i = 0; i < after->functions->len; i++)
		cr_assert_eq(profile_function(after, i)->kind, 0);
}

Test(named_profile, naming_changes_nothing_else)
{
	struct profile *plain;
	const struct profile_context context = {.exit_status = 0};
	const uint32_t main_node = synthetic_node(process, 0, 0x10100);

	synthetic_heap(thread, main_node, 3, 8, 1);
	synthetic_finish(run);
	plain = profile_build(run, symbolizer, &context);
	process->named = named_new();
	before = profile_build(run, symbolizer, &context);
	cr_assert_not(profile_named_any(before));
	cr_assert_eq(before->nodes.count, plain->nodes.count);
	cr_assert_eq(before->functions->len, plain->functions->len);
	cr_assert_eq(before->memory.count, plain->memory.count);
	profile_free(plain);
}

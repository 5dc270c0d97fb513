/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the source named: sections among calls, spans, tasks, marks, counters, misuse. */
#include <criterion/criterion.h>
#include <string.h>

#include "model/call_histogram.h"
#include "one_thread.h"

#define F UINT64_C(0x2000)
#define A (RECORD_PC_NAMED | 1)
#define B (RECORD_PC_NAMED | 2)

TestSuite(named, .init = set_up, .fini = tear_down);

static void
enter_from(uint64_t ticks, uint64_t function, uint32_t from)
{
	feed((struct model_event){.ticks = ticks,
		.address = function,
		.node = from,
		.flags = from ? RECORD_FROM : 0,
		.kind = RECORD_ENTER});
}

static void
tell_of(struct model_thread *of, enum record_type type, uint64_t ticks, uint64_t a, uint64_t b,
	uint64_t c, uint64_t d)
{
	feed_numbers(model, of, type, ticks, a, b, c, d, 0);
}

static void
tell(enum record_type type, uint64_t ticks, uint64_t a, uint64_t b)
{
	tell_of(thread, type, ticks, a, b, 0, 0);
}

static void
task(struct model_thread *of, uint64_t ticks, uint64_t id, enum record_task_action action)
{
	tell_of(of, RECORD_TASK, ticks, 5, id, action, 0);
}

static void
name_place(uint32_t number, enum record_named_kind kind, const char *name)
{
	struct record record = {.kind = RECORD_EXTENDED};
	const struct record_string strings[] = {{(const uint8_t *)name, (uint32_t)strlen(name)},
		{(const uint8_t *)"a.c", 3}, {(const uint8_t *)"main", 4}};

	record.extended = (struct record_extended){.type = RECORD_NAMED,
		.number_count = NAMED_NUMBERS,
		.string_count = 3,
		.number = {0, number, kind, 12}};
	memcpy(record.extended.string, strings, sizeof(strings));
	model_extended(model, thread, &record);
}

static const struct named *
named(void)
{
	return first()->named;
}

/* What has no call path hangs below such a node where a process has no other ones. */
static bool
is_unknown(uint32_t node)
{
	return g_array_index(first()->nodes, struct node, node).pc == RECORD_PC_UNKNOWN;
}

/* The sums of the row whose innermost frames are these, from the inside out, 0 after the last. */
static const struct call_sums *
sums_of(const uint64_t *pcs)
{
	const struct thread *of = g_ptr_array_index(first()->threads, 0);

	for (guint i = 0; i < of->calls->len; i++) {
		const struct call_row *row = &g_array_index(of->calls, struct call_row, i);
		uint32_t node = row->node;
		const uint64_t *pc = pcs;

		for (; *pc && node && g_array_index(first()->nodes, struct node, node).pc == *pc;
			pc++)
			node = g_array_index(first()->nodes, struct node, node).parent;
		if (!*pc && (!node || is_unknown(node)))
			return &row->sums;
	}
	cr_assert_fail("no such call path: %u rows", of->calls->len);
	return NULL;
}

#define SUMS(...) sums_of((const uint64_t[]){__VA_ARGS__, 0})

/* ---- sections ---- */

Test(named, a_section_hangs_below_the_call_path_it_was_entered_from)
{
	model_node(thread, 1, 0, 0x555);
	model_node(thread, 2, 1, 0x777);
	enter(10, F);
	enter_from(20, A, 2);
	leave(50);
	leave(60);
	finish(100);

	cr_assert_eq(SUMS(A, 0x777, 0x555)->total_ns, 30);
	cr_assert_eq(SUMS(F | RECORD_PC_EXACT)->total_ns, 50);
	cr_assert_eq(SUMS(F | RECORD_PC_EXACT)->self_ns, 20, "its time is that of a callee");
}

Test(named, sections_that_overlap_share_no_moment_of_self)
{
	enter(0, F);
	enter(10, A);
	enter(30, B);
	tell(RECORD_CALL_LEFT, 60, 1, 0);
	leave(100);
	leave(110);
	finish(200);

	cr_assert_eq(SUMS(A, F | RECORD_PC_EXACT)->total_ns, 50);
	cr_assert_eq(SUMS(A, F | RECORD_PC_EXACT)->self_ns, 20);
	cr_assert_eq(SUMS(B, A, F | RECORD_PC_EXACT)->total_ns, 70);
	cr_assert_eq(SUMS(B, A, F | RECORD_PC_EXACT)->self_ns, 70);
	cr_assert_eq(SUMS(F | RECORD_PC_EXACT)->self_ns, 20);
	cr_assert_eq(first()->unmatched_exits, 0);
}

Test(named, boxes_of_sections_that_overlap_are_a_tree)
{
	enter(0, F);
	enter(10, A);
	enter(30, B);
	tell(RECORD_CALL_LEFT, 60, 1, 0);
	leave(100);
	leave(110);
	finish(200);

	static const struct {
		uint64_t start, duration;
		uint32_t depth;
	} wanted[] = {{0, 110, 0}, {10, 50, 1}, {30, 30, 2}, {60, 40, 1}};
	const struct thread *of = g_ptr_array_index(first()->threads, 0);

	cr_assert_eq(of->chart->len, G_N_ELEMENTS(wanted));
	for (guint i = 0; i < of->chart->len; i++) {
		const struct chart_box *box = &g_array_index(of->chart, struct chart_box, i);

		cr_assert_eq(box->start_ns, wanted[i].start, "box %u", i);
		cr_assert_eq(box->duration_ns, wanted[i].duration, "box %u", i);
		cr_assert_eq(box->depth, wanted[i].depth, "box %u", i);
	}
}

Test(named, one_is_left_that_is_not_there)
{
	enter(10, A);
	tell(RECORD_CALL_LEFT, 20, 1, 0);
	tell(RECORD_CALL_LEFT, 20, 0, 0);
	tell(RECORD_CALL_LEFT, 20, UINT64_MAX, 0);
	leave(30);
	finish(100);

	cr_assert_eq(first()->unmatched_exits, 3);
	cr_assert_eq(SUMS(A)->total_ns, 20);
}

Test(named, the_peak_inside_is_what_was_live_at_most_more_than_at_the_beginning)
{
	feed_alloc(model, thread, 1, 1, 1000, 0x10);
	enter(10, A);
	feed_alloc(model, thread, 11, 1, 500, 0x20);
	enter(12, B);
	feed_alloc(model, thread, 13, 1, 70, 0x30);
	feed_free(model, thread, 14, 0x30, 0);
	leave(15);
	feed_free(model, thread, 16, 0x20, 0);
	feed_free(model, thread, 17, 0x10, 0);
	enter(18, B);
	feed_alloc(model, thread, 19, 1, 50, 0x40);
	leave(20);
	leave(21);
	enter(22, A);
	leave(23);
	finish(100);

	cr_assert_eq(SUMS(A)->peak_bytes, 570);
	cr_assert_eq(SUMS(B, A)->peak_bytes, 70);
}

enum {
	EVENTS = 4000,
	THREADS = 5
};

/* The largest of live[from..to] above what it was before. */
static uint64_t
risen(const uint64_t *live, uint64_t from, uint64_t to)
{
	uint64_t most = live[from - 1];

	for (uint64_t at = from; at <= to; at++)
		most = MAX(most, live[at]);
	return most - live[from - 1];
}

Test(named, peaks_inside_sections_of_several_threads_are_what_a_plain_search_finds)
{
	static uint64_t live[EVENTS + 1], size[EVENTS + 1];
	uint64_t began[THREADS] = {0}, wanted[THREADS] = {0}, seed = 4711;
	struct model_thread *threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++)
		threads[i] = feeder_thread(model, 1, i + 1);
	for (uint64_t t = 1; t <= EVENTS; t++) {
		const unsigned random =
			(seed = seed * UINT64_C(6364136223846793005) + 1) >> 33 & 0xffffff;
		const unsigned of = random % THREADS, what = random / THREADS % 8;
		const uint64_t other = 1 + random / 64 % t;

		thread = threads[of];
		live[t] = live[t - 1];
		if (what < 3) {
			size[t] = 1 + random % 1000;
			feed_alloc(model, thread, t, 1, size[t], t << 4);
			live[t] += size[t];
		} else if (what < 6 && size[other]) {
			feed_free(model, thread, t, other << 4, 0);
			live[t] -= size[other];
			size[other] = 0;
		} else if (what == 6 && !began[of]) {
			enter(t, A);
			began[of] = t;
		} else if (what == 7 && began[of]) {
			leave(t);
			wanted[of] = MAX(wanted[of], risen(live, began[of], t));
			began[of] = 0;
		}
	}
	/* What is still open ends with the process. */
	for (unsigned i = 0; i < THREADS; i++)
		if (began[i])
			wanted[i] = MAX(wanted[i], risen(live, began[i], EVENTS));
	finish(EVENTS + 10);
	for (unsigned i = 0; i < THREADS; i++) {
		const struct thread *of = g_ptr_array_index(first()->threads, i);

		cr_assert_eq(of->calls->len, 1);
		cr_assert_eq(g_array_index(of->calls, struct call_row, 0).sums.peak_bytes,
			wanted[i], "thread %u", i);
	}
}

/* ---- places ---- */

Test(named, places_are_known_by_their_numbers_in_forks_too)
{
	name_place(2, NAMED_MARK, "second");
	name_place(1, NAMED_SECTION, "first");
	const struct record_string none = {NULL, 0};
	struct record record = {.kind = RECORD_EXTENDED};
	struct model_thread *child = feeder_thread(model, 2, 1);

	record.extended = (struct record_extended){.type = RECORD_PROCESS,
		.number_count = PROCESS_NUMBERS,
		.number = {0, 1002, 1001, 1, 1, RECORD_FORK, 0},
		.string = {none, none}};
	model_extended(model, child, &record);
	finish(100);

	const struct process *forked = g_ptr_array_index(run->processes, 1);

	cr_assert_str_eq(named_find_place(named(), 1)->name, "first");
	cr_assert_str_eq(named_find_place(named(), 2)->name, "second");
	cr_assert_eq(named_find_place(named(), 3), NULL);
	cr_assert_str_eq(named_find_place(forked->named, 1)->name, "first");
	cr_assert_eq(named_find_place(forked->named, 1)->line, 12);
}

/* ---- spans ---- */

Test(named, spans_end_in_any_order_on_any_thread)
{
	struct model_thread *second = feeder_thread(model, 1, 2);

	tell(RECORD_SPAN_BEGIN, 10, 3, 1);
	tell(RECORD_SPAN_BEGIN, 20, 3, 2);
	feed_alloc(model, thread, 25, 1, 300, 0x10);
	tell_of(second, RECORD_SPAN_END, 30, 3, 1, 0, 0);
	tell(RECORD_SPAN_BEGIN, 40, 3, 3);
	tell(RECORD_SPAN_END, 70, 3, 2);
	tell(RECORD_SPAN_END, 80, 3, 2);
	finish(100);

	const struct named_span *span = &g_array_index(named()->spans, struct named_span, 0);

	cr_assert_eq(named()->spans->len, 1);
	cr_assert_eq(span->durations.count, 3);
	cr_assert_eq(span->durations.unfinished, 1);
	cr_assert_eq(span->durations.total_ns, 20 + 50 + 60);
	cr_assert_eq(span->durations.min_ns, 20);
	cr_assert_eq(span->durations.max_ns, 60);
	cr_assert_eq(span->peak_bytes, 300);
	cr_assert_eq(named()->misuses->len, 1);
	cr_assert_eq(g_array_index(named()->misuses, struct named_misuse, 0).kind, MISUSE_ENDED);
}

/* ---- tasks ---- */

Test(named, a_task_runs_in_pieces_on_several_threads)
{
	struct model_thread *second = feeder_thread(model, 1, 2);

	task(thread, 10, 1, TASK_NEW);
	task(thread, 20, 1, TASK_RESUME);
	task(thread, 50, 1, TASK_SUSPEND);
	task(second, 70, 1, TASK_RESUME);
	task(second, 80, 1, TASK_SUSPEND);
	task(thread, 90, 1, TASK_END);
	finish(100);

	const struct named_task *of = &g_array_index(named()->tasks, struct named_task, 0);
	const struct named_instance *one =
		&g_array_index(named()->instances, struct named_instance, 0);

	cr_assert_eq(of->lives.count, 1);
	cr_assert_eq(of->lives.total_ns, 80);
	cr_assert_eq(of->running.total_ns, 40);
	cr_assert_eq(of->resumes, 2);
	cr_assert_eq(one->start_ns, 10);
	cr_assert_eq(one->end_ns, 90);
	cr_assert_eq(one->running_ns, 40);
	cr_assert(one->moved);
	cr_assert(one->ended);
	cr_assert_eq(named()->pieces->len, 2);
	cr_assert_eq(g_array_index(named()->pieces, struct named_piece, 1).thread, 2);
	cr_assert_eq(g_array_index(named()->pieces, struct named_piece, 1).duration_ns, 10);
}

Test(named, of_tasks_resumed_one_in_another_the_last_has_the_time_and_the_memory)
{
	task(thread, 10, 1, TASK_NEW);
	task(thread, 10, 2, TASK_NEW);
	task(thread, 20, 1, TASK_RESUME);
	feed_alloc(model, thread, 21, 1, 100, 0x10);
	task(thread, 30, 2, TASK_RESUME);
	feed_alloc(model, thread, 31, 1, 7, 0x20);
	task(thread, 40, 2, TASK_END);
	feed_alloc(model, thread, 41, 1, 200, 0x30);
	task(thread, 60, 1, TASK_END);
	feed_alloc(model, thread, 61, 1, 5000, 0x40);
	finish(100);

	const struct named_instance *one =
		&g_array_index(named()->instances, struct named_instance, 0);

	cr_assert_eq(one[0].running_ns, 30);
	cr_assert_eq(one[1].running_ns, 10);
	cr_assert_eq(one[0].memory.allocated_bytes, 300);
	cr_assert_eq(one[1].memory.allocated_bytes, 7);
	cr_assert_eq(g_array_index(named()->tasks, struct named_task, 0).most_at_once, 2);
}

Test(named, what_a_task_allocated_is_its_own_whoever_frees_it_and_when)
{
	struct model_thread *second = feeder_thread(model, 1, 2);

	task(thread, 10, 1, TASK_NEW);
	task(thread, 20, 1, TASK_RESUME);
	feed_alloc(model, thread, 21, 1, 100, 0x10);
	feed_alloc(model, thread, 22, 1, 200, 0x20);
	feed_alloc(model, thread, 23, 1, 400, 0x30);
	feed_free(model, thread, 24, 0x20, 0);
	task(thread, 30, 1, TASK_END);
	feed_free(model, second, 5000, 0x10, 0);
	finish(10000);

	const struct named_memory *memory =
		&g_array_index(named()->instances, struct named_instance, 0).memory;

	cr_assert_eq(memory->allocations, 3);
	cr_assert_eq(memory->allocated_bytes, 700);
	cr_assert_eq(memory->frees, 2);
	cr_assert_eq(memory->freed_bytes, 300);
	cr_assert_eq(memory->peak_bytes, 700);
	cr_assert_eq(g_array_index(named()->tasks, struct named_task, 0).memory.freed_bytes, 300);
}

Test(named, more_tasks_than_are_kept_are_in_the_sums)
{
	for (uint64_t id = 1; id <= NAMED_INSTANCES_MAX + 10; id++) {
		task(thread, 10 * id, id, TASK_NEW);
		task(thread, 10 * id + 1, id, TASK_RESUME);
		task(thread, 10 * id + 4, id, TASK_END);
	}
	finish(20 * NAMED_INSTANCES_MAX);

	cr_assert_eq(named()->instances->len, NAMED_INSTANCES_MAX);
	cr_assert_eq(named()->instances_left_out, 10);
	cr_assert_eq(g_array_index(named()->tasks, struct named_task, 0).lives.count,
		NAMED_INSTANCES_MAX + 10);
	cr_assert_eq(g_array_index(named()->tasks, struct named_task, 0).running.total_ns,
		3 * (NAMED_INSTANCES_MAX + 10));
}

Test(named, a_task_that_nobody_made_is_nothing)
{
	task(thread, 10, 7, TASK_RESUME);
	task(thread, 20, 7, TASK_SUSPEND);
	task(thread, 30, 7, TASK_END);
	finish(100);

	cr_assert_eq(named()->tasks->len, 0);
	cr_assert_eq(named()->pieces->len, 0);
}

/* ---- marks and counters ---- */

static void
count(uint64_t ticks, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	tell(RECORD_COUNTER, ticks, 4, bits);
}

Test(named, a_counter_keeps_its_range_however_many_values_it_had)
{
	enum {
		VALUES = 100000
	};

	for (uint64_t i = 1; i <= VALUES; i++)
		count(i, i == 777 ? -5.5 : (double)(i % 100));
	finish(VALUES + 10);

	const struct named_series *series =
		&g_array_index(named()->counters, struct named_series, 0);
	uint64_t values = 0;
	double min = 0;

	cr_assert_eq(series->count, VALUES);
	cr_assert_eq(series->min, -5.5);
	cr_assert_eq(series->max, 99);
	cr_assert_eq(series->last, 0);
	cr_assert_leq(series->points->len, NAMED_POINTS_MAX);
	cr_assert_gt(series->points->len, NAMED_POINTS_MAX / 2);
	for (guint i = 0; i < series->points->len; i++) {
		const struct named_point *point =
			&g_array_index(series->points, struct named_point, i);

		values += point->count;
		min = MIN(min, point->min);
		cr_assert_leq(point->start_ns, point->end_ns);
	}
	cr_assert_eq(values, VALUES);
	cr_assert_eq(min, -5.5);
}

Test(named, a_value_that_is_no_number_is_left_out)
{
	count(10, 0.0 / 0.0);
	count(20, 1.0 / 0.0);
	count(30, 2);
	finish(100);

	cr_assert_eq(g_array_index(named()->counters, struct named_series, 0).count, 1);
}

Test(named, marks_are_of_their_thread)
{
	struct model_thread *second = feeder_thread(model, 1, 2);

	tell(RECORD_MARK, 10, 6, 0);
	tell(RECORD_MARK, 30, 6, 0);
	tell_of(second, RECORD_MARK, 20, 6, 0, 0, 0);
	finish(100);

	cr_assert_eq(named()->marks->len, 2);
	for (guint i = 0; i < 2; i++) {
		const struct named_series *series =
			&g_array_index(named()->marks, struct named_series, i);

		cr_assert_eq(series->count, series->thread == 1 ? 2 : 1);
		cr_assert_eq(series->last_ns, series->thread == 1 ? 30 : 20);
	}
}

Test(named, misuse_is_counted_by_place_and_call_path)
{
	model_node(thread, 1, 0, 0x555);
	tell_of(thread, RECORD_MISUSE, 10, 3, MISUSE_NOT_BEGUN, 2, 1);
	tell_of(thread, RECORD_MISUSE, 20, 3, MISUSE_NOT_BEGUN, 3, 1);
	tell_of(thread, RECORD_MISUSE, 30, 3, MISUSE_NOT_ENDED, 1, 1);
	finish(100);

	cr_assert_eq(named()->misuses->len, 2);
	for (guint i = 0; i < 2; i++) {
		const struct named_misuse *misuse =
			&g_array_index(named()->misuses, struct named_misuse, i);

		cr_assert_eq(misuse->count, misuse->kind == MISUSE_NOT_BEGUN ? 5 : 1);
		cr_assert_eq(g_array_index(first()->nodes, struct node, misuse->node).pc, 0x555);
	}
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "folded.h"
#include "record.h"
#include "names.h"
#include "report.h"
#include "synthetic.h"
#include "tables.h"

static struct profile *profile;
static struct selection selection;

static void
select_where(struct filter filter)
{
	selection_fini(&selection);
	cr_assert(selection_init(&selection, profile, &filter, NULL));
}

static void
set_up(void)
{
	profile = synthetic_sample();
	cr_assert(selection_init(&selection, profile, &(struct filter){0}, NULL));
}

static void
tear_down(void)
{
	selection_fini(&selection);
	profile_free(profile);
}

static const struct memory_sums *
heap(void)
{
	return &selection.totals[MEMORY_HEAP];
}

static char *
folded(enum metric metric, uint64_t bytes_max, uint32_t *ret_depth)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	cr_assert_eq(folded_write(file, &selection, metric, bytes_max, ret_depth), 0);
	fclose(file);
	return text;
}

/* Checks order, that no line says 0, and gives the sum. */
static uint64_t
checked_sum(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	uint64_t sum = 0;

	for (unsigned i = 0; lines[i] && *lines[i]; i++) {
		const char *space = strrchr(lines[i], ' ');
		const uint64_t value = g_ascii_strtoull(space + 1, NULL, 10);

		cr_assert_gt(value, 0);
		cr_assert(i == 0 || strcmp(lines[i - 1], lines[i]) < 0, "%s\n%s", lines[i - 1],
			lines[i]);
		sum += value;
	}
	return sum;
}

TestSuite(report, .init = set_up, .fini = tear_down);

Test(report, all_views_have_the_same_totals)
{
	static const struct filter filters[] = {
		{0},
		{.function = "walk"},
		{.module = "libc.so.6"},
		{.thread = "worker-2"},
		{.process = "4720"},
		{.function = "/^(load|walk)/", .file = "main.c", .process = "4711"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(filters); i++) {
		select_where(filters[i]);
		for (unsigned metric = 0; metric < METRICS; metric++) {
			const uint64_t whole = selection_whole(&selection, metric);
			g_autofree uint64_t *self = selection_self(&selection, metric);
			g_autofree uint64_t *total = selection_total(profile, self);
			g_autoptr(GArray) functions = table_functions(&selection, metric);
			g_autoptr(GArray) paths = table_paths(&selection, metric);
			g_autofree char *text = folded(metric, UINT64_MAX, NULL);
			uint64_t sum = 0;

			cr_assert_eq(total[0], whole);
			for (guint j = 0; j < functions->len; j++)
				sum += g_array_index(functions, struct table_row, j).self[metric];
			cr_assert_eq(sum, whole);
			sum = 0;
			for (guint j = 0; j < paths->len; j++)
				sum += g_array_index(paths, struct table_path, j).value;
			cr_assert_eq(sum, whole);
			cr_assert_eq(checked_sum(text), whole);
		}
	}
}

Test(report, the_whole_peak_is_the_runs)
{
	cr_assert_eq(heap()->at_run_peak.bytes, profile->run.peak_bytes);
}

Test(report, recursion_is_counted_once)
{
	g_autoptr(GArray) rows = table_functions(&selection, METRIC_BYTES);
	bool found = false;

	for (guint i = 0; i < rows->len; i++) {
		const struct table_row *row = &g_array_index(rows, struct table_row, i);

		if (strcmp(profile_function(profile, row->key)->name, "walk") != 0)
			continue;
		found = true;
		cr_assert_eq(row->total[METRIC_BYTES], 12000);
		cr_assert_eq(row->self[METRIC_BYTES], 12000);
	}
	cr_assert(found);
}

Test(report, restrictions_mean_the_call_path)
{
	static const struct {
		struct filter filter;
		uint64_t allocations;
	} rows[] = {
		{{0}, 3470},
		{{.function = "load"}, 3300},
		{{.function = "load(char const*)"}, 3300},
		{{.function = "serve"}, 100},
		{{.function = "Server::serve"}, 100},
		{{.function = "rve"}, 0},
		{{.function = "/rve/"}, 100},
		{{.function = "grow"}, 300},
		{{.function = "main", .thread = "worker-2"}, 0},
		{{.module = "libstdc++.so.6"}, 400},
		{{.file = "vec.h"}, 300},
		{{.file = "src/vec.h"}, 300},
		{{.process = "4711"}, 1185},
		{{.process = "sample"}, 3470},
		{{.thread = "4712"}, 55},
		{{.function = "walk", .process = "4711"}, 30},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		select_where(rows[i].filter);
		cr_assert_eq(heap()->allocated.count, rows[i].allocations, "row %u: %lu", i,
			(unsigned long)heap()->allocated.count);
	}
}

Test(report, a_pattern_that_is_none_is_refused)
{
	struct selection other;
	GError *error = NULL;

	cr_assert_not(selection_init(
		&other, profile, &(struct filter){.function = "/(/", .module = "/x/"}, &error));
	cr_assert_not_null(error);
	g_error_free(error);
	selection_fini(&other);
}

Test(report, who_asked_is_not_the_allocator)
{
	g_autoptr(GArray) paths = table_paths(&selection, METRIC_BYTES);
	const uint32_t node = g_array_index(paths, struct table_path, 0).node;
	g_autofree char *place = table_place(profile, node);

	cr_assert_str_eq(place, "serve.cpp:80");
}

Test(report, json_has_its_keys)
{
	static const char *const paths[] = {"run/complete", "run/exit_status", "lost/events",
		"memory/allocations", "memory/bytes", "memory/frees", "memory/peak_bytes",
		"memory/leaked_bytes", "memory/leaked_blocks", "memory/temporary"};
	json_t *json = report_json(&selection, &(struct report_options){0});

	for (unsigned i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_auto(GStrv) keys = g_strsplit(paths[i], "/", 2);
		json_t *value = json_object_get(json_object_get(json, keys[0]), keys[1]);

		cr_assert_not_null(value, "%s", paths[i]);
		cr_assert_not(json_is_null(value));
	}
	cr_assert_eq(json_array_size(json_object_get(json, "threads")), 4);
	json_decref(json);
}

Test(report, what_summary_mode_cannot_know_is_null)
{
	json_t *json;

	profile->run.summary = true;
	json = report_json(&selection, &(struct report_options){0});
	cr_assert(json_is_null(json_object_get(json_object_get(json, "memory"), "peak_bytes")));
	cr_assert(json_is_integer(json_object_get(json_object_get(json, "memory"), "bytes")));
	json_decref(json);
}

Test(names, folded_names_are_clean)
{
	static const char *const rows[][2] = {
		{"plain", "plain"},
		{"a;b", "a:b"},
		{"two\nlines\tand\rmore", "two lines and more"},
		{"ends 12", "ends_12"},
		{"ends 1.5", "ends_1.5"},
		{"ends 12 34", "ends 12_34"},
		{" padded ", "padded"},
		{"", "[unknown]"},
		{";", ":"},
		{"#comment", "_comment"},
		{"operator new(unsigned long)", "operator new(unsigned long)"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *name = folded_name(rows[i][0]);

		cr_assert_str_eq(name, rows[i][1]);
	}
}

Test(names, short_names)
{
	static const char *const rows[][3] = {
		{"main", "main", "main"},
		{"parse(char const*)", "parse", "parse"},
		{"void ns::grow<std::pair<int, char> >(int) const",
			"ns::grow<std::pair<int, char> >", "ns::grow"},
		{"(anonymous namespace)::run(int)", "(anonymous namespace)::run",
			"(anonymous namespace)::run"},
		{"operator new(unsigned long)", "operator new", "operator new"},
		{"foo::operator()(int) const", "foo::operator()", "foo::operator()"},
		{"a::operator<<(std::ostream&)", "a::operator<<", "a::operator<<"},
		{"sum.constprop.0", "sum", "sum"},
		{"f(int) [clone .cold]", "f", "f"},
		{"main::{lambda(int)#1}::operator()(int) const",
			"main::{lambda(int)#1}::operator()", "main::{lambda(int)#1}::operator()"},
		{"[unknown]", "[unknown]", "[unknown]"},
		{"", "", ""},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *with = name_short(rows[i][0], true);
		g_autofree char *without = name_short(rows[i][0], false);

		cr_assert_str_eq(with, rows[i][1]);
		cr_assert_str_eq(without, rows[i][2]);
	}
}

/* ---- trees of other shapes ---- */

static void
use(struct run *run, struct symbolizer *symbolizer)
{
	const struct profile_context context = {.exit_status = 0};

	synthetic_finish(run);
	profile_free(profile);
	profile = profile_build(run, symbolizer, &context);
	synthetic_run_free(run);
	symbolizer_free(symbolizer);
	select_where((struct filter){0});
}

/* Prefixes of each other, with characters on both sides of ';' and ' '. */
Test(report, folded_lines_are_in_the_order_of_sort)
{
	static const char *const names[] = {"f", "f(int)", "f ", "f x", "f 1x", "f.part", "f2",
		"f::g", "f;g", "f<int>", "F", "~f", "f\xc3\xa9"};
	struct symbolizer *symbolizer = symbolizer_new(NULL);
	struct run *run = synthetic_run_new();
	struct process *process = synthetic_process(run, 1);
	struct thread *thread = synthetic_thread(process, 1);
	g_autofree char *text = NULL;

	synthetic_module(process, "/bin/app", 0x10000, 1);
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		synthetic_symbol(symbolizer, 1, 0x100 + 16 * i, names[i], "a.c", i);
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		const uint32_t node = synthetic_node(process, 0, 0x10100 + 16 * i);

		synthetic_heap(thread, node, 1, 10 + i, 0);
		for (unsigned j = 0; j < G_N_ELEMENTS(names); j++)
			synthetic_heap(thread, synthetic_node(process, node, 0x10100 + 16 * j), 1,
				1 + j, 0);
	}
	use(run, symbolizer);
	text = folded(METRIC_BYTES, UINT64_MAX, NULL);
	cr_assert_eq(checked_sum(text), heap()->allocated.bytes);
}

Test(report, deep_recursion_is_folded_within_bounds)
{
	struct symbolizer *symbolizer = symbolizer_new(NULL);
	struct run *run = synthetic_run_new();
	struct process *process = synthetic_process(run, 1);
	struct thread *thread = synthetic_thread(process, 1);
	g_autofree char *text = NULL;
	uint32_t node = 0, depth = 0;

	synthetic_module(process, "/bin/app", 0x10000, 1);
	synthetic_symbol(symbolizer, 1, 0x100, "deep", "a.c", 1);
	for (unsigned i = 0; i < 100000; i++) {
		node = synthetic_node(process, node, 0x10100);
		synthetic_heap(thread, node, 1, 8, 1);
	}
	use(run, symbolizer);
	text = folded(METRIC_BYTES, 1 << 20, &depth);
	cr_assert_gt(depth, 100);
	cr_assert_lt(strlen(text), 2 << 20);
	cr_assert_eq(checked_sum(text), 800000);
	cr_assert(strstr(text, ";[deeper frames] "));
}

Test(report, deep_recursion_is_folded_within_bounds_where_every_node_has_a_line)
{
	struct symbolizer *symbolizer = symbolizer_new(NULL);
	struct run *run = synthetic_run_new();
	struct process *process = synthetic_process(run, 1);
	struct thread *thread = synthetic_thread(process, 1);
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	uint32_t node = 0, depth = 0;

	synthetic_module(process, "/bin/app", 0x10000, 1);
	synthetic_symbol(symbolizer, 1, 0x100, "deep", "a.c", 1);
	for (unsigned i = 0; i < 100000; i++)
		node = synthetic_node(process, node, 0x10100);
	synthetic_heap(thread, node, 1, 8, 1);
	use(run, symbolizer);
	/* One line of a hundred thousand names is short of the limit, a line of each depth is not.
	 */
	cr_assert_eq(folded_write_inclusive(file, &selection, METRIC_BYTES, 1 << 20, &depth), 0);
	fclose(file);
	cr_assert_gt(depth, 100);
	cr_assert_lt(length, 2 << 20);
	cr_assert(g_str_has_prefix(text, "deep 8\n"));
	cr_assert(strstr(text, ";[deeper frames] 8\n"));
	free(text);
}

Test(report, every_text_view_survives_deep_recursion)
{
	static void (*const views[])(
		const struct text *, const struct selection *, const struct report_options *) = {
		report_summary, report_functions, report_paths, report_tree, report_bottom_up};
	struct symbolizer *symbolizer = symbolizer_new(NULL);
	struct run *run = synthetic_run_new();
	struct process *process = synthetic_process(run, 1);
	struct thread *thread = synthetic_thread(process, 1);
	char *buffer = NULL;
	size_t length;
	struct text text = {.width = 80};
	uint32_t node = 0;

	synthetic_module(process, "/bin/app", 0x10000, 1);
	synthetic_symbol(symbolizer, 1, 0x100, "operator new(unsigned long)", NULL, 0);
	for (unsigned i = 0; i < 100000; i++)
		node = synthetic_node(process, node, 0x10100);
	synthetic_heap(thread, node, 1, 8, 1);
	use(run, symbolizer);
	text.file = open_memstream(&buffer, &length);
	for (unsigned i = 0; i < G_N_ELEMENTS(views); i++)
		views[i](&text, &selection, &(struct report_options){.limit = 3});
	fclose(text.file);
	cr_assert_gt(length, 100);
	cr_assert_lt(length, 100000);
	free(buffer);
}

Test(text, units)
{
	static const struct {
		uint64_t value;
		const char *bytes, *count, *time;
	} rows[] = {
		{0, "0 B", "0", "0 ns"},
		{1023, "1023 B", "1,023", "1.02 us"},
		{1024, "1.00 KiB", "1,024", "1.02 us"},
		{1048575, "1.00 MiB", "1,048,575", "1.05 ms"},
		{123456789, "118 MiB", "123,456,789", "123 ms"},
		{UINT64_C(90000000000), "83.8 GiB", "90,000,000,000", "90.0 s"},
		{UINT64_C(125000000000), "116 GiB", "125,000,000,000", "2 min 05 s"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		char cell[TEXT_CELL];

		cr_assert_str_eq(text_bytes(rows[i].value, cell), rows[i].bytes);
		cr_assert_str_eq(text_count(rows[i].value, cell), rows[i].count);
		cr_assert_str_eq(text_time(rows[i].value, cell), rows[i].time);
	}
}

/* ---- times ---- */

static void
set_up_times(void)
{
	profile = synthetic_time_sample();
	cr_assert(selection_init(&selection, profile, &(struct filter){0}, NULL));
}

TestSuite(times, .init = set_up_times, .fini = tear_down);

static const struct time_row *
find_row(const GArray *rows, enum time_by by, const char *wanted)
{
	for (guint i = 0; i < rows->len; i++) {
		const struct time_row *row = &g_array_index(rows, struct time_row, i);
		g_autofree char *name = time_row_name(profile, by, row);

		if (g_str_equal(name, wanted))
			return row;
	}
	cr_assert_fail("%s is not there", wanted);
	return NULL;
}

Test(times, all_views_have_the_same_totals)
{
	static const struct filter filters[] = {{0}, {.function = "walk"}, {.thread = "4712"}};
	static const enum metric metrics[] = {METRIC_TIME, METRIC_CPU, METRIC_WALL, METRIC_KERNEL};

	for (unsigned i = 0; i < G_N_ELEMENTS(filters) * G_N_ELEMENTS(metrics); i++) {
		const enum metric metric = metrics[i / G_N_ELEMENTS(filters)];

		select_where(filters[i % G_N_ELEMENTS(filters)]);
		const uint64_t whole = selection_whole(&selection, metric);
		g_autofree char *text = folded(metric, UINT64_MAX, NULL);

		cr_assert_eq(checked_sum(text), whole / 1000);
		for (enum time_by by = 0; by < TIME_BYS; by++) {
			g_autoptr(GArray) rows = time_table(&selection, by, metric);
			uint64_t sum = 0;

			for (guint j = 0; j < rows->len; j++)
				sum += time_row_self(
					&g_array_index(rows, struct time_row, j), metric);
			cr_assert_eq(sum, whole);
		}
	}
}

Test(times, a_part_of_the_time_tells_the_kernel_from_user_mode)
{
	const struct sample_tally *sums = &selection.sample_totals[SAMPLE_CPU];

	select_where((struct filter){.time_ns = {750000000, 1000000000}});
	cr_expect_eq(sums->samples, 190);
	cr_expect_eq(sums->periods, 200);
	cr_expect_eq(sums->time_ns, 200000000);
	cr_expect_eq(sums->kernel_samples, 1);
	cr_expect_eq(sums->kernel_periods, 11);
	cr_expect_eq(sums->kernel_ns, 11000000);
	select_where((struct filter){.time_ns = {0, 250000000}});
	cr_expect_eq(sums->samples, 500);
	cr_expect_eq(sums->periods, 500);
	cr_expect_eq(sums->kernel_samples, 0);
}

Test(times, recursion_is_counted_once_in_totals)
{
	g_autoptr(GArray) rows = time_table(&selection, TIME_BY_FUNCTION, METRIC_TIME);
	const struct time_row *walk = find_row(rows, TIME_BY_FUNCTION, "walk");

	cr_assert_eq(walk->calls.calls, 77);
	cr_assert_eq(walk->calls.self_ns, 700000000);
	cr_assert_eq(walk->calls.total_ns, 700000000);
	cr_assert_eq(walk->calls.total_error_ns, 7000000);
}

Test(times, a_function_is_one_whether_traced_or_sampled)
{
	g_autoptr(GArray) rows = time_table(&selection, TIME_BY_FUNCTION, METRIC_CPU);
	const struct time_row *walk = find_row(rows, TIME_BY_FUNCTION, "walk");

	cr_assert_eq(walk->calls.calls, 77);
	cr_assert_eq(walk->self[SAMPLE_CPU].samples, 690);
	cr_assert_eq(walk->self[SAMPLE_CPU].time_ns, 700000000);
	cr_assert_eq(walk->total[SAMPLE_CPU].time_ns, 705000000);
}

Test(times, percentiles_are_of_all_call_paths_of_a_function)
{
	g_autoptr(GArray) rows = time_table(&selection, TIME_BY_FUNCTION, METRIC_TIME);
	const struct time_row *walk = find_row(rows, TIME_BY_FUNCTION, "walk");

	/* 70 calls of 161 us to 11.3 ms, and 7 of 25 to 175 ms: the last one of a hundred. */
	cr_assert_float_eq((double)walk->p50_ns, 39 * 160963.0, 39 * 160963 * 0.02);
	cr_assert_float_eq((double)walk->p99_ns, 175e6, 175e6 * 0.02);
}

Test(times, what_is_less_than_a_microsecond_goes_to_the_caller)
{
	struct profile_call *call = (struct profile_call *)(void *)profile->calls->data;
	g_autofree char *text = NULL;
	uint64_t sum = 0;

	for (guint i = 0; i < profile->calls->len; i++) {
		call[i].sums.self_ns = 999;
		sum += 999;
	}
	text = folded(METRIC_TIME, UINT64_MAX, NULL);
	/* Two roots: each loses less than one. */
	cr_assert_geq(checked_sum(text) + 1, sum / 1000);
	cr_assert_not_null(strstr(text, "_start;main 2\n"));
}

Test(times, inclusive_values_are_totals)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	cr_assert_eq(folded_write_inclusive(file, &selection, METRIC_TIME, UINT64_MAX, NULL), 0);
	fclose(file);
	cr_assert_not_null(strstr(text, "_start;main;walk 700000\n"));
	cr_assert_not_null(strstr(text, "_start;main;walk;walk 400000\n"));
	cr_assert_not_null(strstr(text, "start_thread 2000000\n"));
	free(text);
}

/* Makes a function one that the source named. */
static void
name_function(const char *wanted, uint32_t kind)
{
	struct profile_place place = {.name = wanted, .kind = kind, .inside = ""};

	while (!g_str_equal(profile_function(profile, place.function)->name, wanted))
		place.function++;
	g_array_append_val(profile->named.places, place);
}

static char *
folded_sections(void)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	cr_assert_eq(folded_write_sections(file, &selection, METRIC_TIME, UINT64_MAX, NULL), 0);
	fclose(file);
	return text;
}

Test(times, sections_alone_have_all_that_is_inside)
{
	g_autofree char *nothing = folded_sections();

	cr_assert_str_empty(nothing);
	name_function("walk", NAMED_SECTION);
	g_autofree char *text = folded_sections();

	cr_assert_str_eq(text, "walk 300000\nwalk;walk 400000\n");
}

Test(times, tasks_have_what_they_ran_and_no_call_inside_did)
{
	struct profile_task task = {.running.total_ns = UINT64_C(10000000000)};

	name_function("walk", NAMED_SECTION);
	name_function("main", NAMED_TASK);
	for (uint32_t node = profile->nodes.count - 1; node > 0; node--)
		if (g_str_equal(
			    profile_function(profile, profile_node_function(profile, node))->name,
			    "main"))
			task.node = node;
	g_array_append_val(profile->named.tasks, task);
	g_autofree char *text = folded_sections();

	cr_assert_eq(checked_sum(text), 10000000);
	cr_assert_not_null(strstr(text, "main;walk 300000\nmain;walk;walk 400000\n"));
}

Test(times, json_has_the_numbers)
{
	json_t *json = report_json(&selection, &(struct report_options){.sort = METRIC_TIME});
	const json_t *time = json_object_get(json, "time");

	cr_assert_eq(json_integer_value(json_object_get(time, "calls")), 180);
	cr_assert_eq(json_integer_value(json_object_get(time, "samples")), 795);
	cr_assert_eq(json_integer_value(json_object_get(time, "lost_samples")), 10);
	cr_assert_eq(json_integer_value(json_object_get(time, "cpu_ns")), 705000000);
	cr_assert_eq(json_integer_value(json_object_get(time, "rate_hz")), 986);
	json_decref(json);
}

Test(times, what_memory_profiling_adds_is_said)
{
	cr_assert_not_null(strstr(profile->run.cost, "tracing: 5.40 us (± 270 ns) for 180 calls"));
	cr_assert_null(strstr(profile->run.cost, "memory:"));
}

/* ---- processes ---- */

static struct process *
add_process(struct run *run, uint32_t number, const char *exe, uint32_t together, uint64_t bytes)
{
	struct process *process = synthetic_process(run, together ? 0 : 100 + number);
	struct thread *thread = synthetic_thread(process, 100 + number);

	g_free(process->exe);
	process->exe = g_strdup(exe);
	process->number = number;
	process->together = thread->together = together;
	thread->number = together ? 0 : 1;
	synthetic_module(process, exe, 0x10000, 1);
	synthetic_heap(thread, synthetic_node(process, 0, 0x10100), 1, bytes, 1);
	return process;
}

static char *
summary_of(const struct selection *of)
{
	char *buffer = NULL;
	size_t length;
	struct text text = {.width = 80};

	text.file = open_memstream(&buffer, &length);
	report_summary(&text, of, &(struct report_options){.limit = 2});
	fclose(text.file);
	return buffer;
}

/* Threads that are one row have no names of their own: that some may be missing is said. */
Test(report, a_pattern_for_threads_says_how_many_have_no_names)
{
	const struct filter named = {.thread = "no such name"}, all = {.process = "sh"};
	struct symbolizer *symbolizer = symbolizer_new(NULL);
	struct run *run = synthetic_run_new();
	struct selection part;

	synthetic_symbol(symbolizer, 1, 0x100, "f", "a.c", 1);
	struct process *process = add_process(run, 1, "/bin/sh", 0, 1000);
	struct thread *rest = synthetic_thread(process, 0);

	rest->number = 0;
	rest->together = 4062;
	use(run, symbolizer);
	cr_assert(selection_init(&part, selection.profile, &named, NULL));
	cr_expect_str_eq(part.description,
		"thread no such name, of those with rows of their own (4062 have none)");
	selection_fini(&part);
	cr_assert(selection_init(&part, selection.profile, &all, NULL));
	cr_expect_str_eq(part.description, "process sh");
	selection_fini(&part);
}

/* The rows of the table of processes say what all of them had, each once. */
Test(report, the_heaviest_processes_are_shown_and_of_the_others_sums)
{
	struct symbolizer *symbolizer = symbolizer_new(NULL);
	struct run *run = synthetic_run_new();

	synthetic_symbol(symbolizer, 1, 0x100, "f", "a.c", 1);
	add_process(run, 1, "/bin/sh", 0, 1000);
	add_process(run, 2, "/bin/cc1", 0, 5000);
	add_process(run, 3, "/bin/cc1", 0, 4000);
	add_process(run, 4, "/bin/cc1", 0, 3000);
	add_process(run, UINT32_MAX, "/bin/cc1", 12345, 70000);
	use(run, symbolizer);
	char *text = summary_of(&selection);

	cr_expect(strstr(text, "12,349 in 12,349 processes\n"), "%s", text);
	cr_expect(strstr(text, "\nProcesses\n"), "%s", text);
	cr_expect(strstr(text, "4.88 KiB   4.88 KiB         1  sample"), "%s", text);
	cr_expect(strstr(text, "71.3 KiB   68.4 KiB    12,346  cc1\n"), "%s", text);
	cr_expect(strstr(text, "  1000 B     1000 B         1  sh\n"), "%s", text);
	cr_expect_eq(profile_process(selection.profile, 4)->together, 12345);
	cr_expect_str_eq(profile_process(selection.profile, 4)->command, "12345 more processes");
	free(text);
}

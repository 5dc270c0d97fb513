/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Processes that have ended are summed up where there are too many: nothing that they did is lost,
 * and what is kept of them is bounded.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "feeder.h"
#include "model/call_histogram.h"
#include "model/timing.h"

enum {
	MANY = 200,
	FUNCTIONS = 20, /* each process has as many call paths, two frames deep */
	FEW_ROWS = 2000,
	WORK_NS = 100000,
	MODULE_BYTES = 0x10000,
	CREATOR = 1,
};

static struct model *model;
static struct run *run;
static uint64_t now;

static void
set_up(void)
{
	model = feeder_new();
	model->crowds.rows_most = FEW_ROWS;
	run = NULL;
	now = 0;
}

static void
tear_down(void)
{
	run_free(run);
}

TestSuite(crowd, .init = set_up, .fini = tear_down);

/* ---- processes at work ---- */

static struct record_string
text(const char *bytes)
{
	return (struct record_string){(const uint8_t *)bytes, (uint32_t)strlen(bytes)};
}

/* Each has its module at an address of its own. */
static uint64_t
base_of(uint32_t number)
{
	return 0x7f0000000000 + (uint64_t)number * 0x1000000;
}

static struct model_thread *
begin(uint32_t number, uint32_t parent, const char *exe)
{
	struct model_thread *thread = model_thread(
		model_process(model, number, 1000 + number, now), 1, 1000 + number, now);
	struct record record = {.kind = RECORD_EXTENDED, .ticks = now};

	record.extended = (struct record_extended){.type = RECORD_PROCESS,
		.number = {now, 1000 + number, 1, parent, parent ? 1 + 2 * FUNCTIONS : 0,
			parent ? RECORD_FORK : RECORD_IMAGE}};
	record.extended.string[PROCESS_EXE] = text(exe);
	model_extended(model, thread, &record);
	return thread;
}

static void
load_file(struct model_thread *thread, uint32_t number, const char *path, uint64_t base)
{
	struct record record = {.kind = RECORD_EXTENDED, .ticks = now};

	record.extended = (struct record_extended){
		.type = RECORD_MODULE, .number = {now, number, base, base, base + MODULE_BYTES}};
	record.extended.string[MODULE_PATH] = text(path);
	record.extended.string[MODULE_BUILD_ID] = text("12345678");
	model_extended(model, thread, &record);
}

static void
load(struct model_thread *thread, uint64_t base)
{
	load_file(thread, 1, "/bin/work", base);
}

/* Node 2 f + 1 is main at its f-th line, 2 f + 2 the function that it calls there. */
static void
name_nodes(struct model_thread *thread, uint64_t base)
{
	for (unsigned f = 0; f < FUNCTIONS; f++) {
		model_node(thread, 2 * f + 1, 0, base + 0x100 + f);
		model_node(thread, 2 * f + 2, 2 * f + 1, base + 0x1000 + 16 * f);
	}
	model_nodes_seen(thread, now);
}

static void
event(struct model_thread *thread, enum record_kind kind, uint32_t node, uint64_t address,
	uint16_t flags)
{
	const struct model_event one = {.thread = thread,
		.ticks = now,
		.address = address,
		.node = node,
		.size = 1,
		.kind = (uint16_t)kind,
		.flags = flags};

	model_apply(model, &one, 1);
}

/* At each call path a block that is freed, one that is not, a mapping, a sample, and a call. */
static void
work(struct model_thread *thread, uint64_t base, uint64_t bytes)
{
	for (unsigned f = 0; f < FUNCTIONS; f++) {
		const uint32_t node = 2 * f + 2;
		const uint64_t address = 0x10000 + 0x1000 * f;

		feed_alloc(model, thread, now, node, bytes, address);
		feed_alloc(model, thread, now, node, 10, address + 0x800);
		feed_numbers(
			model, thread, RECORD_MAP, now, node, 0x100000 + 0x1000 * f, 0x1000, 0, 0);
		event(thread, RECORD_ENTER, 2 * f + 1, base + 0x1000 + 16 * f, RECORD_FROM);
		now += WORK_NS;
		event(thread, RECORD_SAMPLE, node, 0, 0);
		event(thread, RECORD_EXIT, 0, 0, 0);
		feed_free(model, thread, now, address, 0);
	}
}

static void
end(uint32_t number)
{
	model_process_end(model_process(model, number, 0, 0), now);
}

static void
run_image(uint32_t number, const char *exe, uint64_t bytes)
{
	struct model_thread *thread = begin(number, 0, exe);

	load(thread, base_of(number));
	name_nodes(thread, base_of(number));
	work(thread, base_of(number), bytes);
	end(number);
}

static void
run_images(unsigned count)
{
	for (uint32_t number = 1; number <= count; number++)
		run_image(number, "/bin/work", 100 + number);
}

/* ---- what is there in the end ---- */

static void
finish(void)
{
	run = feeder_finish(model, now);
}

static const struct process *
process_at(guint index)
{
	return g_ptr_array_index(run->processes, index);
}

/* NULL: it is in a crowd. */
static const struct process *
process_of(uint32_t number)
{
	for (guint i = 0; i < run->processes->len; i++)
		if (process_at(i)->number == number)
			return process_at(i);
	return NULL;
}

static const struct process *
crowd(void)
{
	for (guint i = 0; i < run->processes->len; i++)
		if (process_at(i)->together)
			return process_at(i);
	cr_assert_fail("there is no crowd");
	return NULL;
}

struct all {
	struct memory_sums memory[MEMORY_CATEGORIES];
	struct tally spans, moments;
	struct tally sizes, bins;
	uint64_t processes, threads, rows, calls, call_ns, finished, samples, sample_ns;
};

static void
add(struct tally *sum, struct tally more)
{
	sum->count += more.count;
	sum->bytes += more.bytes;
}

static void
add_memory(struct memory_sums *sum, const struct memory_sums *more)
{
	add(&sum->allocated, more->allocated);
	add(&sum->freed, more->freed);
	add(&sum->temporary, more->temporary);
	add(&sum->leaked, more->leaked);
	add(&sum->at_run_peak, more->at_run_peak);
	sum->largest_bytes = MAX(sum->largest_bytes, more->largest_bytes);
	sum->lifetime_ns += more->lifetime_ns;
	sum->lifetime_max_ns = MAX(sum->lifetime_max_ns, more->lifetime_max_ns);
}

static void
add_calls(struct all *all, const struct thread *thread)
{
	for (guint i = 0; i < thread->calls->len; i++) {
		const struct call_row *row = &g_array_index(thread->calls, struct call_row, i);
		struct call_distribution distribution = {0};

		all->calls += row->sums.calls;
		all->call_ns += row->sums.total_ns;
		cr_assert(
			call_distribution_add(&distribution, row->histogram, row->histogram_bytes));
		all->finished += distribution.count;
	}
}

static void
add_thread(struct all *all, const struct thread *thread)
{
	all->threads += thread->together ? thread->together : 1;
	all->rows += thread->sites->len + thread->calls->len + thread->samples->len;
	for (guint i = 0; i < thread->sites->len; i++) {
		const struct site *site = &g_array_index(thread->sites, struct site, i);

		add_memory(&all->memory[site->category], &site->memory);
	}
	for (guint i = 0; i < thread->spans->len; i++)
		add(&all->spans, g_array_index(thread->spans, struct span, i).blocks);
	for (guint i = 0; i < thread->moments->len; i++) {
		const struct moment_sums *sums =
			&g_array_index(thread->moments, struct moment_row, i).sums;

		add(&all->moments, (struct tally){sums->samples[0] + sums->calls,
					   sums->time_ns[0] + sums->self_ns});
	}
	for (guint i = 0; i < thread->samples->len; i++) {
		const struct sample_row *row =
			&g_array_index(thread->samples, struct sample_row, i);

		all->samples += row->sums[SAMPLE_CPU].samples;
		all->sample_ns += row->sums[SAMPLE_CPU].time_ns;
	}
	add_calls(all, thread);
}

static struct all
add_up(void)
{
	struct all all = {0};

	for (guint i = 0; i < run->processes->len; i++) {
		const struct process *process = process_at(i);

		all.processes += process->together ? process->together : 1;
		for (guint j = 0; j < process->threads->len; j++)
			add_thread(&all, g_ptr_array_index(process->threads, j));
		for (unsigned j = 0; j < SIZE_BUCKETS; j++)
			add(&all.sizes, process->sizes_allocated.bucket[j]);
		for (guint j = 0; j < process->timeline->len; j++)
			add(&all.bins,
				g_array_index(process->timeline, struct timeline_bin, j).allocated);
	}
	return all;
}

/* ---- */

Test(crowd, nothing_is_lost)
{
	struct all apart, together;

	model->crowds.rows_most = UINT64_MAX;
	run_images(MANY);
	finish();
	apart = add_up();
	tear_down();
	set_up();
	run_images(MANY);
	finish();
	together = add_up();
	cr_expect_gt(crowd()->together, MANY / 2);
	cr_expect_lt(together.rows, apart.rows / 2);
	cr_expect_eq(apart.calls, MANY * FUNCTIONS);
	together.rows = apart.rows;
	cr_expect_arr_eq(&together, &apart, sizeof(apart));
}

Test(crowd, equal_call_paths_at_other_addresses_are_one)
{
	run_images(MANY);
	finish();
	const struct process *process = crowd();
	const struct thread *thread = g_ptr_array_index(process->threads, 0);

	cr_assert_eq(process->threads->len, 1);
	cr_expect_eq(thread->together, process->together);
	/* Both frames of each path; where it was called is another place than where it begins. */
	cr_expect_eq(process->nodes->len, 1 + 3 * FUNCTIONS);
	cr_assert_eq(process->modules->len, 1);
	cr_expect_eq(thread->sites->len, 2 * FUNCTIONS);
	cr_expect_eq(thread->samples->len, FUNCTIONS);
	cr_expect_eq(thread->calls->len, FUNCTIONS);
	for (guint i = 0; i < thread->sites->len; i++) {
		const struct site *site = &g_array_index(thread->sites, struct site, i);
		const struct module *module = g_ptr_array_index(process->modules, 0);
		const struct node *node = &g_array_index(process->nodes, struct node, site->node);
		const struct node *caller =
			&g_array_index(process->nodes, struct node, node->parent);
		const uint64_t f = (node->pc - module->bias - 0x1000) / 16;

		cr_expect_lt(f, FUNCTIONS);
		cr_expect_eq(caller->pc - module->bias, 0x100 + f);
		cr_expect_eq(caller->parent, 0);
	}
}

Test(crowd, each_executable_has_its_own)
{
	for (uint32_t number = 1; number <= MANY; number++)
		run_image(number, number % 2 ? "/bin/odd" : "/bin/even", 100);
	finish();
	for (guint i = 0; i < run->processes->len; i++) {
		const struct process *process = process_at(i);

		cr_expect_str_eq(process->exe,
			process->number % 2 == !process->together ? "/bin/odd" : process->exe);
	}
	cr_expect_str_neq(
		process_at(run->processes->len - 1)->exe, process_at(run->processes->len - 2)->exe);
	cr_expect_gt(process_at(run->processes->len - 2)->together, MANY / 4);
}

Test(crowd, few_processes_are_by_themselves)
{
	run_images(10);
	finish();
	cr_expect_eq(run->processes->len, 10);
	cr_expect_eq(add_up().processes, 10);
}

Test(crowd, the_heaviest_and_the_first_are_by_themselves)
{
	run_images(MANY);
	run_image(MANY + 1, "/bin/work", 100000000); /* large */
	struct model_thread *thread = begin(MANY + 2, 0, "/bin/work");

	load(thread, base_of(MANY + 2));
	name_nodes(thread, base_of(MANY + 2));
	work(thread, base_of(MANY + 2), 1);
	now += 100000000; /* long */
	end(MANY + 2);
	for (uint32_t number = MANY + 3; number < 2 * MANY; number++)
		run_image(number, "/bin/work", 1);
	finish();
	cr_expect_not_null(process_of(1));
	cr_expect_not_null(process_of(MANY + 1));
	cr_expect_not_null(process_of(MANY + 2));
	cr_expect_null(process_of(MANY + 3));
}

/* What is kept while the run goes on does not grow with the processes that ended. */
Test(crowd, what_ended_is_bounded)
{
	uint32_t sites, nodes = 0;

	run_images(10 * MANY);
	sites = model->sites.count;
	for (guint i = 0; i < model->process_list->len; i++)
		nodes += ((const struct model_process *)g_ptr_array_index(model->process_list, i))
				 ->nodes->count;
	cr_expect_leq(sites, FEW_ROWS + 4 * FUNCTIONS);
	cr_expect_leq(nodes, FEW_ROWS);
	cr_expect_leq(model->process_list->len, FEW_ROWS / FUNCTIONS);
	cr_expect_leq(model->timing->processes->len, FEW_ROWS / FUNCTIONS);
	cr_expect_leq(model->timing->chart.lanes->len, FEW_ROWS / FUNCTIONS);
	cr_expect_leq(model->spans.count, 1 << 15);
	finish();
	cr_expect_eq(add_up().processes, 10 * MANY);
}

/* As joining costs time for all that there is, it is the rarer the more that is. */
Test(crowd, more_are_by_themselves_where_the_run_has_more_call_paths)
{
	enum {
		SITES = 20 * FEW_ROWS,
	};
	struct model_thread *first = begin(1, 0, "/bin/work");

	for (uint32_t node = 1; node <= SITES; node++)
		feed_alloc(model, first, now, node, 1, 0x10000 + 16 * (uint64_t)node);
	for (uint32_t number = 2; number <= MANY; number++) {
		run_image(number, "/bin/work", 100);
		if (model->crowds.rows < 4 * FEW_ROWS)
			cr_assert_eq(g_hash_table_size(model->crowds.crowds), 0);
	}
	cr_expect_eq(g_hash_table_size(model->crowds.crowds), 1);
	cr_expect_leq(model->crowds.rows, SITES);
	finish();
	cr_expect_eq(add_up().processes, MANY);
}

/* It is made of what one process had, the one that had most. */
Test(crowd, its_peak_is_the_highest_of_its_processes)
{
	uint64_t highest = 0, bytes = 0;

	for (uint32_t number = 1; number <= MANY; number++)
		run_image(number, "/bin/work", 100 + (number * 7919) % 1000);
	finish();
	for (uint32_t number = 1; number <= MANY; number++)
		if (!process_of(number))
			highest = MAX(highest, 100 + (number * 7919) % 1000);
	const struct thread *thread = g_ptr_array_index(crowd()->threads, 0);

	for (guint i = 0; i < thread->sites->len; i++) {
		const struct site *site = &g_array_index(thread->sites, struct site, i);

		if (site->category == MEMORY_HEAP)
			bytes += site->memory.at_peak.bytes;
	}
	cr_expect_eq(crowd()->peak_bytes, highest + FUNCTIONS * 10);
	cr_expect_eq(bytes, crowd()->peak_bytes);
}

/* The highest of the run was while several ran, of which one is in a crowd. */
Test(crowd, the_runs_peak_is_made_of_all)
{
	uint64_t bytes = 0;

	struct model_thread *first = begin(1, 0, "/bin/work");
	struct model_thread *second = begin(2, 0, "/bin/work");

	name_nodes(first, base_of(1));
	load(second, base_of(2));
	name_nodes(second, base_of(2));
	feed_alloc(model, first, now, 2, 1000000, 0x5000);
	feed_alloc(model, second, now, 2, 500, 0x5000);
	end(2);
	for (uint32_t number = 3; number < MANY; number++)
		run_image(number, "/bin/work", 600);
	finish();
	cr_expect_null(process_of(2));
	for (guint i = 0; i < run->processes->len; i++) {
		for (guint j = 0; j < process_at(i)->threads->len; j++)
			bytes += ((const struct thread *)g_ptr_array_index(
					  process_at(i)->threads, j))
					 ->memory[MEMORY_HEAP]
					 .at_run_peak.bytes;
	}
	cr_expect_eq(bytes, run->peak_bytes);
	cr_expect_eq(run->peak_bytes, 1000000 + 600 + FUNCTIONS * 10);
}

/* A daemon's parent has ended long before the daemon says a word. */
Test(crowd, a_child_that_turns_up_late_has_its_parents_names)
{
	struct model_thread *child;

	run_images(MANY);
	cr_assert_not_null(model_process(model, 2, 0, 0)->crowd);
	child = begin(MANY + 1, 2, "/bin/work");
	feed_alloc(model, child, now, 2, 100, 0x5000);
	now += 1000000000;
	end(MANY + 1);
	finish();
	const struct process *process = process_of(MANY + 1);

	cr_assert_not_null(process);
	cr_expect_eq(process->parent, crowd()->number);
	cr_expect_eq(process->modules->len, 1);
	cr_expect_eq(
		((const struct module *)g_ptr_array_index(process->modules, 0))->start, base_of(2));
	cr_expect_eq(g_array_index(process->nodes, struct node, 2).pc, base_of(2) + 0x1000);
}

Test(crowd, what_is_said_of_one_too_late_is_left_out)
{
	struct model_thread *thread;

	run_images(MANY);
	thread = model_thread(model_process(model, 2, 0, 0), 1, 1002, now);
	model_missed(thread, 3);
	model_rss(model_process(model, 2, 0, 0), now, 4096, 0);
	end(2);
	finish();
	cr_expect_eq(add_up().memory[MEMORY_HEAP].allocated.count, 2 * MANY * FUNCTIONS);
}

/* Code that was made at run time has no place that processes share. */
Test(crowd, what_lies_in_no_module_is_unknown)
{
	for (uint32_t number = 1; number <= MANY; number++) {
		struct model_thread *thread = begin(number, 0, "/bin/work");

		name_nodes(thread, base_of(number));
		work(thread, base_of(number), 100);
		end(number);
	}
	finish();
	const struct thread *thread = g_ptr_array_index(crowd()->threads, 0);

	cr_expect_eq(crowd()->modules->len, 0);
	cr_expect_eq(thread->sites->len, 2);
	cr_expect_eq(add_up().memory[MEMORY_HEAP].allocated.count, 2 * MANY * FUNCTIONS);
}

Test(crowd, forks_share_their_modules_until_one_changes_its_own)
{
	struct model_thread *parent = begin(1, 0, "/bin/work");
	struct model_thread *child;

	load(parent, base_of(1));
	child = begin(2, 1, "/bin/work");
	begin(3, 1, "/bin/work");
	cr_expect_eq(model_process(model, 2, 0, 0)->public->modules,
		model_process(model, 3, 0, 0)->public->modules);
	load(child, base_of(2));
	now = 1000;
	finish();
	cr_expect_eq(process_of(1)->modules->len, 1);
	cr_expect_eq(process_of(2)->modules->len, 2);
	cr_expect_eq(process_of(3)->modules->len, 1);
}

static void
name_place(struct model_thread *thread, uint32_t number, const char *name)
{
	struct record record = {.kind = RECORD_EXTENDED, .ticks = now};

	record.extended = (struct record_extended){
		.type = RECORD_NAMED, .number = {now, number, NAMED_SECTION, 12}};
	record.extended.string[NAMED_NAME] = text(name);
	model_extended(model, thread, &record);
}

/* The children, and every other one's own child, name nothing themselves. */
Test(crowd, forks_of_one_that_names_something_keep_its_names)
{
	struct model_thread *parent;

	begin(1, 0, "/bin/first");
	parent = begin(2, 0, "/bin/work");
	load(parent, base_of(2));
	name_nodes(parent, base_of(2));
	name_place(parent, 1, "parse");
	for (uint32_t number = 3; number <= MANY; number++) {
		struct model_thread *child =
			begin(number, number % 2 ? 2 : number - 1, "/bin/work");

		event(child, RECORD_ENTER, 0, RECORD_PC_NAMED | 1, 0);
		work(child, base_of(2), 100);
		event(child, RECORD_EXIT, 0, 0, 0);
		end(number);
	}
	finish();
	for (uint32_t number = 3; number <= MANY; number++) {
		const struct process *process = process_of(number);

		cr_assert_not_null(process);
		cr_assert_str_eq(named_find_place(process->named, 1)->name, "parse");
	}
}

Test(crowd, threads_that_were_summed_up_already_count_once)
{
	enum {
		THREADS = 100,
		PATHS = 1000,
	};

	begin(1, 0, "/bin/first");
	load(begin(2, 0, "/bin/work"), base_of(2));
	for (uint32_t number = 1; number <= THREADS; number++) {
		struct model_thread *thread =
			model_thread(model_process(model, 2, 0, 0), number, number, now);

		for (unsigned f = 0; f < PATHS; f++) {
			event(thread, RECORD_ENTER, 0, base_of(2) + 16 * f, 0);
			now += 10;
			event(thread, RECORD_EXIT, 0, 0, 0);
		}
		feed_numbers(model, thread, RECORD_THREAD_END, now, 0, 0, 0, 0, 0);
		model_thread_over(thread);
	}
	cr_assert_not_null(model_process(model, 2, 0, 0)->rest.thread);
	end(2);
	finish();
	const struct thread *thread = g_ptr_array_index(crowd()->threads, 0);

	cr_expect_eq(thread->together, THREADS);
	cr_expect_str_eq(thread->name, "100 threads");
}

/* What a process lost may be told twice, in two ways; what two processes lost is all of it. */
Test(crowd, what_its_processes_lost_adds_up)
{
	struct model_thread *thread;

	model->crowds.rows_most = 1;
	begin(1, 0, "/bin/work");
	thread = begin(2, 0, "/bin/work");
	feed_numbers(model, thread, RECORD_LOST, now, 3, RECORD_LOST_NESTED, 0, 0, 0);
	model_missed(thread, 2);
	end(2);
	thread = begin(3, 0, "/bin/work");
	model_missed(thread, 5);
	end(3);
	finish();
	cr_expect_eq(crowd()->together, 2);
	cr_expect_eq(crowd()->lost_events, 8);
	cr_expect_eq(run->lost_events, 8);
}

static void
call(struct model_thread *thread, uint64_t function, uint64_t ns)
{
	event(thread, RECORD_ENTER, 0, function, 0);
	now += ns;
	event(thread, RECORD_EXIT, 0, 0, 0);
}

static uint64_t
call_ns_in(const struct process *process, const char *path)
{
	const struct thread *thread = g_ptr_array_index(process->threads, 0);
	uint64_t sum_ns = 0;

	for (guint i = 0; i < thread->calls->len; i++) {
		const struct call_row *row = &g_array_index(thread->calls, struct call_row, i);
		const uint64_t address =
			g_array_index(process->nodes, struct node, row->node).pc & ~RECORD_PC_EXACT;

		for (guint j = 0; j < process->modules->len; j++) {
			const struct module *module = g_ptr_array_index(process->modules, j);

			if (address >= module->start && address < module->end &&
				g_str_equal(module->path, path))
				sum_ns += row->sums.total_ns;
		}
	}
	return sum_ns;
}

Test(crowd, calls_are_of_the_library_that_was_there_then)
{
	struct model_thread *thread;

	model->crowds.rows_most = 1;
	begin(1, 0, "/bin/work");
	thread = begin(2, 0, "/bin/work");
	load_file(thread, 1, "/lib/old", base_of(2));
	call(thread, base_of(2) + 16, 100);
	feed_numbers(model, thread, RECORD_MODULE_GONE, now++, 1, 0, 0, 0, 0);
	load_file(thread, 2, "/lib/new", base_of(2));
	call(thread, base_of(2) + 16, 30);
	end(2);
	finish();
	cr_expect_eq(call_ns_in(crowd(), "/lib/old"), 100);
	cr_expect_eq(call_ns_in(crowd(), "/lib/new"), 30);
}

/* Sums of summary mode: of three calls one has not returned. */
static void
run_summed(uint32_t number)
{
	struct model_thread *thread = begin(number, 0, "/bin/work");
	const struct pool_call_sums sums = {.tally[0] = {.node = 2,
						    .count = 3,
						    .total = 100 * 256 - now * 256,
						    .min = 10,
						    .max = 90,
						    .open = 1}};

	load(thread, base_of(number));
	name_nodes(thread, base_of(number));
	model_call_sums(thread, &sums);
	end(number);
}

Test(crowd, calls_that_did_not_return_in_summary_mode_are_counted)
{
	model->crowds.rows_most = 1;
	now = 1000;
	begin(1, 0, "/bin/work");
	run_summed(2);
	now = 5000;
	run_summed(3);
	finish();
	const struct thread *thread = g_ptr_array_index(crowd()->threads, 0);
	const struct call_sums *sums = &g_array_index(thread->calls, struct call_row, 0).sums;

	cr_assert_eq(thread->calls->len, 1);
	cr_expect_eq(sums->calls, 6);
	cr_expect_eq(sums->unfinished, 2);
	cr_expect_eq(sums->total_ns, 200);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the heap's account says of single situations. */
#include <criterion/criterion.h>

#include "feeder.h"

#define A UINT64_C(0x1000)
#define B UINT64_C(0x2000)

static const struct process *
first(const struct run *run)
{
	return g_ptr_array_index(run->processes, 0);
}

static const struct memory_sums *
heap(const struct run *run)
{
	return &first(run)->memory[MEMORY_HEAP];
}

Test(heap, a_freed_block_is_not_leaked)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);

	feed_alloc(model, thread, 10, 1, 100, A);
	feed_alloc(model, thread, 20, 1, 50, B);
	feed_free(model, thread, 30, A, 0);
	struct run *run = feeder_finish(model, 100);

	cr_assert_eq(heap(run)->leaked.bytes, 50);
	cr_assert_eq(heap(run)->leaked.count, 1);
	cr_assert_eq(run->peak_bytes, 150);
	cr_assert_eq(run->peak_ns, 20);
	run_free(run);
}

Test(heap, a_failed_realloc_leaves_the_block_as_it_was)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);

	feed_alloc(model, thread, 10, 1, 100, A);
	feed_free(model, thread, 20, A, RECORD_REALLOC);
	feed_numbers(model, thread, RECORD_REALLOC_FAILED, 30, A, 0, 0, 0, 0);
	feed_free(model, thread, 40, A, 0);
	struct run *run = feeder_finish(model, 100);

	cr_assert_eq(heap(run)->freed.count, 1);
	cr_assert_eq(heap(run)->lifetime_ns, 30);
	cr_assert_eq(first(run)->frees_unknown, 0);
	run_free(run);
}

Test(heap, a_realloc_that_never_returned_released_nothing)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);

	feed_alloc(model, thread, 10, 1, 100, A);
	feed_free(model, thread, 20, A, RECORD_REALLOC);
	struct run *run = feeder_finish(model, 100);

	cr_assert_eq(heap(run)->leaked.bytes, 100);
	run_free(run);
}

Test(heap, the_peak_of_a_realloc_does_not_hold_both_blocks)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);

	feed_alloc(model, thread, 10, 1, 100, A);
	feed_free(model, thread, 20, A, RECORD_REALLOC);
	feed_alloc(model, thread, 30, 1, 120, B);
	struct run *run = feeder_finish(model, 100);

	cr_assert_eq(run->peak_bytes, 120);
	cr_assert_eq(heap(run)->allocated.count, 2);
	cr_assert_eq(heap(run)->freed.count, 1);
	run_free(run);
}

Test(heap, another_threads_allocation_confirms_a_realloc)
{
	struct model *model = feeder_new();
	struct model_thread *one = feeder_thread(model, 1, 1), *two = feeder_thread(model, 1, 2);

	feed_alloc(model, one, 10, 1, 100, A);
	feed_free(model, one, 20, A, RECORD_REALLOC);
	feed_alloc(model, two, 5000, 1, 7, A);
	feed_alloc(model, one, 5010, 1, 200, B);
	struct run *run = feeder_finish(model, 10000);

	cr_assert_eq(heap(run)->leaked.bytes, 207);
	cr_assert_eq(first(run)->lost_events, 0);
	run_free(run);
}

Test(heap, an_allocation_of_a_live_address_waits_for_its_free)
{
	struct model *model = feeder_new();
	struct model_thread *one = feeder_thread(model, 1, 1), *two = feeder_thread(model, 1, 2);

	feed_alloc(model, one, 10, 1, 100, A);
	feed_alloc(model, two, 5000, 2, 50, A); /* its clock is behind */
	feed_free(model, one, 5080, A, 0);
	struct run *run = feeder_finish(model, 10000);

	cr_assert_eq(heap(run)->leaked.bytes, 50);
	cr_assert_eq(heap(run)->freed.bytes, 100);
	cr_assert_eq(run->peak_bytes, 100);
	cr_assert_eq(first(run)->lost_events, 0);
	run_free(run);
}

Test(heap, a_free_that_comes_before_its_allocation_waits_for_it)
{
	struct model *model = feeder_new();
	struct model_thread *one = feeder_thread(model, 1, 1), *two = feeder_thread(model, 1, 2);

	feed_free(model, two, 5000, A, 0); /* its clock is behind */
	feed_alloc(model, one, 5080, 1, 100, A);
	feed_alloc(model, one, 90000, 1, 30, B);
	struct run *run = feeder_finish(model, 100000);

	cr_assert_eq(heap(run)->leaked.bytes, 30);
	cr_assert_eq(first(run)->frees_unknown, 0);
	run_free(run);
}

Test(heap, a_thread_does_not_free_what_it_allocates_later)
{
	struct model *model = feeder_new();
	struct model_thread *one = feeder_thread(model, 1, 1);

	feeder_thread(model, 1, 2);
	feed_free(model, one, 5000, A, 0);
	feed_alloc(model, one, 5040, 1, 100, A);
	struct run *run = feeder_finish(model, 100000);

	cr_assert_eq(heap(run)->leaked.bytes, 100);
	cr_assert_eq(first(run)->frees_unknown, 1);
	run_free(run);
}

Test(heap, a_free_that_nobody_explains_is_unknown)
{
	struct model *model = feeder_new();
	struct model_thread *one = feeder_thread(model, 1, 1), *two = feeder_thread(model, 1, 2);

	feed_free(model, one, 5000, A, 0);
	feed_alloc(model, two, 50000, 1, 100, A);
	struct run *run = feeder_finish(model, 100000);

	cr_assert_eq(first(run)->frees_unknown, 1);
	cr_assert_eq(heap(run)->leaked.bytes, 100);
	run_free(run);
}

Test(heap, a_lost_free_shows_by_the_next_allocation_and_is_counted)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);

	feed_alloc(model, thread, 10, 1, 100, A);
	feed_alloc(model, thread, 20, 1, 40, A);
	struct run *run = feeder_finish(model, 100);

	cr_assert_eq(heap(run)->leaked.bytes, 40);
	cr_assert_eq(first(run)->lost_events, 1);
	run_free(run);
}

Test(heap, temporary_is_what_the_thread_frees_before_it_allocates_again)
{
	struct model *model = feeder_new();
	struct model_thread *one = feeder_thread(model, 1, 1), *two = feeder_thread(model, 1, 2);

	feed_alloc(model, one, 1000, 1, 10, A);
	feed_alloc(model, two, 9000, 1, 5, B); /* of another thread: does not matter */
	feed_free(model, one, 17000, A, 0);
	feed_alloc(model, one, 25000, 1, 10, A);
	feed_free(model, two, 33000, A, 0); /* by another thread: is not */
	feed_alloc(model, one, 41000, 1, 10, A);
	feed_alloc(model, one, 49000, 1, 10, A + 64);
	feed_free(model, one, 57000, A, 0); /* after the next allocation: is not */
	struct run *run = feeder_finish(model, 100000);

	cr_assert_eq(heap(run)->temporary.count, 1);
	cr_assert_eq(heap(run)->temporary.bytes, 10);
	run_free(run);
}

Test(heap, sizes_and_lifetimes_go_to_their_buckets)
{
	const struct {
		uint64_t size, lifetime;
		unsigned size_bucket, lifetime_bucket;
	} rows[] = {
		{0, 0, 0, 0},
		{1, 1, 0, 0},
		{2, 2, 1, 1},
		{3, 3, 2, 2},
		{4, 4, 2, 2},
		{5, 1000, 3, 10},
		{4096, 1024, 12, 10},
		{4097, 1025, 13, 11},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct model *model = feeder_new();
		struct model_thread *thread = feeder_thread(model, 1, 1);

		feed_alloc(model, thread, 10, 1, rows[i].size, A);
		feed_free(model, thread, 10 + rows[i].lifetime, A, 0);
		struct run *run = feeder_finish(model, 100000);
		const struct process *process = first(run);

		cr_assert_eq(process->sizes_allocated.bucket[rows[i].size_bucket].count, 1);
		cr_assert_eq(process->sizes_freed.bucket[rows[i].size_bucket].bytes, rows[i].size);
		cr_assert_eq(process->lifetimes.bucket[rows[i].lifetime_bucket].count, 1);
		run_free(run);
	}
}

Test(heap, frees_of_summary_mode_are_counted_without_a_block)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);
	struct record process = {.kind = RECORD_EXTENDED};

	process.extended =
		(struct record_extended){.type = RECORD_PROCESS, .number = {[PROCESS_SUMMARY] = 1}};
	model_extended(model, thread, &process);
	feed_numbers(model, thread, RECORD_TALLY, 10, 3, 7, 700, 0, 0);
	model_tallies(thread,
		(struct pool_tally[]){
			{.node = 0, .count = 5}, {.node = 3, .count = 1, .bytes = 11}},
		2);
	struct run *run = feeder_finish(model, 100);

	cr_assert(first(run)->summary);
	cr_assert_eq(heap(run)->allocated.count, 8);
	cr_assert_eq(heap(run)->allocated.bytes, 711);
	cr_assert_eq(heap(run)->freed.count, 5);
	cr_assert_eq(heap(run)->leaked.count, 0);
	const GArray *sites =
		((const struct thread *)g_ptr_array_index(first(run)->threads, 0))->sites;

	cr_assert_eq(sites->len, 2);
	cr_assert_eq(g_array_index(sites, struct site, 0).node, 0);
	cr_assert_eq(g_array_index(sites, struct site, 0).memory.freed.count, 5);
	cr_assert_eq(g_array_index(sites, struct site, 1).memory.allocated.count, 8);
	run_free(run);
}

/* ---- processes ---- */

static void
feed_fork(struct model *model, struct model_thread *child, uint32_t parent, uint32_t nodes)
{
	struct record record = {.kind = RECORD_EXTENDED, .ticks = 50};

	record.extended = (struct record_extended){.type = RECORD_PROCESS};
	record.extended.number[PROCESS_PARENT] = parent;
	record.extended.number[PROCESS_NODES] = nodes;
	record.extended.number[PROCESS_ORIGIN] = RECORD_FORK;
	model_extended(model, child, &record);
}

Test(processes, a_forked_child_has_its_parents_nodes_and_modules_but_not_its_blocks)
{
	struct model *model = feeder_new();
	struct model_thread *parent = feeder_thread(model, 1, 1), *child;
	struct record module = {.kind = RECORD_EXTENDED, .ticks = 5};

	module.extended = (struct record_extended){.type = RECORD_MODULE};
	module.extended.number[MODULE_NUMBER] = 1;
	module.extended.string[MODULE_PATH] = (struct record_string){(const uint8_t *)"/bin/x", 6};
	model_extended(model, parent, &module);
	model_node(parent, 1, 0, 0x111);
	model_node(parent, 2, 1, 0x222);
	feed_alloc(model, parent, 10, 2, 100, A);
	child = feeder_thread(model, 2, 1);
	feed_fork(model, child, 1, 3);
	model_node(parent, 3, 2, 0x333); /* after the fork: not the child's */
	model_node(child, 3, 1, 0x444);
	feed_free(model, child, 60, A, 0);
	feed_alloc(model, child, 70, 2, 10, A);
	feed_alloc(model, child, 80, 3, 20, B);
	struct run *run = feeder_finish(model, 100);
	const struct process *forked = g_ptr_array_index(run->processes, 1);
	const struct module *inherited = g_ptr_array_index(forked->modules, 0);

	cr_assert_eq(forked->parent, 1);
	cr_assert_eq(forked->frees_unknown, 1);
	cr_assert_str_eq(inherited->path, "/bin/x");
	cr_assert_eq(site_by_pc(run, 2, 1, 0x222, MEMORY_HEAP)->leaked.bytes, 10);
	cr_assert_eq(site_by_pc(run, 2, 1, 0x444, MEMORY_HEAP)->leaked.bytes, 20);
	cr_assert_eq(site_by_pc(run, 1, 1, 0x222, MEMORY_HEAP)->leaked.bytes, 100);
	/* 1, 2 and its own 3; [0] is unused. */
	cr_assert_eq(forked->nodes->len, 4);
	run_free(run);
}

Test(processes, one_that_says_nothing_of_itself_has_empty_names)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);

	feed_fork(model, thread, 0, 0);
	feed_fork(model, thread, 0, 0);
	feed_numbers(model, thread, RECORD_MODULE, 60, 1, 0, 0, 0, 0);
	struct run *run = feeder_finish(model, 100);
	const struct module *module = g_ptr_array_index(first(run)->modules, 0);

	cr_assert_str_empty(first(run)->exe);
	cr_assert_str_empty(module->path);
	run_free(run);
}

Test(processes, what_an_ended_process_had_live_is_not_part_of_a_later_run_peak)
{
	struct model *model = feeder_new();
	struct model_thread *one = feeder_thread(model, 1, 1), *two = feeder_thread(model, 2, 1);

	feed_alloc(model, one, 10, 1, 100, A);
	model_process_end(model_process(model, 1, 0, 0), 20);
	feed_alloc(model, two, 30, 1, 150, A);
	struct run *run = feeder_finish(model, 100);
	const struct process *ended = first(run), *other = g_ptr_array_index(run->processes, 1);

	cr_assert_eq(run->peak_bytes, 150);
	cr_assert_eq(ended->memory[MEMORY_HEAP].at_run_peak.bytes, 0);
	cr_assert_eq(ended->memory[MEMORY_HEAP].at_peak.bytes, 100);
	cr_assert_eq(other->memory[MEMORY_HEAP].at_run_peak.bytes, 150);
	run_free(run);
}

Test(processes, one_that_says_it_ends_leaves_the_run_then_and_goes_on_for_itself)
{
	struct model *model = feeder_new();
	struct model_thread *one = feeder_thread(model, 1, 1), *two = feeder_thread(model, 2, 1);

	feed_alloc(model, one, 10, 1, 100, A);
	feed_numbers(model, one, RECORD_PROCESS_END, 20, 0, 0, 0, 0, 0);
	feed_alloc(model, two, 30, 1, 150, A);
	feed_alloc(model, one, 35, 1, 70, A + 0x100);
	feed_alloc(model, one, 36, 2, 30, A + 0x200);
	feed_free(model, one, 37, A, 0);
	feed_alloc(model, two, 40, 1, 10, A + 0x100);
	model_process_end(model_process(model, 1, 0, 0), 50);
	struct run *run = feeder_finish(model, 100);
	const struct process *ended = first(run), *other = g_ptr_array_index(run->processes, 1);

	cr_assert_eq(run->peak_bytes, 160);
	cr_assert_eq(ended->memory[MEMORY_HEAP].at_run_peak.bytes, 0);
	cr_assert_eq(ended->memory[MEMORY_HEAP].at_peak.bytes, 200);
	cr_assert_eq(ended->memory[MEMORY_HEAP].leaked.bytes, 100);
	cr_assert_eq(other->memory[MEMORY_HEAP].at_run_peak.bytes, 160);
	run_free(run);
}

Test(nodes, a_parent_stands_before_its_child_and_strangers_are_unknown)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);

	model_node(thread, 7, 0, 0x777);
	model_node(thread, 9, 7, 0x999);
	model_node(thread, 8, 9, 0x888);	  /* a circle to be: refused */
	model_node(thread, 4000000000u, 1, 0x10); /* no writer's number */
	feed_alloc(model, thread, 10, 9, 1, A);
	feed_alloc(model, thread, 20, 8, 2, B);
	struct run *run = feeder_finish(model, 100);
	const GArray *nodes = first(run)->nodes;

	for (unsigned i = 1; i < nodes->len; i++)
		cr_assert_lt(g_array_index(nodes, struct node, i).parent, i);
	cr_assert(site_by_pc(run, 1, 1, 0x999, MEMORY_HEAP));
	cr_assert(site_by_pc(run, 1, 1, RECORD_PC_UNKNOWN, MEMORY_HEAP));
	run_free(run);
}

Test(mappings, the_program_break_shrinks_from_its_end)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);

	model_node(thread, 1, 0, 0x11);
	model_node(thread, 2, 0, 0x22);
	feed_numbers(model, thread, RECORD_BREAK, 10, 1, 0x3000, varint_zigzag(0x2000), 0, 0);
	feed_numbers(model, thread, RECORD_BREAK, 20, 2, 0x4000, varint_zigzag(0x1000), 0, 0);
	feed_numbers(model, thread, RECORD_BREAK, 30, 2, 0x2000, varint_zigzag(-0x2000), 0, 0);
	struct run *run = feeder_finish(model, 100);

	cr_assert_eq(site_by_pc(run, 1, 1, 0x11, MEMORY_BREAK)->leaked.bytes, 0x1000);
	cr_assert_eq(site_by_pc(run, 1, 1, 0x22, MEMORY_BREAK)->freed.count, 1);
	cr_assert_eq(run->mapped_peak_bytes, 0x3000);
	run_free(run);
}

Test(mappings, a_range_without_length_changes_nothing)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);

	feed_numbers(model, thread, RECORD_MAP, 10, 1, 0x10000, 0x2000, 0, 0);
	feed_numbers(model, thread, RECORD_UNMAP, 20, 0x11000, 0, 0, 0, 0);
	feed_numbers(model, thread, RECORD_MAP, 30, 1, 0x11000, 0, 0, 0);
	struct run *run = feeder_finish(model, 100);

	cr_assert_eq(first(run)->memory[MEMORY_MMAP].freed.bytes, 0);
	cr_assert_eq(first(run)->memory[MEMORY_MMAP].leaked.bytes, 0x2000);
	run_free(run);
}

Test(mappings, mremap_frees_the_old_range_and_allocates_the_new)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);

	model_node(thread, 1, 0, 0x11);
	model_node(thread, 2, 0, 0x22);
	feed_numbers(model, thread, RECORD_MAP, 10, 1, 0x10000, 0x2000, 0, 0);
	feed_numbers(model, thread, RECORD_REMAP, 20, 2, 0x10000, 0x2000, 0x50000, 0x3000);
	struct run *run = feeder_finish(model, 100);

	cr_assert_eq(site_by_pc(run, 1, 1, 0x11, MEMORY_MMAP)->freed.count, 1);
	cr_assert_eq(site_by_pc(run, 1, 1, 0x22, MEMORY_MMAP)->leaked.bytes, 0x3000);
	run_free(run);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "record.h"
#include "synthetic.h"

static struct symbolizer *symbolizer;
static struct run *run;
static struct process *process;
static struct thread *thread;
static struct profile *profile;

static void
set_up(void)
{
	symbolizer = symbolizer_new(NULL);
	run = synthetic_run_new();
	process = synthetic_process(run, 100);
	thread = synthetic_thread(process, 100);
	synthetic_module(process, "/bin/app", 0x10000, 1);
	synthetic_symbol(symbolizer, 1, 0x100, "main", "m.c", 1);
	synthetic_symbol(symbolizer, 1, 0x200, "leaf", "l.c", 2);
}

static void
tear_down(void)
{
	profile_free(profile);
	synthetic_run_free(run);
	symbolizer_free(symbolizer);
}

static void
build(void)
{
	const struct profile_context context = {.exit_status = 0};

	synthetic_finish(run);
	profile = profile_build(run, symbolizer, &context);
	cr_assert_eq(synthetic_unwanted(symbolizer), 0, "addresses were looked up unasked");
}

/* "main<leaf": names from the root to the node. */
static const char *
path_of(uint32_t node)
{
	static char text[400];

	text[0] = '\0';
	for (; node; node = profile->nodes.parent[node]) {
		char rest[400];

		strcpy(rest, text);
		snprintf(text, sizeof(text), "%s%s%s",
			profile_function(profile, profile_node_function(profile, node))->name,
			*rest ? "<" : "", rest);
	}
	return text;
}

static const char *
only_path(void)
{
	cr_assert_eq(profile->memory.count, 1);
	return path_of(profile->memory.node[0]);
}

TestSuite(profile, .init = set_up, .fini = tear_down);

Test(profile, return_addresses_are_looked_up_in_the_call)
{
	const uint32_t node = synthetic_node(process, 0, 0x10100);

	synthetic_heap(thread, synthetic_node(process, node, 0x10200), 1, 8, 0);
	build();
	cr_assert_str_eq(only_path(), "main<leaf");
}

Test(profile, exact_addresses_are_looked_up_as_they_are)
{
	synthetic_heap(thread, synthetic_node(process, 0, 0x101ff | RECORD_PC_EXACT), 1, 8, 0);
	build();
	cr_assert_str_eq(only_path(), "leaf");
}

Test(profile, an_inline_chain_becomes_frames)
{
	const struct profile_frame *frame;

	synthetic_symbol(symbolizer, 1, 0x300, "inner", "i.h", 3);
	synthetic_symbol(symbolizer, 1, 0x300, "middle", "i.h", 30);
	synthetic_symbol(symbolizer, 1, 0x300, "outer", "o.c", 300);
	synthetic_heap(thread, synthetic_node(process, 0, 0x10300), 1, 8, 0);
	build();
	cr_assert_str_eq(only_path(), "outer<middle<inner");
	frame = profile_node_frame(profile, profile->memory.node[0]);
	cr_assert(frame->inlined);
	cr_assert_eq(frame->line, 3);
	cr_assert_not(profile_node_frame(profile, 1)->inlined);
}

Test(profile, marks_become_frames_in_brackets)
{
	static const struct {
		uint64_t pc;
		const char *name;
	} rows[] = {
		{RECORD_PC_UNKNOWN, "[unknown]"},
		{RECORD_PC_TRUNCATED, "[truncated]"},
		{RECORD_PC_FOLDED, "[recursion folded]"},
		{0xdead0000, "[unknown]"},
	};
	unsigned found = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		synthetic_heap(thread, synthetic_node(process, 0, rows[i].pc), 1, 1 + i, 0);
	synthetic_heap(thread, 0, 1, 100, 0);
	synthetic_heap(thread, 4000, 1, 1000, 0);
	build();
	cr_assert_eq(profile->memory.count, 3, "unknown ones are one");
	for (uint32_t i = 0; i < profile->memory.count; i++) {
		for (unsigned j = 0; j < 3; j++)
			found += strcmp(path_of(profile->memory.node[i]), rows[j].name) == 0;
	}
	cr_assert_eq(found, 3);
}

Test(profile, frees_without_a_call_path_stay_at_the_root)
{
	const struct site site = {.memory.freed = {3, 0}};

	g_array_append_val(thread->sites, site);
	build();
	cr_assert_eq(profile->memory.node[0], 0);
	cr_assert_eq(profile->memory.sums[0].freed.count, 3);
}

Test(profile, the_same_call_path_of_two_processes_is_one)
{
	struct process *other = synthetic_process(run, 200);
	struct thread *other_thread = synthetic_thread(other, 200);

	synthetic_module(other, "/bin/app", 0x7f0000, 1);
	synthetic_heap(thread, synthetic_node(process, 0, 0x10100), 1, 8, 0);
	synthetic_heap(other_thread, synthetic_node(other, 0, 0x7f0100), 2, 8, 0);
	build();
	cr_assert_eq(profile->nodes.count, 2);
	cr_assert_eq(profile->modules->len, 2);
	cr_assert_eq(profile->memory.count, 2, "one row for each thread");
	cr_assert_eq(profile->memory.thread[1], 1);
	cr_assert_eq(profile_thread(profile, 1)->process, 1);
}

Test(profile, rows_of_one_call_path_and_thread_are_added)
{
	synthetic_symbol(symbolizer, 1, 0x108, "main", "m.c", 1);
	synthetic_heap(thread, synthetic_node(process, 0, 0x10100), 1, 8, 1);
	synthetic_heap(thread, synthetic_node(process, 0, 0x10108), 2, 16, 1);
	build();
	cr_assert_eq(profile->memory.count, 1);
	cr_assert_eq(profile->memory.sums[0].allocated.bytes, 40);
	cr_assert_eq(profile->memory.sums[0].largest_bytes, 16);
	cr_assert_eq(profile->memory.sums[0].leaked.count, 2);
}

Test(profile, time_tells_apart_modules_at_one_address)
{
	struct module *first = synthetic_module(process, "/lib/one.so", 0x90000, 5);
	struct module *second = synthetic_module(process, "/lib/two.so", 0x90000, 6);
	uint32_t early, late;

	first->end_ns = 500;
	second->start_ns = 1000;
	synthetic_symbol(symbolizer, 5, 0x10, "one", NULL, 0);
	synthetic_symbol(symbolizer, 6, 0x10, "two", NULL, 0);
	early = synthetic_node(process, 0, 0x90010);
	late = synthetic_node(process, 0, 0x90010);
	g_array_index(process->nodes, struct node, early).seen_ns = 400;
	g_array_index(process->nodes, struct node, late).seen_ns = 990;
	synthetic_heap(thread, early, 1, 8, 0);
	synthetic_heap(thread, late, 1, 8, 0);
	build();
	cr_assert_eq(profile->memory.count, 2);
	cr_assert_str_eq(path_of(profile->memory.node[0]), "one");
	cr_assert_str_eq(path_of(profile->memory.node[1]), "two");
}

Test(profile, our_own_frames_never_appear)
{
	uint32_t node = synthetic_node(process, 0, 0x10100);

	synthetic_module(process, "/usr/lib/thag/libthag.so", 0x90000, 9);
	node = synthetic_node(process, node, 0x90100);
	node = synthetic_node(process, node, 0x10200);
	synthetic_heap(thread, synthetic_node(process, node, 0x90200), 1, 8, 0);
	build();
	cr_assert_str_eq(only_path(), "main<leaf");
	cr_assert_eq(profile->modules->len, 2);
}

Test(profile, what_our_header_inlines_never_appears)
{
	synthetic_symbol(symbolizer, 1, 0x300, "thag_scope_enter_", "/usr/include/thag.h", 3);
	synthetic_symbol(symbolizer, 1, 0x300, "thag_of_theirs", "/src/theirs.h", 4);
	synthetic_symbol(symbolizer, 1, 0x300, "user", "u.c", 5);
	synthetic_heap(thread, synthetic_node(process, 0, 0x10300), 1, 8, 0);
	build();
	cr_assert_str_eq(only_path(), "user<thag_of_theirs");
}

Test(profile, recursion_of_100000_is_kept)
{
	uint32_t node = synthetic_node(process, 0, 0x10100);

	for (unsigned i = 0; i < 100000; i++) {
		node = synthetic_node(process, node, 0x10200);
		synthetic_heap(thread, node, 1, 8, 0);
	}
	build();
	cr_assert_eq(profile->nodes.count, 100002);
	cr_assert_eq(profile->nodes.last[1], 100001);
	cr_assert_eq(profile->nodes.outermost[2], 1);
	cr_assert_eq(profile->nodes.outermost[3], 0);
}

Test(profile, a_tree_that_loops_ends)
{
	const uint32_t first = synthetic_node(process, 2, 0x10100);

	synthetic_heap(thread, synthetic_node(process, first, 0x10200), 1, 8, 0);
	build();
	cr_assert_eq(profile->memory.count, 1);
}

Test(profile, siblings_are_sorted_by_name)
{
	uint32_t node = synthetic_node(process, 0, 0x10100);

	synthetic_symbol(symbolizer, 1, 0x400, "aaa", "a.c", 1);
	synthetic_heap(thread, synthetic_node(process, node, 0x10200), 1, 8, 0);
	synthetic_heap(thread, synthetic_node(process, node, 0x10400), 1, 8, 0);
	build();
	cr_assert_str_eq(path_of(2), "main<aaa");
	cr_assert_str_eq(path_of(3), "main<leaf");
}

Test(profile, root_totals_are_the_models)
{
	struct profile *sample = synthetic_sample();
	struct memory_sums sums = {0};

	for (uint32_t i = 0; i < sample->memory.count; i++)
		memory_sums_add(&sums, &sample->memory.sums[i]);
	cr_assert_eq(sums.at_run_peak.bytes, sample->run.peak_bytes);
	cr_assert_eq(sums.allocated.count + sums.freed.count, sample->run.events);
	cr_assert_eq(sums.leaked.bytes, sums.allocated.bytes - sums.freed.bytes);
	profile_free(sample);
	build();
}

Test(profile, names_that_are_no_utf8_are_mended)
{
	synthetic_symbol(symbolizer, 1, 0x500, "bad\xff", NULL, 0);
	synthetic_heap(thread, synthetic_node(process, 0, 0x10500), 1, 8, 0);
	build();
	cr_assert(g_utf8_validate(only_path(), -1, NULL));
}

Test(profile, what_was_lost_makes_it_partial)
{
	run->lost_events = 7;
	run->broken_chunks = 1;
	build();
	cr_assert_str_eq(profile->run.incomplete,
		"7 events were lost\n1 of 12 chunks of events could not be read");
}

Test(profile, events_of_handlers_that_came_in_the_middle_are_said_to_be_lost)
{
	run->lost_events = 7;
	thread->missed_events = 7;
	build();
	cr_assert_str_eq(profile->run.incomplete,
		"7 events were lost, in signal handlers that interrupted thag");
}

Test(profile, what_else_was_lost_is_told_from_that)
{
	run->lost_events = 7;
	thread->missed_events = 2;
	build();
	cr_assert_str_eq(profile->run.incomplete,
		"7 events were lost, 2 of them in signal handlers that interrupted thag");
}

Test(profile, what_was_left_out_is_said)
{
	run->left_out[LEFT_OUT_SHORT] = 1234567;
	run->left_out[LEFT_OUT_MANY] = 12;
	run->traced_until_ns = 80300000;
	build();
	cr_assert_not_null(strstr(profile->run.cost,
		"left out: 1,234,567 calls shorter than --min-duration\n"
		"left out: 12 calls beyond --max-events, and all later ones\n"
		"time: only until 80.3 ms after the start"));
	run->traced_until_ns = 0;
	run->traced_from_ns = 29600000000;
	build();
	cr_assert_not_null(strstr(profile->run.cost, "left out: 12 calls beyond --max-events\n"
						     "time: only from 29.6 s after the start on"));
}

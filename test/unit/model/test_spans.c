/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What was allocated in a stretch of the run and live at its end, against a list of all blocks. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "feeder.h"

enum {
	BLOCKS = 4000,
	NODES = 3,
	ADDRESSES = 200,
};

struct block {
	uint64_t born_ns, gone_ns; /* gone 0: never */
	uint64_t bytes;
	unsigned node; /* from 1 */
};

struct program {
	struct block block[BLOCKS];
	unsigned count;
	int at[ADDRESSES]; /* the live block of an address, or -1 */
	struct run *run;
};

/* `step_ns`: time from event to event, so how often the intervals have to double. */
static void
run_program(struct program *program, uint64_t step_ns, unsigned seed)
{
	struct model *model = feeder_new();
	struct model_thread *thread = feeder_thread(model, 1, 1);
	uint64_t now = 1000;

	for (unsigned node = 1; node <= NODES; node++)
		model_node(thread, node, 0, node * 16);
	for (unsigned i = 0; i < ADDRESSES; i++)
		program->at[i] = -1;
	srand(seed);
	while (program->count < BLOCKS) {
		const unsigned slot = (unsigned)rand() % ADDRESSES;
		const uint64_t address = 0x1000 + slot * (uint64_t)64;

		now += (uint64_t)rand() % (2 * step_ns);
		if (program->at[slot] >= 0) {
			feed_free(model, thread, now, address, 0);
			program->block[program->at[slot]].gone_ns = now;
			program->at[slot] = -1;
			continue;
		}
		program->at[slot] = (int)program->count;
		struct block *block = &program->block[program->count++];

		*block = (struct block){.born_ns = now,
			.bytes = 1 + (uint64_t)rand() % 1000,
			.node = 1 + (unsigned)rand() % NODES};
		feed_alloc(model, thread, now, block->node, block->bytes, address);
	}
	program->run = feeder_finish(model, now + 1);
}

static const GArray *
spans_of(const struct process *process)
{
	return ((const struct thread *)g_ptr_array_index(process->threads, 0))->spans;
}

static struct tally
in_list(const struct program *program, unsigned node, uint64_t from_ns, uint64_t to_ns)
{
	struct tally sum = {0};

	for (unsigned i = 0; i < program->count; i++) {
		const struct block *block = &program->block[i];

		if (block->node != node || block->born_ns < from_ns || block->born_ns >= to_ns ||
			(block->gone_ns && block->gone_ns < to_ns))
			continue;
		sum.count++;
		sum.bytes += block->bytes;
	}
	return sum;
}

static struct tally
in_spans(const struct process *process, unsigned node, unsigned first, unsigned last)
{
	struct tally sum = {0};

	const GArray *spans = spans_of(process);

	for (unsigned i = 0; i < spans->len; i++) {
		const struct span *span = &g_array_index(spans, struct span, i);
		const uint64_t pc = g_array_index(process->nodes, struct node, span->node).pc;

		if (pc != node * 16 || span->born < first || span->born > last ||
			span->gone <= last)
			continue;
		sum.count += span->blocks.count;
		sum.bytes += span->blocks.bytes;
	}
	return sum;
}

static void
compare_ranges(const struct program *program)
{
	const struct process *process = g_ptr_array_index(program->run->processes, 0);
	const uint64_t width = program->run->span_ns;
	const unsigned spans = (unsigned)(program->run->duration_ns / width) + 1;

	cr_assert_leq(spans, SPANS_MAX);
	for (unsigned first = 0; first < spans; first++)
		for (unsigned last = first; last < spans; last += 1 + last / 8)
			for (unsigned node = 1; node <= NODES; node++) {
				const struct tally is = in_spans(process, node, first, last);
				const struct tally should =
					in_list(program, node, first * width, (last + 1) * width);

				cr_assert_eq(is.count, should.count, "node %u in [%u, %u]", node,
					first, last);
				cr_assert_eq(is.bytes, should.bytes);
			}
}

Test(spans, any_range_has_what_was_allocated_in_it_and_lived_at_its_end)
{
	static const uint64_t steps_ns[] = {100, 20000, 300000, 5000000};

	for (unsigned i = 0; i < G_N_ELEMENTS(steps_ns); i++) {
		struct program *program = g_new0(struct program, 1);

		run_program(program, steps_ns[i], i + 1);
		compare_ranges(program);
		run_free(program->run);
		g_free(program);
	}
}

Test(spans, never_freed_is_leaked_and_all_is_allocated)
{
	struct program *program = g_new0(struct program, 1);

	run_program(program, 50000, 7);
	const struct process *process = g_ptr_array_index(program->run->processes, 0);
	const GArray *spans = spans_of(process);
	struct tally all = {0}, never = {0};
	uint64_t temporary = 0;

	for (unsigned i = 0; i < spans->len; i++) {
		const struct span *span = &g_array_index(spans, struct span, i);

		temporary += span->temporary;
		all.count += span->blocks.count;
		all.bytes += span->blocks.bytes;
		never.count += span->gone == SPAN_NEVER ? span->blocks.count : 0;
		never.bytes += span->gone == SPAN_NEVER ? span->blocks.bytes : 0;
	}
	cr_expect_eq(all.count, process->memory[MEMORY_HEAP].allocated.count);
	cr_expect_eq(all.bytes, process->memory[MEMORY_HEAP].allocated.bytes);
	cr_expect_eq(temporary, process->memory[MEMORY_HEAP].temporary.count);
	cr_expect_gt(temporary, 0);
	cr_expect_eq(never.count, process->memory[MEMORY_HEAP].leaked.count);
	cr_expect_eq(never.bytes, process->memory[MEMORY_HEAP].leaked.bytes);
	run_free(program->run);
	g_free(program);
}

Test(spans, a_time_before_the_run_is_in_the_first_interval)
{
	struct model *model =
		model_new(&(struct model_clock){.start_ticks = 5000, .ns_per_tick = 1});
	struct model_thread *thread = feeder_thread(model, 1, 1);

	model_node(thread, 1, 0, 16);
	feed_alloc(model, thread, 4900, 1, 10, 0x1000);
	feed_free(model, thread, 5100, 0x1000, 0);
	struct run *run = model_finish(
		model, &(struct model_clock){.start_ticks = 5000, .ns_per_tick = 1}, 6000);
	const struct process *process = g_ptr_array_index(run->processes, 0);

	cr_assert_eq(spans_of(process)->len, 1);
	cr_expect_eq(g_array_index(spans_of(process), struct span, 0).born, 0);
	cr_expect_eq(g_array_index(spans_of(process), struct span, 0).gone, 0);
	run_free(run);
}

/* Nothing happened for long before it began. That it is there does not hurry the others. */
Test(spans, the_first_blocks_of_a_process_are_of_the_interval_it_began_in)
{
	struct model *model = feeder_new();
	struct model_thread *first = feeder_thread(model, 1, 1), *second;
	const uint64_t start = 7200000;

	model_node(first, 1, 0, 16);
	feed_alloc(model, first, 100, 1, 10, 0x1000);
	second = model_thread(model_process(model, 2, 2, start), 1, 1, start);
	model_rss(model_process(model, 2, 2, start), start, 4096, 0);
	feed_free(model, first, 200, 0x1000, 0);
	model_node(second, 1, 0, 16);
	feed_alloc(model, second, start + 10, 1, 10, 0x1000);
	feed_free(model, second, start + 20, 0x1000, 0);
	struct run *run = feeder_finish(model, 2 * start);

	for (unsigned i = 0; i < 2; i++) {
		const GArray *spans = spans_of(g_ptr_array_index(run->processes, i));
		const unsigned interval = i ? (unsigned)(start / run->span_ns) : 0;

		cr_assert_eq(spans->len, 1);
		cr_expect_eq(g_array_index(spans, struct span, 0).born, interval);
		cr_expect_eq(g_array_index(spans, struct span, 0).gone, interval);
	}
	run_free(run);
}

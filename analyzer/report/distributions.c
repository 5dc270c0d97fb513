/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Sizes, lifetimes and the timeline as text: see report.h. */
#include "report.h"

/* Bucket i holds (2^(i-1), 2^i]: the classes' upper bounds are 2^last. */
const struct size_class size_classes[] = {
	{"0-64", 0, 6},
	{"65-256", 7, 8},
	{"257-1K", 9, 10},
	{"1K-4K", 11, 12},
	{"4K-16K", 13, 14},
	{"16K-64K", 15, 16},
	{"more", 17, SIZE_BUCKETS - 1},
};
const unsigned size_class_count = G_N_ELEMENTS(size_classes);

/* Powers of two nearest to what the titles say: 2^10 ns = 1.02 us, and so on. */
const struct size_class lifetime_classes[] = {
	{"to 1 us", 0, 10},
	{"to 16 us", 11, 14},
	{"to 262 us", 15, 18},
	{"to 4 ms", 19, 22},
	{"to 67 ms", 23, 26},
	{"to 1 s", 27, 30},
	{"to 17 s", 31, 34},
	{"longer", 35, LIFETIME_BUCKETS - 1},
};
const unsigned lifetime_class_count = G_N_ELEMENTS(lifetime_classes);

struct tally
size_class_tally(const struct selection *selection, enum profile_histogram kind,
	const struct size_class *class)
{
	struct tally sum = {0};

	for (guint i = 0; i < selection->profile->processes->len; i++) {
		const struct profile_process *process = profile_process(selection->profile, i);

		for (unsigned j = class->first; selection->processes[i] && j <= class->last; j++) {
			sum.count += process->histograms[kind].bucket[j].count;
			sum.bytes += process->histograms[kind].bucket[j].bytes;
		}
	}
	return sum;
}

static void
print_classes(const struct text *text, const struct selection *selection,
	enum profile_histogram kind, const struct size_class *classes, unsigned count)
{
	uint64_t most = 0, all = 0;

	if (selection->part) {
		text_print(text, STYLE_DIM, "  known of the whole run alone\n");
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		const struct tally sum = size_class_tally(selection, kind, &classes[i]);

		most = MAX(most, sum.count);
		all += sum.count;
	}
	for (unsigned i = 0; i < count; i++) {
		const struct tally sum = size_class_tally(selection, kind, &classes[i]);
		char blocks[TEXT_CELL], share[TEXT_CELL], bytes[TEXT_CELL];

		fprintf(text->file, "  %-10s %13s %8s %10s%s", classes[i].title,
			text_count(sum.count, blocks), text_share(sum.count, all, share),
			text_bytes(sum.bytes, bytes), sum.count ? "  " : "");
		text_bar(text, sum.count, most, text->width - 50);
		fputc('\n', text->file);
	}
}

static void
print_scope(const struct text *text, const struct selection *selection)
{
	if (selection->path_restricted)
		text_print(text, STYLE_DIM,
			"  (of whole processes: distributions are not kept by function)\n");
}

void
report_sizes(const struct text *text, const struct selection *selection)
{
	text_heading(text, "Sizes allocated, in bytes");
	print_scope(text, selection);
	print_classes(text, selection, PROFILE_SIZES_ALLOCATED, size_classes, size_class_count);
	text_heading(text, "Sizes freed, in bytes");
	print_classes(text, selection, PROFILE_SIZES_FREED, size_classes, size_class_count);
}

void
report_lifetimes(const struct text *text, const struct selection *selection)
{
	text_heading(text, "Lifetimes of freed blocks");
	print_scope(text, selection);
	print_classes(text, selection, PROFILE_LIFETIMES, lifetime_classes, lifetime_class_count);
}

/* ---- timeline ---- */

enum {
	LINE_LABEL = 14,
	LINE_VALUE = 12,
};

struct line {
	const char *name;
	size_t offset; /* in struct timeline_bin */
	bool rate;     /* of columns that hold several bins the sum, else the largest */
	enum metric_unit unit;
};

static const struct line timeline_lines[] = {
	{"live heap", offsetof(struct timeline_bin, live_max_bytes), false, UNIT_BYTES},
	{"live blocks", offsetof(struct timeline_bin, live_blocks), false, UNIT_COUNT},
	{"mapped", offsetof(struct timeline_bin, mapped_bytes), false, UNIT_BYTES},
	{"RSS", offsetof(struct timeline_bin, rss_bytes), false, UNIT_BYTES},
	{"allocations", offsetof(struct timeline_bin, allocated.count), true, UNIT_COUNT},
	{"allocated", offsetof(struct timeline_bin, allocated.bytes), true, UNIT_BYTES},
	{"CPU time", offsetof(struct timeline_bin, cpu_ns), true, UNIT_NS},
};

/* A bin's value, all selected processes together. */
static uint64_t
value_at(const struct selection *selection, const struct line *line, uint32_t bin)
{
	uint64_t sum = 0;

	for (guint i = 0; i < selection->profile->processes->len; i++) {
		const struct timeline_bin *at =
			profile_bin(profile_process(selection->profile, i), bin);

		if (selection->processes[i] && at)
			sum += *(const uint64_t *)(const void *)((const char *)at + line->offset);
	}
	return sum;
}

static const char *
text_of_unit(enum metric_unit unit, uint64_t value, char cell[TEXT_CELL])
{
	return unit == UNIT_BYTES ? text_bytes(value, cell)
	       : unit == UNIT_NS  ? text_time(value, cell)
				  : text_count(value, cell);
}

/* The first interval of a part of the time; of the whole run that is the run's. */
static uint32_t
first_bin(const struct selection *selection)
{
	uint32_t first = UINT32_MAX;

	for (guint i = 0; i < selection->profile->processes->len; i++) {
		const struct profile_process *process = profile_process(selection->profile, i);

		if (process->bin_count)
			first = MIN(first, process->bin_first);
	}
	return selection->part && first != UINT32_MAX ? first : 0;
}

static void
print_spark(const struct text *text, const struct selection *selection, const struct line *line,
	uint32_t from, uint32_t bins)
{
	static const char *const levels[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	const unsigned columns = MIN(bins, text->width - LINE_LABEL - LINE_VALUE - 4);
	g_autofree uint64_t *values = g_new0(uint64_t, columns);
	uint64_t most = 0;
	char cell[TEXT_CELL];

	for (uint32_t bin = 0; bin < bins; bin++) {
		uint64_t *value = &values[(uint64_t)bin * columns / bins];
		const uint64_t more = value_at(selection, line, from + bin);

		*value = line->rate ? *value + more : MAX(*value, more);
		most = MAX(most, *value);
	}
	if (!most)
		return;
	fprintf(text->file, "  %-*s", LINE_LABEL, line->name);
	for (unsigned i = 0; i < columns; i++) {
		const unsigned level = (unsigned)((double)values[i] / (double)most * 8 + 0.5);

		fputs(levels[values[i] ? MAX(1, level) : 0], text->file);
	}
	fprintf(text->file, "  %s\n", text_of_unit(line->unit, most, cell));
}

void
report_timeline(const struct text *text, const struct selection *selection)
{
	const uint32_t from = first_bin(selection);
	const uint32_t bins = profile_bin_end(selection->profile) - from;
	char time[TEXT_CELL];

	text_heading(text, "Over time (%s; at the right the largest)",
		text_time(bins * selection->profile->run.bin_ns, time));
	print_scope(text, selection);
	if (!bins)
		fputs("  no timeline was recorded\n", text->file);
	for (unsigned i = 0; bins && i < G_N_ELEMENTS(timeline_lines); i++)
		print_spark(text, selection, &timeline_lines[i], from, bins);
}

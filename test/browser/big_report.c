/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * big_report NODES DEPTH > report.html
 *
 * The report of a made-up profile with so many call paths, no deeper than DEPTH: for the browser
 * tests of size and speed. With NODES = DEPTH it is one path.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"

enum {
	FUNCTIONS = 4000,
	FRAMES = 12000,
	FILES = 200,
	MODULES = 12,
	BINS = 1200,
	SPANS = 75,
	BIN_NS = 4000000,
	MEMORY_EVERY = 3, /* nodes */
};

static uint64_t seed = 1;

static uint32_t
pick(uint32_t count)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % count;
}

static const char *
named(struct profile *profile, const char *before, unsigned number, const char *after)
{
	char text[80];

	snprintf(text, sizeof(text), "%s%u%s", before, number, after);
	return profile_string(profile, text);
}

static void
make_names(struct profile *profile)
{
	for (unsigned i = 0; i < MODULES; i++) {
		const struct profile_module module = {
			named(profile, "/usr/lib/libpart", i, ".so.1"), "", ""};

		g_array_append_val(profile->modules, module);
	}
	for (unsigned i = 0; i < FILES; i++) {
		const char *file = named(profile, "/src/part/module_", i, ".cpp");

		g_array_append_val(profile->files, file);
	}
	for (unsigned i = 0; i < FUNCTIONS; i++) {
		const struct profile_function function = {
			named(profile, "app::Component", i, "::process(int)"), 1 + i % MODULES, 0};

		g_array_append_val(profile->functions, function);
	}
	for (unsigned i = 0; i < FRAMES; i++) {
		const struct profile_frame frame = {
			1 + i % FUNCTIONS, 1 + i % FILES, 10 + i / 7, false};

		g_array_append_val(profile->frames, frame);
	}
}

/* Each node calls one, or a later one is called by one of those on the way to the root. */
static void
make_nodes(struct profile *profile, uint32_t count, uint32_t deepest)
{
	g_autofree uint32_t *way = g_new0(uint32_t, deepest + 2);
	uint32_t depth = 0;

	profile_resize_nodes(profile, count + 1);
	for (uint32_t node = 1; node <= count; node++) {
		if (count != deepest && (depth == deepest || pick(5) == 0))
			depth -= pick(MIN(depth, 8) + 1);
		if (depth == deepest)
			depth--;
		profile->nodes.parent[node] = way[depth];
		profile->nodes.frame[node] = 1 + pick(FRAMES);
		way[++depth] = node;
	}
	profile_index_nodes(profile);
}

static void
make_memory(struct profile *profile)
{
	const uint32_t count = (profile->nodes.count - 1) / MEMORY_EVERY + 1;
	struct profile_span *spans = g_new0(struct profile_span, 2 * (size_t)count);
	uint64_t live = 0;

	profile_resize_memory(profile, count);
	for (uint32_t i = 0; i < count; i++) {
		struct memory_sums *sums = &profile->memory.sums[i];
		const uint32_t node =
			i == count - 1 ? profile->nodes.count - 1 : 1 + i * MEMORY_EVERY;
		const uint64_t blocks = 2 + pick(200), size = 16 + pick(4000);
		const uint8_t born = (uint8_t)pick(SPANS);

		profile->memory.node[i] = node;
		sums->allocated = (struct tally){blocks, blocks * size};
		sums->temporary = (struct tally){blocks / 4, blocks / 4 * size};
		sums->leaked = (struct tally){1, size};
		sums->freed = (struct tally){blocks - 1, (blocks - 1) * size};
		sums->at_run_peak = (struct tally){blocks / 2, blocks / 2 * size};
		live += blocks / 2 * size;
		spans[2 * i] = (struct profile_span){.node = node,
			.born = born,
			.gone = (uint8_t)(born + pick(SPANS - born)),
			.blocks = sums->freed};
		if (spans[2 * i].gone == born)
			spans[2 * i].temporary = sums->temporary.count;
		spans[2 * i + 1] = (struct profile_span){
			.node = node, .born = born, .gone = SPAN_NEVER, .blocks = sums->leaked};
	}
	/* The last row must not be one of the others. */
	if (count > 1 && profile->memory.node[count - 2] == profile->memory.node[count - 1])
		profile_resize_memory(profile, count - 1);
	profile->spans.rows = spans;
	profile->spans.count = 2 * profile->memory.count;
	profile->spans.span_ns = (uint64_t)BIN_NS * BINS / SPANS;
	profile->run.peak_bytes = live;
}

static void
make_process(struct profile *profile)
{
	struct profile_process process = {.pid = 100,
		.parent = -1,
		.exe = "big",
		.command = "big --run",
		.end_ns = (uint64_t)BIN_NS * BINS - 1,
		.bin_count = BINS,
		.timeline = g_new0(struct timeline_bin, BINS)};
	const struct profile_thread thread = {.number = 1, .tid = 100, .name = "main"};

	for (unsigned i = 0; i < BINS; i++)
		process.timeline[i] = (struct timeline_bin){.live_bytes = i * 1000,
			.live_max_bytes = i * 1000 + pick(100000),
			.rss_bytes = 1000000 + i * 1500,
			.allocated = {pick(5000), pick(500000)}};
	g_array_append_val(profile->processes, process);
	g_array_append_val(profile->threads, thread);
	profile->run.program = profile->run.command = "big";
	profile->run.bin_ns = BIN_NS;
	profile->run.duration_ns = process.end_ns;
}

int
main(int argc, char **argv)
{
	struct profile *profile = profile_new();

	if (argc != 3) {
		fprintf(stderr, "usage: big_report NODES DEPTH\n");
		return 2;
	}
	make_names(profile);
	make_nodes(profile, (uint32_t)atoi(argv[1]), (uint32_t)atoi(argv[2]));
	make_memory(profile);
	make_process(profile);
	const int error = html_write(stdout, profile, NULL);

	profile_free(profile);
	return error ? 1 : 0;
}

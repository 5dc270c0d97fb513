/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See synthetic.h. */
#include <errno.h>
#include <string.h>

#include "call_histogram.h"
#include "synthetic.h"

/* ---- the symbolizer ---- */

struct symbolizer {
	GHashTable *chains; /* key_of() -> GArray of struct symbol */
	GHashTable *wanted;
	GStringChunk *strings;
	unsigned unwanted;
	GPtrArray *offsets; /* chains made up on the way */
};

static gint64 *
key_of(uint32_t module, uint64_t address)
{
	const gint64 key = (gint64)((uint64_t)module << 48 ^ address);

	return g_memdup2(&key, sizeof(key));
}

struct symbolizer *
symbolizer_new(const struct symbolizer_options *options)
{
	struct symbolizer *symbolizer = g_new0(struct symbolizer, 1);

	symbolizer->chains = g_hash_table_new_full(
		g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)g_array_unref);
	symbolizer->wanted = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	symbolizer->strings = g_string_chunk_new(4096);
	return symbolizer;
}

void
symbolizer_free(struct symbolizer *symbolizer)
{
	g_hash_table_destroy(symbolizer->chains);
	g_hash_table_destroy(symbolizer->wanted);
	g_string_chunk_free(symbolizer->strings);
	g_free(symbolizer);
}

void
symbolizer_want(struct symbolizer *symbolizer, uint32_t module, uint64_t address)
{
	g_hash_table_add(symbolizer->wanted, key_of(module, address));
}

void
symbolizer_resolve_all(struct symbolizer *symbolizer)
{
}

int64_t
symbolizer_add_map(struct symbolizer *symbolizer, const char *path)
{
	return -ENOENT;
}

static GArray *
chain_at(struct symbolizer *symbolizer, uint32_t module, uint64_t address)
{
	g_autofree gint64 *key = key_of(module, address);
	GArray *chain = g_hash_table_lookup(symbolizer->chains, key);

	if (!chain) {
		chain = g_array_new(FALSE, FALSE, sizeof(struct symbol));
		g_hash_table_insert(symbolizer->chains, g_steal_pointer(&key), chain);
	}
	return chain;
}

struct symbol_chain
symbolizer_find(struct symbolizer *symbolizer, uint32_t module, uint64_t address)
{
	g_autofree gint64 *key = key_of(module, address);
	GArray *chain = chain_at(symbolizer, module, address);

	symbolizer->unwanted += !g_hash_table_contains(symbolizer->wanted, key);
	if (!chain->len) {
		g_autofree char *name =
			g_strdup_printf("module%u+0x%" G_GINT64_MODIFIER "x", module, address);
		const struct symbol symbol = {
			.function = g_string_chunk_insert_const(symbolizer->strings, name),
			.precision = SYMBOL_OFFSET,
		};

		g_array_append_val(chain, symbol);
	}
	return (struct symbol_chain){(const struct symbol *)(void *)chain->data, chain->len};
}

const char *
symbolizer_complaint(const struct symbolizer *symbolizer, uint32_t module)
{
	return module == 2 ? "no debug information" : NULL;
}

void
synthetic_symbol(struct symbolizer *symbolizer, uint32_t module, uint64_t return_address,
	const char *function, const char *file, uint32_t line)
{
	GArray *chain = chain_at(symbolizer, module, return_address - 1);
	const struct symbol symbol = {
		.function = g_string_chunk_insert_const(symbolizer->strings, function),
		.file = file ? g_string_chunk_insert_const(symbolizer->strings, file) : NULL,
		.line = line,
		.precision = file ? SYMBOL_LINE : SYMBOL_NAME,
	};

	if (chain->len)
		g_array_index(chain, struct symbol, chain->len - 1).inlined = true;
	g_array_append_val(chain, symbol);
}

unsigned
synthetic_unwanted(const struct symbolizer *symbolizer)
{
	return symbolizer->unwanted;
}

/* ---- the run ---- */

struct run *
synthetic_run_new(void)
{
	struct run *run = run_new();

	run->start_realtime_ns = UINT64_C(1700000000000000000);
	run->duration_ns = UINT64_C(2500000000);
	run->bin_ns = 100000000;
	run->chunks = 12;
	return run;
}

void
synthetic_run_free(struct run *run)
{
	run_free(run);
}

struct process *
synthetic_process(struct run *run, uint32_t pid)
{
	struct process *process = process_new();

	process->number = run->processes->len + 1;
	process->pid = pid;
	process->parent_pid = 1;
	process->exe = g_strdup("/usr/bin/sample");
	process->arguments = g_strsplit("./sample|--size|two words", "|", -1);
	process->end_ns = run->duration_ns;
	g_array_set_size(process->nodes, 1);
	g_ptr_array_add(run->processes, process);
	return process;
}

struct thread *
synthetic_thread(struct process *process, uint32_t tid)
{
	struct thread *thread = thread_new();

	thread->number = process->threads->len + 1;
	thread->tid = tid;
	thread->name = g_strdup_printf("worker-%u", thread->number);
	thread->end_ns = process->end_ns;
	g_ptr_array_add(process->threads, thread);
	return thread;
}

struct module *
synthetic_module(struct process *process, const char *path, uint64_t start, uint32_t symbols)
{
	struct module *module = g_new0(struct module, 1);

	module->number = process->modules->len + 1;
	module->bias = module->start = start;
	module->end = start + 0x10000;
	module->path = g_strdup(path);
	module->build_id = g_memdup2("\xab\x01\xff", 3);
	module->build_id_bytes = 3;
	module->end_ns = UINT64_MAX;
	module->symbols = symbols;
	g_ptr_array_add(process->modules, module);
	return module;
}

uint32_t
synthetic_node(struct process *process, uint32_t parent, uint64_t pc)
{
	const struct node node = {.parent = parent, .pc = pc};

	g_array_append_val(process->nodes, node);
	return process->nodes->len - 1;
}

void
synthetic_heap(struct thread *thread, uint32_t node, uint64_t count, uint64_t size, uint64_t leaked)
{
	const struct tally live = {leaked, leaked * size};
	const struct site site = {
		.node = node,
		.category = MEMORY_HEAP,
		.memory =
			{
				.allocated = {count, count * size},
				.freed = {count - leaked, (count - leaked) * size},
				.temporary = {(count - leaked) / 2, (count - leaked) / 2 * size},
				.leaked = live,
				.at_run_peak = live,
				.at_peak = live,
				.largest_bytes = size,
				.lifetime_ns = (count - leaked) * 1000,
				.lifetime_max_ns = count > leaked ? 1000 + size : 0,
			},
	};

	g_array_append_val(thread->sites, site);
}

void
synthetic_calls(
	struct thread *thread, uint32_t node, unsigned count, uint64_t total_ns, uint64_t self_ns)
{
	struct call_histogram histogram = {0};
	struct call_row row = {.node = node};

	for (unsigned i = 0; i < count; i++)
		call_histogram_add(&histogram, total_ns / count * (i + 1) * 2 / (count + 1));
	row.sums = (struct call_sums){
		.calls = count,
		.total_ns = total_ns,
		.total_error_ns = total_ns / 100,
		.self_ns = self_ns,
		.self_error_ns = self_ns / 100,
		.min_ns = total_ns / count * 2 / (count + 1),
		.max_ns = total_ns / count * count * 2 / (count + 1),
	};
	row.histogram = call_histogram_pack(&histogram, 1, &row.histogram_bytes);
	call_histogram_fini(&histogram);
	g_array_append_val(thread->calls, row);
}

void
synthetic_samples(struct thread *thread, uint32_t node, enum sample_kind kind, uint64_t samples,
	uint64_t periods)
{
	struct sample_row row = {.node = node};

	row.sums[kind] = (struct sample_tally){
		.samples = samples, .periods = periods, .time_ns = periods * 1000000};
	if (periods > samples) {
		row.sums[kind].kernel_samples = 1;
		row.sums[kind].kernel_periods = periods - samples + 1;
		row.sums[kind].kernel_ns = row.sums[kind].kernel_periods * 1000000;
	}
	g_array_append_val(thread->samples, row);
}

static void
finish_process(struct process *process)
{
	for (guint i = 0; i < process->threads->len; i++) {
		struct thread *thread = g_ptr_array_index(process->threads, i);

		for (guint j = 0; j < thread->sites->len; j++) {
			const struct site *site = &g_array_index(thread->sites, struct site, j);

			memory_sums_add(&thread->memory[site->category], &site->memory);
			memory_sums_add(&process->memory[site->category], &site->memory);
		}
	}
	process->peak_bytes = process->memory[MEMORY_HEAP].at_peak.bytes;
	process->peak_ns = process->end_ns / 2;
}

void
synthetic_finish(struct run *run)
{
	for (guint i = 0; i < run->processes->len; i++) {
		struct process *process = g_ptr_array_index(run->processes, i);

		finish_process(process);
		run->peak_bytes += process->memory[MEMORY_HEAP].at_run_peak.bytes;
		run->events += process->memory[MEMORY_HEAP].allocated.count +
			       process->memory[MEMORY_HEAP].freed.count;
	}
	run->peak_ns = run->duration_ns / 2;
	run->event_bytes = run->events * 5;
}

/* ---- the sample ---- */

/*
 *	main (main.c:40) -- load (load.c:10) -- [inlined] grow (vec.h:7) -- operator new
 *	                |                    `- strdup (libc)
 *	                `- walk (walk.c:5) -- walk -- walk: malloc at each depth
 *	thread 2: start_thread -- serve (serve.cpp:80) -- operator new
 *	process 2: main -- load -- ...; and a stack that could not be walked
 */
enum {
	APP = 0x10000,
	LIBC = 0x40000,
	LIBSTDCPP = 0x80000,
};

static void
name_sample(struct symbolizer *symbolizer)
{
	synthetic_symbol(symbolizer, 1, 0x100, "main", "/src/main.c", 40);
	synthetic_symbol(symbolizer, 1, 0x110, "main", "/src/main.c", 41);
	synthetic_symbol(symbolizer, 1, 0x200, "void vec::grow<int>(int)", "/src/vec.h", 7);
	synthetic_symbol(symbolizer, 1, 0x200, "load(char const*)", "/src/load.c", 10);
	synthetic_symbol(symbolizer, 1, 0x210, "load(char const*)", "/src/load.c", 12);
	synthetic_symbol(symbolizer, 1, 0x300, "walk", "/src/walk.c", 5);
	synthetic_symbol(symbolizer, 1, 0x400, "app::Server::serve(std::string const&)",
		"/src/serve.cpp", 80);
	synthetic_symbol(symbolizer, 2, 0x100, "strdup", NULL, 0);
	synthetic_symbol(symbolizer, 2, 0x200, "start_thread", NULL, 0);
	synthetic_symbol(symbolizer, 3, 0x100, "operator new(unsigned long)", NULL, 0);
}

static void
add_sample_process(struct run *run, uint32_t pid, uint64_t base, uint64_t scale)
{
	struct process *process = synthetic_process(run, pid);
	struct thread *first = synthetic_thread(process, pid);
	struct thread *second = synthetic_thread(process, pid + 1);
	uint32_t main_node, load, walk, serve;

	synthetic_module(process, "/opt/sample/bin/sample", base + APP, 1);
	synthetic_module(process, "/lib/x86_64-linux-gnu/libc.so.6", base + LIBC, 2);
	synthetic_module(process, "/lib/x86_64-linux-gnu/libstdc++.so.6", base + LIBSTDCPP, 3);
	main_node = synthetic_node(process, 0, base + APP + 0x100);
	load = synthetic_node(process, main_node, base + APP + 0x200);
	synthetic_heap(first, synthetic_node(process, load, base + LIBSTDCPP + 0x100), 100 * scale,
		4096, 20);
	load = synthetic_node(process, main_node, base + APP + 0x210);
	synthetic_heap(
		first, synthetic_node(process, load, base + LIBC + 0x100), 1000 * scale, 24, 3);
	walk = synthetic_node(process, 0, base + APP + 0x110);
	for (unsigned depth = 1; depth <= 3; depth++) {
		walk = synthetic_node(process, walk, base + APP + 0x300);
		synthetic_heap(first, walk, 10, 100 * depth, depth == 3 ? 2 : 0);
	}
	serve = synthetic_node(process, 0, base + LIBC + 0x200);
	serve = synthetic_node(process, serve, base + APP + 0x400);
	synthetic_heap(
		second, synthetic_node(process, serve, base + LIBSTDCPP + 0x100), 50, 65536, 1);
	synthetic_heap(second, synthetic_node(process, 0, 2 /* truncated */), 5, 64, 0);
	second->creator = main_node;
}

static void
add_distributions(struct process *process)
{
	for (unsigned i = 0; i < 25; i++) {
		const uint64_t live = i < 12 ? i * 10000 : (24 - i) * 10000;
		const struct timeline_bin bin = {
			.live_bytes = live,
			.live_max_bytes = live + 500,
			.live_blocks = i,
			.mapped_bytes = i > 5 ? 1 << 20 : 0,
			.rss_bytes = 8 << 20,
			.allocated = {10, 1000},
			.freed = {9, 900},
		};

		g_array_append_val(process->timeline, bin);
	}
	process->sizes_allocated.bucket[5] = (struct tally){1000, 24000};
	process->sizes_allocated.bucket[12] = (struct tally){100, 409600};
	process->sizes_allocated.bucket[16] = (struct tally){50, 3276800};
	process->sizes_freed.bucket[5] = (struct tally){997, 23928};
	process->lifetimes.bucket[10] = (struct tally){900, 21600};
	process->lifetimes.bucket[24] = (struct tally){97, 2328};
	process->mapped_peak_bytes = 1 << 20;
	process->mapped_peak_ns = 600000000;
	process->rss_peak_bytes = 9 << 20;
}

static struct profile *
build_sample(struct run *run, struct symbolizer *symbolizer)
{
	static const char *const cost[] = {"analysis 12 ms", NULL};
	const struct profile_context context = {
		.thag_version = "0.1.0",
		.cost = cost,
		.exit_status = 3,
	};
	struct profile *profile;

	synthetic_finish(run);
	profile = profile_build(run, symbolizer, &context);
	profile->run.host = profile->run.kernel = profile->run.cpu = profile_string(profile, "");
	synthetic_run_free(run);
	symbolizer_free(symbolizer);
	return profile;
}

struct profile *
synthetic_sample(void)
{
	struct symbolizer *symbolizer = symbolizer_new(NULL);
	struct run *run = synthetic_run_new();

	name_sample(symbolizer);
	add_sample_process(run, 4711, 0, 1);
	add_sample_process(run, 4720, 0x7f0000000000, 2);
	((struct process *)g_ptr_array_index(run->processes, 1))->parent = 1;
	add_distributions(g_ptr_array_index(run->processes, 0));
	return build_sample(run, symbolizer);
}

/* ---- the sample of times ---- */

/*
 * Where traced functions begin: main 0x90, load 0x1f0, walk 0x2f0, serve 0x3f0, spin 0x500.
 *
 *	thread 1: _start -> main -> load; walk -> walk; one of them sampled, too
 *	thread 2: start_thread -> serve -> spin, which did not return
 */
static void
name_entry(struct symbolizer *symbolizer, uint64_t entry, const char *function, const char *file,
	uint32_t line)
{
	synthetic_symbol(symbolizer, 1, entry + 1, function, file, line);
}

static uint32_t
traced_node(struct process *process, uint32_t parent, uint64_t function)
{
	const struct node node = {
		.parent = parent, .pc = (APP + function) | UINT64_C(1) << 63, .traced = true};

	g_array_append_val(process->nodes, node);
	return process->nodes->len - 1;
}

static void
add_piece(struct thread *thread, enum chart_kind kind, uint32_t node, uint32_t depth,
	uint64_t start_ms, uint64_t end_ms)
{
	const struct chart_box box = {.start_ns = start_ms * 1000000,
		.duration_ns = (end_ms - start_ms) * 1000000,
		.node = node,
		.depth = depth,
		.kind = kind};

	g_array_append_val(thread->chart, box);
}

/* What of the samples at a node was in one interval. */
static void
add_moment(struct thread *thread, uint32_t node, uint8_t span, uint64_t user, uint64_t kernel_ms)
{
	const struct moment_row row = {.node = node,
		.span = span,
		.sums = {.samples[SAMPLE_CPU] = user + (kernel_ms > 0),
			.time_ns[SAMPLE_CPU] = (user + kernel_ms) * 1000000,
			.kernel_samples = kernel_ms > 0,
			.kernel_ns = kernel_ms * 1000000}};

	g_array_append_val(thread->moments, row);
}

/* Also gives the node of a call of walk on an ordinary stack. */
static void
add_traced_thread(struct process *process, struct thread *thread)
{
	const uint32_t start = synthetic_node(process, 0, LIBC + 0x300);
	const uint32_t main_node = traced_node(process, start, 0x90);
	const uint32_t load = traced_node(process, main_node, 0x1f0);
	const uint32_t walk = traced_node(process, main_node, 0x2f0);
	const uint32_t deeper = traced_node(process, walk, 0x2f0);
	uint32_t sampled = synthetic_node(process, start, APP + 0x100);

	synthetic_calls(thread, main_node, 1, 1000000000, 50000000);
	synthetic_calls(thread, load, 100, 250000000, 250000000);
	synthetic_calls(thread, walk, 7, 700000000, 300000000);
	synthetic_calls(thread, deeper, 70, 400000000, 400000000);
	sampled = synthetic_node(process, sampled, (APP + 0x2ff) | UINT64_C(1) << 63);
	synthetic_samples(thread, sampled, SAMPLE_CPU, 690, 700);
	add_moment(thread, sampled, 0, 500, 0);
	add_moment(thread, sampled, 3, 189, 11);
	synthetic_samples(thread, synthetic_node(process, sampled, 1), SAMPLE_CPU, 5, 5);
	add_piece(thread, CHART_CPU, sampled, 0, 300, 1000);
	add_piece(thread, CHART_CALL, main_node, 0, 0, 1000);
	add_piece(thread, CHART_CALL, load, 1, 0, 250);
	add_piece(thread, CHART_CALL, walk, 1, 280, 980);
	add_piece(thread, CHART_CALL, deeper, 2, 300, 700);
}

static void
add_serving_thread(struct process *process, struct thread *thread)
{
	const uint32_t start = synthetic_node(process, 0, LIBC + 0x200);
	const uint32_t serve = traced_node(process, start, 0x3f0);
	const uint32_t spin = traced_node(process, serve, 0x500);

	synthetic_calls(thread, serve, 1, 2000000000, 100000000);
	synthetic_calls(thread, spin, 1, 1900000000, 1900000000);
	g_array_index(thread->calls, struct call_row, 1).sums.unfinished = 1;
	synthetic_samples(thread, start, SAMPLE_WALL, 100, 100);
	add_piece(thread, CHART_CALL, serve, 0, 100, 2100);
	add_piece(thread, CHART_CALL, spin, 1, 200, 2100);
}

struct profile *
synthetic_time_sample(void)
{
	struct symbolizer *symbolizer = symbolizer_new(NULL);
	struct run *run = synthetic_run_new();
	struct process *process = synthetic_process(run, 4711);
	struct thread *first = synthetic_thread(process, 4711);
	struct thread *second = synthetic_thread(process, 4712);

	name_sample(symbolizer);
	name_entry(symbolizer, 0x90, "main", "/src/main.c", 38);
	name_entry(symbolizer, 0x1f0, "load(char const*)", "/src/load.c", 8);
	name_entry(symbolizer, 0x2f0, "walk", "/src/walk.c", 3);
	name_entry(
		symbolizer, 0x3f0, "app::Server::serve(std::string const&)", "/src/serve.cpp", 70);
	name_entry(symbolizer, 0x500, "spin", "/src/spin.c", 1);
	name_entry(symbolizer, 0x2ff, "walk", "/src/walk.c", 5);
	synthetic_symbol(symbolizer, 2, 0x300, "_start", NULL, 0);
	synthetic_module(process, "/opt/sample/bin/sample", APP, 1);
	synthetic_module(process, "/lib/x86_64-linux-gnu/libc.so.6", LIBC, 2);
	process->cost[COST_OF_CALLS] = (struct profiling_cost){30000, 12000, 1500};
	process->cost[COST_OF_MEMORY] = (struct profiling_cost){90000, 0, 4000};
	process->sampling[SAMPLE_CPU] = (struct sampling){1000, 1};
	process->sampling[SAMPLE_WALL] = (struct sampling){1000, 3};
	process->own_periods = 12;
	process->own_ns = 12000000;
	process->unsampled_ns = 3000000;
	process->trace_stops = 1;
	run->chart_shortest_ns = 4096;
	run->chart_hidden = 1234;
	run->span_ns = 250000000;
	add_traced_thread(process, first);
	add_serving_thread(process, second);
	return build_sample(run, symbolizer);
}

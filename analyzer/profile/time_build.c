/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See time_build.h. */
#include "time_build.h"

#include "call_histogram.h"

/* ---- rows ---- */

void
time_build_want(struct call_paths *paths, const struct thread *thread)
{
	for (guint i = 0; thread->calls && i < thread->calls->len; i++)
		call_paths_want(paths, g_array_index(thread->calls, struct call_row, i).node);
	for (guint i = 0; thread->samples && i < thread->samples->len; i++)
		call_paths_want(paths, g_array_index(thread->samples, struct sample_row, i).node);
	for (guint i = 0; thread->chart && i < thread->chart->len; i++)
		call_paths_want(paths, g_array_index(thread->chart, struct chart_box, i).node);
}

static struct profile_bytes
keep_bytes(struct profile *profile, const uint8_t *bytes, uint32_t count)
{
	struct profile_bytes kept = {.count = count};

	if (count)
		kept.bytes = (const uint8_t *)g_string_chunk_insert_len(
			profile->strings, (const char *)bytes, count);
	return kept;
}

static void
add_call(struct call_paths *paths, uint32_t number, const struct call_row *row)
{
	struct profile *profile = paths->target->profile;
	const struct profile_call call = {
		.node = call_paths_place(paths, row->node),
		.thread = number,
		.sums = row->sums,
		.histogram = keep_bytes(profile, row->histogram, row->histogram_bytes),
	};

	g_array_append_val(profile->calls, call);
}

static void
add_sample(struct call_paths *paths, uint32_t number, const struct sample_row *row)
{
	struct profile_sample sample = {
		.node = call_paths_place(paths, row->node),
		.thread = number,
	};

	for (unsigned kind = 0; kind < SAMPLE_KINDS; kind++)
		sample.sums[kind] = row->sums[kind];
	g_array_append_val(paths->target->profile->samples, sample);
}

static void
add_moment(struct call_paths *paths, uint32_t number, const struct moment_row *row)
{
	const struct profile_moment moment = {
		.node = call_paths_place(paths, row->node),
		.thread = number,
		.span = row->span,
		.sums = row->sums,
	};

	g_array_append_val(paths->target->profile->moments, moment);
}

static void
add_box(struct call_paths *paths, uint32_t number, const struct chart_box *from)
{
	const struct profile_box box = {
		.start_ns = from->start_ns,
		.duration_ns = from->duration_ns,
		.thread = number,
		.node = call_paths_place(paths, from->node),
		.depth = from->depth,
		.kind = from->kind,
	};

	g_array_append_val(paths->target->profile->chart, box);
}

void
time_build_add(struct call_paths *paths, uint32_t number, const struct thread *thread)
{
	for (guint i = 0; thread->calls && i < thread->calls->len; i++)
		add_call(paths, number, &g_array_index(thread->calls, struct call_row, i));
	for (guint i = 0; thread->samples && i < thread->samples->len; i++)
		add_sample(paths, number, &g_array_index(thread->samples, struct sample_row, i));
	for (guint i = 0; thread->moments && i < thread->moments->len; i++)
		add_moment(paths, number, &g_array_index(thread->moments, struct moment_row, i));
	for (guint i = 0; thread->chart && i < thread->chart->len; i++)
		add_box(paths, number, &g_array_index(thread->chart, struct chart_box, i));
}

/* ---- order ---- */

static gint
compare_keys(uint32_t left_node, uint32_t left_thread, uint32_t right_node, uint32_t right_thread)
{
	if (left_node != right_node)
		return left_node < right_node ? -1 : 1;
	return left_thread < right_thread ? -1 : left_thread > right_thread;
}

static gint
compare_calls(gconstpointer a, gconstpointer b)
{
	const struct profile_call *left = a, *right = b;

	return compare_keys(left->node, left->thread, right->node, right->thread);
}

static gint
compare_samples(gconstpointer a, gconstpointer b)
{
	const struct profile_sample *left = a, *right = b;

	return compare_keys(left->node, left->thread, right->node, right->thread);
}

static struct profile_bytes
merge_histograms(struct profile *profile, const struct profile_bytes *left,
	const struct profile_bytes *right)
{
	g_autofree uint8_t *packed = NULL;
	uint32_t count;

	if (!left->count || !right->count)
		return left->count ? *left : *right;
	packed = call_packed_merge(left->bytes, left->count, right->bytes, right->count, &count);
	return keep_bytes(profile, packed, count);
}

static void
merge_calls(struct profile *profile)
{
	struct profile_call *call = (struct profile_call *)(void *)profile->calls->data;
	guint used = 0;

	g_array_sort(profile->calls, compare_calls);
	for (guint i = 0; i < profile->calls->len; i++) {
		if (!used || compare_calls(&call[used - 1], &call[i])) {
			call[used++] = call[i];
			continue;
		}
		call_sums_add(&call[used - 1].sums, &call[i].sums);
		call[used - 1].histogram =
			merge_histograms(profile, &call[used - 1].histogram, &call[i].histogram);
	}
	g_array_set_size(profile->calls, used);
	for (guint i = 0; i < used; i++) {
		const struct profile_bytes *packed = &call[i].histogram;
		const struct call_bounds bounds = {call[i].sums.min_ns, call[i].sums.max_ns};

		call[i].p50_ns = call_packed_percentile(packed->bytes, packed->count, bounds, 50);
		call[i].p90_ns = call_packed_percentile(packed->bytes, packed->count, bounds, 90);
		call[i].p99_ns = call_packed_percentile(packed->bytes, packed->count, bounds, 99);
	}
}

static void
merge_samples(struct profile *profile)
{
	struct profile_sample *sample = (struct profile_sample *)(void *)profile->samples->data;
	guint used = 0;

	g_array_sort(profile->samples, compare_samples);
	for (guint i = 0; i < profile->samples->len; i++) {
		if (used && !compare_samples(&sample[used - 1], &sample[i]))
			sample_sums_add(sample[used - 1].sums, sample[i].sums);
		else
			sample[used++] = sample[i];
	}
	g_array_set_size(profile->samples, used);
}

static gint
compare_moments(gconstpointer a, gconstpointer b)
{
	const struct profile_moment *left = a, *right = b;
	const gint order = compare_keys(left->node, left->thread, right->node, right->thread);

	return order ? order : (left->span > right->span) - (left->span < right->span);
}

static void
merge_moments(struct profile *profile)
{
	struct profile_moment *moment = (struct profile_moment *)(void *)profile->moments->data;
	guint used = 0;

	g_array_sort(profile->moments, compare_moments);
	for (guint i = 0; i < profile->moments->len; i++) {
		if (used && !compare_moments(&moment[used - 1], &moment[i]))
			moment_sums_add(&moment[used - 1].sums, &moment[i].sums);
		else
			moment[used++] = moment[i];
	}
	g_array_set_size(profile->moments, used);
}

/* Samples of one line, one after the other, are one piece: they differed in their addresses. */
static void
merge_pieces(struct profile *profile)
{
	struct profile_box *box = (struct profile_box *)(void *)profile->chart->data;
	guint used = 0;

	for (guint i = 0; i < profile->chart->len; i++) {
		struct profile_box *last = used ? &box[used - 1] : NULL;

		if (last && box[i].kind != CHART_CALL && last->kind == box[i].kind &&
			last->thread == box[i].thread && last->node == box[i].node &&
			last->start_ns + last->duration_ns >= box[i].start_ns)
			last->duration_ns = box[i].start_ns + box[i].duration_ns - last->start_ns;
		else
			box[used++] = box[i];
	}
	g_array_set_size(profile->chart, used);
}

void
time_build_number(struct profile *profile, const uint32_t *number)
{
	profile_renumber(profile->calls, offsetof(struct profile_call, node), number);
	profile_renumber(profile->samples, offsetof(struct profile_sample, node), number);
	profile_renumber(profile->moments, offsetof(struct profile_moment, node), number);
	profile_renumber(profile->chart, offsetof(struct profile_box, node), number);
	merge_calls(profile);
	merge_samples(profile);
	merge_moments(profile);
	merge_pieces(profile);
}

/* ---- what it cost ---- */

static void add_line(GString *text, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
add_line(GString *text, const char *format, ...)
{
	va_list arguments;

	if (text->len)
		g_string_append_c(text, '\n');
	va_start(arguments, format);
	g_string_append_vprintf(text, format, arguments);
	va_end(arguments);
}

static const struct profile_process *
process_of(const struct profile *profile, uint32_t thread)
{
	return profile_process(profile, profile_thread(profile, thread)->process);
}

static struct profile_expense
expense_of_calls(const struct profile *profile)
{
	struct profile_expense expense = {0};

	for (guint i = 0; i < profile->calls->len; i++) {
		const struct profile_call *call =
			&g_array_index(profile->calls, struct profile_call, i);
		const struct profile_process *process = process_of(profile, call->thread);
		/* A process traces in one way: the other's cost is not known. */
		const enum profiling_cost_kind kind =
			process->cost[COST_OF_CALLS].pair_ps ? COST_OF_CALLS : COST_OF_CALL_SUMS;

		profile_spend(&expense, &process->cost[kind], call->sums.calls);
	}
	return expense;
}

static uint64_t
own_ns_of(const struct profile *profile)
{
	uint64_t own_ns = 0;

	for (guint i = 0; i < profile->processes->len; i++)
		own_ns += profile_process(profile, i)->own_ns;
	return own_ns;
}

/* All CPU time that was sampled, of the program and of ours. */
static uint64_t
sampled_ns(const struct profile *profile)
{
	uint64_t whole = own_ns_of(profile);

	for (guint i = 0; i < profile->samples->len; i++)
		whole += g_array_index(profile->samples, struct profile_sample, i)
				 .sums[SAMPLE_CPU]
				 .time_ns;
	return whole;
}

/* Three figures in a unit that fits. */
static const char *
in_units(double ns, char cell[24])
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	unsigned unit = 0;

	for (; ns >= 999.5 && unit + 1 < G_N_ELEMENTS(units); unit++)
		ns /= 1000;
	g_snprintf(cell, 24, "%.*f %s", ns < 9.995 ? 2 : ns < 99.95 ? 1 : 0, ns, units[unit]);
	return cell;
}

/* With commas; of at least 32 bytes. */
static const char *
grouped(uint64_t number, char *cell)
{
	char digits[24];
	char *at = cell;

	g_snprintf(digits, sizeof(digits), "%" G_GUINT64_FORMAT, number);
	for (size_t i = 0, left = strlen(digits); left; i++) {
		*at++ = digits[i];
		if (--left && left % 3 == 0)
			*at++ = ',';
	}
	*at = '\0';
	return cell;
}

/* Samples know when they hit us; the clocks of traced calls and of the run do not. */
static void
describe_memory(const struct profile *profile, GString *text)
{
	const struct profile_expense memory = profile_memory_expense(profile);
	const double sampled = (double)sampled_ns(profile);
	/* A sample or two are no measure. */
	const double cpu_ns = sampled >= 20e6 ? sampled : 0;
	const double whole_ns = cpu_ns > 0 ? cpu_ns : (double)profile->run.duration_ns;
	char cell[24], error[24], count[32];

	if (!memory.events || (!profile->calls->len && !profile->samples->len))
		return;
	if (memory.ns > 0)
		add_line(text, "memory: about %s (± %s) for %s allocation%s, %.1f %% of %s%s",
			in_units(memory.ns, cell), in_units(memory.error_ns, error),
			grouped(memory.events, count), memory.events == 1 ? "" : "s",
			100 * memory.ns / MAX(whole_ns, 1),
			cpu_ns > 0 ? "all CPU time" : "the run time",
			profile->calls->len ? ", in the traced times" : "");
	else if (profile->calls->len)
		add_line(text, "memory: %s allocations are in the traced times, not measured",
			grouped(memory.events, count));
}

void
time_build_cost(const struct profile *profile, GString *text)
{
	const struct profile_expense calls = expense_of_calls(profile);
	const uint64_t own_ns = own_ns_of(profile);
	char cell[24], error[24], count[32];

	if (calls.ns > 0)
		add_line(text, "tracing: %s (± %s) for %s calls, taken off",
			in_units(calls.ns, cell), in_units(calls.error_ns, error),
			grouped(calls.events, count));
	if (own_ns)
		add_line(text, "our own code: %s, %.1f %% of all CPU time, left out",
			in_units((double)own_ns, cell),
			100 * (double)own_ns / (double)sampled_ns(profile));
	describe_memory(profile, text);
}

/* Processes that are one row: see profile_process. */
static void
describe_crowds(const struct profile *profile, GString *text)
{
	unsigned processes = 0;
	char count[32];

	for (guint i = 0; i < profile->processes->len; i++)
		processes += profile_process(profile, i)->together;
	if (processes)
		add_line(text,
			"processes: %s light ones are sums of their programs, not in the chart",
			grouped(processes, count));
}

/* Threads that are one row: see profile_thread. */
static void
describe_rest(const struct profile *profile, GString *text)
{
	const char *chart =
		profile->calls->len || profile->samples->len ? ", not in the chart" : "";
	unsigned processes = 0, threads = 0;
	char count[32], places[32];

	for (guint i = 0; i < profile->threads->len; i++) {
		const struct profile_thread *thread = profile_thread(profile, i);

		if (thread->number || profile_process(profile, thread->process)->together)
			continue;
		threads += thread->together;
		processes++;
	}
	grouped(threads, count);
	if (processes > 1)
		add_line(text, "threads: %s in %s processes are one row of each%s", count,
			grouped(processes, places), chart);
	else if (processes)
		add_line(text, "threads: %s are one row%s", count, chart);
}

void
time_build_left_out(const struct profile *profile, GString *text)
{
	static const char *const reasons[LEFT_OUT_REASONS] = {
		[LEFT_OUT_PATTERN] = "by --include or --exclude",
		[LEFT_OUT_SHORT] = "shorter than --min-duration",
		[LEFT_OUT_DEEP] = "deeper than --max-depth",
		[LEFT_OUT_MANY] = "beyond --max-events",
	};
	const struct profile_run *run = &profile->run;
	char from[24], until[24], count[32];

	describe_crowds(profile, text);
	describe_rest(profile, text);

	for (unsigned i = 0; i < LEFT_OUT_REASONS; i++)
		if (run->left_out[i])
			add_line(text, "left out: %s calls %s%s", grouped(run->left_out[i], count),
				reasons[i],
				/* Tracing ended there. */
				i == LEFT_OUT_MANY && run->traced_until_ns ? ", and all later ones"
									   : "");
	in_units((double)run->traced_from_ns, from);
	in_units((double)run->traced_until_ns, until);
	if (run->traced_from_ns && run->traced_until_ns)
		add_line(text, "time: only from %s to %s after the start", from, until);
	else if (run->traced_until_ns)
		add_line(text, "time: only until %s after the start", until);
	else if (run->traced_from_ns)
		add_line(text, "time: only from %s after the start on", from);
}

void
time_build_missing(const struct profile *profile, GString *text)
{
	uint64_t unmatched = 0, folded = 0;

	for (guint i = 0; i < profile->processes->len; i++) {
		unmatched += profile_process(profile, i)->unmatched_exits;
		folded += profile_process(profile, i)->folded_calls;
	}
	if (folded)
		add_line(text,
			"%" G_GUINT64_FORMAT
			" calls were too deep to be kept apart: they are in their callers",
			folded);
	if (unmatched)
		add_line(text, "%" G_GUINT64_FORMAT " calls were not seen to begin", unmatched);
}

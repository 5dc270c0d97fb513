/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See slower.h. */
#include "slower.h"

#include <math.h>
#include <string.h>

/* Of each function: the sum of its values over the runs, and of their squares. */
struct moments {
	double *sum, *squares;
	unsigned runs;
	bool each; /* the runs are known one by one */
};

static uint32_t
function_of(const struct diff *diff, enum diff_side side, uint32_t node)
{
	return diff->frames[diff->frame[diff->place[side][node]]].function_number;
}

/* Where only means are known: as if every run had been like that. */
static void
add_means(struct moments *moments, const struct comparison *comparison, enum diff_side side,
	enum gate_metric metric)
{
	const struct account *account = comparison->account[side];
	g_autofree uint64_t *self = account_self(account, metric);

	for (uint32_t node = 1; node < account_node_count(account); node++)
		moments->sum[function_of(comparison->diff, side, node)] +=
			(double)self[node] * moments->runs;
}

static void
add_runs(struct moments *moments, const struct comparison *comparison, enum diff_side side,
	enum gate_metric metric)
{
	const struct diff *diff = comparison->diff;
	const GArray *samples = comparison->account[side]->samples;
	g_autofree double *run = g_new0(double, diff->function_count);

	for (guint i = 0, end; i < samples->len; i = end) {
		const struct account_sample *first =
			&g_array_index(samples, struct account_sample, i);

		memset(run, 0, diff->function_count * sizeof(*run));
		for (end = i; end < samples->len; end++) {
			const struct account_sample *sample =
				&g_array_index(samples, struct account_sample, end);

			if (sample->run != first->run)
				break;
			if (sample->node)
				run[function_of(diff, side, sample->node)] +=
					(double)(metric == GATE_WALL ? sample->wall_ns
								     : sample->cpu_ns);
		}
		for (uint32_t f = 0; f < diff->function_count; f++) {
			moments->sum[f] += run[f];
			moments->squares[f] += run[f] * run[f];
		}
	}
}

static struct moments
find_moments(const struct comparison *comparison, enum diff_side side, enum gate_metric metric)
{
	const struct account *account = comparison->account[side];
	struct moments moments = {
		.sum = g_new0(double, comparison->diff->function_count + 1),
		.squares = g_new0(double, comparison->diff->function_count + 1),
		.runs = MAX(account->runs, 1),
		.each = account->samples != NULL && account->runs > 1,
	};

	if (moments.each)
		add_runs(&moments, comparison, side, metric);
	else
		add_means(&moments, comparison, side, metric);
	return moments;
}

/* Of one run, for a function; 0 where the runs are not known. */
static double
variance(const struct moments *moments, uint32_t function)
{
	const double mean = moments->sum[function] / moments->runs;

	if (!moments->each)
		return 0;
	return MAX(0, moments->squares[function] - moments->runs * mean * mean) /
	       (moments->runs - 1);
}

static struct attribution_function
measure(const struct moments moments[DIFF_SIDES], uint32_t function)
{
	const double a = variance(&moments[DIFF_A], function);
	const double b = variance(&moments[DIFF_B], function);
	const double before = moments[DIFF_A].each ? a : b, after = moments[DIFF_B].each ? b : a;

	return (struct attribution_function){
		.number = function,
		.before = moments[DIFF_A].sum[function] / moments[DIFF_A].runs,
		.after = moments[DIFF_B].sum[function] / moments[DIFF_B].runs,
		.error = sqrt(before / moments[DIFF_A].runs + after / moments[DIFF_B].runs),
	};
}

/* What is left of the increase without what the runs differ by anyway. */
static double
sure_part(const struct attribution_function *function)
{
	return MAX(0, function->after - function->before - function->error);
}

static int
compare(gconstpointer a, gconstpointer b)
{
	const struct attribution_function *x = a, *y = b;
	const double left = sure_part(x), right = sure_part(y);
	const double more = x->after - x->before, less = y->after - y->before;

	if (left < right || left > right)
		return left > right ? -1 : 1;
	if (more < less || more > less)
		return more > less ? -1 : 1;
	return strcmp(x->function, y->function);
}

GArray *
slower_functions(const struct comparison *comparison, enum gate_metric metric)
{
	const struct diff *diff = comparison->diff;

	if (metric != GATE_CPU && metric != GATE_WALL)
		return NULL;
	GArray *functions = g_array_new(FALSE, FALSE, sizeof(struct attribution_function));
	struct moments moments[DIFF_SIDES] = {
		find_moments(comparison, DIFF_A, metric), find_moments(comparison, DIFF_B, metric)};
	g_autofree bool *seen = g_new0(bool, diff->function_count + 1);

	for (uint32_t i = 0; i < diff->frame_count; i++) {
		const uint32_t number = diff->frames[i].function_number;
		struct attribution_function function = measure(moments, number);

		if (seen[number] || !(function.before > 0 || function.after > 0))
			continue;
		seen[number] = true;
		function.function = diff->frames[i].function;
		function.module = diff->frames[i].module;
		g_array_append_val(functions, function);
	}
	for (unsigned side = 0; side < DIFF_SIDES; side++) {
		g_free(moments[side].sum);
		g_free(moments[side].squares);
	}
	g_array_sort(functions, compare);
	return functions;
}

uint32_t
slower_rank(const GArray *functions, uint32_t number, uint32_t path)
{
	for (guint i = 0; functions && path && i < functions->len; i++) {
		if (g_array_index(functions, struct attribution_function, i).number == number)
			return i + 1;
	}
	return 0;
}

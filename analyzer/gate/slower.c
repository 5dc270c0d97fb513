/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See slower.h. */
#include "slower.h"

#include <math.h>
#include <string.h>

enum {
	CONTRADICTION = 3, /* standard errors that samples and the measurement may differ by */
};

/*
 * Of each function: the sum of its values over the runs, of their squares, and of their products
 * with the whole run's values; after the last function those of the whole run.
 */
struct moments {
	double *sum, *squares, *products;
	uint32_t whole;
	unsigned runs;
	bool each; /* the runs are known one by one */
};

/* How the samples are brought into line with the measurement. */
struct correction {
	double variance; /* of the sampled change of the whole; infinite: it explains nothing */
	double missing;	 /* what the measured one exceeds it by */
	double width;	 /* how much the whole changed, either way */
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

	for (uint32_t node = 1; node < account_node_count(account); node++) {
		const double value = (double)self[node] * moments->runs;

		moments->sum[function_of(comparison->diff, side, node)] += value;
		moments->sum[moments->whole] += value;
	}
}

static void
add_run(struct moments *moments, double *run)
{
	const uint32_t whole = moments->whole;

	run[whole] = 0;
	for (uint32_t f = 0; f < whole; f++)
		run[whole] += run[f];
	for (uint32_t f = 0; f <= whole; f++) {
		moments->sum[f] += run[f];
		moments->squares[f] += run[f] * run[f];
		moments->products[f] += run[f] * run[whole];
	}
}

static void
add_runs(struct moments *moments, const struct comparison *comparison, enum diff_side side,
	enum gate_metric metric)
{
	const struct diff *diff = comparison->diff;
	const GArray *samples = comparison->account[side]->samples;
	g_autofree double *run = g_new0(double, moments->whole + 1);

	for (guint i = 0, end; i < samples->len; i = end) {
		const struct account_sample *first =
			&g_array_index(samples, struct account_sample, i);

		memset(run, 0, moments->whole * sizeof(*run));
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
		add_run(moments, run);
	}
}

static struct moments
find_moments(const struct comparison *comparison, enum diff_side side, enum gate_metric metric)
{
	const struct account *account = comparison->account[side];
	const uint32_t functions = comparison->diff->function_count;
	struct moments moments = {
		.sum = g_new0(double, functions + 1),
		.squares = g_new0(double, functions + 1),
		.products = g_new0(double, functions + 1),
		.whole = functions,
		.runs = MAX(account->runs, 1),
		.each = account->samples != NULL && account->runs > 1,
	};

	if (moments.each)
		add_runs(&moments, comparison, side, metric);
	else
		add_means(&moments, comparison, side, metric);
	return moments;
}

static double
mean(const struct moments *moments, uint32_t function)
{
	return moments->sum[function] / moments->runs;
}

/* Of one run, for a function and itself or the whole; 0 where the runs are not known. */
static double
covariance(const struct moments *moments, uint32_t function, uint32_t with)
{
	const double *products = with == function ? moments->squares : moments->products;

	if (!moments->each)
		return 0;
	return (products[function] -
		       moments->runs * mean(moments, function) * mean(moments, with)) /
	       (moments->runs - 1);
}

/* The same of the difference of the means of both sides. */
static double
spread(const struct moments moments[DIFF_SIDES], uint32_t function, uint32_t with)
{
	const double a = covariance(&moments[DIFF_A], function, with);
	const double b = covariance(&moments[DIFF_B], function, with);
	const double before = moments[DIFF_A].each ? a : b, after = moments[DIFF_B].each ? b : a;

	return before / moments[DIFF_A].runs + after / moments[DIFF_B].runs;
}

static struct correction
find_correction(const struct moments moments[DIFF_SIDES], double measured)
{
	const uint32_t whole = moments[DIFF_A].whole;
	const double sampled = mean(&moments[DIFF_B], whole) - mean(&moments[DIFF_A], whole);
	const double variance = spread(moments, whole, whole), missing = measured - sampled;
	const bool agree = variance > 0 && fabs(missing) <= CONTRADICTION * sqrt(variance);

	return (struct correction){
		.variance = agree ? variance : INFINITY,
		.missing = agree ? missing : 0,
		.width = fmax(fabs(measured), fabs(sampled)),
	};
}

static struct attribution_function
measure(const struct moments moments[DIFF_SIDES], const struct correction *correction,
	uint32_t function)
{
	const double with_whole = spread(moments, function, moments[DIFF_A].whole);
	const double weight = with_whole / correction->variance;
	const double half = weight * correction->missing / 2;
	const double left = spread(moments, function, function) - weight * with_whole;

	return (struct attribution_function){
		.number = function,
		.before = MAX(0, mean(&moments[DIFF_A], function) - half),
		.after = MAX(0, mean(&moments[DIFF_B], function) + half),
		.error = sqrt(MAX(0, left)),
	};
}

/*
 * The increase, shrunk: what is expected of it where functions are expected to change by no more
 * than about the whole does. What varies wildly is left with little.
 */
static double
expected(double more, double error, double width)
{
	return width > 0 ? more / (1 + error / width * (error / width)) : more;
}

static int
compare(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct attribution_function *x = a, *y = b;
	const double *width = data;
	const double left = expected(x->after - x->before, x->error, *width);
	const double right = expected(y->after - y->before, y->error, *width);

	if (left < right || left > right)
		return left > right ? -1 : 1;
	return strcmp(x->function, y->function);
}

GArray *
slower_functions(const struct comparison *comparison, enum gate_metric metric, double measured)
{
	const struct diff *diff = comparison->diff;

	if (metric != GATE_CPU && metric != GATE_WALL)
		return NULL;
	GArray *functions = g_array_new(FALSE, FALSE, sizeof(struct attribution_function));
	struct moments moments[DIFF_SIDES] = {
		find_moments(comparison, DIFF_A, metric), find_moments(comparison, DIFF_B, metric)};
	struct correction correction = find_correction(moments, measured);
	g_autofree bool *seen = g_new0(bool, diff->function_count + 1);

	for (uint32_t i = 0; i < diff->frame_count; i++) {
		const uint32_t number = diff->frames[i].function_number;
		struct attribution_function function = measure(moments, &correction, number);

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
		g_free(moments[side].products);
	}
	g_array_sort_with_data(functions, compare, &correction.width);
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

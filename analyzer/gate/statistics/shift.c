/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See shift.h. */
#include "shift.h"

#include <glib.h>
#include <math.h>

#include "normal.h"
#include "order.h"
#include "random.h"

/* Two samples of logarithms and the room for their differences; or the differences of pairs, which
 * are one sample: `second` is NULL. */
struct pair {
	double *first, *second;
	size_t first_count, second_count;
	double *differences;
};

static double *
logarithms(const double *values, size_t count)
{
	double *result = g_new(double, count);

	for (size_t i = 0; i < count; i++)
		result[i] = log(values[i]);
	return result;
}

/* All differences of two, or all averages of two. Returns how many. */
static size_t
fill(const struct pair *pair)
{
	double *next = pair->differences;

	for (size_t i = 0; i < pair->first_count; i++) {
		for (size_t j = 0; pair->second && j < pair->second_count; j++)
			*next++ = pair->second[j] - pair->first[i];
		for (size_t j = i; !pair->second && j < pair->first_count; j++)
			*next++ = (pair->first[i] + pair->first[j]) / 2;
	}
	return (size_t)(next - pair->differences);
}

/* Median of the differences; of an even number the mean of the middle two. */
static double
hodges_lehmann(const struct pair *pair)
{
	const size_t count = fill(pair);
	const double upper = order_select(pair->differences, count, count / 2);

	if (count % 2)
		return upper;
	/* Selection leaves all before the place no larger: the other middle is their largest. */
	double lower = pair->differences[0];

	for (size_t i = 1; i < count / 2; i++)
		lower = MAX(lower, pair->differences[i]);
	return (lower + upper) / 2;
}

static void
resample(const double *from, size_t count, double *to, uint64_t *state)
{
	for (size_t i = 0; i < count; i++)
		to[i] = from[random_below(state, count)];
}

/* The estimates of all resamples, sorted. */
static double *
bootstrap(const struct pair *pair, uint64_t seed)
{
	double *estimates = g_new(double, SHIFT_RESAMPLES);
	g_autofree double *first = g_new(double, pair->first_count);
	g_autofree double *second = g_new(double, pair->second_count);
	const struct pair drawn = {first, pair->second ? second : NULL, pair->first_count,
		pair->second_count, pair->differences};
	uint64_t state = seed;

	for (size_t i = 0; i < SHIFT_RESAMPLES; i++) {
		resample(pair->first, pair->first_count, first, &state);
		resample(pair->second, pair->second_count, second, &state);
		estimates[i] = hodges_lehmann(&drawn);
	}
	order_sort(estimates, SHIFT_RESAMPLES);
	return estimates;
}

/* The estimates without one value of `values`, one after the other, into `ret_estimates`. */
static void
leave_one_out(struct pair *pair, double **values, size_t *count, double *ret_estimates)
{
	double *whole = *values;
	const size_t whole_count = *count;
	g_autofree double *part = g_new(double, whole_count);

	*values = part;
	*count = whole_count - 1;
	for (size_t left = 0; left < whole_count; left++) {
		for (size_t i = 0, j = 0; i < whole_count; i++) {
			if (i != left)
				part[j++] = whole[i];
		}
		ret_estimates[left] = hodges_lehmann(pair);
	}
	*values = whole;
	*count = whole_count;
}

/* Sums of the squares and cubes of the empirical influences, for a sample of `count`. */
static void
add_influences(const double *estimates, size_t count, double *squares, double *cubes)
{
	double mean = 0;

	for (size_t i = 0; i < count; i++)
		mean += estimates[i] / (double)count;
	for (size_t i = 0; i < count; i++) {
		const double influence =
			(mean - estimates[i]) * (double)(count - 1) / (double)count;

		*squares += influence * influence;
		*cubes += influence * influence * influence;
	}
}

static double
acceleration(struct pair *pair)
{
	g_autofree double *estimates = g_new(double, MAX(pair->first_count, pair->second_count));
	double squares = 0, cubes = 0;

	leave_one_out(pair, &pair->first, &pair->first_count, estimates);
	add_influences(estimates, pair->first_count, &squares, &cubes);
	if (pair->second) {
		leave_one_out(pair, &pair->second, &pair->second_count, estimates);
		add_influences(estimates, pair->second_count, &squares, &cubes);
	}
	return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0;
}

/* How far the estimate is from the middle of its resamples, in normal terms. Ties count half. */
static double
bias(const double *estimates, double estimate)
{
	double below = 0;

	for (size_t i = 0; i < SHIFT_RESAMPLES; i++)
		below += estimates[i] < estimate ? 1 : !(estimates[i] > estimate) * 0.5;
	const double share = below / SHIFT_RESAMPLES;
	const double least = 0.5 / SHIFT_RESAMPLES;

	return normal_quantile(CLAMP(share, least, 1 - least));
}

static double
corrected_quantile(const double *estimates, double bias, double acceleration, double share)
{
	const double z = bias + normal_quantile(share);
	const double moved = bias + z / (1 - acceleration * z);

	return order_quantile(estimates, SHIFT_RESAMPLES, normal_below(moved));
}

static struct shift
estimate(struct pair *pair, double confidence, uint64_t seed)
{
	const double middle = hodges_lehmann(pair);
	g_autofree double *estimates = bootstrap(pair, seed);
	const double z = bias(estimates, middle);
	const double a = acceleration(pair);
	const double tail = (1 - confidence) / 2;

	return (struct shift){
		.ratio = exp(middle),
		.low = exp(corrected_quantile(estimates, z, a, tail)),
		.high = exp(corrected_quantile(estimates, z, a, 1 - tail)),
	};
}

struct shift
shift_estimate(const double *first, size_t first_count, const double *second, size_t second_count,
	double confidence, uint64_t seed)
{
	g_autofree double *logs_first = logarithms(first, first_count);
	g_autofree double *logs_second = logarithms(second, second_count);
	g_autofree double *differences = g_new(double, first_count *second_count);
	struct pair pair = {logs_first, logs_second, first_count, second_count, differences};

	return estimate(&pair, confidence, seed);
}

/* Logarithms of the ratios of pairs. The caller's. */
static double *
pair_logarithms(const double *first, const double *second, size_t count)
{
	double *result = g_new(double, count);

	for (size_t i = 0; i < count; i++)
		result[i] = log(second[i] / first[i]);
	return result;
}

struct shift
shift_estimate_pairs(
	const double *first, const double *second, size_t count, double confidence, uint64_t seed)
{
	g_autofree double *logs = pair_logarithms(first, second, count);
	g_autofree double *averages = g_new(double, count *(count + 1) / 2);
	struct pair pair = {.first = logs, .first_count = count, .differences = averages};

	return estimate(&pair, confidence, seed);
}

/* ---- what could have been found ---- */

/* Standard deviation; robust, but not fooled by many equal values. */
static double
deviation(const double *logs, size_t count)
{
	const double robust = order_deviation(logs, count);
	double mean = 0, squares = 0;

	if (robust > 0)
		return robust;
	for (size_t i = 0; i < count; i++)
		mean += logs[i] / (double)count;
	for (size_t i = 0; i < count; i++)
		squares += (logs[i] - mean) * (logs[i] - mean);
	return count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
}

static double
noise(const double *values, size_t count)
{
	g_autofree double *logs = logarithms(values, count);

	return deviation(logs, count);
}

static double
quantiles(double significance, double power)
{
	return normal_quantile(1 - significance / 2) + normal_quantile(power);
}

/* So that a difference with that variance in one run is known to 1 / z of its deviation. */
static size_t
runs_for(double variance, double z)
{
	const double runs = ceil(z * z * variance * M_PI / 3);

	return runs < 2 ? 2 : runs > 1e9 ? 1000000000 : (size_t)runs;
}

double
shift_detectable(const double *first, size_t first_count, const double *second, size_t second_count,
	double significance, double power)
{
	const double a = noise(first, first_count), b = noise(second, second_count);
	const double variance = a * a / (double)first_count + b * b / (double)second_count;

	return expm1(quantiles(significance, power) * sqrt(variance * M_PI / 3));
}

size_t
shift_runs_needed(const double *first, size_t first_count, const double *second,
	size_t second_count, double significance, double power, double increase)
{
	const double a = noise(first, first_count), b = noise(second, second_count);

	return runs_for(a * a + b * b, quantiles(significance, power) / log1p(increase));
}

double
shift_detectable_pairs(
	const double *first, const double *second, size_t count, double significance, double power)
{
	g_autofree double *logs = pair_logarithms(first, second, count);
	const double error = deviation(logs, count) * sqrt(M_PI / 3 / (double)count);

	return expm1(quantiles(significance, power) * error);
}

size_t
shift_runs_needed_pairs(const double *first, const double *second, size_t count,
	double significance, double power, double increase)
{
	g_autofree double *logs = pair_logarithms(first, second, count);
	const double noise = deviation(logs, count);

	return runs_for(noise * noise, quantiles(significance, power) / log1p(increase));
}

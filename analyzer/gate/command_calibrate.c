/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * thag-gate calibrate: the program against itself. What differs then is noise, and a tolerance
 * below it would be a lottery.
 *
 * The tolerance that is advised is the larger of what a comparison of so many runs can show at all
 * (its minimum detectable effect), and Tukey's outer fence of the differences between neighbours,
 * which sees what a normal distribution would not: a machine that is quiet most of the time.
 */
#include <math.h>
#include <stdio.h>

#include "commands.h"
#include "job.h"
#include "statistics/order.h"
#include "statistics/shift.h"

struct noise {
	double deviation; /* relative, robust */
	double quartiles; /* distance of the quartiles, relative */
	double detectable;
	double advised;
};

/* Q3 + 3 IQR of |relative deviation from the median|, shrunk as medians of n are. */
static double
outer_fence(const double *values, guint count)
{
	const double median = order_median(values, count);
	g_autofree double *off = g_new(double, count);

	for (guint i = 0; i < count; i++)
		off[i] = median > 0 ? fabs(values[i] - median) / median : 0;
	order_sort(off, count);
	const double q1 = order_quantile(off, count, 0.25), q3 = order_quantile(off, count, 0.75);

	return (q3 + 3 * (q3 - q1)) / sqrt((double)count) * sqrt(2);
}

static struct noise
measure_noise(const struct job *job, enum gate_metric metric)
{
	const double *a = measurement_values(job->base, metric);
	const double *b = measurement_values(job->now, metric);
	const guint count = measurement_count(job->now, metric);
	g_autofree double *sorted = g_memdup2(b, count * sizeof(*b));
	const double median = order_median(b, count);
	struct noise noise = {.detectable = 0};

	order_sort(sorted, count);
	noise.deviation = median > 0 ? order_deviation(b, count) / median : 0;
	noise.quartiles = median > 0 ? (order_quantile(sorted, count, 0.75) -
					       order_quantile(sorted, count, 0.25)) /
					       median
				     : 0;
	noise.detectable =
		shift_detectable_pairs(a, b, count, job->settings.alpha, job->settings.power);
	noise.advised = MAX(noise.detectable, outer_fence(b, count));
	return noise;
}

static void
calibrate_exact(struct job *job, enum gate_metric metric)
{
	const bool varies =
		measurement_varies(job->base, metric) || measurement_varies(job->now, metric);

	printf("  %-22s %s\n", gate_metrics[metric].title,
		varies ? "varies from run to run: it will be compared by statistics" : "exact");
}

static void
calibrate_noisy(struct job *job, enum gate_metric metric, struct budget *budget)
{
	if (!measurement_count(job->now, metric)) {
		printf("  %-22s %s\n", gate_metrics[metric].title, job->now->missing[metric]);
		return;
	}
	const struct noise noise = measure_noise(job, metric);
	const double set =
		budget->root ? budget_widen(budget, job->outcome.benchmark, metric, noise.advised)
			     : -1;

	printf("  %-22s noise %.2f %%, quartiles %.2f %%; %u runs a side show %.1f %%; tolerance "
	       "%.1f %% or more\n",
		gate_metrics[metric].title, 100 * noise.deviation, 100 * noise.quartiles,
		measurement_count(job->now, metric), 100 * noise.detectable,
		100 * MAX(noise.advised, gate_metrics[metric].tolerance));
	if (set >= 0)
		printf("  %-22s tolerance in the budget: %.1f %%\n", "", 100 * set);
}

static int
write_calibration(const struct job *job, const struct budget *budget)
{
	g_autoptr(GError) error = NULL;

	if (!budget->root || budget_write(budget, NULL, &error))
		return GATE_STATUS_PASS;
	fprintf(stderr, "%s: %s\n", job->command, error->message);
	return GATE_STATUS_ERROR;
}

static int
calibrate(struct job *job)
{
	const unsigned set = job->set ? job->set : GATE_SET_ALL;
	const unsigned profiled =
		job->options->profiled_runs ? (unsigned)job->options->profiled_runs : 3;
	struct budget budget = {.path = NULL};
	g_autoptr(GError) error = NULL;
	int status;

	if (job->options->budget && !budget_read(job->options->budget, &budget, &error)) {
		fprintf(stderr, "%s: %s\n", job->command, error->message);
		return GATE_STATUS_NO_BASELINE;
	}
	job->settings.rounds = true;
	if (!job_measure(job, &job->workload, set, profiled, (unsigned)job->options->runs)) {
		fprintf(stderr, "%s: %s\n", job->command, job->outcome.error);
		status = GATE_STATUS_ERROR;
	} else {
		printf("%s against itself\n", job->outcome.benchmark);
		for (unsigned i = 0; i < GATE_METRICS; i++) {
			if (!gate_set_has(set, i))
				continue;
			if (gate_metrics[i].class == GATE_EXACT)
				calibrate_exact(job, i);
			else
				calibrate_noisy(job, i, &budget);
		}
		status = write_calibration(job, &budget);
	}
	if (budget.root)
		budget_fini(&budget);
	return status;
}

int
gate_calibrate(int count, char **arguments)
{
	struct gate_options options;
	struct job job;
	int status = GATE_STATUS_USAGE;

	if (!gate_options_parse(count, arguments, "thag-gate calibrate", "-- PROGRAM [ARGUMENTS]",
		    "Compares a program with itself: how noisy are this machine and it? With "
		    "--budget, widens the tolerances there to the noise.",
		    GATE_OPTIONS_OF_RUNS | GATE_OPTIONS_OF_BUDGET, &options)) {
		gate_options_fini(&options);
		return status;
	}
	status = job_init(&job, "thag-gate calibrate", &options);
	if (!status)
		status = job_set_workload(&job) ? calibrate(&job) : GATE_STATUS_USAGE;
	job_fini(&job);
	gate_options_fini(&options);
	return status;
}

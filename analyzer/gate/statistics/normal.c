/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See normal.h. */
#include "normal.h"

#include <math.h>

double
normal_below(double z)
{
	return 0.5 * erfc(-z / M_SQRT2);
}

static double
polynomial(const double *coefficients, unsigned count, double x)
{
	double value = 0;

	for (unsigned i = 0; i < count; i++)
		value = value * x + coefficients[i];
	return value;
}

static double
approximate(double p)
{
	static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
		-2.759285104469687e+02, 1.383577518672690e+02, -3.066479806614716e+01,
		2.506628277459239e+00};
	static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
		-1.556989798598866e+02, 6.680131188771972e+01, -1.328068155288572e+01, 1};
	static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
		-2.400758277161838e+00, -2.549732539343734e+00, 4.374664141464968e+00,
		2.938163982698783e+00};
	static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01,
		2.445134137142996e+00, 3.754408661907416e+00, 1};
	const double tail = 0.02425;

	if (p < tail) {
		const double q = sqrt(-2 * log(p));

		return polynomial(c, 6, q) / polynomial(d, 5, q);
	}
	if (p > 1 - tail)
		return -approximate(1 - p);
	const double q = p - 0.5;

	return q * polynomial(a, 6, q * q) / polynomial(b, 6, q * q);
}

double
normal_quantile(double p)
{
	const double x = approximate(p);
	const double error = normal_below(x) - p;
	const double step = error * sqrt(2 * M_PI) * exp(x * x / 2);

	return x - step / (1 + x * step / 2);
}

/* The continued fraction of the incomplete beta function, by Lentz's method. */
static double
beta_fraction(double a, double b, double x)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 - (a + b) * x / (a + 1);

	d = 1 / (fabs(d) < tiny ? tiny : d);
	double value = d;

	for (int m = 1; m <= 500; m++) {
		const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double change = 1;

		for (int part = 0; part < 2; part++) {
			const double term = part ? odd : even;

			d = 1 + term * d;
			d = 1 / (fabs(d) < tiny ? tiny : d);
			c = 1 + term / c;
			c = fabs(c) < tiny ? tiny : c;
			change = c * d;
			value *= change;
		}
		if (fabs(change - 1) < 1e-15)
			break;
	}
	return value;
}

static double
incomplete_beta(double a, double b, double x)
{
	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	const double front =
		exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));

	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double
student_two_sided(double t, double freedom)
{
	if (isinf(t))
		return 0;
	return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

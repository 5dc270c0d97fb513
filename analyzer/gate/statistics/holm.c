/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See holm.h. The number of tests is small: the smallest is looked for each time. */
#include "holm.h"

#include <glib.h>

void
holm_adjust(const double *p, size_t count, double *ret_adjusted)
{
	g_autofree gboolean *done = g_new0(gboolean, count);
	double largest = 0;

	for (size_t step = 0; step < count; step++) {
		size_t next = count;

		for (size_t i = 0; i < count; i++) {
			if (!done[i] && (next == count || p[i] < p[next]))
				next = i;
		}
		largest = MAX(largest, MIN(1, p[next] * (double)(count - step)));
		ret_adjusted[next] = largest;
		done[next] = TRUE;
	}
}

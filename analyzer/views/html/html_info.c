/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the page knows of the run but its call paths: the report for machines, so that the page says
 * what that says, and these keys more:
 *
 *	metrics		by column of the pack: key, short, in_range: see struct html_metric
 *	metric		key of the one that is shown first
 *	bin_ns, span_ns	lengths of the intervals of timeline and spans
 *	peak_bytes	of the run
 */
#include "html_pack.h"
#include "report.h"

static json_t *
metrics_json(const struct profile *profile)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < html_metric_count; i++) {
		const struct html_metric *metric = &html_metrics[i];

		if (html_metric_is_known(metric, profile))
			json_array_append_new(
				array, json_pack("{s:s, s:s, s:s}", "key", metric->key, "short",
					       metric->short_name, "in_range", metric->in_range));
	}
	return array;
}

char *
html_info(const struct selection *selection)
{
	const struct profile *profile = selection->profile;
	const struct report_options options = {.limit = 1};
	json_t *info = report_json(selection, &options);

	json_object_del(info, "functions");
	json_object_set_new(info, "metrics", metrics_json(profile));
	json_object_set_new(
		info, "metric", json_string(metric_table[metric_by_default(profile)].key));
	json_object_set_new(info, "bin_ns", json_integer((json_int_t)profile->run.bin_ns));
	json_object_set_new(info, "span_ns", json_integer((json_int_t)profile->spans.span_ns));
	json_object_set_new(info, "peak_bytes", json_integer((json_int_t)profile->run.peak_bytes));

	char *dumped = json_dumps(info, JSON_COMPACT);
	char *text = g_strdup(dumped ? dumped : "{}");

	free(dumped);
	json_decref(info);
	return text;
}

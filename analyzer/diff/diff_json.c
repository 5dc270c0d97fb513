/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* For machines: see diff_report.h. Keys are stable; docs/diff.md lists them. */
#include "diff_report.h"

static void
put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *
values_json(struct diff_values values)
{
	json_t *object = json_object();

	put(object, "a", json_integer(values.a));
	put(object, "b", json_integer(values.b));
	put(object, "delta", json_integer(values.b - values.a));
	return object;
}

static json_t *
side_json(const char *name, int64_t total)
{
	json_t *object = json_object();

	put(object, "name", json_string(name));
	put(object, "total", json_integer(total));
	return object;
}

/* The sum of what is left out of a table. */
struct omitted {
	json_int_t count;
	struct diff_values sum;
};

static void
omit(struct omitted *omitted, struct diff_values values)
{
	omitted->count++;
	omitted->sum.a += values.a;
	omitted->sum.b += values.b;
}

static json_t *
omitted_json(const struct omitted *omitted)
{
	json_t *object = json_object();

	put(object, "count", json_integer(omitted->count));
	put(object, "exclusive", values_json(omitted->sum));
	return object;
}

static json_t *
function_json(const struct diff *diff, const struct diff_row *row)
{
	const struct diff_frame *frame = &diff->frames[row->frame];
	json_t *object = json_object();

	put(object, "name", json_string(frame->function));
	put(object, "module", json_string(frame->module));
	put(object, "class", json_string(diff_class_names[row->class]));
	put(object, "inclusive", values_json(row->inclusive));
	put(object, "exclusive", values_json(row->exclusive));
	return object;
}

static void
put_functions(json_t *object, const struct diff *diff, unsigned metric, unsigned limit)
{
	g_autoptr(GArray) rows = diff_functions(diff, metric);
	struct omitted omitted = {0};
	json_t *array = json_array();

	for (guint i = 0; i < rows->len; i++) {
		const struct diff_row *row = &g_array_index(rows, struct diff_row, i);

		if (!limit || i < limit)
			json_array_append_new(array, function_json(diff, row));
		else
			omit(&omitted, row->exclusive);
	}
	put(object, "functions", array);
	put(object, "functions_omitted", omitted_json(&omitted));
}

/* From the root's side inwards. */
static json_t *
frames_json(const struct diff *diff, uint32_t node)
{
	json_t *array = json_array();

	for (; node; node = diff->parent[node]) {
		const struct diff_frame *frame = &diff->frames[diff->frame[node]];
		json_t *object = json_object();

		put(object, "function", json_string(frame->function));
		put(object, "module", json_string(frame->module));
		if (frame->inlined)
			put(object, "inlined", json_true());
		json_array_insert_new(array, 0, object);
	}
	return array;
}

static json_t *
path_json(const struct diff *diff, unsigned metric, uint32_t node)
{
	const struct diff_values self = diff_self(diff, metric, node);
	json_t *object = json_object();

	put(object, "frames", frames_json(diff, node));
	put(object, "class", json_string(diff_class_names[diff_classify(diff, metric, self)]));
	put(object, "exclusive", values_json(self));
	put(object, "inclusive", values_json(diff_total(diff, metric, node)));
	return object;
}

static void
put_paths(json_t *object, const struct diff *diff, unsigned metric, unsigned limit)
{
	g_autoptr(GArray) paths = diff_paths(diff, metric);
	struct omitted omitted = {0};
	json_t *array = json_array();

	for (guint i = 0; i < paths->len; i++) {
		const uint32_t node = g_array_index(paths, uint32_t, i);

		if (!limit || i < limit)
			json_array_append_new(array, path_json(diff, metric, node));
		else
			omit(&omitted, diff_self(diff, metric, node));
	}
	put(object, "paths", array);
	put(object, "paths_omitted", omitted_json(&omitted));
}

json_t *
diff_json(const struct diff *diff, const struct diff_names *names, unsigned metric, unsigned limit)
{
	const struct diff_values whole = diff_total(diff, metric, 0);
	json_t *object = json_object();

	put(object, "schema_version", json_integer(DIFF_JSON_VERSION));
	put(object, "metric", json_string(metric_table[diff->metrics[metric]].key));
	put(object, "normalised", json_boolean(diff->options.normalise));
	put(object, "noise", json_real(diff->options.noise));
	put(object, "a", side_json(names->a, whole.a));
	put(object, "b", side_json(names->b, whole.b));
	put(object, "delta", json_integer(whole.b - whole.a));
	put_functions(object, diff, metric, limit);
	put_paths(object, diff, metric, limit);
	return object;
}

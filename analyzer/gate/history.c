/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See history.h. */
#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "statistics/change_point.h"

/* ---- appending ---- */

/* Short, the same for the same machine: what must not be mixed is told apart by it. */
static char *
machine_name(const json_t *fingerprint)
{
	char *text = json_dumps(fingerprint, JSON_SORT_KEYS | JSON_COMPACT);
	g_autofree char *sum =
		g_compute_checksum_for_string(G_CHECKSUM_SHA256, text ? text : "", -1);

	free(text);
	return g_strndup(sum, 12);
}

static json_t *
values_json(const struct outcome *outcome)
{
	json_t *values = json_object();

	for (guint i = 0; i < outcome->findings->len; i++) {
		const struct finding *finding = outcome->findings->pdata[i];

		if (finding->runs)
			json_object_set_new(values, gate_metrics[finding->metric].key,
				json_integer((json_int_t)llround(finding->now)));
	}
	return values;
}

static char *
make_line(const struct outcome *outcome)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
	g_autofree char *machine = machine_name(outcome->fingerprint);
	json_t *json = json_pack("{s:i, s:s, s:s?, s:s, s:s, s:s, s:o}", "schema_version",
		HISTORY_VERSION, "time", time, "commit", outcome->commit, "benchmark",
		outcome->benchmark, "result", gate_status_names[outcome->status], "machine",
		machine, "metrics", values_json(outcome));
	char *text = json_dumps(json, JSON_COMPACT);
	char *line = g_strconcat(text ? text : "{}", "\n", NULL);

	free(text);
	json_decref(json);
	return line;
}

bool
history_append(const char *path, const struct outcome *outcome, GError **error)
{
	g_autofree char *line = make_line(outcome);
	const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	const ssize_t length = (ssize_t)strlen(line);
	const bool written = fd >= 0 && write(fd, line, (size_t)length) == length;

	if (!written)
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", path,
			g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return written;
}

/* ---- reading ---- */

struct series {
	enum gate_metric metric;
	char *title;
	GArray *values;	    /* double */
	GPtrArray *commits; /* char * */
};

static void
series_free(gpointer data)
{
	struct series *series = data;

	g_free(series->title);
	g_array_unref(series->values);
	g_ptr_array_unref(series->commits);
	g_free(series);
}

/* Exact metrics are the same everywhere; the others belong to a machine. */
static struct series *
find_series(GPtrArray *all, const json_t *line, enum gate_metric metric)
{
	const bool exact = gate_metrics[metric].class == GATE_EXACT;
	const char *benchmark = json_string_value(json_object_get(line, "benchmark"));
	const char *machine = json_string_value(json_object_get(line, "machine"));
	g_autofree char *title =
		g_strdup_printf("%s: %s%s%s", benchmark, gate_metrics[metric].title,
			exact ? "" : ", machine ", exact || !machine ? "" : machine);

	for (guint i = 0; i < all->len; i++) {
		struct series *series = all->pdata[i];

		if (!strcmp(series->title, title))
			return series;
	}
	struct series *series = g_new0(struct series, 1);

	series->metric = metric;
	series->title = g_steal_pointer(&title);
	series->values = g_array_new(FALSE, FALSE, sizeof(double));
	series->commits = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(all, series);
	return series;
}

static bool
add_line(GPtrArray *all, const json_t *line, const char *benchmark)
{
	const char *own = json_string_value(json_object_get(line, "benchmark"));
	const char *commit = json_string_value(json_object_get(line, "commit"));
	const char *time = json_string_value(json_object_get(line, "time"));
	json_t *metrics = json_object_get(line, "metrics"), *value;
	const char *key;

	if (!own || !json_is_object(metrics) ||
		json_integer_value(json_object_get(line, "schema_version")) != HISTORY_VERSION)
		return false;
	if (benchmark && strcmp(own, benchmark) != 0)
		return true;
	json_object_foreach(metrics, key, value)
	{
		enum gate_metric metric;
		const double number = json_number_value(value);

		if (!json_is_number(value) || !gate_metric_parse(key, &metric))
			continue;
		struct series *series = find_series(all, line, metric);

		g_array_append_val(series->values, number);
		g_ptr_array_add(series->commits, g_strdup(commit ? commit : time ? time : "?"));
	}
	return true;
}

static GPtrArray *
read_series(const char *path, const char *benchmark, GError **error)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(series_free);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, error)) {
		g_ptr_array_unref(all);
		return NULL;
	}
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (unsigned i = 0; lines[i]; i++) {
		if (!*lines[i])
			continue;
		json_t *line = json_loads(lines[i], 0, NULL);
		const bool known = line && add_line(all, line, benchmark);

		json_decref(line);
		if (!known) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
				"%s: line %u is no result of thag-gate", path, i + 1);
			g_ptr_array_unref(all);
			return NULL;
		}
	}
	return all;
}

/* ---- advice ---- */

static GArray *
find_exact_changes(const struct series *series)
{
	const double *values = (const double *)(const void *)series->values->data;
	GArray *found = g_array_new(FALSE, FALSE, sizeof(struct change_point));

	for (guint i = 1; i < series->values->len; i++) {
		const struct change_point change = {i, values[i - 1], values[i], 0};

		if (values[i] < values[i - 1] || values[i] > values[i - 1])
			g_array_append_val(found, change);
	}
	return found;
}

static GArray *
find_changes(const struct series *series)
{
	const struct change_point_options options = {0.001, 0.005, 4};

	if (gate_metrics[series->metric].class == GATE_EXACT)
		return find_exact_changes(series);
	return change_point_find(
		(const double *)(const void *)series->values->data, series->values->len, &options);
}

static void
append_series(GString *text, const struct series *series)
{
	const enum gate_unit unit = gate_metrics[series->metric].unit;
	const double last = g_array_index(series->values, double, series->values->len - 1);
	g_autofree char *now = gate_format(unit, last);
	g_autoptr(GArray) changes = find_changes(series);

	g_string_append_printf(text, "%s: %u results, now %s%s\n", series->title,
		series->values->len, now, changes->len ? "" : ", no change of level");
	for (guint i = 0; i < changes->len; i++) {
		const struct change_point *change = &g_array_index(changes, struct change_point, i);
		g_autofree char *before = gate_format(unit, change->before);
		g_autofree char *after = gate_format(unit, change->after);
		g_autofree char *percent = gate_format_percent(change->before, change->after);

		g_string_append_printf(text, "  %.12s  %s -> %s  %s\n",
			(char *)series->commits->pdata[change->index], before, after, percent);
	}
}

char *
history_advise(const char *path, const char *benchmark, GError **error)
{
	g_autoptr(GPtrArray) all = read_series(path, benchmark, error);
	GString *text;

	if (!all)
		return NULL;
	text = g_string_new(NULL);
	for (guint i = 0; i < all->len; i++)
		append_series(text, all->pdata[i]);
	if (!all->len)
		g_string_append(text, "no results\n");
	return g_string_free(text, FALSE);
}

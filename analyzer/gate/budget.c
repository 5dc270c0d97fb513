/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See budget.h. The file may have been edited or merged badly: everything is checked. */
#include "budget.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "account_fold.h"

#define SCHEMA "thag-gate-budget"

G_DEFINE_QUARK(thag - gate - budget, budget_error)

G_GNUC_PRINTF(2, 3)
static bool
refuse(GError **error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (error)
		*error = g_error_new_valist(
			BUDGET_ERROR, BUDGET_ERROR_UNREADABLE, format, arguments);
	va_end(arguments);
	return false;
}

/* ---- the file ---- */

void
budget_init(struct budget *budget, const char *path)
{
	budget->path = g_strdup(path);
	budget->root = json_pack(
		"{s:s, s:i, s:{}}", "schema", SCHEMA, "version", BUDGET_VERSION, "benchmarks");
}

void
budget_fini(struct budget *budget)
{
	g_free(budget->path);
	json_decref(budget->root);
	*budget = (struct budget){.path = NULL};
}

bool
budget_read(const char *path, struct budget *ret_budget, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) io = NULL;
	json_error_t why;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, &io)) {
		const bool absent = g_error_matches(io, G_FILE_ERROR, G_FILE_ERROR_NOENT);

		g_set_error(error, BUDGET_ERROR,
			absent ? BUDGET_ERROR_ABSENT : BUDGET_ERROR_UNREADABLE, "%s%s", io->message,
			absent ? "; make it with thag-gate accept" : "");
		return false;
	}
	json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);

	if (!root)
		return refuse(error, "%s:%d: %s", path, why.line, why.text);
	const char *schema = json_string_value(json_object_get(root, "schema"));
	const json_int_t version = json_integer_value(json_object_get(root, "version"));
	const bool ours = schema && !strcmp(schema, SCHEMA) &&
			  json_is_object(json_object_get(root, "benchmarks"));

	if (!ours || version < 1 || version > BUDGET_VERSION) {
		json_decref(root);
		return refuse(error,
			ours ? "%s is of a newer version; use a newer thag-gate"
			     : "%s is no budget of thag-gate",
			path);
	}
	*ret_budget = (struct budget){g_strdup(path), root};
	return true;
}

char *
budget_paths_file(const struct budget *budget, const char *name, enum account_kind kind)
{
	const char *folder = account_kind_names[kind];
	const char *end = g_str_has_suffix(budget->path, ".json") ? strrchr(budget->path, '.')
								  : strchr(budget->path, 0);
	g_autofree char *stem = g_strndup(budget->path, (gsize)(end - budget->path));
	g_autofree char *safe = g_uri_escape_string(name, " +=,@", TRUE);

	return g_strdup_printf("%s.paths/%s%s%s.paths", stem, folder, *folder ? "/" : "", safe);
}

/* ---- reading a benchmark ---- */

static double
number_or(const json_t *object, const char *key, double otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : otherwise;
}

/* A key that is misspelt would do nothing, and nobody would know. */
static bool
check_keys(const json_t *object, const char *const *known, const char *where, GError **error)
{
	json_t *all = (json_t *)(uintptr_t)object, *unused;
	const char *key;

	json_object_foreach(all, key, unused)
	{
		if (!g_strv_contains(known, key) && !g_str_has_prefix(key, "x-"))
			return refuse(error,
				"%s: '%s' is not known; keys of your own begin with x-", where,
				key);
	}
	return true;
}

/* Like number_or(), but what is there must be a number. */
static bool
read_number(const json_t *object, const char *key, double *value)
{
	const json_t *found = json_object_get(object, key);

	if (json_is_number(found))
		*value = json_number_value(found);
	return !found || json_is_number(found);
}

/* Samples where there are any, else the value as often as it was seen. */
static bool
read_values(const json_t *row, GArray *values)
{
	const json_t *value = json_object_get(row, "value");
	const json_t *samples = json_object_get(row, "samples");
	const double runs = CLAMP(number_or(row, "runs", 2), 1, 1000);
	const double single = json_number_value(value);

	if (!json_is_number(value) || single < 0 || (samples && !json_is_array(samples)))
		return false;
	for (size_t i = 0; i < json_array_size(samples); i++) {
		const json_t *sample = json_array_get(samples, i);
		const double number = json_number_value(sample);

		if (!json_is_number(sample) || number < 0)
			return false;
		g_array_append_val(values, number);
	}
	for (double i = 0; !samples && i < runs; i++)
		g_array_append_val(values, single);
	return values->len > 0;
}

static bool
read_counter(const json_t *row, struct judge_settings *settings, struct measurement *measurement)
{
	const char *name = json_string_value(json_object_get(row, "counter"));

	for (unsigned i = 0; i < MEASURE_COUNTERS; i++) {
		if (g_strcmp0(name, measure_counter_names[i]) != 0)
			continue;
		if (i == MEASURE_CALLGRIND)
			settings->tolerance[GATE_INSTRUCTIONS] = GATE_TOLERANCE_COUNTED;
		measurement->counter = i;
		return true;
	}
	return false;
}

static bool
read_metrics(const json_t *benchmark, struct judge_settings *settings, struct budget_entry *entry,
	GError **error)
{
	static const char *const keys[] = {"value", "unit", "class", "runs", "samples", "counter",
		"tolerance_percent", "floor", NULL};
	json_t *metrics = json_object_get(benchmark, "metrics"), *row;
	const char *key;

	json_object_foreach(metrics, key, row)
	{
		enum gate_metric metric;

		if (!gate_metric_parse(key, &metric))
			return refuse(error, "metric '%s' is not known", key);
		if (!read_values(row, entry->measurement->values[metric]))
			return refuse(error, "metric '%s' has no proper value", key);
		if (metric == GATE_INSTRUCTIONS && !read_counter(row, settings, entry->measurement))
			return refuse(error, "metric '%s' has an unknown counter", key);
		entry->set |= 1u << metric;
		double percent = 100 * settings->tolerance[metric];
		double floor = settings->floor[metric];

		if (!check_keys(row, keys, key, error))
			return false;
		if (!read_number(row, "tolerance_percent", &percent) ||
			!read_number(row, "floor", &floor) || !(percent >= 0) || !(floor >= 0))
			return refuse(
				error, "metric '%s': a tolerance is no number from 0 on", key);
		settings->tolerance[metric] = percent / 100;
		settings->floor[metric] = floor;
	}
	return entry->set || refuse(error, "there are no metrics in it");
}

static bool
read_limits(const json_t *benchmark, struct budget_entry *entry, GError **error)
{
	const json_t *limits = json_object_get(benchmark, "limits");

	if (limits && !json_is_array(limits))
		return refuse(error, "\"limits\" is no list");
	for (size_t i = 0; i < json_array_size(limits); i++) {
		const char *text = json_string_value(json_array_get(limits, i));
		g_autofree char *why = NULL;
		struct limit *limit = text ? limit_parse(text, &why) : NULL;

		if (!limit)
			return refuse(error, "%s", why ? why : "a limit is no text");
		g_ptr_array_add(entry->limits, limit);
	}
	return true;
}

/* Without the file the figures are compared all the same; what they come from is not known. */
static bool
read_paths(
	const struct budget *budget, const char *name, struct budget_entry *entry, GError **error)
{
	for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++) {
		g_autofree char *path = budget_paths_file(budget, name, kind);
		g_autofree char *text = NULL, *why = NULL;

		g_autoptr(GError) io = NULL;

		if (!g_file_get_contents(path, &text, NULL, &io)) {
			if (g_error_matches(io, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
				g_error_matches(io, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
				continue;
			return refuse(error, "%s", io->message);
		}
		struct account *account = account_parse(text, &why);

		if (!account)
			return refuse(error, "%s: %s; accept the benchmark again", path, why);
		measurement_keep(entry->measurement, kind, account);
		if (account->set != account_kind_sets[kind])
			return refuse(
				error, "%s is of other metrics; accept the benchmark again", path);
	}
	return true;
}

static void
read_acceptance(const json_t *benchmark, struct budget_entry *entry)
{
	const json_t *accepted = json_object_get(benchmark, "accepted");

	entry->fingerprint = json_incref(json_object_get(benchmark, "fingerprint"));
	entry->reason = g_strdup(json_string_value(json_object_get(accepted, "reason")));
	entry->commit = g_strdup(json_string_value(json_object_get(accepted, "commit")));
	entry->command = g_strdup(json_string_value(json_object_get(benchmark, "command")));
}

bool
budget_find(const struct budget *budget, const char *name, struct judge_settings *settings,
	struct budget_entry *ret_entry, GError **error)
{
	const json_t *benchmark =
		json_object_get(json_object_get(budget->root, "benchmarks"), name);
	struct budget_entry entry = {.set = 0};

	if (!benchmark) {
		g_set_error(error, BUDGET_ERROR, BUDGET_ERROR_ABSENT,
			"%s: there is no benchmark '%s'; add it with thag-gate accept",
			budget->path, name);
		return false;
	}
	static const char *const keys[] = {
		"accepted", "command", "fingerprint", "limits", "metrics", NULL};

	entry.measurement = measurement_new();
	entry.limits = g_ptr_array_new_with_free_func((GDestroyNotify)limit_free);
	read_acceptance(benchmark, &entry);
	if (check_keys(benchmark, keys, "it", error) &&
		read_metrics(benchmark, settings, &entry, error) &&
		read_limits(benchmark, &entry, error) && read_paths(budget, name, &entry, error)) {
		*ret_entry = entry;
		return true;
	}
	g_prefix_error(error, "%s: benchmark '%s': ", budget->path, name);
	budget_entry_fini(&entry);
	return false;
}

void
budget_entry_fini(struct budget_entry *entry)
{
	measurement_free(entry->measurement);
	if (entry->limits)
		g_ptr_array_unref(entry->limits);
	json_decref(entry->fingerprint);
	g_free(entry->reason);
	g_free(entry->commit);
	g_free(entry->command);
	*entry = (struct budget_entry){.set = 0};
}

/* ---- accepting ---- */

/* The object under `key`, made where there is none. Borrowed. */
static json_t *
get_object(json_t *parent, const char *key)
{
	json_t *object = json_object_get(parent, key);

	if (!json_is_object(object)) {
		json_object_set_new(parent, key, json_object());
		object = json_object_get(parent, key);
	}
	return object;
}

/* All that we measure is whole: counts, bytes, nanoseconds. */
static json_t *
whole(double value)
{
	return json_integer((json_int_t)llround(value));
}

static void
accept_metric(json_t *metrics, const struct measurement *measurement, enum gate_metric metric)
{
	json_t *row = get_object(metrics, gate_metrics[metric].key);
	const double *values = measurement_values(measurement, metric);
	const guint count = measurement_count(measurement, metric);
	const bool varies = measurement_varies(measurement, metric);
	static const char *const units[] = {"count", "bytes", "ns"};

	json_object_set_new(row, "value", whole(measurement_median(measurement, metric)));
	json_object_set_new(row, "unit", json_string(units[gate_metrics[metric].unit]));
	json_object_set_new(
		row, "class", json_string(gate_class_names[gate_metrics[metric].class]));
	json_object_set_new(row, "runs", json_integer((json_int_t)count));
	if (metric == GATE_INSTRUCTIONS)
		json_object_set_new(
			row, "counter", json_string(measure_counter_names[measurement->counter]));
	json_object_del(row, "samples");
	if (!varies && gate_metrics[metric].class == GATE_EXACT)
		return;
	json_t *samples = json_array();

	for (guint i = 0; i < count; i++)
		json_array_append_new(samples, whole(values[i]));
	json_object_set_new(row, "samples", samples);
}

static json_t *
text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

void
budget_accept(struct budget *budget, const struct budget_acceptance *acceptance)
{
	json_t *benchmark = get_object(get_object(budget->root, "benchmarks"), acceptance->name);
	json_t *metrics = get_object(benchmark, "metrics");
	const struct measurement *measurement = acceptance->measurement;
	json_t *accepted = get_object(benchmark, "accepted");

	json_object_set_new(benchmark, "command", text_or_null(acceptance->command));
	json_object_set(benchmark, "fingerprint", (json_t *)(uintptr_t)acceptance->fingerprint);
	json_object_set_new(accepted, "reason", text_or_null(acceptance->reason));
	json_object_set_new(accepted, "by", text_or_null(acceptance->by));
	json_object_set_new(accepted, "commit", text_or_null(acceptance->commit));
	json_object_set_new(accepted, "build_id", text_or_null(measurement->build_id));
	for (unsigned i = 0; i < GATE_METRICS; i++) {
		if (gate_set_has(acceptance->set, i) && measurement_count(measurement, i))
			accept_metric(metrics, measurement, i);
		else if (gate_set_has(acceptance->set, i))
			json_object_del(metrics, gate_metrics[i].key);
	}
}

double
budget_widen(struct budget *budget, const char *name, enum gate_metric metric, double tolerance)
{
	const double step = 0.001; /* a tenth of a percent: more is no information */
	json_t *benchmark = json_object_get(json_object_get(budget->root, "benchmarks"), name);
	json_t *row =
		json_object_get(json_object_get(benchmark, "metrics"), gate_metrics[metric].key);

	if (!row)
		return -1;
	tolerance = MAX(ceil(tolerance / step) * step,
		number_or(row, "tolerance_percent", 100 * gate_metrics[metric].tolerance) / 100);
	json_object_set_new(row, "tolerance_percent", json_real(round(tolerance * 1000) / 10));
	return tolerance;
}

/* ---- writing ---- */

/* Valgrind sees every function: all of them are no file to look at. */
static char *
emit_paths(const struct account *account, enum account_kind kind)
{
	struct account *folded =
		kind == ACCOUNT_INSTRUCTIONS
			? account_fold(account, GATE_INSTRUCTIONS, BUDGET_PARTS, NULL)
			: NULL;
	char *text = account_emit(folded ? folded : account, account_kind_sets[kind]);

	account_free(folded);
	return text;
}

static bool
write_paths(const struct budget *budget, const struct budget_acceptance *acceptance, GError **error)
{
	for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++) {
		const struct account *account = acceptance->measurement->accounts[kind];

		if (!account)
			continue;
		g_autofree char *path = budget_paths_file(budget, acceptance->name, kind);
		g_autofree char *directory = g_path_get_dirname(path);
		g_autofree char *text = emit_paths(account, kind);

		if (g_mkdir_with_parents(directory, 0777))
			return refuse(error, "%s: %s", directory, g_strerror(errno));
		if (!g_file_set_contents(path, text, -1, error))
			return false;
	}
	return true;
}

bool
budget_write(
	const struct budget *budget, const struct budget_acceptance *acceptance, GError **error)
{
	char *dumped =
		json_dumps(budget->root, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(10));
	g_autofree char *text = g_strconcat(dumped, "\n", NULL);

	free(dumped);
	if (acceptance && !write_paths(budget, acceptance, error))
		return false;
	return g_file_set_contents(budget->path, text, -1, error);
}

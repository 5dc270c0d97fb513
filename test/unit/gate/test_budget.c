/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The budget file and the history. */
#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <math.h>

#include "budget.h"
#include "history.h"

static char *
file_of(const char *name, const char *text)
{
	g_autofree char *directory = g_dir_make_tmp("gate-XXXXXX", NULL);
	char *path = g_build_filename(directory, name, NULL);

	if (text)
		cr_assert(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static struct measurement *
measured(double allocations)
{
	struct measurement *measurement = measurement_new();

	for (unsigned i = 0; i < 5; i++)
		g_array_append_val(measurement->values[GATE_ALLOCATIONS], allocations);
	return measurement;
}

static char *
accept(struct budget *budget, double allocations, const char *reason)
{
	struct measurement *measurement = measured(allocations);
	g_autoptr(GError) error = NULL;
	json_t *fingerprint = json_pack("{s:s}", "cpu", "x");
	const struct budget_acceptance acceptance = {.name = "import",
		.command = "app",
		.reason = reason,
		.by = "me",
		.fingerprint = fingerprint,
		.measurement = measurement,
		.set = GATE_SET_EXACT};
	char *text;

	budget_accept(budget, &acceptance);
	cr_assert(budget_write(budget, &acceptance, &error), "%s", error ? error->message : "");
	json_decref(fingerprint);
	measurement_free(measurement);
	cr_assert(g_file_get_contents(budget->path, &text, NULL, NULL));
	return text;
}

Test(budget, what_is_accepted_is_read_again)
{
	g_autofree char *path = file_of("budget.json", NULL);
	struct judge_settings settings;
	struct budget budget;
	struct budget_entry entry;

	judge_settings_init(&settings);
	budget_init(&budget, path);
	g_autofree char *text = accept(&budget, 1004, "first");

	cr_expect(g_str_has_suffix(text, "}\n"));
	budget_fini(&budget);
	cr_assert(budget_read(path, &budget, NULL));
	cr_assert(budget_find(&budget, "import", &settings, &entry, NULL));
	cr_expect_eq(entry.set, 1u << GATE_ALLOCATIONS);
	cr_expect_eq(measurement_count(entry.measurement, GATE_ALLOCATIONS), 5);
	cr_expect(fabs(measurement_median(entry.measurement, GATE_ALLOCATIONS) - 1004) < 1e-9);
	cr_expect_str_eq(entry.reason, "first");
	budget_entry_fini(&entry);
	budget_fini(&budget);
}

Test(budget, what_a_person_added_survives_an_accept)
{
	g_autofree char *path = file_of("budget.json",
		"{\"schema\": \"thag-gate-budget\", \"version\": 1, "
		"\"benchmarks\": {\"import\": {\"limits\": [\"peak <= 1 MiB\"], \"x-owner\": "
		"\"core\", "
		"\"metrics\": {\"allocations\": {\"value\": 1, \"tolerance_percent\": 2}}}}}");
	struct judge_settings settings;
	struct budget budget;
	struct budget_entry entry;

	judge_settings_init(&settings);
	cr_assert(budget_read(path, &budget, NULL));
	g_autofree char *text = accept(&budget, 7, "again");
	g_autofree char *same = accept(&budget, 7, "again");

	cr_expect_str_eq(text, same, "the same is written the same");
	cr_expect(strstr(text, "\"x-owner\": \"core\""));
	cr_assert(budget_find(&budget, "import", &settings, &entry, NULL));
	cr_expect_eq(entry.limits->len, 1);
	cr_expect(fabs(settings.tolerance[GATE_ALLOCATIONS] - 0.02) < 1e-12);
	budget_entry_fini(&entry);
	budget_fini(&budget);
}

Test(budget, what_is_absent_and_what_is_broken_are_told_apart)
{
	g_autofree char *nowhere = file_of("none.json", NULL);
	static const char *const broken[] = {"", "{", "[]", "{\"schema\": \"other\"}",
		"{\"schema\": \"thag-gate-budget\", \"version\": 2, \"benchmarks\": {}}",
		"{\"schema\": \"thag-gate-budget\", \"version\": 1, \"benchmarks\": 1e999}"};
	g_autoptr(GError) error = NULL;
	struct budget budget;

	cr_assert(!budget_read(nowhere, &budget, &error));
	cr_expect(g_error_matches(error, BUDGET_ERROR, BUDGET_ERROR_ABSENT));
	for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
		g_autofree char *path = file_of("budget.json", broken[i]);
		g_autoptr(GError) why = NULL;

		cr_assert(!budget_read(path, &budget, &why));
		cr_expect(g_error_matches(why, BUDGET_ERROR, BUDGET_ERROR_UNREADABLE), "%zu", i);
	}
}

Test(budget, a_benchmark_without_proper_values_is_refused)
{
	static const char *const rows[] = {"{}", "{\"metrics\": {}}",
		"{\"metrics\": {\"allocations\": {}}}",
		"{\"metrics\": {\"allocations\": {\"value\": -1}}}",
		"{\"metrics\": {\"allocation\": {\"value\": 1}}}",
		"{\"metrics\": {\"allocations\": {\"value\": 1, \"tolerance_percent\": -1}}}",
		"{\"metrics\": {\"allocations\": {\"value\": 1}}, \"limits\": [\"peak\"]}",
		"{\"metrics\": {\"allocations\": {\"value\": 1}}, \"limit\": [\"peak == 0\"]}",
		"{\"metrics\": {\"allocations\": {\"value\": 1, \"tolerence\": 1}}}",
		"{\"metrics\": {\"allocations\": {\"value\": 1, \"floor\": \"1\"}}}",
		"{\"metrics\": {\"allocations\": {\"value\": 1, \"samples\": []}}}",
		"{\"metrics\": {\"allocations\": {\"value\": 1, \"samples\": [\"1\"]}}}",
		"{\"metrics\": {\"instructions\": {\"value\": 1, \"counter\": \"me\"}}}"};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text =
			g_strdup_printf("{\"schema\": \"thag-gate-budget\", \"version\": 1, "
					"\"benchmarks\": {\"a\": %s}}",
				rows[i]);
		g_autofree char *path = file_of("budget.json", text);
		g_autoptr(GError) error = NULL;
		struct judge_settings settings;
		struct budget budget;
		struct budget_entry entry;

		judge_settings_init(&settings);
		cr_assert(budget_read(path, &budget, NULL), "%zu", i);
		cr_expect(!budget_find(&budget, "a", &settings, &entry, &error), "%zu", i);
		cr_expect(g_error_matches(error, BUDGET_ERROR, BUDGET_ERROR_UNREADABLE), "%zu", i);
		budget_fini(&budget);
	}
}

static void
append(const char *path, double cpu)
{
	struct outcome outcome;
	g_autoptr(GError) error = NULL;
	struct finding *finding = g_new0(struct finding, 1);

	outcome_init(&outcome, "import");
	outcome.fingerprint = json_pack("{s:s}", "cpu", "x");
	finding->metric = GATE_CPU;
	finding->now = cpu;
	finding->runs = 1;
	g_ptr_array_add(outcome.findings, finding);
	cr_assert(history_append(path, &outcome, &error));
	outcome_fini(&outcome);
}

Test(history, a_change_of_level_is_advised)
{
	g_autofree char *path = file_of("history.jsonl", NULL);
	g_autoptr(GError) error = NULL;

	for (unsigned i = 0; i < 20; i++)
		append(path, 1e9 + (i % 3) * 1e6 + (i < 12 ? 0 : 5e7));
	g_autofree char *advice = history_advise(path, NULL, &error);

	cr_assert(advice);
	cr_expect(strstr(advice, "20 results"));
	cr_expect(strstr(advice, "+4.9") || strstr(advice, "+5.0"), "%s", advice);
	g_autofree char *other = history_advise(path, "export", &error);

	cr_expect_str_eq(other, "no results\n");
}

Test(history, a_broken_line_is_named)
{
	g_autofree char *path = file_of("history.jsonl", "{\"schema_version\": 1}\n");
	g_autoptr(GError) error = NULL;

	cr_assert_null(history_advise(path, NULL, &error));
	cr_expect(strstr(error->message, "line 1"));
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The menu of a comparison: see pages.h. */
#include "pages.h"

#include "choice.h"
#include "diff_report.h"
#include "pager.h"
#include "pictures.h"
#include "screen.h"

struct comparison {
	const struct diff *diff;
	struct diff_names names;
	unsigned metric;
	char *subtitle;
};

static void
print(const struct text *text, void *context)
{
	const struct comparison *comparison = context;

	diff_print(text, comparison->diff, &comparison->names, comparison->metric, 40);
}

static bool
show_table(struct comparison *comparison)
{
	return pager_run(&(struct pager){.title = "What changed",
		.subtitle = comparison->subtitle,
		.print = print,
		.context = comparison});
}

enum compare_item {
	COMPARE_FLAMEGRAPH,
	COMPARE_NORMALISED,
	COMPARE_SIDES,
	COMPARE_TABLE,
	COMPARE_METRIC,
	COMPARE_BACK,
	COMPARE_ITEMS,
};

static const char *const texts[COMPARE_ITEMS] = {
	[COMPARE_FLAMEGRAPH] = "Differential flamegraph",
	[COMPARE_NORMALISED] = "Differential flamegraph, normalised",
	[COMPARE_SIDES] = "Side by side",
	[COMPARE_TABLE] = "What changed, by function and call path",
	[COMPARE_METRIC] = "Another metric",
	[COMPARE_BACK] = "Back",
};

/* What is compared when nothing was chosen: what A shows, if B knows it as well. */
static unsigned
first_metric(const struct diff *diff, const struct session *a)
{
	const int at = diff_find_metric(diff, session_first_metric(a));

	return at < 0 ? 0 : (unsigned)at;
}

static bool
act(struct comparison *comparison, int item)
{
	switch (item) {
	case COMPARE_FLAMEGRAPH:
	case COMPARE_NORMALISED:
	case COMPARE_SIDES:
		pictures_comparison(comparison->diff, &comparison->names, comparison->metric,
			item == COMPARE_NORMALISED, item == COMPARE_SIDES);
		return true;
	case COMPARE_TABLE:
		return show_table(comparison);
	default:
		comparison->metric = (comparison->metric + 1) % comparison->diff->metric_count;
		return true;
	}
}

static bool
run(struct comparison *comparison)
{
	struct choice choice;
	bool there = true;
	int chosen = 0;

	choice_init(&choice, "Comparison", NULL);
	for (unsigned i = 0; i < COMPARE_ITEMS; i++)
		choice_add(&choice, texts[i], NULL);
	while (there) {
		g_free(comparison->subtitle);
		comparison->subtitle = g_strdup_printf("%s: A %s  B %s",
			metric_table[comparison->diff->metrics[comparison->metric]].title,
			comparison->names.a, comparison->names.b);
		choice.subtitle = comparison->subtitle;
		chosen = choice_run(&choice);
		if (chosen < 0 || chosen == COMPARE_BACK)
			break;
		there = act(comparison, chosen);
	}
	choice_fini(&choice);
	return there && chosen != CHOICE_CLOSED;
}

bool
pages_of_comparison(struct session *a, struct session *b)
{
	struct comparison comparison = {.names = {a->name, b->name}};
	g_autoptr(GError) error = NULL;
	struct diff *diff;
	bool there;

	screen_busy("comparing ...");
	diff = diff_new(&a->selection, &b->selection, NULL, &error);
	if (!diff) {
		session_complain(error->message);
		return true;
	}
	comparison.diff = diff;
	comparison.metric = first_metric(diff, a);
	there = run(&comparison);
	g_free(comparison.subtitle);
	diff_free(diff);
	return there;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The menus of one profile: see pages.h. Each is a table of items and what they do. */
#include "pages.h"

#include "browser.h"
#include "choice.h"
#include "colour.h"
#include "flame_time.h"
#include "functions.h"
#include "narrow.h"
#include "pager.h"
#include "pictures.h"
#include "report.h"
#include "screen.h"
#include "settings.h"

enum {
	NAMED_ROWS = 1000,
};

struct item {
	const char *text;
	bool (*run)(struct session *session);
};

/* ---- text ---- */

struct report_page {
	const struct session *session;
	void (*print)(const struct text *text, const struct session *session);
};

static void
print_report(const struct text *text, void *context)
{
	const struct report_page *page = context;

	page->print(text, page->session);
}

static bool
show_report(struct session *session, const char *title,
	void (*print)(const struct text *text, const struct session *session))
{
	struct report_page page = {session, print};

	return pager_run(&(struct pager){.title = title,
		.subtitle = session->name,
		.print = print_report,
		.context = &page});
}

static void
print_summary(const struct text *text, const struct session *session)
{
	report_summary(text, &session->selection,
		&(struct report_options){.sort = session->metric, .limit = 10});
}

static void
print_sizes(const struct text *text, const struct session *session)
{
	report_sizes(text, &session->selection);
}

static void
print_lifetimes(const struct text *text, const struct session *session)
{
	report_lifetimes(text, &session->selection);
}

static void
print_timeline(const struct text *text, const struct session *session)
{
	report_timeline(text, &session->selection);
}

/* What the source named: the pager scrolls, so there may be many rows. */
static void
print_named(const struct text *text, const struct session *session)
{
	const struct report_options options = {.limit = NAMED_ROWS};

	report_sections(text, &session->selection, &options);
	report_tasks(text, &session->selection, &options);
	report_marks(text, &session->selection, &options);
}

static bool
run_summary(struct session *session)
{
	return show_report(session, "Memory statistics", print_summary);
}

static bool
run_sizes(struct session *session)
{
	return show_report(session, "Size distributions", print_sizes);
}

static bool
run_lifetimes(struct session *session)
{
	return show_report(session, "Lifetimes", print_lifetimes);
}

static bool
run_timeline(struct session *session)
{
	return show_report(session, "Over time", print_timeline);
}

static bool
run_named(struct session *session)
{
	return show_report(session, "Sections, tasks and marks", print_named);
}

/* ---- call paths with whole stacks ---- */

static void
print_stacks(const struct text *text, const struct session *session)
{
	report_stacks(text, &session->selection,
		&(struct report_options){.sort = session->metric, .limit = 20});
}

static bool
run_stacks(struct session *session)
{
	return show_report(session, "Top sites with full stacks", print_stacks);
}

/* ---- trees and tables ---- */

static bool
run_tree(struct session *session)
{
	return browser_run(session);
}

static bool
run_functions(struct session *session)
{
	return functions_run(session, session->metric);
}

static bool
run_by_total(struct session *session)
{
	return functions_run(session, session_first_metric(session));
}

/* How often: calls where they were traced, allocations of memory. */
static bool
run_by_calls(struct session *session)
{
	const enum metric metric = session_count_metric(session);

	if (metric == METRICS) {
		session_complain("calls were not recorded: they need a traced build, "
				 "see thag-run(1)");
		return true;
	}
	return functions_run(session, metric);
}

/* ---- pictures ---- */

static bool
run_flamegraph(struct session *session)
{
	pictures_flamegraph(&session->selection, session->name, session_first_metric(session));
	return true;
}

static bool
run_narrow_flamegraph(struct session *session)
{
	struct narrow narrow;
	bool there = true;

	if (narrow_ask(&narrow, session, &there)) {
		pictures_flamegraph(&narrow.selection, session->name, narrow.metric);
		narrow_fini(&narrow);
	}
	return there;
}

static bool
has_chart(const struct session *session)
{
	if (session->time ? flame_chart_is_there(session->profile) : session->profile->spans.count)
		return true;
	session_complain(session->time ? "what ran when was not recorded"
				       : "what was allocated when was not recorded");
	return false;
}

static bool
run_flamechart(struct session *session)
{
	if (has_chart(session))
		pictures_flamechart(&session->selection, session->name, session->time);
	return true;
}

static bool
run_narrow_flamechart(struct session *session)
{
	struct narrow narrow;
	bool there = true;

	if (has_chart(session) && narrow_ask(&narrow, session, &there)) {
		pictures_flamechart(&narrow.selection, session->name, session->time);
		narrow_fini(&narrow);
	}
	return there;
}

static bool
run_colours(struct session *session)
{
	const char *kind = session->time ? "time" : "memory";
	g_autofree char *now = settings_colours(kind);
	struct choice choice;
	int chosen;

	choice_init(&choice, "Colours of pictures", session->time ? "of time" : "of memory");
	for (size_t i = 0; i <= colour_scheme_count; i++) {
		const char *name = i < colour_scheme_count ? colour_schemes[i].name : "module";

		choice_add(&choice, name, now && g_str_equal(now, name) ? "chosen" : NULL);
	}
	chosen = choice_run(&choice);
	if (chosen >= 0)
		settings_set_colours(kind,
			((struct choice_item *)g_ptr_array_index(choice.items, chosen))->text);
	choice_fini(&choice);
	return chosen != CHOICE_CLOSED;
}

/* ---- the menus ---- */

static const struct item time_items[] = {
	{"Flamegraph", run_flamegraph},
	{"Flamegraph, functions filtered out", run_narrow_flamegraph},
	{"Flamechart", run_flamechart},
	{"Flamechart, functions filtered out", run_narrow_flamechart},
	{"Statistics by total time", run_by_total},
	{"Statistics by calls", run_by_calls},
	{"Call tree", run_tree},
	{"Functions", run_functions},
	{"Call paths with full stacks", run_stacks},
	{"Summary", run_summary},
	{"Timeline", run_timeline},
	{"Sections, tasks and marks", run_named},
	{"Colours", run_colours},
	{"Back", NULL},
};

static const struct item memory_items[] = {
	{"Flamegraph", run_flamegraph},
	{"Flamegraph, filtered", run_narrow_flamegraph},
	{"Flamechart", run_flamechart},
	{"Flamechart, filtered", run_narrow_flamechart},
	{"Memory statistics", run_summary},
	{"Top sites with full stacks", run_stacks},
	{"Size distributions", run_sizes},
	{"Lifetimes", run_lifetimes},
	{"Timeline", run_timeline},
	{"Sections, tasks and marks", run_named},
	{"Call tree", run_tree},
	{"Functions", run_functions},
	{"Functions by number of allocations", run_by_calls},
	{"Colours", run_colours},
	{"Back", NULL},
};

bool
pages_of_profile(struct session *session)
{
	const struct item *items = session->time ? time_items : memory_items;
	const unsigned count =
		session->time ? G_N_ELEMENTS(time_items) : G_N_ELEMENTS(memory_items);
	struct choice choice;
	bool there = true;
	int chosen;

	choice_init(&choice, session->time ? "Time profile" : "Memory profile", session->name);
	for (unsigned i = 0; i < count; i++)
		choice_add(&choice, items[i].text, NULL);
	do {
		chosen = choice_run(&choice);
		if (chosen >= 0 && items[chosen].run)
			there = items[chosen].run(session);
		else
			break;
	} while (there);
	choice_fini(&choice);
	return there && chosen != CHOICE_CLOSED;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See narrow.h. */
#include "narrow.h"

#include "choice.h"
#include "screen.h"

/* What each pattern is best looked at by: METRICS is what the session shows. */
static const struct {
	const char *text;
	enum filter_kind kind;
	enum metric metric;
	bool own;
} patterns[] = {
	{"All memory", FILTER_ANY, METRICS, false},
	{"Large allocations (more than 1 MiB)", FILTER_LARGE, METRIC_BYTES, false},
	{"Temporary allocations", FILTER_TEMPORARY, METRIC_TEMPORARY, false},
	{"Leaked memory", FILTER_LEAKED, METRIC_LEAKED, false},
	{"Frequent allocations (1 % of all or more)", FILTER_FREQUENT, METRIC_ALLOCATIONS, false},
	{"Own pattern: call paths with a function", FILTER_ANY, METRICS, true},
};

static int
ask(const char *title, const char *subtitle, const char *const *texts)
{
	struct choice choice;
	int chosen;

	choice_init(&choice, title, subtitle);
	for (; *texts; texts++)
		choice_add(&choice, *texts, NULL);
	chosen = choice_run(&choice);
	choice_fini(&choice);
	return chosen;
}

static int
ask_pattern(const struct session *session)
{
	const char *texts[G_N_ELEMENTS(patterns) + 1] = {NULL};

	for (unsigned i = 0; i < G_N_ELEMENTS(patterns); i++)
		texts[i] = patterns[i].text;
	return ask("Which memory?", session->name, texts);
}

/* "a, b c" -> a; b c: names may hold spaces. */
static GStrv
split_names(const char *text)
{
	GStrv parts = g_strsplit(text, ",", -1);
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (unsigned i = 0; parts[i]; i++) {
		g_strstrip(parts[i]);
		if (*parts[i])
			g_ptr_array_add(names, parts[i]);
		else
			g_free(parts[i]);
	}
	g_free(parts);
	g_ptr_array_add(names, NULL);
	return (GStrv)g_ptr_array_steal(names, NULL);
}

static const char *const ways[] = {"Recursive: the functions with all they call",
	"Exact: only call paths that end in them", NULL};

/* Returns CHOICE_BACK where the user gave up. */
static int
ask_without(struct narrow *narrow, struct filter *filter)
{
	g_autofree char *names = screen_ask(
		"functions to leave out (names or /regex/, commas between; none: Enter): ", NULL);
	int way;

	if (!names)
		return CHOICE_BACK;
	narrow->without = split_names(names);
	if (!*narrow->without)
		return 0;
	way = ask("How are they left out?", names, ways);
	if (way == 0)
		filter->without = (const char *const *)narrow->without;
	else if (way == 1)
		filter->without_leaf = (const char *const *)narrow->without;
	return way;
}

/* "1s - 2.5s", "1s -", "-2.5s": two times, either of which may be missing. */
static bool
parse_times(const char *text, struct filter_range *ret_times, GError **error)
{
	g_auto(GStrv) ends = g_strsplit(text, "-", 2);
	const char *from = g_strstrip(ends[0]), *to = ends[1] ? g_strstrip(ends[1]) : "";

	return filter_parse_times(*from ? from : NULL, *to ? to : NULL, ret_times, error);
}

static int
ask_times(const struct session *session, struct filter *filter)
{
	g_autofree char *question =
		g_strdup_printf("when, of %.2f s (1s-1.5s, 1s-, -250ms; always: Enter): ",
			(double)session->profile->run.duration_ns / 1e9);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	if (!session->profile->spans.count && !session->profile->moments->len)
		return 0;
	text = screen_ask(question, NULL);
	if (!text)
		return CHOICE_BACK;
	if (!*text || parse_times(text, &filter->time_ns, &error))
		return 0;
	session_complain(error->message);
	return CHOICE_BACK;
}

static int
ask_all(struct narrow *narrow, const struct session *session, struct filter *filter)
{
	int pattern = session->time || *session->profile->run.folded ? 0 : ask_pattern(session);

	narrow->metric = session_first_metric(session);
	if (pattern < 0)
		return pattern;
	filter->kind = patterns[pattern].kind;
	if (patterns[pattern].metric != METRICS &&
		metric_is_known(patterns[pattern].metric, session->profile))
		narrow->metric = patterns[pattern].metric;
	if (patterns[pattern].own) {
		narrow->function = screen_ask("function (name or /regex/): ", NULL);
		if (!narrow->function || !*narrow->function)
			return CHOICE_BACK;
		filter->function = narrow->function;
	}
	const int way = ask_without(narrow, filter);

	return way < 0 ? way : ask_times(session, filter);
}

bool
narrow_ask(struct narrow *ret_narrow, const struct session *session, bool *ret_there)
{
	struct narrow narrow = {.metric = session->metric};
	struct filter filter = {.function = NULL};
	g_autoptr(GError) error = NULL;
	const int result = ask_all(&narrow, session, &filter);

	*ret_there = result != CHOICE_CLOSED;
	if (result < 0) {
		narrow_fini(&narrow);
		return false;
	}
	if (!selection_init(&narrow.selection, session->profile, &filter, &error)) {
		session_complain(error->message);
		narrow_fini(&narrow);
		return false;
	}
	if (!selection_whole(&narrow.selection, narrow.metric)) {
		session_complain("nothing matches that");
		narrow_fini(&narrow);
		return false;
	}
	*ret_narrow = narrow;
	return true;
}

void
narrow_fini(struct narrow *narrow)
{
	selection_fini(&narrow->selection);
	g_free(narrow->function);
	g_strfreev(narrow->without);
}

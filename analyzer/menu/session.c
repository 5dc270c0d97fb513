/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See session.h. */
#include <string.h>

#include "open.h"
#include "screen.h"
#include "session.h"

void
session_complain(const char *text)
{
	screen_say(text);
	screen_key();
}

struct session *
session_open(const char *path, bool time)
{
	const struct filter everything = {.function = NULL};
	const struct open_options options = {.folded = NULL};
	g_autofree char *busy = g_strdup_printf("reading %s ...", path);
	g_autofree char *warning = NULL;
	g_autoptr(GError) error = NULL;
	struct session *session;
	struct profile *profile;

	screen_busy(busy);
	profile = profile_open(path, &options, &warning, &error);
	if (!profile) {
		session_complain(error->message);
		return NULL;
	}
	if (warning)
		session_complain(warning);
	session = g_new0(struct session, 1);
	session->profile = profile;
	session->path = path;
	session->name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	session->time = time;
	selection_init(&session->selection, profile, &everything, NULL);
	session->metric = session_first_metric(session);
	if (session->metric != METRICS)
		return session;
	session_complain(time ? "no times were recorded in this run: see thag-run --time"
			      : "no memory was recorded in this run: see thag-run --memory");
	session_free(session);
	return NULL;
}

enum metric
session_first_metric(const struct session *session)
{
	static const enum metric of_memory[] = {METRIC_PEAK, METRIC_BYTES};

	if (session->time)
		return *session->profile->run.folded ? metric_by_default(session->profile)
						     : metric_of_time(session->profile);
	for (unsigned i = 0; i < G_N_ELEMENTS(of_memory); i++) {
		if (metric_is_known(of_memory[i], session->profile))
			return of_memory[i];
	}
	return *session->profile->run.folded ? METRIC_VALUE : METRICS;
}

enum metric
session_count_metric(const struct session *session)
{
	const enum metric metric = session->time ? METRIC_CALLS : METRIC_ALLOCATIONS;

	return metric_is_known(metric, session->profile) ? metric : METRICS;
}

void
session_free(struct session *session)
{
	if (!session)
		return;
	selection_fini(&session->selection);
	profile_free(session->profile);
	g_free(session);
}

enum metric
session_next_metric(const struct session *session, enum metric metric)
{
	for (unsigned i = 1; i <= METRICS; i++) {
		const enum metric next = (enum metric)(((unsigned)metric + i) % METRICS);

		if (metric_is_known(next, session->profile))
			return next;
	}
	return metric;
}

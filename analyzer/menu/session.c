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
	session->metric = metric_default(profile);
	selection_init(&session->selection, profile, &everything, NULL);
	return session;
}

enum metric
session_first_metric(const struct session *session)
{
	return session->metric;
}

enum metric
session_count_metric(const struct session *session)
{
	return !session->time && metric_is_known(METRIC_ALLOCATIONS, session->profile)
		       ? METRIC_ALLOCATIONS
		       : METRICS;
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

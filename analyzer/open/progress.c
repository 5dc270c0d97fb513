/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See progress.h. A thread of its own does the waiting and the writing: whatever the work is, it
 * need not know. It holds the lock but while it waits.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "progress.h"

static struct {
	GMutex lock;
	GCond ended;
	GThread *thread;
	bool done; /* set by the worker, under the lock */
	char *text;
} progress;

static void *
watch(void *unused)
{
	const gint64 began = g_get_monotonic_time();
	bool shown = false;

	g_mutex_lock(&progress.lock);
	for (unsigned second = 1; !progress.done; second++) {
		const gint64 next = began + (gint64)second * G_USEC_PER_SEC;

		while (!progress.done && g_cond_wait_until(&progress.ended, &progress.lock, next))
			;
		if (progress.done)
			break;
		fprintf(stderr, "\r\033[K%s ... %u s", progress.text, second);
		shown = true;
	}
	if (shown)
		fputs("\r\033[K", stderr);
	g_mutex_unlock(&progress.lock);
	return NULL;
}

void
progress_begin(const char *verb, const char *what)
{
	if (progress.thread || !isatty(STDERR_FILENO))
		return;
	progress.text = g_strdup_printf("%s %s", verb, what);
	progress.done = false;
	progress.thread = g_thread_new("progress", watch, NULL);
}

void
progress_end(void)
{
	if (!progress.thread)
		return;
	g_mutex_lock(&progress.lock);
	progress.done = true;
	g_cond_signal(&progress.ended);
	g_mutex_unlock(&progress.lock);
	g_thread_join(progress.thread);
	progress.thread = NULL;
	g_free(progress.text);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Making, freeing and asking of what readers see: see named.h. */
#include "named.h"

static void
clear_place(gpointer data)
{
	struct named_place *place = data;

	g_free(place->name);
	g_free(place->file);
	g_free(place->function);
}

static void
clear_span(gpointer data)
{
	g_free(((struct named_span *)data)->durations.histogram);
}

static void
clear_task(gpointer data)
{
	struct named_task *task = data;

	g_free(task->lives.histogram);
	g_free(task->running.histogram);
}

static void
clear_series(gpointer data)
{
	g_array_unref(((struct named_series *)data)->points);
}

static GArray *
array_new(gsize bytes, GDestroyNotify clear)
{
	GArray *array = g_array_new(FALSE, TRUE, (guint)bytes);

	if (clear)
		g_array_set_clear_func(array, clear);
	return array;
}

struct named *
named_new(void)
{
	struct named *named = g_new0(struct named, 1);

	named->places = array_new(sizeof(struct named_place), clear_place);
	named->spans = array_new(sizeof(struct named_span), clear_span);
	named->tasks = array_new(sizeof(struct named_task), clear_task);
	named->instances = array_new(sizeof(struct named_instance), NULL);
	named->pieces = array_new(sizeof(struct named_piece), NULL);
	named->marks = array_new(sizeof(struct named_series), clear_series);
	named->counters = array_new(sizeof(struct named_series), clear_series);
	named->misuses = array_new(sizeof(struct named_misuse), NULL);
	return named;
}

void
named_free(struct named *named)
{
	if (!named)
		return;
	g_array_unref(named->places);
	g_array_unref(named->spans);
	g_array_unref(named->tasks);
	g_array_unref(named->instances);
	g_array_unref(named->pieces);
	g_array_unref(named->marks);
	g_array_unref(named->counters);
	g_array_unref(named->misuses);
	g_free(named);
}

static gint
by_number(gconstpointer a, gconstpointer b)
{
	const struct named_place *left = a, *right = b;

	return left->number < right->number ? -1 : left->number > right->number;
}

const struct named_place *
named_find_place(const struct named *named, uint32_t number)
{
	const struct named_place wanted = {.number = number};
	guint at;

	if (!named || !g_array_binary_search(named->places, &wanted, by_number, &at))
		return NULL;
	return &g_array_index(named->places, struct named_place, at);
}

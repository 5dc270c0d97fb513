/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The part of the call tree that the source named: see named_tables.h. */
#include "named_tables.h"

static const struct profile_task *
task_at(const struct profile *profile, guint index)
{
	return &g_array_index(profile->named.tasks, struct profile_task, index);
}

uint8_t *
named_frames(const struct profile *profile)
{
	const GArray *places = profile->named.places;
	g_autofree uint8_t *named = g_new0(uint8_t, profile->functions->len);
	uint8_t *shown = g_new0(uint8_t, profile->nodes.count);

	for (guint i = 1; i < places->len; i++)
		named[g_array_index(places, struct profile_place, i).function] = 1;
	named[0] = 0;
	for (uint32_t node = 1; node < profile->nodes.count; node++)
		shown[node] = named[profile_node_function(profile, node)];
	for (guint i = 0; i < profile->named.tasks->len; i++)
		shown[task_at(profile, i)->node] = 1;
	shown[0] = 0;
	return shown;
}

/* Adds what tasks ran: of each node that is a task's, less what is known of all below it. */
static void
add_running(const struct selection *selection, uint64_t *self)
{
	const struct profile *profile = selection->profile;
	const GArray *tasks = profile->named.tasks;
	g_autofree uint64_t *running = g_new0(uint64_t, profile->nodes.count);
	g_autofree uint64_t *inside = g_new0(uint64_t, profile->nodes.count);
	g_autofree uint8_t *is_task = g_new0(uint8_t, profile->nodes.count);

	for (guint i = 0; i < tasks->len; i++) {
		const struct profile_task *task = task_at(profile, i);

		if (!selection->nodes[task->node] || !selection->processes[task->process])
			continue;
		is_task[task->node] = 1;
		running[task->node] += task->running.total_ns;
	}
	/* A task that was made inside another has its own time: it is not in the other's. */
	for (uint32_t node = profile->nodes.count - 1; node > 0; node--) {
		inside[node] += self[node];
		if (!is_task[node])
			inside[profile->nodes.parent[node]] += inside[node];
		else if (running[node] > inside[node])
			self[node] += running[node] - inside[node];
	}
}

uint64_t *
named_self(const struct selection *selection, enum metric metric, const uint8_t *shown)
{
	const struct profile *profile = selection->profile;
	uint64_t *self = selection_self(selection, metric);

	if (metric == METRIC_TIME)
		add_running(selection, self);
	for (uint32_t node = profile->nodes.count - 1; node > 0; node--) {
		if (shown[node])
			continue;
		self[profile->nodes.parent[node]] += self[node];
		self[node] = 0;
	}
	return self;
}

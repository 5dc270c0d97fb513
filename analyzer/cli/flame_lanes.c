/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See flame_lanes.h. Instances are taken by task and start, each into the first lane that is free.
 */
#include "flame_lanes.h"

#include <string.h>

#include "flame.h"
#include "named_tables.h"
#include "names.h"

struct lanes {
	const struct lane_boxes *to;
	const struct selection *selection;
	const struct profile *profile;
	GArray *instances; /* uint32_t: indices, by task and start */
	GArray *pieces;	   /* struct profile_piece, by instance and start */
	guint *first;	   /* by instance: of its pieces; one more at the end */
	uint32_t *on;	   /* by thread: the frame "on worker (12)", 0: not yet made */
	GArray *open;	   /* uint32_t: boxes of the lanes of the task at hand */
	guint count;	   /* of all lanes of tasks */
	struct lanes_left_out left_out;
};

char *
flame_thread_name(const struct profile *profile, uint32_t number)
{
	const struct profile_thread *thread = profile_thread(profile, number);
	const struct profile_process *process = profile_process(profile, thread->process);
	const char *kernel_name = *thread->name ? thread->name : "thread";
	g_autofree char *name = thread->number
					? g_strdup_printf("%s (%u)", kernel_name, thread->tid)
					: g_strdup(kernel_name);

	if (profile->processes->len == 1)
		return g_steal_pointer(&name);
	g_autofree char *program = g_path_get_basename(process->exe);

	if (process->together)
		return g_strdup_printf("%s: %s", program, process->command);

	return g_strdup_printf("%s %u: %s", program, process->pid, name);
}

/* ---- boxes ---- */

/* Takes the name. */
static uint32_t
add_name(const struct lane_boxes *to, char *name)
{
	g_ptr_array_add(to->names, name);
	return to->first_name + to->names->len - 1;
}

static uint32_t
add_box(const struct lane_boxes *to, uint32_t parent, uint32_t frame, uint64_t start_ns,
	uint64_t end_ns)
{
	const uint64_t duration_ns = end_ns - start_ns;

	g_array_append_val(to->parent, parent);
	g_array_append_val(to->frame, frame);
	g_array_append_val(to->start_ns, start_ns);
	g_array_append_val(to->duration_ns, duration_ns);
	return to->parent->len - 1;
}

static uint64_t
end_of(const struct lane_boxes *to, uint32_t box)
{
	return g_array_index(to->start_ns, uint64_t, box) +
	       g_array_index(to->duration_ns, uint64_t, box);
}

/* A lane ends where the last thing in it does. */
static void
stretch(const struct lane_boxes *to, uint32_t lane, uint64_t end_ns)
{
	g_array_index(to->duration_ns, uint64_t, lane) =
		end_ns - g_array_index(to->start_ns, uint64_t, lane);
}

/* ---- order ---- */

static const struct profile_instance *
instance_at(const struct profile *profile, uint32_t index)
{
	return &g_array_index(profile->named.instances, struct profile_instance, index);
}

static const struct profile_task *
task_of(const struct profile *profile, const struct profile_instance *instance)
{
	return &g_array_index(profile->named.tasks, struct profile_task, instance->task);
}

static gint
compare_instances(gconstpointer a, gconstpointer b, gpointer context)
{
	const struct profile_instance *left = instance_at(context, *(const uint32_t *)a);
	const struct profile_instance *right = instance_at(context, *(const uint32_t *)b);

	if (left->task != right->task)
		return left->task < right->task ? -1 : 1;
	if (left->start_ns != right->start_ns)
		return left->start_ns < right->start_ns ? -1 : 1;
	return (left > right) - (left < right);
}

static gint
compare_pieces(gconstpointer a, gconstpointer b)
{
	const struct profile_piece *left = a, *right = b;

	if (left->instance != right->instance)
		return left->instance < right->instance ? -1 : 1;
	return (left->start_ns > right->start_ns) - (left->start_ns < right->start_ns);
}

static void
sort_instances(struct lanes *lanes)
{
	const struct profile *profile = lanes->profile;

	for (uint32_t i = 0; i < profile->named.instances->len; i++) {
		const struct profile_task *task = task_of(profile, instance_at(profile, i));

		if (lanes->selection->nodes[task->node] &&
			lanes->selection->processes[task->process])
			g_array_append_val(lanes->instances, i);
	}
	g_array_sort_with_data(lanes->instances, compare_instances, (gpointer)(uintptr_t)profile);
}

static void
sort_pieces(struct lanes *lanes)
{
	const struct profile_named *named = &lanes->profile->named;
	const guint count = named->instances->len;

	g_array_append_vals(lanes->pieces, named->pieces->data, named->pieces->len);
	g_array_sort(lanes->pieces, compare_pieces);
	lanes->first = g_new0(guint, count + 1);
	for (guint i = 0; i < lanes->pieces->len; i++)
		lanes->first[g_array_index(lanes->pieces, struct profile_piece, i).instance + 1]++;
	for (guint i = 0; i < count; i++)
		lanes->first[i + 1] += lanes->first[i];
}

/* ---- tasks ---- */

static bool
find_lane(struct lanes *lanes, const struct profile_instance *instance, const char *name,
	uint32_t *ret)
{
	const guint count = lanes->open->len;

	for (guint i = 0; i < count; i++) {
		*ret = g_array_index(lanes->open, uint32_t, i);
		if (end_of(lanes->to, *ret) <= instance->start_ns)
			return true;
	}
	if (lanes->count == LANES_MAX)
		return false;
	*ret = add_box(lanes->to, FLAME_NO_PARENT,
		add_name(lanes->to, count ? g_strdup_printf("task %s (%u)", name, count + 1)
					  : g_strdup_printf("task %s", name)),
		instance->start_ns, instance->start_ns);
	g_array_append_val(lanes->open, *ret);
	lanes->count++;
	return true;
}

static uint32_t
frame_on(struct lanes *lanes, uint32_t thread)
{
	if (!lanes->on[thread]) {
		g_autofree char *name = flame_thread_name(lanes->profile, thread);

		lanes->on[thread] = add_name(lanes->to, g_strdup_printf("on %s", name));
	}
	return lanes->on[thread];
}

/* Pieces are rounded one by one, and within their instance all the same. */
static void
add_pieces(struct lanes *lanes, uint32_t index, uint32_t box)
{
	uint64_t from_ns = g_array_index(lanes->to->start_ns, uint64_t, box);
	const uint64_t end_ns = end_of(lanes->to, box);

	for (guint i = lanes->first[index]; i < lanes->first[index + 1]; i++) {
		const struct profile_piece *piece =
			&g_array_index(lanes->pieces, struct profile_piece, i);
		const uint64_t start_ns = CLAMP(piece->start_ns, from_ns, end_ns);

		if (i >= LANE_PIECES_MAX) {
			lanes->left_out.pieces++;
			continue;
		}
		from_ns = CLAMP(piece->start_ns + piece->duration_ns, start_ns, end_ns);
		add_box(lanes->to, box, frame_on(lanes, piece->thread), start_ns, from_ns);
	}
}

static void
add_instance(struct lanes *lanes, uint32_t index)
{
	const struct profile_instance *instance = instance_at(lanes->profile, index);
	g_autofree char *name = name_short(
		profile_task_name(lanes->profile, task_of(lanes->profile, instance)), true);
	uint32_t lane, frame;

	if (!find_lane(lanes, instance, name, &lane)) {
		lanes->left_out.tasks++;
		return;
	}
	frame = add_name(lanes->to, g_strdup_printf("%s %u", name, instance->number));
	stretch(lanes->to, lane, instance->end_ns);
	add_pieces(lanes, index,
		add_box(lanes->to, lane, frame, instance->start_ns, instance->end_ns));
}

static void
add_tasks(struct lanes *lanes)
{
	for (guint i = 0; i < lanes->instances->len; i++) {
		const uint32_t index = g_array_index(lanes->instances, uint32_t, i);

		if (i && instance_at(lanes->profile, index)->task !=
				 instance_at(lanes->profile,
					 g_array_index(lanes->instances, uint32_t, i - 1))
					 ->task)
			g_array_set_size(lanes->open, 0);
		add_instance(lanes, index);
	}
}

/* ---- marks ---- */

static const struct profile_mark *
mark_of(const struct profile *profile, const struct profile_point *point)
{
	return &g_array_index(profile->named.marks, struct profile_mark, point->series);
}

/* Points of a series come by start; a tick has the least width that there is. */
static void
add_points(struct lanes *lanes, const struct profile_point *point, guint count)
{
	const struct profile_mark *mark = mark_of(lanes->profile, point);
	const char *name =
		g_array_index(lanes->profile->named.places, struct profile_place, mark->place).name;
	g_autofree char *thread = flame_thread_name(lanes->profile, mark->thread);
	const uint32_t tick = add_name(lanes->to, g_strdup(*name ? name : "[unnamed]"));
	const uint32_t lane = add_box(lanes->to, FLAME_NO_PARENT,
		add_name(lanes->to,
			g_strdup_printf("mark %s, %s", *name ? name : "[unnamed]", thread)),
		point->start_ns, point->start_ns);

	for (guint i = 0; i < count; i++) {
		const uint64_t start_ns = MAX(point[i].start_ns, end_of(lanes->to, lane));
		const uint64_t end_ns = MAX(point[i].end_ns, start_ns + 1);

		stretch(lanes->to, lane, end_ns);
		add_box(lanes->to, lane, tick, start_ns, end_ns);
	}
}

static void
add_marks(struct lanes *lanes)
{
	const GArray *rows = lanes->profile->named.mark_points;
	const struct profile_point *point = (const struct profile_point *)(const void *)rows->data;
	const struct profile_point *end = point + rows->len;

	/* Marks have no call path by which they could be chosen. */
	if (lanes->selection->path_restricted)
		return;
	for (guint count, drawn = 0; point < end; point += count) {
		for (count = 1; point + count < end && point[count].series == point->series;)
			count++;
		if (!lanes->selection->threads[mark_of(lanes->profile, point)->thread])
			continue;
		if (drawn++ < LANES_MAX / 2)
			add_points(lanes, point, count);
		else
			lanes->left_out.marks += count;
	}
}

void
flame_lanes_add(const struct lane_boxes *boxes, const struct selection *selection,
	struct lanes_left_out *ret_left_out)
{
	const struct named_left_out before = named_left_out(selection);
	struct lanes lanes = {
		.to = boxes,
		.selection = selection,
		.profile = selection->profile,
		.instances = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.pieces = g_array_new(FALSE, FALSE, sizeof(struct profile_piece)),
		.on = g_new0(uint32_t, selection->profile->threads->len),
		.open = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.left_out = {.tasks = before.instances, .pieces = before.pieces},
	};

	sort_instances(&lanes);
	sort_pieces(&lanes);
	add_tasks(&lanes);
	add_marks(&lanes);
	*ret_left_out = lanes.left_out;
	g_array_unref(lanes.instances);
	g_array_unref(lanes.pieces);
	g_array_unref(lanes.open);
	g_free(lanes.first);
	g_free(lanes.on);
}

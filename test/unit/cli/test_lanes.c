/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Rows of tasks and marks in the flamechart. */
#include <criterion/criterion.h>
#include <string.h>

#include "flame.h"
#include "flame_lanes.h"
#include "record.h"
#include "synthetic.h"

static struct profile *profile;
static struct selection selection;
static struct lane_boxes boxes;
static struct lanes_left_out left_out;

static uint32_t
add_place(const char *name, uint32_t kind)
{
	const struct profile_place place = {.name = name, .kind = kind, .inside = ""};

	g_array_append_val(profile->named.places, place);
	return profile->named.places->len - 1;
}

static void
set_up(void)
{
	struct profile_task task = {.node = 1};

	profile = synthetic_time_sample();
	cr_assert(selection_init(&selection, profile, &(struct filter){0}, NULL));
	task.place = add_place("request", NAMED_TASK);
	g_array_append_val(profile->named.tasks, task);
	boxes = (struct lane_boxes){
		.parent = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.frame = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.start_ns = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.duration_ns = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.names = g_ptr_array_new_with_free_func(g_free),
		.first_name = profile->functions->len,
	};
}

static void
tear_down(void)
{
	g_array_unref(boxes.parent);
	g_array_unref(boxes.frame);
	g_array_unref(boxes.start_ns);
	g_array_unref(boxes.duration_ns);
	g_ptr_array_unref(boxes.names);
	selection_fini(&selection);
	profile_free(profile);
}

TestSuite(lanes, .init = set_up, .fini = tear_down);

static void
add_instance(uint64_t start_ns, uint64_t end_ns)
{
	const struct profile_instance instance = {.number = profile->named.instances->len + 1,
		.start_ns = start_ns,
		.end_ns = end_ns,
		.ended = true};

	g_array_append_val(profile->named.instances, instance);
}

static void
add_piece(uint32_t instance, uint32_t thread, uint64_t start_ns, uint64_t duration_ns)
{
	const struct profile_piece piece = {instance, thread, start_ns, duration_ns};

	g_array_append_val(profile->named.pieces, piece);
}

static const char *
name_of(uint32_t box)
{
	return g_ptr_array_index(
		boxes.names, g_array_index(boxes.frame, uint32_t, box) - boxes.first_name);
}

/* "name@start+duration ..." in order; roots in brackets. */
static char *
drawn(void)
{
	GString *text = g_string_new(NULL);

	flame_lanes_add(&boxes, &selection, &left_out);
	for (uint32_t i = 0; i < boxes.parent->len; i++) {
		const bool root = g_array_index(boxes.parent, uint32_t, i) == FLAME_NO_PARENT;

		g_string_append_printf(text,
			root ? "[%s]@%" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT " "
			     : "%s@%" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT " ",
			name_of(i), g_array_index(boxes.start_ns, uint64_t, i),
			g_array_index(boxes.duration_ns, uint64_t, i));
	}
	return g_string_free(text, FALSE);
}

Test(lanes, tasks_that_do_not_overlap_share_one)
{
	add_instance(100, 200);
	add_instance(150, 250);
	add_instance(200, 300);
	g_autofree char *text = drawn();

	cr_assert_str_eq(text, "[task request]@100+200 request 1@100+100 "
			       "[task request (2)]@150+100 request 2@150+100 request 3@200+100 ");
}

Test(lanes, pieces_stand_in_their_task_with_the_thread)
{
	g_autofree char *first = flame_thread_name(profile, 0);
	g_autofree char *second = flame_thread_name(profile, 1);

	add_instance(100, 200);
	add_piece(0, 1, 150, 51);
	add_piece(0, 0, 99, 20);
	g_autofree char *text = drawn();
	g_autofree char *wanted = g_strdup_printf(
		"[task request]@100+100 request 1@100+100 on %s@100+19 on %s@150+50 ", first,
		second);

	cr_assert_str_eq(text, wanted);
}

Test(lanes, what_finds_none_is_counted)
{
	for (unsigned i = 0; i < LANES_MAX + 10; i++)
		add_instance(100 + i, 1000);
	g_autofree char *text = drawn();

	cr_assert_not_null(strstr(text, "[task request (256)]"));
	cr_assert_eq(left_out.tasks, 10);
	cr_assert_eq(boxes.parent->len, 2 * LANES_MAX);
}

Test(lanes, marks_are_ticks)
{
	const struct profile_mark mark = {.place = add_place("tick", NAMED_MARK), .count = 2};
	const struct profile_point points[] = {{.start_ns = 10, .end_ns = 10, .count = 1},
		{.start_ns = 20, .end_ns = 25, .count = 3}};
	g_autofree char *thread = flame_thread_name(profile, 0);

	g_array_append_val(profile->named.marks, mark);
	g_array_append_vals(profile->named.mark_points, points, 2);
	g_autofree char *text = drawn();
	g_autofree char *wanted =
		g_strdup_printf("[mark tick, %s]@10+15 tick@10+1 tick@20+5 ", thread);

	cr_assert_str_eq(text, wanted);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See moments.h. */
#include "moments.h"

#include <string.h>
#include "timing.h"

/* ---- lists of moments ---- */

static gint
compare(gconstpointer a, gconstpointer b)
{
	const struct moment *left = a, *right = b;

	if (left->of != right->of)
		return left->of < right->of ? -1 : 1;
	return (left->span > right->span) - (left->span < right->span);
}

void
moments_sort(GArray *moments)
{
	struct moment *moment = (struct moment *)(void *)moments->data;
	guint used = 0;

	g_array_sort(moments, compare);
	for (guint i = 0; i < moments->len; i++) {
		if (!used || compare(&moment[used - 1], &moment[i])) {
			moment[used++] = moment[i];
			continue;
		}
		for (unsigned value = 0; value < MOMENT_VALUES; value++)
			moment[used - 1].value[value] += moment[i].value[value];
	}
	g_array_set_size(moments, used);
}

static void
keep(struct timing *timing, GArray **moments, const struct moment *moment)
{
	if (!*moments)
		*moments = g_array_new(FALSE, FALSE, sizeof(struct moment));
	g_array_append_val(*moments, *moment);
	timing->model->spans.kept++;
}

static uint64_t
halve_list(GArray *moments)
{
	if (!moments)
		return 0;
	for (guint i = 0; i < moments->len; i++)
		g_array_index(moments, struct moment, i).span /= 2;
	moments_sort(moments);
	return moments->len;
}

/* ---- samples ---- */

static void
tell_samples(struct timing *timing, struct timing_thread *thread, struct sample_sums *sums)
{
	struct moment moment = {.of = sums->node, .span = (uint8_t)timing->model->spans.current};

	for (unsigned kind = 0; kind < SAMPLE_KINDS; kind++) {
		const struct sample_tally *now = &sums->sums[kind], *told = &sums->told[kind];

		moment.value[2 * kind] = now->samples - told->samples;
		moment.value[2 * kind + 1] = now->time_ns - told->time_ns;
		moment.value[2 * SAMPLE_KINDS] += now->kernel_samples - told->kernel_samples;
		moment.value[2 * SAMPLE_KINDS + 1] += now->kernel_ns - told->kernel_ns;
	}
	memcpy(sums->told, sums->sums, sizeof(sums->told));
	keep(timing, &thread->sample_moments, &moment);
	sums->touched = false;
}

/* Only those that were hit: there may be many, and few samples in an interval. */
static void
settle_samples(struct timing *timing, struct timing_thread *thread)
{
	for (guint i = 0; thread->touched && i < thread->touched->len; i++)
		tell_samples(timing, thread, g_ptr_array_index(thread->touched, i));
	if (thread->touched)
		g_ptr_array_set_size(thread->touched, 0);
}

/* ---- calls ---- */

static void
tell_path(struct timing *timing, struct timing_thread *thread, uint32_t number)
{
	struct call_path *path = &thread->tree.paths[number];
	const uint64_t self = path->self + path->early;
	const struct moment moment = {
		.of = number,
		.span = (uint8_t)timing->model->spans.current,
		/* By clocks that disagree a call may come to less than was told of it. */
		.value = {path->calls - path->told_calls,
			self > path->told_self ? self - path->told_self : 0},
	};

	if (!moment.value[0] && !moment.value[1])
		return;
	path->told_calls = path->calls;
	path->told_self += moment.value[1];
	keep(timing, &thread->call_moments, &moment);
}

/* What the open call has had so far for itself, until `now`, or until what it called began. */
static void
tell_frame(struct call_frame *frame, uint64_t until)
{
	const uint64_t own = until > frame->start ? until - frame->start : 0;
	const uint64_t self = own > frame->nested ? own - frame->nested : 0;

	if (self <= frame->told)
		return;
	frame->thread->tree.paths[frame->path].early += self - frame->told;
	frame->told = self;
}

/* Where nothing happened since the last time only the innermost call went on. */
static void
settle_stack(struct timing *timing, struct call_stack *stack, uint64_t ticks)
{
	uint64_t until = stack->suspended ? stack->suspended_ticks : ticks;
	uint32_t depth = stack->depth;

	until = until > stack->offset ? until - stack->offset : 0;
	while (depth-- > 0) {
		struct call_frame *frame = &stack->frames[depth];

		tell_frame(frame, until);
		if (!timing->called) {
			tell_path(timing, frame->thread, frame->path);
			break;
		}
		until = frame->start;
	}
}

static void
settle_stacks(struct timing *timing, struct timing_process *process, uint64_t ticks)
{
	GHashTableIter iter;
	gpointer stack;

	for (guint i = 0; i < process->threads->len; i++) {
		struct timing_thread *thread = g_ptr_array_index(process->threads, i);

		settle_stack(timing, &thread->own, ticks);
	}
	if (!process->stacks)
		return;
	g_hash_table_iter_init(&iter, process->stacks);
	while (g_hash_table_iter_next(&iter, NULL, &stack))
		settle_stack(timing, stack, ticks);
}

static void
settle_threads(struct timing *timing, struct timing_process *process)
{
	for (guint i = 0; i < process->threads->len; i++) {
		struct timing_thread *thread = g_ptr_array_index(process->threads, i);

		settle_samples(timing, thread);
		for (uint32_t path = 1; timing->called && path < thread->tree.count; path++)
			tell_path(timing, thread, path);
	}
}

/* ---- the intervals ask ---- */

static void
settle(void *context, uint64_t ticks)
{
	struct timing *timing = context;

	for (guint i = 0; i < timing->processes->len; i++)
		settle_stacks(timing, g_ptr_array_index(timing->processes, i), ticks);
	for (guint i = 0; i < timing->processes->len; i++)
		settle_threads(timing, g_ptr_array_index(timing->processes, i));
	timing->called = false;
}

static uint64_t
halve(void *context)
{
	struct timing *timing = context;
	uint64_t kept = 0;

	for (guint i = 0; i < timing->processes->len; i++) {
		const struct timing_process *process = g_ptr_array_index(timing->processes, i);

		for (guint j = 0; j < process->threads->len; j++) {
			struct timing_thread *thread = g_ptr_array_index(process->threads, j);

			kept += halve_list(thread->sample_moments) +
				halve_list(thread->call_moments);
		}
	}
	return kept;
}

void
moments_attach(struct timing *timing)
{
	timing->model->spans.keeper =
		(struct span_keeper){.settle = settle, .halve = halve, .context = timing};
}

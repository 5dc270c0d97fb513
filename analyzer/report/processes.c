/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Processes in the summary: the heaviest ones, and of all others the sums of each program. A build
 * has thousands of them; what a reader wants is that of a few, and that the rest adds up.
 */
#include <string.h>

#include "report.h"

enum {
	ROWS = 6,
	PROGRAMS = 5,
	TIME_COLUMNS = 10,
	MEMORY_COLUMNS = 22,
	COUNT_COLUMNS = 11,
	NUMBER_COLUMNS = 11, /* of a process, in parentheses */
	NAME_MIN = 24,
};

struct process_row {
	uint64_t time_ns, allocated_bytes, peak_bytes;
	unsigned count;	     /* processes */
	uint32_t process;    /* index; of the sums of a program the first of them */
	const char *program; /* path; sums of all others: "" */
};

/* ---- sums ---- */

static enum metric
time_metric(const struct profile *profile)
{
	static const enum metric metrics[] = {METRIC_CPU, METRIC_TIME, METRIC_WALL};

	for (unsigned i = 0; i < G_N_ELEMENTS(metrics); i++)
		if (metric_is_there(profile, metrics[i]))
			return metrics[i];
	return METRICS;
}

static struct process_row *
row_of(struct process_row *rows, const struct selection *selection, uint32_t thread)
{
	return &rows[profile_thread(selection->profile, thread)->process];
}

static void
add_times(const struct selection *selection, enum metric metric, struct process_row *rows)
{
	const struct profile *profile = selection->profile;

	for (guint i = 0; metric == METRIC_TIME && i < profile->calls->len; i++) {
		const struct profile_call *call =
			&g_array_index(profile->calls, struct profile_call, i);

		if (selection->calls[i])
			row_of(rows, selection, call->thread)->time_ns += call->sums.self_ns;
	}
	for (guint i = 0; metric != METRIC_TIME && i < profile->samples->len; i++) {
		const struct profile_sample *sample =
			&g_array_index(profile->samples, struct profile_sample, i);

		if (selection->samples[i])
			row_of(rows, selection, sample->thread)->time_ns +=
				sample->sums[metric == METRIC_WALL ? SAMPLE_WALL : SAMPLE_CPU]
					.time_ns;
	}
}

static void
add_memory(const struct selection *selection, struct process_row *rows)
{
	const struct profile_memory *memory = &selection->profile->memory;

	for (uint32_t i = 0; i < memory->count; i++)
		if (selection->rows[i] && memory->category[i] == MEMORY_HEAP)
			row_of(rows, selection, memory->thread[i])->allocated_bytes +=
				memory->sums[i].allocated.bytes;
}

/* By process. g_free() it. */
static struct process_row *
rows_new(const struct selection *selection, enum metric time)
{
	const struct profile *profile = selection->profile;
	struct process_row *rows = g_new0(struct process_row, profile->processes->len + 1);

	for (guint i = 0; i < profile->processes->len; i++) {
		const struct profile_process *process = profile_process(profile, i);

		rows[i].process = i;
		rows[i].program = process->exe;
		rows[i].peak_bytes = process->peak_bytes;
		rows[i].count = profile_process_count(process);
	}
	if (time != METRICS)
		add_times(selection, time, rows);
	add_memory(selection, rows);
	return rows;
}

/* ---- which ones ---- */

static gint
by_weight(gconstpointer a, gconstpointer b)
{
	const struct process_row *left = a, *right = b;

	if (left->time_ns != right->time_ns)
		return left->time_ns > right->time_ns ? -1 : 1;
	if (left->allocated_bytes != right->allocated_bytes)
		return left->allocated_bytes > right->allocated_bytes ? -1 : 1;
	return left->process < right->process ? -1 : left->process > right->process;
}

static void
add_row(struct process_row *sum, const struct process_row *more)
{
	sum->time_ns += more->time_ns;
	sum->allocated_bytes += more->allocated_bytes;
	sum->peak_bytes = MAX(sum->peak_bytes, more->peak_bytes);
	sum->count += more->count;
}

static void
add_to_program(GArray *programs, GHashTable *numbers, const struct process_row *row)
{
	gpointer number;

	if (g_hash_table_lookup_extended(numbers, row->program, NULL, &number)) {
		add_row(&g_array_index(programs, struct process_row, GPOINTER_TO_UINT(number)),
			row);
		return;
	}
	g_hash_table_insert(
		numbers, (gpointer)(uintptr_t)row->program, GUINT_TO_POINTER(programs->len));
	g_array_append_vals(programs, row, 1);
}

/* Programs beyond `limit` become one. */
static void
put_programs_together(GArray *programs, guint limit)
{
	g_array_sort(programs, by_weight);
	if (programs->len <= limit + 1)
		return;
	for (guint i = limit + 1; i < programs->len; i++)
		add_row(&g_array_index(programs, struct process_row, limit),
			&g_array_index(programs, struct process_row, i));
	g_array_index(programs, struct process_row, limit).program = "";
	g_array_set_size(programs, limit + 1);
}

/* The heaviest ones, and `ret_programs`: the others. Both to be freed. */
static GArray *
choose(const struct selection *selection, enum metric time, guint limit, GArray **ret_programs)
{
	g_autofree struct process_row *rows = rows_new(selection, time);
	g_autoptr(GHashTable) numbers = g_hash_table_new(g_str_hash, g_str_equal);
	GArray *one = g_array_new(FALSE, FALSE, sizeof(struct process_row));
	GArray *programs = g_array_new(FALSE, FALSE, sizeof(struct process_row));

	for (guint i = 0; i < selection->profile->processes->len; i++) {
		if (!selection->processes[i])
			continue;
		if (profile_process(selection->profile, i)->together)
			add_to_program(programs, numbers, &rows[i]);
		else
			g_array_append_val(one, rows[i]);
	}
	g_array_sort(one, by_weight);
	for (guint i = limit; i < one->len; i++)
		add_to_program(programs, numbers, &g_array_index(one, struct process_row, i));
	g_array_set_size(one, MIN(one->len, limit));
	put_programs_together(programs, PROGRAMS);
	*ret_programs = programs;
	return one;
}

/* ---- text ---- */

/* The command without the folder of its program, which says little and is long. */
static char *
short_command(const struct profile_process *process)
{
	const char *command = *process->command ? process->command : process->exe;
	const char *end = command + strcspn(command, " "), *at = end;

	while (at > command && at[-1] != '/')
		at--;
	return g_strdup(at < end && *command != '\'' ? at : command);
}

/* What is known of the run has columns; returns how wide they are. */
static unsigned
print_heads(const struct text *text, const struct profile *profile, enum metric time)
{
	unsigned columns = COUNT_COLUMNS;

	text_heading(text, "Processes");
	if (time != METRICS) {
		text_print(text, STYLE_DIM, "%9s ", metric_table[time].key);
		columns += TIME_COLUMNS;
	}
	if (profile->memory.count) {
		text_print(text, STYLE_DIM, "%10s %10s ", "allocated", "own peak");
		columns += MEMORY_COLUMNS;
	}
	text_print(text, STYLE_DIM, "%9s  %s\n", "processes", "heaviest first; then by program");
	return columns;
}

static void
print_numbers(const struct text *text, const struct profile *profile, enum metric time,
	const struct process_row *row)
{
	char cells[2][TEXT_CELL];

	if (time != METRICS)
		fprintf(text->file, "%9s ", text_time(row->time_ns, cells[0]));
	if (profile->memory.count)
		fprintf(text->file, "%10s %10s ", text_bytes(row->allocated_bytes, cells[0]),
			text_bytes(row->peak_bytes, cells[1]));
	fprintf(text->file, "%9s  ", text_count(row->count, cells[0]));
}

/* Where a name cannot be shown whole its number comes first, so that it can be told apart. */
static void
print_one(const struct text *text, const struct profile_process *process, unsigned width)
{
	g_autofree char *command = short_command(process);
	const bool fits = g_utf8_strlen(command, -1) + NUMBER_COLUMNS <= (glong)width;
	g_autofree char *name = fits ? g_strdup_printf("%s (%u)", command, process->pid)
				     : g_strdup_printf("(%u) %s", process->pid, command);

	text_clip(text, STYLE_PLAIN, name, width);
	fputc('\n', text->file);
}

static void
print_program(const struct text *text, const struct process_row *row, unsigned width)
{
	g_autofree char *name =
		*row->program ? g_path_get_basename(row->program) : g_strdup("of other programs");

	text_clip(text, STYLE_DIM, name, width);
	fputc('\n', text->file);
}

void
summary_processes(const struct text *text, const struct selection *selection, unsigned limit)
{
	const struct profile *profile = selection->profile;
	const enum metric time = time_metric(profile);
	g_autoptr(GArray) programs = NULL;
	g_autoptr(GArray) one = choose(selection, time, limit ? limit : ROWS, &programs);
	unsigned width;

	/* Of what they did at some call paths there are other tables. */
	if (one->len + programs->len < 2 || selection->path_restricted)
		return;
	width = print_heads(text, profile, time);
	width = text->width > width + NAME_MIN ? text->width - width : NAME_MIN;
	for (guint i = 0; i < one->len; i++) {
		const struct process_row *row = &g_array_index(one, struct process_row, i);

		print_numbers(text, profile, time, row);
		print_one(text, profile_process(profile, row->process), width);
	}
	for (guint i = 0; i < programs->len; i++) {
		const struct process_row *row = &g_array_index(programs, struct process_row, i);

		print_numbers(text, profile, time, row);
		print_program(text, row, width);
	}
}

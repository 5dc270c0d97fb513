/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Sections, tasks, marks, counters and misuse as text: see report.h. */
#include <string.h>

#include "named_tables.h"
#include "names.h"
#include "record.h"
#include "report.h"

enum {
	TABLE_ROWS = 30,
	SUMMARY_ROWS = 6,
	SECTION_COLUMNS = 92,
	SECTION_COLUMNS_NARROW = 55,
	WIDE_MIN = SECTION_COLUMNS + 20,
	TASK_COLUMNS = 83,
	INSTANCE_COLUMNS = 62,
	NAME_MIN = 20,
};

static unsigned
limit_of(const struct report_options *options)
{
	return options->limit ? options->limit : TABLE_ROWS;
}

static void
print_more(const struct text *text, guint count, unsigned limit)
{
	if (count > limit)
		text_print(text, STYLE_DIM, "  … and %u more: see --limit\n", count - limit);
}

static unsigned
name_width(const struct text *text, unsigned columns)
{
	return text->width > columns + NAME_MIN ? text->width - columns : NAME_MIN;
}

static void
print_time(const struct text *text, bool known, uint64_t time_ns)
{
	char cell[TEXT_CELL];

	fprintf(text->file, " %8s", known ? text_time(time_ns, cell) : "-");
}

static void
print_count(const struct text *text, bool known, uint64_t count)
{
	char cell[TEXT_CELL];

	fprintf(text->file, " %10s", known ? text_count(count, cell) : "-");
}

static void
print_bytes(const struct text *text, bool known, uint64_t bytes)
{
	char cell[TEXT_CELL];

	fprintf(text->file, " %9s", known ? text_bytes(bytes, cell) : "-");
}

/* The name, and dim where it is. */
static void
print_name(const struct text *text, const char *name, const char *place, unsigned columns)
{
	const unsigned width = name_width(text, columns);

	text_clip(text, STYLE_PLAIN, name, width);
	fputs("  ", text->file);
	text_print(text, STYLE_DIM, "%s\n", place);
}

/* ---- sections ---- */

static bool
knows_memory(const struct selection *selection)
{
	return selection->profile->memory.count != 0;
}

/* Of a terminal: then there are fewer figures, so that names can be read. */
static bool
is_narrow(const struct text *text)
{
	return text->screen && text->width < WIDE_MIN;
}

static void
print_section(
	const struct text *text, const struct selection *selection, const struct profile_section *s)
{
	const bool timed = s->times.calls != 0, is_span = s->kind == NAMED_SPAN;
	const bool memory = knows_memory(selection) && !is_span;
	const bool detail = knows_memory(selection) && !selection->profile->run.summary;
	g_autofree char *place = profile_section_place(selection->profile, s);
	g_autofree char *name = s->kind == NAMED_SECTION ? g_strdup(s->name)
							 : g_strdup_printf("%s (%s)", s->name,
								   is_span ? "span" : "function");

	print_count(text, timed, s->times.calls);
	print_time(text, timed, s->times.total_ns);
	print_time(text, timed && !is_span, s->times.self_ns);
	if (!is_narrow(text)) {
		print_time(text, timed, timed ? s->times.total_ns / s->times.calls : 0);
		print_time(text, s->distributed, s->p50_ns);
	}
	print_time(text, s->distributed, s->p99_ns);
	if (!is_narrow(text))
		print_time(text, timed, s->times.max_ns);
	print_bytes(text, memory, s->memory.allocated.bytes);
	if (!is_narrow(text))
		print_bytes(text, detail && timed, s->times.peak_bytes);
	fputs("  ", text->file);
	print_name(text, name, place, is_narrow(text) ? SECTION_COLUMNS_NARROW : SECTION_COLUMNS);
}

void
report_sections(const struct text *text, const struct selection *selection,
	const struct report_options *options)
{
	g_autoptr(GArray) sections = named_sections(selection);

	text_heading(text, "Sections");
	if (!sections->len) {
		text_print(text, STYLE_DIM,
			"  none: the program names none (see thag.h), or none was entered\n");
		return;
	}
	if (is_narrow(text))
		text_print(text, STYLE_DIM, " %10s %8s %8s %8s %9s  %s\n", "count", "total", "self",
			"p99", "allocated", "section");
	else
		text_print(text, STYLE_DIM, " %10s %8s %8s %8s %8s %8s %8s %9s %9s  %s\n", "count",
			"total", "self", "average", "p50", "p99", "max", "allocated", "peak in",
			"section");
	for (guint i = 0; i < sections->len && i < limit_of(options); i++)
		print_section(text, selection, &g_array_index(sections, struct profile_section, i));
	print_more(text, sections->len, limit_of(options));
}

/* ---- tasks ---- */

/* "main < accept_loop": where the tasks were made, innermost last. */
static char *
made_at(const struct profile *profile, const struct profile_task *task)
{
	enum {
		CALLERS = 3
	};
	uint32_t node = profile_task_maker(profile, task);
	GString *line = g_string_new(NULL);

	for (unsigned i = 0; node && i < CALLERS; i++, node = profile->nodes.parent[node]) {
		g_autofree char *name = name_short(
			profile_function(profile, profile_node_function(profile, node))->name,
			false);

		g_string_append_printf(line, "%s%s", line->len ? " < " : "", name);
	}
	return g_string_free(line, FALSE);
}

static void
print_task_heads(const struct text *text)
{
	if (is_narrow(text))
		text_print(text, STYLE_DIM, " %10s %8s %8s %8s %9s  %s\n", "tasks", "running",
			"waiting", "life p99", "allocated", "task");
	else
		text_print(text, STYLE_DIM, " %10s %10s %8s %8s %8s %8s %9s %9s %9s  %s\n", "tasks",
			"at once", "running", "waiting", "life p50", "p99", "allocated", "leaked",
			"peak", "task");
}

static void
print_task(
	const struct text *text, const struct selection *selection, const struct profile_task *task)
{
	const struct profile *profile = selection->profile;
	const bool memory = knows_memory(selection) && !profile->run.summary;
	const uint64_t running = task->running.total_ns, lives = task->lives.total_ns;
	g_autofree char *name = name_short(profile_task_name(profile, task), true);
	g_autofree char *made = made_at(profile, task);

	print_count(text, true, task->lives.count);
	if (!is_narrow(text))
		print_count(text, true, task->most_at_once);
	print_time(text, true, running);
	print_time(text, true, lives > running ? lives - running : 0);
	if (!is_narrow(text))
		print_time(text, task->lives.count > task->lives.unfinished, task->lives.p50_ns);
	print_time(text, task->lives.count > task->lives.unfinished, task->lives.p99_ns);
	print_bytes(text, memory, task->memory.allocated_bytes);
	if (!is_narrow(text)) {
		print_bytes(text, memory, task->memory.allocated_bytes - task->memory.freed_bytes);
		print_bytes(text, memory, task->memory.peak_bytes);
	}
	fprintf(text->file, "  %s", name);
	text_print(text, STYLE_DIM, "  %s%s\n", *made ? "made by " : "", made);
}

static void
print_instances(const struct text *text, const struct selection *selection, unsigned limit)
{
	const struct profile *profile = selection->profile;
	const bool memory = knows_memory(selection) && !profile->run.summary;
	g_autoptr(GArray) instances = named_instances(selection);

	if (!instances->len)
		return;
	text_heading(text, "Tasks that lived longest");
	text_print(text, STYLE_DIM, " %10s %8s %8s %8s", "began", "lived", "running", "waiting");
	if (!is_narrow(text))
		text_print(text, STYLE_DIM, " %10s %9s %9s", "resumed", "allocated", "leaked");
	text_print(text, STYLE_DIM, "  task\n");
	for (guint i = 0; i < instances->len && i < limit; i++) {
		const struct profile_instance *instance =
			&g_array_index(instances, struct profile_instance, i);
		const struct profile_task *task =
			&g_array_index(profile->named.tasks, struct profile_task, instance->task);
		const uint64_t lived = instance->end_ns - instance->start_ns;
		g_autofree char *name = name_short(profile_task_name(profile, task), true);
		char cell[TEXT_CELL];

		fprintf(text->file, " %10s", text_time(instance->start_ns, cell));
		print_time(text, true, lived);
		print_time(text, true, instance->running_ns);
		print_time(text, true, lived - instance->running_ns);
		if (!is_narrow(text)) {
			print_count(text, true, instance->resumes);
			print_bytes(text, memory, instance->memory.allocated_bytes);
			print_bytes(text, memory,
				instance->memory.allocated_bytes - instance->memory.freed_bytes);
		}
		fprintf(text->file, "  %s", name);
		text_print(text, STYLE_DIM, " %u%s%s\n", instance->number,
			instance->moved ? ", on several threads" : "",
			instance->ended ? "" : ", not ended");
	}
	print_more(text, instances->len, limit);
}

static void
print_left_out(const struct text *text, const struct selection *selection)
{
	const struct named_left_out left = named_left_out(selection);
	char cell[TEXT_CELL];

	if (left.instances)
		text_print(text, STYLE_DIM,
			"  %s more tasks are in the sums, and not kept one by one\n",
			text_count(left.instances, cell));
	if (left.pieces)
		text_print(text, STYLE_DIM,
			"  %s short pieces of running time are in the sums, and not drawn\n",
			text_count(left.pieces, cell));
}

void
report_tasks(const struct text *text, const struct selection *selection,
	const struct report_options *options)
{
	const unsigned limit = limit_of(options);
	g_autoptr(GArray) tasks = named_tasks(selection);

	text_heading(text, "Tasks");
	if (!tasks->len) {
		text_print(text, STYLE_DIM,
			"  none: the program names none (see thag.h), or none was made\n");
		return;
	}
	print_task_heads(text);
	for (guint i = 0; i < tasks->len && i < limit; i++)
		print_task(text, selection, g_array_index(tasks, const struct profile_task *, i));
	print_more(text, tasks->len, limit);
	print_instances(text, selection, limit);
	print_left_out(text, selection);
}

/* ---- marks, counters, misuse ---- */

static char *
place_text(const struct profile *profile, uint32_t index)
{
	const struct profile_place *place =
		&g_array_index(profile->named.places, struct profile_place, index);
	const char *file = profile_file(profile, place->file);
	g_autofree char *base = *file ? g_path_get_basename(file) : NULL;

	return base ? g_strdup_printf("%s:%u", base, place->line) : g_strdup("");
}

static const char *
place_name(const struct profile *profile, uint32_t index)
{
	const char *name = g_array_index(profile->named.places, struct profile_place, index).name;

	return *name ? name : "[unnamed]";
}

static void
print_marks(const struct text *text, const struct selection *selection, unsigned limit)
{
	const struct profile *profile = selection->profile;
	g_autoptr(GArray) marks = named_marks(selection);

	if (!marks->len)
		return;
	text_heading(text, "Marks");
	text_print(text, STYLE_DIM, " %10s %9s %9s  %s\n", "count", "first", "last", "mark");
	for (guint i = 0; i < marks->len && i < limit; i++) {
		const struct profile_mark *mark = &g_array_index(marks, struct profile_mark, i);
		const struct profile_thread *thread = profile_thread(profile, mark->thread);
		g_autofree char *place = place_text(profile, mark->place);
		char first[TEXT_CELL], last[TEXT_CELL];

		print_count(text, true, mark->count);
		fprintf(text->file, " %9s %9s  %s", text_time(mark->first_ns, first),
			text_time(mark->last_ns, last), place_name(profile, mark->place));
		text_print(text, STYLE_DIM, "  %s, %s", place, thread->name);
		if (thread->number)
			text_print(text, STYLE_DIM, " (%u)", thread->tid);
		fputc('\n', text->file);
	}
	print_more(text, marks->len, limit);
}

static void
print_counters(const struct text *text, const struct selection *selection, unsigned limit)
{
	const struct profile *profile = selection->profile;
	g_autoptr(GArray) counters = named_counters(selection);

	if (!counters->len)
		return;
	text_heading(text, "Counters");
	text_print(text, STYLE_DIM, " %10s %12s %12s %12s  %s\n", "values", "smallest", "largest",
		"last", "counter");
	for (guint i = 0; i < counters->len && i < limit; i++) {
		const struct profile_counter *counter =
			&g_array_index(counters, struct profile_counter, i);
		g_autofree char *place = place_text(profile, counter->place);

		print_count(text, true, counter->count);
		fprintf(text->file, " %12.6g %12.6g %12.6g  %s", counter->min, counter->max,
			counter->last, place_name(profile, counter->place));
		text_print(text, STYLE_DIM, "  %s\n", place);
	}
	print_more(text, counters->len, limit);
}

static void
print_misuses(const struct text *text, const struct selection *selection, unsigned limit)
{
	const struct profile *profile = selection->profile;
	g_autoptr(GArray) misuses = named_misuses(selection);

	if (!misuses->len)
		return;
	text_heading(text, "Misuse of thag.h");
	for (guint i = 0; i < misuses->len && i < limit; i++) {
		const struct profile_misuse *misuse =
			&g_array_index(misuses, struct profile_misuse, i);
		const uint32_t kind =
			g_array_index(profile->named.places, struct profile_place, misuse->place)
				.kind;
		g_autofree char *place = place_text(profile, misuse->place);
		g_autofree char *by =
			misuse->node ? table_place(profile, misuse->node) : g_strdup("");

		print_count(text, true, misuse->count);
		fprintf(text->file, "  %s%s%s: %s", misuse->place ? named_kind_name(kind) : "",
			misuse->place ? " " : "",
			misuse->place ? place_name(profile, misuse->place) : "a task or span",
			misuse_text(misuse->kind));
		text_print(text, STYLE_DIM, "  %s%s%s\n", *by ? by : place,
			*by && *place && strcmp(by, place) != 0 ? ", named at " : "",
			*by && *place && strcmp(by, place) != 0 ? place : "");
	}
	print_more(text, misuses->len, limit);
}

void
report_marks(const struct text *text, const struct selection *selection,
	const struct report_options *options)
{
	const struct profile_named *named = &selection->profile->named;
	const unsigned limit = limit_of(options);

	if (!named->marks->len && !named->counters->len && !named->misuses->len) {
		text_heading(text, "Marks and counters");
		text_print(text, STYLE_DIM, "  none: the program has none (see thag.h)\n");
	}
	print_marks(text, selection, limit);
	print_counters(text, selection, limit);
	print_misuses(text, selection, limit);
}

/* ---- the summary ---- */

static void
summary_misuse(const struct text *text, const struct selection *selection)
{
	g_autoptr(GArray) misuses = named_misuses(selection);
	uint64_t count = 0;
	char cell[TEXT_CELL];

	for (guint i = 0; i < misuses->len; i++)
		count += g_array_index(misuses, struct profile_misuse, i).count;
	if (!count)
		return;
	text_label(text, "thag.h");
	text_print(text, STYLE_BAD, "%s misuse%s ignored: see thag report --marks\n",
		text_count(count, cell), text_plural(count));
}

void
summary_named_lines(const struct text *text, const struct selection *selection)
{
	summary_misuse(text, selection);
}

void
summary_named(const struct text *text, const struct selection *selection, unsigned limit)
{
	const struct report_options options = {.limit = limit ? limit : SUMMARY_ROWS};
	g_autoptr(GArray) sections = named_sections(selection);
	g_autoptr(GArray) tasks = named_tasks(selection);

	if (sections->len)
		report_sections(text, selection, &options);
	if (!tasks->len)
		return;
	text_heading(text, "Tasks");
	print_task_heads(text);
	for (guint i = 0; i < tasks->len && i < options.limit; i++)
		print_task(text, selection, g_array_index(tasks, const struct profile_task *, i));
	print_more(text, tasks->len, options.limit);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See profile_read.h. Tables are taken only where they are real tables: a view could run for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "profile_read.h"
#include "profile_schema.h"
#include "profile_spans.h"

enum {
	NODES_MAX = 1 << 30, /* far above any run, far below where sizes overflow */
	BINS_MAX = 1 << 24,
	SQLITE_HEADER_BYTES = 100,
};

struct reader {
	struct profile *profile;
	sqlite3 *database;
	const char *path;
	unsigned minor; /* version of the file */
	GError **error;
};

static bool
corrupt(const struct reader *reader, const char *what)
{
	if (reader->error && !*reader->error)
		g_set_error(reader->error, PROFILE_ERROR, PROFILE_ERROR_CORRUPT,
			"%s: the profile is damaged (%s): make a new one", reader->path, what);
	return false;
}

/* ---- what file it is ---- */

static uint32_t
big_endian(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static bool
fail_io(const struct reader *reader, int system_error)
{
	g_set_error(reader->error, PROFILE_ERROR, PROFILE_ERROR_IO, "%s: %s", reader->path,
		g_strerror(system_error));
	return false;
}

/* From SQLite's header itself, so that what is wrong is known before SQLite has an opinion. */
static bool
check_header(struct reader *reader)
{
	uint8_t header[SQLITE_HEADER_BYTES] = {0};
	const int descriptor = open(reader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const ssize_t got = descriptor < 0 ? -1 : read(descriptor, header, sizeof(header));
	const int system_error = errno;
	uint32_t version;

	if (descriptor >= 0)
		close(descriptor);
	if (got < 0)
		return fail_io(reader, system_error);
	if (got < SQLITE_HEADER_BYTES || memcmp(header, "SQLite format 3", 16) != 0 ||
		big_endian(header + 68) != PROFILE_APPLICATION_ID) {
		g_set_error(reader->error, PROFILE_ERROR, PROFILE_ERROR_FOREIGN,
			"%s: this is no thag profile", reader->path);
		return false;
	}
	version = big_endian(header + 60);
	if (version / 1000 > PROFILE_MAJOR) {
		g_set_error(reader->error, PROFILE_ERROR, PROFILE_ERROR_NEWER,
			"%s: written by a newer thag (format %u, this one reads %d): update thag",
			reader->path, version / 1000, PROFILE_MAJOR);
		return false;
	}
	reader->minor = version % 1000;
	return version / 1000 == PROFILE_MAJOR || corrupt(reader, "version");
}

/* ---- rows ---- */

/* A statement over a table, or NULL with the error set. */
static sqlite3_stmt *
prepare(const struct reader *reader, const char *table, const char *columns, const char *order)
{
	g_autofree char *kind = g_strdup_printf("SELECT 1 FROM sqlite_schema WHERE name = '%s' AND"
						" type = 'table' AND sql LIKE 'CREATE TABLE %%'",
		table);
	g_autofree char *sql =
		g_strdup_printf("SELECT %s FROM \"%s\" ORDER BY %s", columns, table, order);
	sqlite3_stmt *statement = NULL;
	bool real;

	sqlite3_prepare_v2(reader->database, kind, -1, &statement, NULL);
	real = statement && sqlite3_step(statement) == SQLITE_ROW;
	sqlite3_finalize(statement);
	statement = NULL;
	if (real)
		sqlite3_prepare_v2(reader->database, sql, -1, &statement, NULL);
	if (!statement)
		corrupt(reader, table);
	return statement;
}

/* Ends a loop over rows: `code` is the last step's, SQLITE_ROW where a row was refused. */
static bool
finish(const struct reader *reader, sqlite3_stmt *statement, int code, const char *table)
{
	sqlite3_finalize(statement);
	return code == SQLITE_DONE || corrupt(reader, table);
}

/* An integer in [0, limit); false for anything else. */
static bool
take_number(sqlite3_stmt *statement, int column, uint64_t limit, uint32_t *ret_number)
{
	const int64_t value = sqlite3_column_int64(statement, column);

	if (sqlite3_column_type(statement, column) != SQLITE_INTEGER || value < 0 ||
		(uint64_t)value >= limit)
		return false;
	*ret_number = (uint32_t)value;
	return true;
}

/* A table of rows; its "none" entry, if it has one, is in the profile already. */
static bool
read_table(const struct reader *reader, const struct schema_table *table)
{
	GArray *rows = *(GArray **)(void *)((char *)reader->profile + table->rows_offset);
	const guint row_bytes = g_array_get_element_size(rows);
	g_autofree char *names = schema_column_list(&table->columns, reader->minor);
	g_autofree char *columns = g_strconcat("id,", names, NULL);
	g_autofree char *row = g_malloc(row_bytes);
	sqlite3_stmt *statement = prepare(reader, table->name, columns, "id");
	uint32_t expected = table->first_id;
	int code;

	if (!statement)
		return false;
	for (; (code = sqlite3_step(statement)) == SQLITE_ROW; expected++) {
		uint32_t id;

		memset(row, 0, row_bytes);
		if (!take_number(statement, 0, UINT32_MAX, &id) || id != expected ||
			!schema_take(statement, 1, &table->columns, reader->profile, row))
			break;
		if (id >= rows->len + table->first_id)
			g_array_append_vals(rows, row, 1);
	}
	return finish(reader, statement, code, table->name);
}

/* Files of before there were names have none of these tables. */
static bool
read_named_tables(const struct reader *reader)
{
	sqlite3_stmt *statement = NULL;
	bool there;

	sqlite3_prepare_v2(reader->database, "SELECT 1 FROM sqlite_schema WHERE name = 'place'", -1,
		&statement, NULL);
	there = statement && sqlite3_step(statement) == SQLITE_ROW;
	sqlite3_finalize(statement);
	for (unsigned i = 0; there && i < schema_named_table_count; i++) {
		if (!read_table(reader, &schema_named_tables[i]))
			return false;
	}
	return profile_named_check(reader->profile) || corrupt(reader, "what the source named");
}

static bool
read_tables(const struct reader *reader)
{
	for (unsigned i = 0; i < schema_table_count; i++) {
		if (!read_table(reader, &schema_tables[i]))
			return false;
	}
	return read_named_tables(reader);
}

/* Before the tables of rows, because threads name nodes: frames are checked later. */
static bool
read_nodes(const struct reader *reader)
{
	struct profile *profile = reader->profile;
	sqlite3_stmt *statement = prepare(reader, "node", "id,parent,frame", "id");
	uint32_t count = 0, id, parent, frame;
	int code;

	if (!statement)
		return false;
	for (; (code = sqlite3_step(statement)) == SQLITE_ROW; count++) {
		if (count >= profile->nodes.count)
			profile_resize_nodes(profile, MAX(1024, 2 * count));
		if (!take_number(statement, 0, NODES_MAX, &id) || id != count ||
			!take_number(statement, 2, UINT32_MAX, &frame))
			break;
		parent = 0;
		if (id && (!take_number(statement, 1, id, &parent)))
			break;
		if (!id && frame)
			break;
		profile->nodes.parent[id] = parent;
		profile->nodes.frame[id] = frame;
	}
	if (code == SQLITE_DONE && count == 0)
		code = SQLITE_CORRUPT;
	profile_resize_nodes(profile, MAX(1, count));
	return finish(reader, statement, code, "node");
}

static bool
check_nodes(const struct reader *reader)
{
	const struct profile_nodes *nodes = &reader->profile->nodes;

	for (uint32_t id = 0; id < nodes->count; id++) {
		if (nodes->frame[id] >= reader->profile->frames->len)
			return corrupt(reader, "frame of a node");
	}
	return profile_index_nodes(reader->profile) || corrupt(reader, "order of the nodes");
}

static bool
comes_after(uint32_t node_before, uint32_t thread_before, uint32_t node, uint32_t thread)
{
	return node != node_before ? node > node_before : thread > thread_before;
}

static bool
is_in_order(const struct profile_box *before, const struct profile_box *box)
{
	if (box->thread != before->thread)
		return box->thread > before->thread;
	if (box->kind != before->kind)
		return box->kind > before->kind;
	return box->start_ns >= before->start_ns;
}

/* Rows of times by (node, thread), boxes of the chart by thread and kind and in time. */
static bool
check_times(const struct reader *reader)
{
	const struct profile *profile = reader->profile;

	for (guint i = 1; i < profile->calls->len; i++) {
		const struct profile_call *call =
			&g_array_index(profile->calls, struct profile_call, i);

		if (!comes_after(call[-1].node, call[-1].thread, call->node, call->thread))
			return corrupt(reader, "order of the calls");
	}
	for (guint i = 1; i < profile->samples->len; i++) {
		const struct profile_sample *sample =
			&g_array_index(profile->samples, struct profile_sample, i);

		if (!comes_after(sample[-1].node, sample[-1].thread, sample->node, sample->thread))
			return corrupt(reader, "order of the samples");
	}
	for (guint i = 0; i < profile->moments->len; i++) {
		const struct profile_moment *moment =
			&g_array_index(profile->moments, struct profile_moment, i);

		if (moment->span >= SPANS_MAX ||
			(i &&
				!comes_after(moment[-1].node, moment[-1].thread, moment->node,
					moment->thread) &&
				(moment[-1].node != moment->node ||
					moment[-1].thread != moment->thread ||
					moment[-1].span >= moment->span)))
			return corrupt(reader, "order of the moments");
	}
	for (guint i = 0; i < profile->chart->len; i++) {
		const struct profile_box *box =
			&g_array_index(profile->chart, struct profile_box, i);

		if (box->kind >= CHART_KINDS || box->start_ns > INT64_MAX ||
			box->duration_ns > INT64_MAX || (i && !is_in_order(&box[-1], box)))
			return corrupt(reader, "order of the chart");
	}
	return true;
}

static bool
follows(const struct profile_memory *memory, uint32_t i)
{
	if (memory->node[i] != memory->node[i - 1])
		return memory->node[i] > memory->node[i - 1];
	if (memory->thread[i] != memory->thread[i - 1])
		return memory->thread[i] > memory->thread[i - 1];
	return memory->category[i] > memory->category[i - 1];
}

static bool
take_memory(const struct reader *reader, sqlite3_stmt *statement, uint32_t i)
{
	struct profile *profile = reader->profile;
	struct profile_memory *memory = &profile->memory;
	uint32_t thread, category;

	if (!take_number(statement, 0, profile->nodes.count, &memory->node[i]) ||
		!take_number(statement, 1, (uint64_t)profile->threads->len + 1, &thread) ||
		thread == 0 || !take_number(statement, 2, MEMORY_CATEGORIES, &category))
		return false;
	memory->thread[i] = thread - 1;
	memory->category[i] = (uint8_t)category;
	if (i && !follows(memory, i))
		return false;
	return schema_take(statement, 3, &schema_sums, profile, &memory->sums[i]);
}

static bool
read_memory(const struct reader *reader)
{
	struct profile *profile = reader->profile;
	g_autofree char *names = schema_column_list(&schema_sums, reader->minor);
	g_autofree char *columns = g_strconcat("node,thread,category,", names, NULL);
	sqlite3_stmt *statement = prepare(reader, "memory", columns, "node,thread,category");
	uint32_t count = 0;
	int code;

	if (!statement)
		return false;
	for (; (code = sqlite3_step(statement)) == SQLITE_ROW; count++) {
		if (count >= profile->memory.count)
			profile_resize_memory(profile, MAX(1024, 2 * count));
		if (count >= NODES_MAX || !take_memory(reader, statement, count))
			break;
	}
	profile_resize_memory(profile, count);
	return finish(reader, statement, code, "memory");
}

static bool
take_bin(const struct reader *reader, sqlite3_stmt *statement)
{
	GArray *processes = reader->profile->processes;
	struct profile_process *process;
	struct timeline_bin bin;
	uint32_t number, index;

	if (!take_number(statement, 0, (uint64_t)processes->len + 1, &number) || number == 0 ||
		!take_number(statement, 1, BINS_MAX, &index) ||
		!schema_take(statement, 2, &schema_bin, reader->profile, &bin))
		return false;
	process = &g_array_index(processes, struct profile_process, number - 1);
	if (!process->bin_count)
		process->bin_first = index;
	index -= process->bin_first;
	if (index != process->bin_count)
		return false;
	if (!(index & (index - 1)))
		process->timeline = g_renew(
			struct timeline_bin, process->timeline, index ? 2 * (size_t)index : 1);
	process->timeline[process->bin_count++] = bin;
	return true;
}

static bool
read_timelines(const struct reader *reader)
{
	g_autofree char *names = schema_column_list(&schema_bin, reader->minor);
	g_autofree char *columns = g_strconcat("process,bin,", names, NULL);
	sqlite3_stmt *statement = prepare(reader, "timeline", columns, "process,bin");
	int code;

	if (!statement)
		return false;
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		if (!take_bin(reader, statement))
			break;
	}
	return finish(reader, statement, code, "timeline");
}

/* A kind that is not known belongs to a later minor version. */
static bool
take_bucket(const struct reader *reader, sqlite3_stmt *statement)
{
	GArray *processes = reader->profile->processes;
	const char *name = (const char *)sqlite3_column_text(statement, 1);
	const int64_t count = sqlite3_column_int64(statement, 3);
	const int64_t bytes = sqlite3_column_int64(statement, 4);
	uint32_t process, bucket;

	if (!take_number(statement, 0, (uint64_t)processes->len + 1, &process) || process == 0 ||
		!name || count < 0 || bytes < 0)
		return false;
	for (unsigned kind = 0; kind < PROFILE_HISTOGRAMS; kind++) {
		if (!g_str_equal(name, schema_histogram_names[kind]))
			continue;
		if (!take_number(statement, 2, schema_bucket_count(kind), &bucket))
			return false;
		g_array_index(processes, struct profile_process, process - 1)
			.histograms[kind]
			.bucket[bucket] = (struct tally){(uint64_t)count, (uint64_t)bytes};
	}
	return true;
}

static bool
read_histograms(const struct reader *reader)
{
	sqlite3_stmt *statement = prepare(
		reader, "histogram", "process,kind,bucket,count,bytes", "process,kind,bucket");
	int code;

	if (!statement)
		return false;
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		if (!take_bucket(reader, statement))
			break;
	}
	return finish(reader, statement, code, "histogram");
}

/* ---- meta ---- */

/* Known keys go to the run; counts must be what was read. */
static bool
take_meta(const struct reader *reader, sqlite3_stmt *statement, unsigned *seen)
{
	const char *key = (const char *)sqlite3_column_text(statement, 0);
	const struct profile *profile = reader->profile;

	if (!key)
		return false;
	if (g_str_equal(key, "node_count"))
		return sqlite3_column_int64(statement, 1) == profile->nodes.count;
	if (g_str_equal(key, "memory_count"))
		return sqlite3_column_int64(statement, 1) == profile->memory.count;
	for (unsigned i = 0; i < schema_run.count; i++) {
		const struct schema_columns one = {&schema_run.columns[i], 1};

		if (!g_str_equal(key, schema_run.columns[i].name))
			continue;
		++*seen;
		return schema_take(statement, 1, &one, reader->profile, &reader->profile->run);
	}
	return true;
}

static bool
read_meta(const struct reader *reader)
{
	sqlite3_stmt *statement = prepare(reader, "meta", "key,value", "key");
	unsigned seen = 0;
	int code;

	if (!statement)
		return false;
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		if (!take_meta(reader, statement, &seen))
			break;
	}
	if (code == SQLITE_DONE && seen != schema_run.count)
		code = SQLITE_CORRUPT;
	return finish(reader, statement, code, "meta");
}

/*
 * A timeline begins while its process is there, give or take a rounding: with it as a rule, later
 * where records of another thread were read before those of its beginning.
 */
static bool
check_timelines(const struct reader *reader)
{
	const struct profile *profile = reader->profile;

	for (guint i = 0; i < profile->processes->len; i++) {
		const struct profile_process *process = profile_process(profile, i);
		const uint64_t last =
			MAX(process->start_ns, process->end_ns) / MAX(profile->run.bin_ns, 1);

		if (process->bin_count && process->bin_first > last + 1)
			return corrupt(reader, "start of a timeline");
	}
	return true;
}

/* ---- the file ---- */

static bool
read_all(const struct reader *reader)
{
	return read_nodes(reader) && read_tables(reader) && check_nodes(reader) &&
	       check_times(reader) && read_memory(reader) && read_timelines(reader) &&
	       read_histograms(reader) && read_meta(reader) && check_timelines(reader) &&
	       (profile_spans_read(reader->profile, reader->database) || corrupt(reader, "span"));
}

static void
harden(sqlite3 *database)
{
	sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_exec(
		database, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;", NULL, NULL, NULL);
}

struct profile *
profile_read(const char *path, GError **error)
{
	GError *reason = NULL;
	struct reader reader = {.path = path, .error = &reason};
	bool whole = false;

	if (check_header(&reader)) {
		reader.profile = profile_new();
		if (sqlite3_open_v2(path, &reader.database,
			    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK) {
			harden(reader.database);
			whole = read_all(&reader);
		} else {
			corrupt(&reader, "cannot be opened");
		}
		sqlite3_close(reader.database);
	}
	if (whole)
		return reader.profile;
	profile_free(reader.profile);
	g_propagate_error(error, reason);
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * See profile_write.h. Fast because nothing has to survive a crash: no journal, no fsync, one
 * transaction, rows in the order of their keys.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "profile_schema.h"
#include "profile_spans.h"
#include "profile_write.h"

static const char pragmas[] = "PRAGMA page_size = 8192; PRAGMA journal_mode = OFF;"
			      "PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
			      "PRAGMA cache_size = -65536; PRAGMA application_id = %d;"
			      "PRAGMA user_version = %d; BEGIN;";

struct writer {
	const struct profile *profile;
	sqlite3 *database;
};

/* All of these return an SQLite result code. */

static int
execute(const struct writer *writer, const char *sql)
{
	return sqlite3_exec(writer->database, sql, NULL, NULL, NULL);
}

/* INSERT with `count` parameters. */
static int
prepare_insert(const struct writer *writer, const char *table, unsigned count,
	sqlite3_stmt **ret_statement)
{
	g_autoptr(GString) sql = g_string_new(NULL);

	g_string_append_printf(sql, "INSERT INTO %s VALUES(?", table);
	for (unsigned i = 1; i < count; i++)
		g_string_append(sql, ",?");
	g_string_append_c(sql, ')');
	return sqlite3_prepare_v2(writer->database, sql->str, -1, ret_statement, NULL);
}

static int
insert(sqlite3_stmt *statement)
{
	const int code = sqlite3_step(statement);

	sqlite3_reset(statement);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int
create(const struct writer *writer, const char *table, const char *prefix,
	const struct schema_columns *columns, const char *suffix)
{
	g_autofree char *sql = schema_create(table, prefix, columns, suffix);

	return execute(writer, sql);
}

/* ---- meta ---- */

static int
write_meta_row(
	const struct profile_run *run, const struct schema_column *column, sqlite3_stmt *statement)
{
	const struct schema_columns one = {column, 1};

	sqlite3_bind_text(statement, 1, column->name, -1, SQLITE_STATIC);
	schema_bind(statement, 2, &one, run);
	return insert(statement);
}

static int
write_meta(const struct writer *writer)
{
	const struct profile *profile = writer->profile;
	g_autofree char *derived = g_strdup_printf("INSERT INTO meta VALUES"
						   "('schema_version','%d.%d'),"
						   "('complete',%d),"
						   "('node_count',%" G_GUINT32_FORMAT "),"
						   "('memory_count',%" G_GUINT32_FORMAT ")",
		PROFILE_MAJOR, PROFILE_MINOR, !*profile->run.incomplete, profile->nodes.count,
		profile->memory.count);
	sqlite3_stmt *statement = NULL;
	int code = execute(writer, "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID");

	if (code == SQLITE_OK)
		code = execute(writer, derived);
	if (code == SQLITE_OK)
		code = prepare_insert(writer, "meta", 2, &statement);
	for (unsigned i = 0; code == SQLITE_OK && i < schema_run.count; i++)
		code = write_meta_row(&profile->run, &schema_run.columns[i], statement);
	sqlite3_finalize(statement);
	return code;
}

/* ---- tables of rows ---- */

static int
write_table(const struct writer *writer, const struct schema_table *table)
{
	const char *base = (const char *)writer->profile;
	const GArray *rows = *(GArray *const *)(const void *)(base + table->rows_offset);
	const guint row_bytes = g_array_get_element_size((GArray *)(uintptr_t)rows);
	sqlite3_stmt *statement = NULL;
	int code = create(writer, table->name, "id INTEGER PRIMARY KEY", &table->columns, ")");

	if (code == SQLITE_OK)
		code = prepare_insert(writer, table->name, table->columns.count + 1, &statement);
	for (guint i = 0; code == SQLITE_OK && i < rows->len; i++) {
		sqlite3_bind_int64(statement, 1, (int64_t)i + table->first_id);
		schema_bind(statement, 2, &table->columns, rows->data + (size_t)i * row_bytes);
		code = insert(statement);
	}
	sqlite3_finalize(statement);
	return code;
}

static int
write_tables(const struct writer *writer)
{
	int code = SQLITE_OK;

	for (unsigned i = 0; code == SQLITE_OK && i < schema_table_count; i++)
		code = write_table(writer, &schema_tables[i]);
	for (unsigned i = 0; code == SQLITE_OK && i < schema_named_table_count; i++)
		code = write_table(writer, &schema_named_tables[i]);
	return code;
}

/* ---- the tables of columns ---- */

static int
write_nodes(const struct writer *writer)
{
	const struct profile_nodes *nodes = &writer->profile->nodes;
	sqlite3_stmt *statement = NULL;
	int code = execute(writer,
		"CREATE TABLE node(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES node,"
		" frame INTEGER NOT NULL REFERENCES frame, last INTEGER NOT NULL REFERENCES node,"
		" outermost INTEGER NOT NULL)");

	if (code == SQLITE_OK)
		code = prepare_insert(writer, "node", 5, &statement);
	for (uint32_t id = 0; code == SQLITE_OK && id < nodes->count; id++) {
		sqlite3_bind_int64(statement, 1, id);
		if (id)
			sqlite3_bind_int64(statement, 2, nodes->parent[id]);
		sqlite3_bind_int64(statement, 3, nodes->frame[id]);
		sqlite3_bind_int64(statement, 4, nodes->last[id]);
		sqlite3_bind_int64(statement, 5, nodes->outermost[id]);
		code = insert(statement);
	}
	sqlite3_finalize(statement);
	return code;
}

static int
write_categories(const struct writer *writer)
{
	int code = execute(writer, "CREATE TABLE category(id INTEGER PRIMARY KEY, name TEXT)");

	for (unsigned i = 0; code == SQLITE_OK && i < MEMORY_CATEGORIES; i++) {
		g_autofree char *sql = g_strdup_printf(
			"INSERT INTO category VALUES(%u,'%s')", i, schema_category_names[i]);

		code = execute(writer, sql);
	}
	return code;
}

static int
write_memory(const struct writer *writer)
{
	const struct profile_memory *memory = &writer->profile->memory;
	sqlite3_stmt *statement = NULL;
	int code = create(writer, "memory",
		"node INTEGER NOT NULL REFERENCES node, thread INTEGER NOT NULL REFERENCES thread,"
		" category INTEGER NOT NULL REFERENCES category",
		&schema_sums, ", PRIMARY KEY(node, thread, category)) WITHOUT ROWID");

	if (code == SQLITE_OK)
		code = prepare_insert(writer, "memory", schema_sums.count + 3, &statement);
	for (uint32_t i = 0; code == SQLITE_OK && i < memory->count; i++) {
		sqlite3_bind_int64(statement, 1, memory->node[i]);
		sqlite3_bind_int64(statement, 2, (int64_t)memory->thread[i] + 1);
		sqlite3_bind_int64(statement, 3, memory->category[i]);
		schema_bind(statement, 4, &schema_sums, &memory->sums[i]);
		code = insert(statement);
	}
	sqlite3_finalize(statement);
	return code;
}

static int
write_timelines(const struct writer *writer)
{
	const GArray *processes = writer->profile->processes;
	sqlite3_stmt *statement = NULL;
	int code = create(writer, "timeline",
		"process INTEGER NOT NULL REFERENCES process, bin INTEGER NOT NULL", &schema_bin,
		", PRIMARY KEY(process, bin)) WITHOUT ROWID");

	if (code == SQLITE_OK)
		code = prepare_insert(writer, "timeline", schema_bin.count + 2, &statement);
	for (guint i = 0; i < processes->len; i++) {
		const struct profile_process *process = profile_process(writer->profile, i);

		for (uint32_t bin = 0; code == SQLITE_OK && bin < process->bin_count; bin++) {
			sqlite3_bind_int64(statement, 1, (int64_t)i + 1);
			sqlite3_bind_int64(statement, 2, (int64_t)process->bin_first + bin);
			schema_bind(statement, 3, &schema_bin, &process->timeline[bin]);
			code = insert(statement);
		}
	}
	sqlite3_finalize(statement);
	return code;
}

static int
write_histogram(sqlite3_stmt *statement, guint process, enum profile_histogram kind,
	const struct histogram *histogram)
{
	int code = SQLITE_OK;

	sqlite3_bind_int64(statement, 1, (int64_t)process + 1);
	sqlite3_bind_text(statement, 2, schema_histogram_names[kind], -1, SQLITE_STATIC);
	for (unsigned i = 0; code == SQLITE_OK && i < schema_bucket_count(kind); i++) {
		const struct tally *bucket = &histogram->bucket[i];

		if (!bucket->count && !bucket->bytes)
			continue;
		sqlite3_bind_int64(statement, 3, i);
		sqlite3_bind_int64(statement, 4, (int64_t)(UINT64_C(1) << i));
		sqlite3_bind_int64(statement, 5, (int64_t)MIN(bucket->count, INT64_MAX));
		sqlite3_bind_int64(statement, 6, (int64_t)MIN(bucket->bytes, INT64_MAX));
		code = insert(statement);
	}
	return code;
}

static int
write_histograms(const struct writer *writer)
{
	const GArray *processes = writer->profile->processes;
	sqlite3_stmt *statement = NULL;
	int code = execute(writer,
		"CREATE TABLE histogram(process INTEGER NOT NULL REFERENCES process,"
		" kind TEXT NOT NULL, bucket INTEGER NOT NULL, upper INTEGER NOT NULL,"
		" count INTEGER NOT NULL, bytes INTEGER NOT NULL,"
		" PRIMARY KEY(process, kind, bucket)) WITHOUT ROWID");

	if (code == SQLITE_OK)
		code = prepare_insert(writer, "histogram", 6, &statement);
	for (guint i = 0; i < processes->len; i++) {
		for (unsigned kind = 0; code == SQLITE_OK && kind < PROFILE_HISTOGRAMS; kind++)
			code = write_histogram(statement, i, kind,
				&profile_process(writer->profile, i)->histograms[kind]);
	}
	sqlite3_finalize(statement);
	return code;
}

static int
write_spans(const struct writer *writer)
{
	return profile_spans_write(writer->profile, writer->database);
}

/* ---- the file ---- */

static int
write_all(const struct writer *writer)
{
	static int (*const steps[])(const struct writer *writer) = {write_meta, write_tables,
		write_nodes, write_categories, write_memory, write_timelines, write_histograms,
		write_spans};
	g_autofree char *begin = g_strdup_printf(
		pragmas, PROFILE_APPLICATION_ID, PROFILE_MAJOR * 1000 + PROFILE_MINOR);
	int code = execute(writer, begin);

	for (unsigned i = 0; code == SQLITE_OK && i < G_N_ELEMENTS(steps); i++)
		code = steps[i](writer);
	if (code == SQLITE_OK)
		code = execute(writer, schema_views);
	if (code == SQLITE_OK)
		code = execute(writer, schema_named_views);
	return code == SQLITE_OK ? execute(writer, "COMMIT") : code;
}

static bool
fail(GError **error, const char *path, int system_error)
{
	const bool full = system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
	const int code = system_error == EEXIST ? PROFILE_ERROR_EXISTS
			 : full			? PROFILE_ERROR_FULL
						: PROFILE_ERROR_IO;

	g_set_error(error, PROFILE_ERROR, code, "%s: the profile cannot be written: %s", path,
		system_error == EEXIST ? "there is such a file already" : g_strerror(system_error));
	return false;
}

/* What to tell of a failed write: the system's reason where SQLite kept one. */
static int
system_error_of(sqlite3 *database, int code)
{
	int kept = 0;

	if ((code & 0xff) == SQLITE_FULL)
		return ENOSPC;
	sqlite3_file_control(database, "main", SQLITE_FCNTL_LAST_ERRNO, &kept);
	return kept ? kept : EIO;
}

static int
write_database(const struct profile *profile, const char *path)
{
	struct writer writer = {.profile = profile};
	int system_error = 0;
	int code = sqlite3_open_v2(
		path, &writer.database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	if (code == SQLITE_OK)
		code = write_all(&writer);
	if (code != SQLITE_OK)
		system_error = system_error_of(writer.database, code);
	if (sqlite3_close(writer.database) != SQLITE_OK && !system_error)
		system_error = EIO;
	return system_error;
}

/* Renames without replacing. Where the file system cannot, a second link does the same. */
static int
publish(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	if (link(from, to) != 0)
		return errno;
	return g_unlink(from) == 0 ? 0 : errno;
}

static void
free_claim(struct profile_claim *claim)
{
	g_free(claim->path);
	g_free(claim->temporary);
	*claim = (struct profile_claim){0};
}

bool
profile_claim(const char *path, struct profile_claim *ret_claim, GError **error)
{
	struct profile_claim claim = {g_strdup(path), g_strconcat(path, ".part", NULL)};
	const int descriptor = open(claim.temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int system_error = descriptor < 0 ? errno : 0;

	/* In this order: who had the temporary name before us has the file's by now. */
	if (descriptor >= 0) {
		close(descriptor);
		if (g_file_test(path, G_FILE_TEST_EXISTS)) {
			system_error = EEXIST;
			g_unlink(claim.temporary);
		}
	}
	*ret_claim = claim;
	if (!system_error)
		return true;
	fail(error, path, system_error);
	free_claim(ret_claim);
	return false;
}

void
profile_drop_claim(struct profile_claim *claim)
{
	g_unlink(claim->temporary);
	free_claim(claim);
}

bool
profile_write_claimed(const struct profile *profile, struct profile_claim *claim, GError **error)
{
	int system_error = write_database(profile, claim->temporary);

	if (!system_error)
		system_error = publish(claim->temporary, claim->path);
	if (!system_error) {
		free_claim(claim);
		return true;
	}
	fail(error, claim->path, system_error);
	profile_drop_claim(claim);
	return false;
}

bool
profile_write(const struct profile *profile, const char *path, GError **error)
{
	struct profile_claim claim;

	return profile_claim(path, &claim, error) && profile_write_claimed(profile, &claim, error);
}

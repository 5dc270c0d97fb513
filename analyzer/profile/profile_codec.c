/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Rows of struct fields to rows of columns and back: see profile_schema.h. */
#include <math.h>
#include <string.h>

#include "profile_schema.h"

static const char *const declarations[] = {
	[SCHEMA_U32] = "INTEGER NOT NULL",
	[SCHEMA_U64] = "INTEGER NOT NULL",
	[SCHEMA_I64] = "INTEGER NOT NULL",
	[SCHEMA_BOOL] = "INTEGER NOT NULL",
	[SCHEMA_TEXT] = "TEXT NOT NULL",
	[SCHEMA_MODULE] = "INTEGER NOT NULL REFERENCES module",
	[SCHEMA_FILE] = "INTEGER NOT NULL REFERENCES file",
	[SCHEMA_FUNCTION] = "INTEGER NOT NULL REFERENCES function",
	[SCHEMA_NODE] = "INTEGER NOT NULL REFERENCES node",
	[SCHEMA_THREAD] = "INTEGER NOT NULL REFERENCES thread",
	[SCHEMA_BYTES] = "BLOB",
	[SCHEMA_PROCESS] = "INTEGER NOT NULL REFERENCES process",
	[SCHEMA_PROCESS_OR_NO] = "INTEGER NOT NULL", /* 0: none */
	[SCHEMA_PLACE] = "INTEGER NOT NULL REFERENCES place",
	[SCHEMA_DOUBLE] = "REAL NOT NULL",
};

char *
schema_column_list(const struct schema_columns *columns, unsigned minor)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < columns->count; i++)
		g_string_append_printf(text, "%s%s", i ? "," : "",
			columns->columns[i].since > minor ? "0" : columns->columns[i].name);
	return g_string_free(text, FALSE);
}

char *
schema_create(const char *table, const char *prefix, const struct schema_columns *columns,
	const char *suffix)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "CREATE TABLE %s(%s", table, prefix);
	for (unsigned i = 0; i < columns->count; i++)
		g_string_append_printf(text, ",\n %s %s", columns->columns[i].name,
			declarations[columns->columns[i].kind]);
	g_string_append_printf(text, "%s", suffix);
	return g_string_free(text, FALSE);
}

static int64_t
number_at(const struct schema_column *column, const char *at)
{
	switch (column->kind) {
	case SCHEMA_U64:
		return (int64_t)MIN(*(const uint64_t *)(const void *)at, INT64_MAX);
	case SCHEMA_I64:
		return *(const int64_t *)(const void *)at;
	case SCHEMA_BOOL:
		return *(const bool *)(const void *)at;
	case SCHEMA_PROCESS:
	case SCHEMA_THREAD:
		return (int64_t) * (const uint32_t *)(const void *)at + 1;
	case SCHEMA_PROCESS_OR_NO:
		return *(const int64_t *)(const void *)at + 1;
	default:
		return *(const uint32_t *)(const void *)at;
	}
}

/* None are NULL. */
static void
bind_bytes(sqlite3_stmt *statement, int index, const struct profile_bytes *bytes)
{
	if (bytes->count)
		sqlite3_bind_blob(statement, index, bytes->bytes, (int)bytes->count, SQLITE_STATIC);
	else
		sqlite3_bind_null(statement, index);
}

void
schema_bind(
	sqlite3_stmt *statement, int first, const struct schema_columns *columns, const void *row)
{
	for (unsigned i = 0; i < columns->count; i++) {
		const struct schema_column *column = &columns->columns[i];
		const char *at = (const char *)row + column->offset;

		if (column->kind == SCHEMA_TEXT)
			sqlite3_bind_text(statement, first + (int)i,
				*(const char *const *)(const void *)at, -1, SQLITE_STATIC);
		else if (column->kind == SCHEMA_BYTES)
			bind_bytes(statement, first + (int)i, (const void *)at);
		else if (column->kind == SCHEMA_DOUBLE)
			sqlite3_bind_double(
				statement, first + (int)i, *(const double *)(const void *)at);
		else
			sqlite3_bind_int64(statement, first + (int)i, number_at(column, at));
	}
}

/* The largest number the column may hold, given what the profile has. */
static int64_t
limit(const struct schema_column *column, const struct profile *profile)
{
	switch (column->kind) {
	case SCHEMA_U32:
		return UINT32_MAX;
	case SCHEMA_BOOL:
		return 1;
	case SCHEMA_MODULE:
		return (int64_t)profile->modules->len - 1;
	case SCHEMA_FILE:
		return (int64_t)profile->files->len - 1;
	case SCHEMA_FUNCTION:
		return (int64_t)profile->functions->len - 1;
	case SCHEMA_NODE:
		return (int64_t)profile->nodes.count - 1;
	case SCHEMA_PROCESS:
	case SCHEMA_PROCESS_OR_NO:
		return profile->processes->len;
	case SCHEMA_THREAD:
		return profile->threads->len;
	case SCHEMA_PLACE:
		return (int64_t)profile->named.places->len - 1;
	default:
		return INT64_MAX;
	}
}

static void
store(const struct schema_column *column, int64_t value, char *at)
{
	switch (column->kind) {
	case SCHEMA_U64:
		*(uint64_t *)(void *)at = (uint64_t)value;
		break;
	case SCHEMA_I64:
		*(int64_t *)(void *)at = value;
		break;
	case SCHEMA_BOOL:
		*(bool *)(void *)at = value != 0;
		break;
	case SCHEMA_PROCESS:
	case SCHEMA_THREAD:
		*(uint32_t *)(void *)at = (uint32_t)(value - 1);
		break;
	case SCHEMA_PROCESS_OR_NO:
		*(int64_t *)(void *)at = value - 1;
		break;
	default:
		*(uint32_t *)(void *)at = (uint32_t)value;
	}
}

static bool
take_bytes(sqlite3_stmt *statement, int index, struct profile *profile,
	struct profile_bytes *ret_bytes)
{
	const int type = sqlite3_column_type(statement, index);
	const int count = sqlite3_column_bytes(statement, index);

	if (type == SQLITE_NULL) {
		*ret_bytes = (struct profile_bytes){0};
		return true;
	}
	if (type != SQLITE_BLOB || count <= 0)
		return false;
	ret_bytes->bytes = (const uint8_t *)g_string_chunk_insert_len(
		profile->strings, sqlite3_column_blob(statement, index), count);
	ret_bytes->count = (uint32_t)count;
	return true;
}

static bool
take(sqlite3_stmt *statement, int index, const struct schema_column *column,
	struct profile *profile, char *at)
{
	int64_t value;

	if (column->kind == SCHEMA_TEXT) {
		if (sqlite3_column_type(statement, index) != SQLITE_TEXT)
			return false;
		*(const char **)(void *)at = profile_string(
			profile, (const char *)sqlite3_column_text(statement, index));
		return true;
	}
	if (column->kind == SCHEMA_DOUBLE) {
		*(double *)(void *)at = sqlite3_column_double(statement, index);
		return sqlite3_column_type(statement, index) == SQLITE_FLOAT &&
		       isfinite(*(double *)(void *)at);
	}
	if (column->kind == SCHEMA_BYTES)
		return take_bytes(statement, index, profile, (void *)at);
	if (sqlite3_column_type(statement, index) != SQLITE_INTEGER)
		return false;
	value = sqlite3_column_int64(statement, index);
	if ((value < 0 && column->kind != SCHEMA_I64) || value > limit(column, profile) ||
		(value == 0 && (column->kind == SCHEMA_PROCESS || column->kind == SCHEMA_THREAD)))
		return false;
	store(column, value, at);
	return true;
}

bool
schema_take(sqlite3_stmt *statement, int first, const struct schema_columns *columns,
	struct profile *profile, void *row)
{
	for (unsigned i = 0; i < columns->count; i++) {
		const struct schema_column *column = &columns->columns[i];

		if (!take(statement, first + (int)i, column, profile, (char *)row + column->offset))
			return false;
	}
	return true;
}

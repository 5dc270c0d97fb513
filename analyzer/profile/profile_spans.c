/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See profile_spans.h. */
#include <stdlib.h>

#include "profile_spans.h"

static int
compare(const void *a, const void *b)
{
	const struct profile_span *left = a, *right = b;

	if (left->node != right->node)
		return left->node < right->node ? -1 : 1;
	if (left->thread != right->thread)
		return left->thread < right->thread ? -1 : 1;
	if (left->born != right->born)
		return left->born < right->born ? -1 : 1;
	return (left->gone > right->gone) - (left->gone < right->gone);
}

void
profile_spans_take(struct profile *profile, struct profile_span *rows, uint32_t count)
{
	uint32_t used = 0;

	if (count)
		qsort(rows, count, sizeof(*rows), compare);
	for (uint32_t i = 0; i < count; i++) {
		if (used && compare(&rows[used - 1], &rows[i]) == 0) {
			rows[used - 1].blocks.count += rows[i].blocks.count;
			rows[used - 1].blocks.bytes += rows[i].blocks.bytes;
			rows[used - 1].temporary += rows[i].temporary;
		} else {
			rows[used++] = rows[i];
		}
	}
	g_free(profile->spans.rows);
	profile->spans.rows = rows;
	profile->spans.count = used;
}

/* ---- writing ---- */

static int
write_rows(const struct profile_spans *spans, sqlite3_stmt *statement)
{
	int code = SQLITE_OK;

	for (uint32_t i = 0; code == SQLITE_OK && i < spans->count; i++) {
		const struct profile_span *row = &spans->rows[i];

		sqlite3_bind_int64(statement, 1, row->node);
		sqlite3_bind_int64(statement, 2, (int64_t)row->thread + 1);
		sqlite3_bind_int64(statement, 3, row->born);
		sqlite3_bind_int64(statement, 4, row->gone);
		sqlite3_bind_int64(statement, 5, (int64_t)MIN(row->blocks.count, INT64_MAX));
		sqlite3_bind_int64(statement, 6, (int64_t)MIN(row->blocks.bytes, INT64_MAX));
		sqlite3_bind_int64(statement, 7, (int64_t)MIN(row->temporary, INT64_MAX));
		code = sqlite3_step(statement) == SQLITE_DONE ? SQLITE_OK : SQLITE_ERROR;
		if (code != SQLITE_OK)
			code = sqlite3_reset(statement);
		else
			sqlite3_reset(statement);
	}
	return code;
}

int
profile_spans_write(const struct profile *profile, sqlite3 *database)
{
	g_autofree char *length =
		g_strdup_printf("INSERT INTO meta VALUES('span_ns',%" G_GUINT64_FORMAT ")",
			(guint64)MIN(profile->spans.span_ns, INT64_MAX));
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_exec(database,
		"CREATE TABLE span(node INTEGER NOT NULL REFERENCES node,"
		" thread INTEGER NOT NULL REFERENCES thread, born INTEGER NOT NULL,"
		" gone INTEGER NOT NULL, blocks INTEGER NOT NULL, bytes INTEGER NOT NULL,"
		" temporary INTEGER NOT NULL,"
		" PRIMARY KEY(node, thread, born, gone)) WITHOUT ROWID",
		NULL, NULL, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_exec(database, length, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(
			database, "INSERT INTO span VALUES(?,?,?,?,?,?,?)", -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = write_rows(&profile->spans, statement);
	sqlite3_finalize(statement);
	return code;
}

/* ---- reading ---- */

static bool
is_there(sqlite3 *database)
{
	sqlite3_stmt *statement = NULL;
	bool there;

	sqlite3_prepare_v2(database,
		"SELECT 1 FROM sqlite_schema WHERE name = 'span' AND type = 'table'"
		" AND sql LIKE 'CREATE TABLE %'",
		-1, &statement, NULL);
	there = statement && sqlite3_step(statement) == SQLITE_ROW;
	sqlite3_finalize(statement);
	return there;
}

static uint64_t
read_length(sqlite3 *database)
{
	sqlite3_stmt *statement = NULL;
	int64_t length = 0;

	sqlite3_prepare_v2(
		database, "SELECT value FROM meta WHERE key = 'span_ns'", -1, &statement, NULL);
	if (statement && sqlite3_step(statement) == SQLITE_ROW)
		length = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return length > 0 ? (uint64_t)length : 0;
}

static bool
take_row(const struct profile *profile, sqlite3_stmt *statement, struct profile_span *ret_row)
{
	const int64_t limits[] = {profile->nodes.count, (int64_t)profile->threads->len + 1,
		SPANS_MAX, SPAN_NEVER + 1, INT64_MAX, INT64_MAX, INT64_MAX};
	int64_t values[G_N_ELEMENTS(limits)];

	for (int i = 0; i < (int)G_N_ELEMENTS(limits); i++) {
		values[i] = sqlite3_column_int64(statement, i);
		if (sqlite3_column_type(statement, i) != SQLITE_INTEGER || values[i] < 0 ||
			values[i] >= limits[i])
			return false;
	}
	if (!values[1] || values[3] < values[2] ||
		(values[3] >= SPANS_MAX && values[3] != SPAN_NEVER))
		return false;
	*ret_row = (struct profile_span){
		.node = (uint32_t)values[0],
		.thread = (uint32_t)values[1] - 1,
		.born = (uint8_t)values[2],
		.gone = (uint8_t)values[3],
		.blocks = {(uint64_t)values[4], (uint64_t)values[5]},
		.temporary = (uint64_t)values[6],
	};
	return true;
}

bool
profile_spans_read(struct profile *profile, sqlite3 *database)
{
	struct profile_spans *spans = &profile->spans;
	sqlite3_stmt *statement = NULL;
	uint32_t room = 0;
	int code;

	if (!is_there(database))
		return true;
	spans->span_ns = read_length(database);
	sqlite3_prepare_v2(database,
		"SELECT node,thread,born,gone,blocks,bytes,temporary FROM span"
		" ORDER BY node,thread,born,gone",
		-1, &statement, NULL);
	if (!statement)
		return false;
	for (; (code = sqlite3_step(statement)) == SQLITE_ROW; spans->count++) {
		if (spans->count == UINT32_MAX / 2)
			break;
		if (spans->count == room)
			spans->rows = g_renew(
				struct profile_span, spans->rows, room = MAX(1024, 2 * room));
		if (!take_row(profile, statement, &spans->rows[spans->count]) ||
			(spans->count && compare(&spans->rows[spans->count - 1],
						 &spans->rows[spans->count]) >= 0))
			break;
	}
	sqlite3_finalize(statement);
	return code == SQLITE_DONE && (spans->span_ns || !spans->count);
}

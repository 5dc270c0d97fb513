/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The tables of a `.thag` file, stated once: from these descriptions the writer makes and fills
 * them and the reader takes them in and checks them. docs/profile.md explains them to users.
 *
 * Tables of rows (module ... thread) have an `id` that counts from the table's first number without
 * a gap. The big ones (node, memory, timeline, histogram) have columns of their own in the profile
 * and are written and read by hand, their sums by the column lists below.
 */
#ifndef THAG_PROFILE_SCHEMA_H
#define THAG_PROFILE_SCHEMA_H

#include <sqlite3.h>

#include "profile.h"

enum schema_kind {
	SCHEMA_U32,
	SCHEMA_U64, /* above INT64_MAX: written as that */
	SCHEMA_I64,
	SCHEMA_BOOL,
	SCHEMA_TEXT,
	SCHEMA_MODULE, /* uint32_t, number of an entry of that table */
	SCHEMA_FILE,
	SCHEMA_FUNCTION,
	SCHEMA_NODE,
	SCHEMA_THREAD,	      /* uint32_t index; in the file one more */
	SCHEMA_BYTES,	      /* struct profile_bytes */
	SCHEMA_PROCESS,	      /* uint32_t index; in the file one more */
	SCHEMA_PROCESS_OR_NO, /* int64_t index or -1; in the file one more */
	SCHEMA_PLACE,	      /* uint32_t index of what the source named, 0: none */
	SCHEMA_DOUBLE,
};

struct schema_column {
	const char *name;
	enum schema_kind kind;
	size_t offset;	/* in the row's struct */
	unsigned since; /* minor version of files that have it; a number, 0 in older ones */
};

struct schema_columns {
	const struct schema_column *columns;
	unsigned count;
};

struct schema_table {
	const char *name;
	struct schema_columns columns;
	size_t rows_offset; /* of the GArray in struct profile */
	uint32_t first_id;
};

/* In the order in which they can be read: each refers to those before it and to nodes. */
extern const struct schema_table schema_tables[];
extern const unsigned schema_table_count;

/* Likewise: of what the source named. Files before 1.2 have none of these. */
extern const struct schema_table schema_named_tables[];
extern const unsigned schema_named_table_count;

extern const struct schema_columns schema_run;	/* struct profile_run: rows of table meta */
extern const struct schema_columns schema_sums; /* struct memory_sums */
extern const struct schema_columns schema_bin;	/* struct timeline_bin */

/* Tables and indices that are written by hand, and the views for people. */
extern const char schema_views[];
extern const char schema_named_views[];

/* Names of enum profile_histogram and enum memory_category in the file. */
extern const char *const schema_histogram_names[PROFILE_HISTOGRAMS];
extern const char *const schema_category_names[MEMORY_CATEGORIES];

/* Buckets in use of each kind of histogram. */
unsigned schema_bucket_count(enum profile_histogram kind);

/* "name,name,...", with 0 for what files of that minor version do not have. */
char *schema_column_list(const struct schema_columns *columns, unsigned minor);

/* Text of CREATE TABLE; `prefix` and `suffix` stand before and after the columns. */
char *schema_create(const char *table, const char *prefix, const struct schema_columns *columns,
	const char *suffix);

/* Binds a row to the parameters from `first` (1 is the statement's first). */
void schema_bind(
	sqlite3_stmt *statement, int first, const struct schema_columns *columns, const void *row);

/*
 * Takes a row from the result's columns from `first` (0 is the first). Returns false where a value
 * has the wrong type or is out of range.
 */
bool schema_take(sqlite3_stmt *statement, int first, const struct schema_columns *columns,
	struct profile *profile, void *row);

#endif

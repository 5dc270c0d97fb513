/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A program on SQLite with thousands of call paths into its heap, built several times, each with
 * one regression (INJECT) on a line that says so.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP	__attribute__((noinline, noclone))
#define NOTHING 0
#define EXTRA	1
#define BYTES	2
#define LEAK	3
#define SLOW	4
#define SLOWER	5

static KEEP void *
use(void *block)
{
	__asm__ volatile("" : "+r"(block) : : "memory");
	return block;
}

static KEEP char *
make_note(int i)
{
#if INJECT == BYTES
	char *note = use(malloc(1020)); /* INJECTED BYTES */
#else
	char *note = use(malloc(1000));
#endif

	snprintf(note, 1000, "note %d of the ledger", i);
	return note;
}

static KEEP void
check_row(int i)
{
#if INJECT == EXTRA
	if (i == 137)
		free(use(malloc(24))); /* INJECTED EXTRA */
#endif
	free(use(malloc(16)));
}

static KEEP uint64_t
digest(uint64_t state)
{
#if INJECT == SLOW
	const int rounds = 1050; /* INJECTED SLOW */
#elif INJECT == SLOWER
	const int rounds = 10000; /* more than the noise of the worst machine */
#else
	const int rounds = 1000;
#endif

	for (int i = 0; i < rounds * 40; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(state));
	}
	return state;
}

static KEEP void
open_journal(void)
{
	void *block = use(malloc(40)); /* INJECTED LEAK */

#if INJECT == LEAK
	(void)block;
#else
	free(block);
#endif
}

static void
insert(sqlite3 *database, int i)
{
	char *note = make_note(i);
	sqlite3_stmt *statement;

	check_row(i);
	sqlite3_prepare_v2(database, "INSERT INTO ledger VALUES (?, ?, ?)", -1, &statement, NULL);
	sqlite3_bind_int(statement, 1, i);
	sqlite3_bind_text(statement, 2, note, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(statement, 3, (sqlite3_int64)(digest((uint64_t)i) >> 1));
	sqlite3_step(statement);
	sqlite3_finalize(statement);
	free(note);
}

int
main(void)
{
	sqlite3 *database;

	if (sqlite3_open(":memory:", &database))
		return 1;
	sqlite3_exec(database, "CREATE TABLE ledger (id INTEGER PRIMARY KEY, note TEXT, sum INT)",
		NULL, NULL, NULL);
	open_journal();
	for (int i = 0; i < 500; i++)
		insert(database, i);
	sqlite3_exec(database,
		"CREATE INDEX by_note ON ledger (note);"
		"SELECT note, count(*), max(sum) FROM ledger GROUP BY substr(note, 1, 6);",
		NULL, NULL, NULL);
	return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Programs for the symbolizer to read, built by each test in a directory of its own with the
 * compilers and tools that the machine has.
 */
#ifndef THAG_TEST_SYMBOLIZER_FIXTURE_H
#define THAG_TEST_SYMBOLIZER_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include "symbolizer.h"

/* The directory of this test; removed when the process ends. */
const char *fixture_directory(void);

/* DIRECTORY/name. Good until the process ends. */
const char *fixture_path(const char *name);

/* Runs a shell command in the directory; `$SRC` is the folder of the sources. Fails the test if the
 * command does, but skips it where the first program it names does not exist. */
void fixture_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The address of a label in an unstripped file; fails the test where there is none. */
uint64_t fixture_label(const char *file, const char *label);

/* The line that says "line: NAME" in a source. */
uint32_t fixture_line(const char *source, const char *name);

/* A symbolizer that looks for debug files in DIRECTORY/debug alone; freed with the process. */
struct symbolizer *fixture_symbolizer(void);

/* Resolves one address of DIRECTORY/name by a symbolizer that lives as long as the process. */
struct symbol_chain fixture_resolve(const char *name, uint64_t address);

/* The complaint about what fixture_resolve() resolved last, "" if none. */
const char *fixture_complaint(void);

struct expected_symbol {
	const char *function;
	const char *line; /* NAME of fixture_line(), NULL: no line is known */
};

enum {
	EXPECTED_MAX = 4
};

/* Fails the test unless the chain is just the symbols expected, up to the first without function.
 */
void fixture_expect(
	struct symbol_chain chain, const char *source, const struct expected_symbol *expected);

/* Fails unless the one symbol there is has just this name and precision. */
void fixture_expect_name(
	struct symbol_chain chain, const char *function, enum symbol_precision precision);

#endif

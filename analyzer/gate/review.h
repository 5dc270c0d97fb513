/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The change under review: which files, and which of their lines, a pull request touches; so that a
 * failure can name the nearest frame that its author wrote.
 */
#ifndef THAG_GATE_REVIEW_H
#define THAG_GATE_REVIEW_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct review;

enum review_match {
	REVIEW_NOTHING,
	REVIEW_FILE, /* the file is touched */
	REVIEW_LINE, /* the very line is */
};

struct review *review_new(void);
void review_free(struct review *review);

/*
 * Adds what a text names: a unified diff ("git diff -U0"), or a name a line, each with a range of
 * lines or without ("src/a.c", "src/a.c:10-12").
 */
void review_add(struct review *review, const char *text);

/* Asks git in the current directory what changed since `revision`. */
bool review_add_git(struct review *review, const char *revision, GError **error);

/* `file` as debug information has it, absolute or not: names match from their ends, by whole
 * parts. NULL is fine for `review`. */
enum review_match review_find(const struct review *review, const char *file, uint32_t line);

/* The name as the review has it, or NULL. Borrowed. */
const char *review_name(const struct review *review, const char *file);

#endif

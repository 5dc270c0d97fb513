/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* An outcome in the formats of those who read it. Each returns the whole text, the caller's. */
#ifndef THAG_GATE_EMIT_H
#define THAG_GATE_EMIT_H

#include "outcome.h"

enum {
	EMIT_JSON_VERSION = 1,		    /* raised when a key changes its meaning or goes */
	EMIT_MARKDOWN_BYTES_MAX = 60 << 10, /* GitHub refuses comments of 64 KiB */
	EMIT_ANNOTATIONS_MAX = 10,	    /* GitHub shows no more of a step */
};

/* For a terminal; colours where `colour`. */
char *emit_text(const struct outcome *outcome, bool colour);

/* For a pull request or step summary; at most EMIT_MARKDOWN_BYTES_MAX. */
char *emit_markdown(const struct outcome *outcome);

char *emit_junit(const struct outcome *outcome);

/* SARIF 2.1.0. */
char *emit_sarif(const struct outcome *outcome);

/* GitHub's workflow commands ("::error file=..."), for standard output of a step. */
char *emit_annotations(const struct outcome *outcome);

/* GitLab's code quality report. */
char *emit_code_quality(const struct outcome *outcome);

/* Everything; docs/gate.md names the keys. */
char *emit_json(const struct outcome *outcome);

#endif

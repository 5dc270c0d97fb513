/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A filter made ready to be asked: what passes of a profile's call paths, threads and numbers. A
 * call path passes where every pattern met at least one of its frames, and none that is barred.
 */
#ifndef THAG_REPORT_SIEVE_H
#define THAG_REPORT_SIEVE_H

#include "selection.h"

/* What a pattern of a filter can be about. */
enum sieve_part {
	SIEVE_FUNCTION,
	SIEVE_MODULE,
	SIEVE_FILE,
	SIEVE_THREAD,
	SIEVE_PROCESS,
	SIEVE_PARTS,
};

struct sieve_pattern {
	const char *literal; /* NULL: everything matches */
	GRegex *regex;	     /* instead of the literal */
};

/* Any of several, which are alternatives. */
struct sieve_patterns {
	struct sieve_pattern *list;
	unsigned count;
};

struct sieve {
	const struct filter *filter;
	struct sieve_pattern parts[SIEVE_PARTS];
	struct sieve_patterns without, without_leaf;
	uint64_t frequent; /* allocations from which on a call path is frequent */
};

/*
 * Borrows filter and profile. Returns false with `error` set (G_REGEX_ERROR) where a pattern is no
 * regular expression; it is to be freed in any case.
 */
bool sieve_init(struct sieve *sieve, const struct filter *filter, const struct profile *profile,
	GError **error);
void sieve_fini(struct sieve *sieve);

/* By node: 1 where its call path passes. g_free() it. */
uint8_t *sieve_nodes(const struct sieve *sieve, const struct profile *profile);

/* Threads and processes are meant by name or by number. */
bool sieve_passes_named(
	const struct sieve *sieve, enum sieve_part part, const char *name, uint32_t number);

/* What the filter asks of the numbers themselves. */
bool sieve_passes_memory(const struct sieve *sieve, const struct memory_sums *sums);

/* Times are no part of what is chosen by what it did with memory. */
bool sieve_asks_for_memory(const struct sieve *sieve);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The rule cache: unwind rules by address, made on first sight and shared by all threads.
 *
 * Direct-mapped and without locks. An entry is two words, the second one being address XOR rule: a
 * reader that sees halves of two writes finds that they do not match and asks the tables. The
 * generation of the modules is mixed in, so that an unloading empties the cache at once.
 */
#ifndef THAG_PRELOAD_RULES_H
#define THAG_PRELOAD_RULES_H

#include <stdbool.h>
#include <stdint.h>
#include "atomics.h"
#include "modules.h"

enum {
	RULES_CACHED = 1 << 14
};

struct rules_entry {
	uint64_t rule; /* relaxed: see above */
	uint64_t key;
};

extern struct rules_entry *rules_cache;

/* Returns false where there is no memory. */
bool rules_init(void);

uint64_t rules_find_slow(uint64_t address);

static inline struct rules_entry *
rules_entry_of(uint64_t address)
{
	return &rules_cache[(address ^ address >> 14) % RULES_CACHED];
}

static inline uint64_t
rules_key(uint64_t address)
{
	return address ^ (uint64_t)load_relaxed(&modules_generation) << 48;
}

/* The rule (rule_unpack()) for code at `address`. */
static inline uint64_t
rules_find(uint64_t address)
{
	const struct rules_entry *entry = rules_entry_of(address);
	const uint64_t rule = load_relaxed(&entry->rule);

	if (likely((load_relaxed(&entry->key) ^ rule) == rules_key(address)))
		return rule;
	return rules_find_slow(address);
}

#endif

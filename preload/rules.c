/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "rules.h"
#include <stddef.h>
#include "cfi.h"
#include "os/system.h"
#include "forbid.h"

struct rules_entry *rules_cache;

bool
rules_init(void)
{
	rules_cache = system_map(RULES_CACHED * sizeof(struct rules_entry));
	return rules_cache != NULL;
}

uint64_t
rules_find_slow(uint64_t address)
{
	struct loader_object object;
	struct rules_entry *entry = rules_entry_of(address);
	/* Before the look-up: an unloading in between makes the entry void. */
	const uint64_t key = rules_key(address);

	if (loader_find(address, &object))
		modules_note(&object);
	const uint64_t rule = cfi_find_rule(address);

	store_relaxed(&entry->rule, rule);
	store_relaxed(&entry->key, key ^ rule);
	return rule;
}

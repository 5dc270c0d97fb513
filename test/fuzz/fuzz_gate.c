/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * All texts that the gate reads and others may have written: paths files, counts of valgrind,
 * limits, suppressions, diffs. What a paths file says survives being written and read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "callgrind.h"
#include "limit.h"
#include "review.h"
#include "suppressions.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void
try_paths(const char *text)
{
	g_autofree char *why = NULL, *no_reason = NULL;
	struct account *account = account_parse(text, &why);

	if (!account)
		return;
	g_autofree char *written = account_emit(account, account->set);
	struct account *again = account_parse(written, &no_reason);

	for (unsigned i = 0; i < GATE_PATH_METRICS; i++) {
		if (!again || again->total[i] != account->total[i])
			abort();
	}
	account_free(account);
	account_free(again);
}

static void
try_counts(const char *text)
{
	struct account_builder *builder = account_builder_new();
	g_autofree char *why = NULL;

	if (callgrind_parse(builder, "app", text, &why))
		account_free(account_builder_end(builder, 1u << GATE_INSTRUCTIONS));
	else
		account_builder_free(builder);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	g_autofree char *text = g_strndup(length ? (const char *)bytes : "", length);
	g_autofree char *no_limit = NULL, *no_list = NULL;
	struct review *review = review_new();

	try_paths(text);
	try_counts(text);
	limit_free(limit_parse(text, &no_limit));
	suppressions_free(suppressions_parse(text, &no_list));
	review_add(review, text);
	review_find(review, "src/a.c", 10);
	review_free(review);
	return 0;
}

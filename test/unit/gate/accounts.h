/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Accounts for tests, as paths files without their first line. */
#ifndef TEST_GATE_ACCOUNTS_H
#define TEST_GATE_ACCOUNTS_H

#include <criterion/criterion.h>
#include <glib.h>

#include "account.h"

static inline struct account *
account_of(const char *lines)
{
	g_autofree char *text = g_strconcat("thag-gate-paths 1\n", lines, NULL);
	g_autofree char *why = NULL;
	struct account *account = account_parse(text, &why);

	cr_assert(account, "%s", why);
	return account;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The options that say which part of a profile is meant, the same for every command:
 *
 *	struct filter_options filter = {0};
 *
 *	filter_options_add(&filter, context);
 *	if (!g_option_context_parse(...) || !filter_options_finish(&filter, &error))
 *		...
 *	selection_init(&selection, profile, &filter.filter, &error);
 *	filter_options_fini(&filter);
 */
#ifndef THAG_REPORT_FILTER_OPTIONS_H
#define THAG_REPORT_FILTER_OPTIONS_H

#include "selection.h"

struct filter_options {
	struct filter filter; /* set by filter_options_finish(), borrows from what follows */
	char *function, *module, *file, *thread, *process, *kind;
	char *min_size, *max_size, *min_lifetime, *max_lifetime, *from, *to;
	GStrv without, without_leaf;
};

/* The structure must stay where it is until the options are parsed. */
void filter_options_add(struct filter_options *options, GOptionContext *context);

/* Returns false with `error` set (G_OPTION_ERROR) for a value that is not understood. */
bool filter_options_finish(struct filter_options *options, GError **error);
void filter_options_fini(struct filter_options *options);

/* "64", "4K", "1M", "2G" (of 1024); "500ns", "10us", "3ms", "1.5s", "1min". False: neither. */
bool filter_parse_bytes(const char *text, uint64_t *ret_bytes);
bool filter_parse_time(const char *text, uint64_t *ret_ns);

/* What --from and --to say, either may be NULL. Returns false with `error` set (G_OPTION_ERROR). */
bool filter_parse_times(
	const char *from, const char *to, struct filter_range *ret_times, GError **error);

/* Returns false where there is no kind of that name. */
bool filter_parse_kind(const char *text, enum filter_kind *ret_kind);

#endif

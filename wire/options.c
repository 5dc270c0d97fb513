/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See options.h. */
#include "message.h"

void
options_init(struct options *options)
{
	options->profile = OPTIONS_BOTH;
	options->detail = 1;
	options->debug = OPTIONS_DEBUG_NONE;
	options->on_full = OPTIONS_ON_FULL_WAIT;
	options->min_size_bytes = 0;
	options->sample_hz = OPTIONS_SAMPLE_HZ_DEFAULT;
	options->sampler = OPTIONS_SAMPLER_AUTO;
	options->wall = 0;
	options->marked = 0;
	options->origins = 0;
	for (size_t i = 0; i < OPTIONS_DIRECTORY_BYTES; i++)
		options->directory[i] = options->record[i] = 0;
	options->directory[0] = '.';
	options->record_max_bytes = 0;
	options->record_only = 0;
	for (size_t i = 0; i < OPTIONS_PATTERN_LISTS; i++)
		for (size_t k = 0; k < OPTIONS_PATTERNS_BYTES; k++)
			options->patterns[i][k] = 0;
	options->min_duration_ns = options->start_after_ns = options->stop_after_ns = 0;
	options->max_calls = 0;
	options->max_depth = 0;
	options->keep = OPTIONS_KEEP_UNSAID;
}

int
options_from_environment(struct options *options,
	const char *(*get)(const char *name, void *context), void *context,
	char message[OPTIONS_MESSAGE_BYTES])
{
	for (size_t i = 0; i < options_table_count; i++) {
		const struct option_row *row = &options_table[i];
		const char *text = row->variable ? get(row->variable, context) : 0;
		char why[OPTIONS_MESSAGE_BYTES];

		if (text && text[0] && row->parse(options, text, why)) {
			struct message out = {message, 0};

			message_add(&out, row->variable);
			message_add(&out, ": ");
			message_add(&out, why);
			return -1;
		}
	}
	return 0;
}

int
options_check(const struct options *options, char message[OPTIONS_MESSAGE_BYTES])
{
	struct message out = {message, 0};

	if (options->stop_after_ns && options->stop_after_ns <= options->start_after_ns)
		message_add(&out, "--stop-after is not later than --start-after: there is no time "
				  "between them to record");
	else if (options->record_only && !options->record[0])
		message_add(&out, "--record-only makes a recording alone, but does not say where; "
				  "add --record FILE");
	else if (options->record_only && options->max_calls)
		message_add(&out, "--max-events is about results, and --record-only makes none: "
				  "leave one of them out");
	else if (options->keep != OPTIONS_KEEP_UNSAID && !options->max_calls)
		message_add(&out, "--keep says which traced calls to keep, but not how many; add "
				  "--max-events N");
	return out.length ? -1 : 0;
}

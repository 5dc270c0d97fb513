/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See message.h. */
#include "message.h"

void
message_add_slice(struct message *message, struct slice text)
{
	for (size_t i = 0; i < text.length && message->length + 1 < OPTIONS_MESSAGE_BYTES; i++)
		message->text[message->length++] = text.at[i];
	message->text[message->length] = 0;
}

void
message_add(struct message *message, const char *text)
{
	message_add_slice(message, slice_of(text));
}

void
message_add_quoted(struct message *message, struct slice text)
{
	const size_t shown = 60;

	message_add(message, "'");
	message_add_slice(
		message, (struct slice){text.at, text.length < shown ? text.length : shown});
	message_add(message, text.length > shown ? "...'" : "'");
}

void
message_add_number(struct message *message, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	message_add_slice(message, (struct slice){digits + at, sizeof(digits) - at});
}

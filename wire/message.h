/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What is wrong with an option, put together without libc. */
#ifndef THAG_WIRE_MESSAGE_H
#define THAG_WIRE_MESSAGE_H

#include "options.h"
#include "slice.h"

/* Grows from the left and is cut where its OPTIONS_MESSAGE_BYTES end. Begins as {text, 0}. */
struct message {
	char *text;
	size_t length;
};

void message_add(struct message *message, const char *text);
void message_add_slice(struct message *message, struct slice text);
void message_add_number(struct message *message, uint64_t number);

/* A user's value may be anything: only so much of it is repeated to them. */
void message_add_quoted(struct message *message, struct slice text);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What thag-run and its analyzer, two processes, tell each other: whole messages over a pair of
 * sockets. When one of them is gone the other reads an end of file.
 */
#ifndef THAG_CLI_CHANNEL_H
#define THAG_CLI_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

enum channel_kind {
	/* From the analyzer. */
	CHANNEL_READY,	  /* text: path of the pool */
	CHANNEL_FAILED,	  /* text: why there will be no run */
	CHANNEL_DETACHED, /* it goes on alone: text says so to the user */

	/* From thag-run. */
	CHANNEL_ENDED,	   /* status: of the program, as waitpid() gives it */
	CHANNEL_ABANDONED, /* the program could not be started: forget it all */
};

enum {
	CHANNEL_TEXT_BYTES = 4096,
};

struct channel_message {
	uint32_t kind; /* enum channel_kind */
	int32_t status;
	char text[CHANNEL_TEXT_BYTES]; /* always terminated */
};

/* Makes the two ends, closed by exec. Returns 0 or a negative errno. */
int channel_open(int ret_ends[2]);

/* `text` may be NULL. Never a SIGPIPE. Returns 0, or a negative errno where nobody listens. */
int channel_send(int end, enum channel_kind kind, int status, const char *text);

/* Waits for a message. Returns 1, or 0 where the other end is gone. */
int channel_receive(int end, struct channel_message *ret_message);

/* Does not wait. Returns 1, 0 where the other end is gone, or -EAGAIN: nothing yet. */
int channel_poll(int end, struct channel_message *ret_message);

#endif

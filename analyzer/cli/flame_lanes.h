/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the source named, as rows of a flamechart below those of the threads:
 *
 *	request		| request 1               | request 3     |	lanes: lives one by one,
 *			| on loop |   | on worker |   on loop |		pieces that ran, and where
 *	request (2)		| request 2     |
 *	config loaded		'		'			a mark
 *
 * Lanes are few whatever the number of tasks: what finds no place is counted.
 */
#ifndef THAG_CLI_FLAME_LANES_H
#define THAG_CLI_FLAME_LANES_H

#include "selection.h"

enum {
	LANES_MAX = 256, /* of tasks; and half as many of marks */
	LANE_PIECES_MAX = 1 << 18,
};

/* Where boxes go: columns of a struct flame. Frame `first_name` + i has the name i. */
struct lane_boxes {
	GArray *parent, *frame;		/* uint32_t */
	GArray *start_ns, *duration_ns; /* uint64_t */
	GPtrArray *names;		/* char *, freed by it */
	uint32_t first_name;
};

/* What was met and is not drawn, or was not kept in the profile to begin with. */
struct lanes_left_out {
	uint64_t tasks, pieces, marks;
};

void flame_lanes_add(const struct lane_boxes *boxes, const struct selection *selection,
	struct lanes_left_out *ret_left_out);

/* "thread (tid)", with the program where there are several. g_free() it. */
char *flame_thread_name(const struct profile *profile, uint32_t thread);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The order in time of traced calls and samples, in bounded memory however long the run is.
 *
 * Of calls only those are kept that last at least a shortest time, which doubles whenever there
 * would be too many: a shorter one is part of the call around it, which lasts no less, so that what
 * is kept is always a tree. Samples with the same call path, one after the other, are one piece;
 * when there are too many pieces, neighbours nearer than a grain, which doubles too, become one
 * that has the longer one's call path.
 */
#ifndef THAG_CHART_H
#define THAG_CHART_H

#include <glib.h>
#include <stdint.h>

#include "model.h"

enum {
	CHART_BOXES = 1 << 19, /* of each kind, calls and samples, in all threads together */
};

struct chart_call {
	uint64_t start, ticks;
	uint32_t path; /* of the thread's call tree */
	uint32_t depth;
};

struct chart_piece {
	uint64_t start, end;
	uint32_t node;
	enum chart_kind kind;
};

struct chart_lane {
	GArray *calls;	/* struct chart_call in the order of their ends; NULL: none yet */
	GArray *pieces; /* struct chart_piece in the order of their ends; NULL: none yet */
};

struct chart {
	GPtrArray *lanes; /* struct chart_lane, borrowed */
	unsigned calls, pieces;
	unsigned most;	   /* CHART_BOXES, or less for tests */
	uint64_t shortest; /* ticks */
	uint64_t hidden;   /* calls that were shorter */
	uint64_t grain;	   /* ticks */
};

void chart_init(struct chart *chart);
void chart_fini(struct chart *chart);

/* A lane must stay where it is as long as the chart; `lane` is all zero before. */
void chart_add_lane(struct chart *chart, struct chart_lane *lane);
void chart_lane_fini(struct chart_lane *lane);
/* With all that is in it. */
void chart_remove_lane(struct chart *chart, struct chart_lane *lane);

void chart_call_slow(struct chart *chart, struct chart_lane *lane, struct chart_call call);

static inline void
chart_call(struct chart *chart, struct chart_lane *lane, struct chart_call call)
{
	if (call.ticks < chart->shortest)
		chart->hidden++;
	else
		chart_call_slow(chart, lane, call);
}

/* A sample that stands for [start, end]. */
void chart_sample(struct chart *chart, struct chart_lane *lane, struct chart_piece piece);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See chart.h. */
#include "chart.h"

void
chart_init(struct chart *chart)
{
	*chart = (struct chart){.lanes = g_ptr_array_new(), .most = CHART_BOXES};
}

void
chart_fini(struct chart *chart)
{
	g_ptr_array_unref(chart->lanes);
	*chart = (struct chart){0};
}

void
chart_add_lane(struct chart *chart, struct chart_lane *lane)
{
	g_ptr_array_add(chart->lanes, lane);
}

void
chart_lane_fini(struct chart_lane *lane)
{
	if (lane->calls)
		g_array_unref(lane->calls);
	if (lane->pieces)
		g_array_unref(lane->pieces);
	*lane = (struct chart_lane){0};
}

void
chart_remove_lane(struct chart *chart, struct chart_lane *lane)
{
	g_ptr_array_remove_fast(chart->lanes, lane);
	chart->calls -= lane->calls ? lane->calls->len : 0;
	chart->pieces -= lane->pieces ? lane->pieces->len : 0;
	chart_lane_fini(lane);
}

/* ---- calls ---- */

static unsigned
drop_short(GArray *calls, uint64_t shortest)
{
	struct chart_call *call = (struct chart_call *)(void *)calls->data;
	unsigned kept = 0;

	for (unsigned i = 0; i < calls->len; i++)
		if (call[i].ticks >= shortest)
			call[kept++] = call[i];
	g_array_set_size(calls, kept);
	return kept;
}

/* Doubles the shortest time until half of the room is free. */
static void
make_room_for_calls(struct chart *chart)
{
	while (chart->calls > chart->most / 2) {
		const unsigned before = chart->calls;

		chart->shortest = chart->shortest ? 2 * chart->shortest : 32;
		chart->calls = 0;
		for (unsigned i = 0; i < chart->lanes->len; i++) {
			struct chart_lane *lane = g_ptr_array_index(chart->lanes, i);

			if (lane->calls)
				chart->calls += drop_short(lane->calls, chart->shortest);
		}
		chart->hidden += before - chart->calls;
	}
}

void
chart_call_slow(struct chart *chart, struct chart_lane *lane, struct chart_call call)
{
	if (chart->calls >= chart->most) {
		make_room_for_calls(chart);
		if (call.ticks < chart->shortest) {
			chart->hidden++;
			return;
		}
	}
	if (!lane->calls)
		lane->calls = g_array_new(FALSE, FALSE, sizeof(struct chart_call));
	g_array_append_val(lane->calls, call);
	chart->calls++;
}

/* ---- samples ---- */

static unsigned
join_pieces(GArray *pieces, uint64_t grain)
{
	struct chart_piece *piece = (struct chart_piece *)(void *)pieces->data;
	unsigned kept = 0;

	for (unsigned i = 0; i < pieces->len; i++) {
		struct chart_piece *last = kept ? &piece[kept - 1] : NULL;

		if (last && last->kind == piece[i].kind && piece[i].end - last->start < grain) {
			if (piece[i].end - piece[i].start > last->end - last->start)
				last->node = piece[i].node;
			last->end = piece[i].end;
		} else {
			piece[kept++] = piece[i];
		}
	}
	g_array_set_size(pieces, kept);
	return kept;
}

static void
make_room_for_pieces(struct chart *chart, uint64_t first_grain)
{
	while (chart->pieces > chart->most / 2) {
		chart->grain = chart->grain ? 2 * chart->grain : MAX(2 * first_grain, 1);
		chart->pieces = 0;
		for (unsigned i = 0; i < chart->lanes->len; i++) {
			struct chart_lane *lane = g_ptr_array_index(chart->lanes, i);

			if (lane->pieces)
				chart->pieces += join_pieces(lane->pieces, chart->grain);
		}
		/* Of more lanes than that not even one piece each can be kept apart. */
		if (chart->grain > UINT64_MAX / 4)
			break;
	}
}

/* The piece that goes on with the sample, or NULL: a pause of half a period is none. */
static struct chart_piece *
find_continued(const struct chart_lane *lane, const struct chart_piece *piece)
{
	struct chart_piece *last;

	if (!lane->pieces || !lane->pieces->len)
		return NULL;
	last = &g_array_index(lane->pieces, struct chart_piece, lane->pieces->len - 1);
	if (last->kind != piece->kind || last->node != piece->node ||
		piece->start > last->end + (piece->end - piece->start) / 2)
		return NULL;
	return last;
}

void
chart_sample(struct chart *chart, struct chart_lane *lane, struct chart_piece piece)
{
	struct chart_piece *last = find_continued(lane, &piece);

	if (last) {
		last->end = MAX(last->end, piece.end);
		return;
	}
	if (chart->pieces >= chart->most)
		make_room_for_pieces(chart, piece.end - piece.start);
	if (!lane->pieces)
		lane->pieces = g_array_new(FALSE, FALSE, sizeof(struct chart_piece));
	/* A sample's period begins no earlier than the one before it ended. */
	if (lane->pieces->len) {
		last = &g_array_index(lane->pieces, struct chart_piece, lane->pieces->len - 1);
		piece.start = MAX(piece.start, MIN(last->end, piece.end));
	}
	g_array_append_val(lane->pieces, piece);
	chart->pieces++;
}

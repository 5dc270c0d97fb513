/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See lane.h. */
#include "lane.h"

#include <glib.h>
#include <string.h>

enum {
	/* Lanes that may hold on to a decoder while they have nothing: about 3 MB of them. */
	DECODERS_KEPT = 256
};

/* ---- decoders ---- */

static struct decoder *
take_decoder(struct lane *lane, struct lane_source *source)
{
	if (lane->decoder)
		return lane->decoder;
	lane->decoder = source->spare ? source->spare : g_new(struct decoder, 1);
	lane->decoder->bytes = NULL;
	source->spare = NULL;
	source->decoders++;
	return lane->decoder;
}

static void
drop_bytes(struct decoder *decoder)
{
	g_free(decoder->bytes);
	decoder->bytes = NULL;
}

static void
drop_decoder(struct lane *lane, struct lane_source *source)
{
	if (!lane->decoder)
		return;
	drop_bytes(lane->decoder);
	if (source->spare)
		g_free(lane->decoder);
	else
		source->spare = lane->decoder;
	lane->decoder = NULL;
	source->decoders--;
}

/* ---- pieces ---- */

void
lane_queue(struct lane *lane, struct piece *piece)
{
	struct piece **at = &lane->pieces;

	while (*at && ((*at)->sequence < piece->sequence ||
			      ((*at)->sequence == piece->sequence && (*at)->taken <= piece->taken)))
		at = &(*at)->next;
	piece->next = *at;
	*at = piece;
}

static void
release_first(struct lane *lane, struct lane_source *source)
{
	struct piece *piece = lane->pieces;

	lane->pieces = piece->next;
	piece->next = NULL;
	source->release(source->context, piece);
}

static void
drop_rest(struct lane *lane, struct lane_source *source)
{
	lane->broken = lane->sequence + 1;
	source->broken_chunks++;
}

/* Brings a fresh decoder to where the lane was in the chunk. */
static bool
decode_again(struct decoder *decoder, const struct piece *piece, const uint8_t *bytes)
{
	const uint8_t *at = bytes, *end = bytes + piece->taken;

	record_state_init(&decoder->state, piece->base_ticks);
	while (at && at < end)
		at = record_parse(&decoder->state, at, end, &decoder->record);
	return at == end;
}

/* The foremost piece's new bytes, to be decoded. */
static void
open_piece(struct lane *lane, struct lane_source *source)
{
	struct piece *piece = lane->pieces;
	const bool held = lane->decoder || source->verbatim;
	struct decoder *decoder = take_decoder(lane, source);
	const uint32_t from = held || !piece->taken ? piece->taken : 0;

	if (piece->bytes) {
		decoder->bytes = g_steal_pointer(&piece->bytes);
		decoder->at = decoder->bytes;
	} else {
		decoder->bytes = g_malloc(piece->length - from);
		source->copy(source->context, piece, from, decoder->bytes);
		decoder->at = decoder->bytes + (piece->taken - from);
	}
	decoder->end = decoder->at + (piece->length - piece->taken);
	if (!piece->taken)
		record_state_init(&decoder->state, piece->base_ticks);
	else if (!held && (piece->recorded || !decode_again(decoder, piece, decoder->bytes))) {
		drop_rest(lane, source);
		decoder->at = decoder->end;
	}
	source->payload_bytes += piece->length - piece->taken;
	if (source->taken)
		source->taken(
			source->context, lane, piece, decoder->at, piece->length - piece->taken);
	piece->taken = piece->length;
}

/*
 * Whether the lane is done with a piece all of which was taken. A recording's next piece may go on
 * within the same chunk; one of a later chunk says that this chunk was over.
 */
static bool
is_over(struct lane *lane, struct lane_source *source, const struct piece *piece)
{
	const struct piece *next = piece->next;

	if (piece->complete || !piece->recorded || !next)
		return piece->complete || (piece->recorded && lane->last);
	if (next->sequence == piece->sequence && next->taken != piece->length &&
		lane->broken != lane->sequence + 1)
		drop_rest(lane, source);
	return true;
}

/* Opens the next piece that has bytes. False: none, for now. */
static bool
open_next(struct lane *lane, struct lane_source *source)
{
	for (;;) {
		struct piece *piece = lane->pieces;

		if (!piece || piece->sequence > lane->sequence)
			return false;
		if (piece->sequence < lane->sequence) {
			/* The same number twice: not of a writer of ours. */
			source->broken_chunks++;
			release_first(lane, source);
			continue;
		}
		if (lane->broken == lane->sequence + 1 || lane->discard)
			piece->taken = piece->length;
		if (piece->taken < piece->length) {
			open_piece(lane, source);
			if (piece->complete)
				release_first(lane, source);
			return true;
		}
		if (!is_over(lane, source, piece))
			return false;
		/* A recording without its number would have a gap. */
		if (!piece->length && source->taken)
			source->taken(source->context, lane, piece, NULL, 0);
		if (!piece->recorded || !piece->next || piece->next->sequence != lane->sequence)
			lane->sequence++;
		release_first(lane, source);
	}
}

/* ---- records ---- */

/* What is decoded is done with; a chunk that is over has no piece in the queue any more. */
static void
close_piece(struct lane *lane)
{
	drop_bytes(lane->decoder);
	if (!lane->pieces || lane->pieces->sequence != lane->sequence)
		lane->sequence++;
}

static bool
parse_next(struct lane *lane, struct lane_source *source)
{
	struct decoder *decoder = lane->decoder;

	while (decoder->at < decoder->end) {
		const uint8_t *at =
			record_parse(&decoder->state, decoder->at, decoder->end, &decoder->record);

		if (unlikely(!at)) {
			drop_rest(lane, source);
			break;
		}
		decoder->at = at;
		if (decoder->record.kind == RECORD_NODE) {
			model_node(lane->thread, decoder->record.node, decoder->record.parent,
				decoder->record.address);
			lane->named = true;
			continue;
		}
		if (unlikely(lane->named)) {
			lane->named = false;
			model_nodes_seen(lane->thread, decoder->record.ticks);
		}
		lane->ticks = decoder->record.ticks;
		return true;
	}
	return false;
}

bool
lane_next(struct lane *lane, struct lane_source *source)
{
	for (;;) {
		if (likely(lane->decoder && lane->decoder->bytes)) {
			if (likely(!source->verbatim && parse_next(lane, source))) {
				lane->ready = true;
				return true;
			}
			close_piece(lane);
		}
		if (!open_next(lane, source))
			break;
	}
	lane->ready = false;
	/* A chunk decoded in part can be decoded again from the pool, not from a recording. */
	if ((source->decoders > DECODERS_KEPT || source->verbatim) && source->copy)
		drop_decoder(lane, source);
	return false;
}

void
lane_skip_gap(struct lane *lane, struct lane_source *source)
{
	if (!lane_has_gap(lane))
		return;
	source->broken_chunks += lane->pieces->sequence - lane->sequence;
	lane->sequence = lane->pieces->sequence;
}

void
lane_fini(struct lane *lane, struct lane_source *source)
{
	while (lane->pieces)
		release_first(lane, source);
	drop_decoder(lane, source);
}

void
lane_source_fini(struct lane_source *source)
{
	g_free(source->spare);
	source->spare = NULL;
}

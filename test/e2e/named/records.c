/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Prints the records of a recording as text, one a line, for tests that look at what the preload
 * said rather than at what the analyzer makes of it:
 *
 *	process thread ticks KIND number ... 'string' ...
 *
 * Kinds are those of wire/record.h; extended records stand as X and their type.
 */
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "recording.h"

/* A chunk while its pieces come. */
struct chunk {
	struct recording_thread thread;
	uint64_t sequence, base_ticks;
	GByteArray *bytes;
};

static void
print_extended(const struct record_extended *extended)
{
	printf("X %u", extended->type);
	for (uint32_t i = 1; i < extended->number_count; i++)
		printf(" %" PRIu64, extended->number[i]);
	for (uint32_t i = 0; i < extended->string_count; i++) {
		g_autofree char *text = g_strndup(
			(const char *)extended->string[i].bytes, extended->string[i].length);
		g_autofree char *escaped = g_strescape(text, NULL);

		printf("\t%s", escaped);
	}
	putchar('\n');
}

static void
print_record(const struct chunk *chunk, const struct record *record)
{
	printf("%u %u %" PRIu64 " ", chunk->thread.process, chunk->thread.thread, record->ticks);
	switch (record->kind) {
	case RECORD_ALLOC:
		printf("ALLOC %u %" PRIu64 "\n", record->node, record->size);
		break;
	case RECORD_FREE:
		printf("FREE\n");
		break;
	case RECORD_NODE:
		printf("NODE %u %u %" PRIu64 "\n", record->node, record->parent, record->address);
		break;
	case RECORD_ENTER:
		printf("ENTER %" PRIu64 " %u\n", record->address, record->node);
		break;
	case RECORD_EXIT:
		printf("EXIT\n");
		break;
	case RECORD_SAMPLE:
		printf("SAMPLE %u %" PRIu64 "\n", record->node, record->size);
		break;
	default:
		print_extended(&record->extended);
	}
}

static void
print_chunk(const struct chunk *chunk)
{
	static struct record_state state;
	const uint8_t *at = chunk->bytes->data, *end = at + chunk->bytes->len;
	struct record record;

	record_state_init(&state, chunk->base_ticks);
	while (at < end) {
		at = record_parse(&state, at, end, &record);
		if (!at) {
			printf("%u %u %" PRIu64 " BROKEN\n", chunk->thread.process,
				chunk->thread.thread, chunk->base_ticks);
			return;
		}
		print_record(chunk, &record);
	}
}

static void
chunk_free(gpointer data)
{
	struct chunk *chunk = data;

	g_byte_array_unref(chunk->bytes);
	g_free(chunk);
}

/* Adds a piece to its chunk, found by process, thread and sequence. */
static void
take_piece(GHashTable *index, GPtrArray *order, const uint8_t *entry, uint32_t bytes)
{
	struct recording_piece piece;

	memcpy(&piece, entry, sizeof(piece));
	char *key = g_strdup_printf(
		"%u/%u/%" PRIu64, piece.thread.process, piece.thread.thread, piece.sequence);
	struct chunk *chunk = g_hash_table_lookup(index, key);

	if (chunk) {
		g_free(key);
	} else {
		chunk = g_new0(struct chunk, 1);
		chunk->thread = piece.thread;
		chunk->sequence = piece.sequence;
		chunk->base_ticks = piece.base_ticks;
		chunk->bytes = g_byte_array_new();
		g_hash_table_insert(index, key, chunk);
		g_ptr_array_add(order, chunk);
	}
	if (chunk->bytes->len == piece.taken)
		g_byte_array_append(
			chunk->bytes, entry + sizeof(piece), bytes - (guint)sizeof(piece));
}

static GByteArray *
decompress(const char *bytes, size_t count)
{
	GByteArray *out = g_byte_array_new();
	ZSTD_DCtx *context = ZSTD_createDCtx();
	ZSTD_inBuffer input = {bytes, count, 0};
	static uint8_t room[1 << 16];

	while (input.pos < input.size) {
		ZSTD_outBuffer output = {room, sizeof(room), 0};

		if (ZSTD_isError(ZSTD_decompressStream(context, &output, &input)))
			break;
		g_byte_array_append(out, room, (guint)output.pos);
	}
	ZSTD_freeDCtx(context);
	return out;
}

int
main(int count, char **arguments)
{
	enum {
		HEADER_BYTES = sizeof(RECORDING_MAGIC) + sizeof(uint32_t)
	};
	g_autofree char *file = NULL;
	gsize length;

	if (count != 2 || !g_file_get_contents(arguments[1], &file, &length, NULL) ||
		length < HEADER_BYTES) {
		fprintf(stderr, "usage: records RECORDING\n");
		return 2;
	}
	g_autoptr(GByteArray) entries = decompress(file + HEADER_BYTES, length - HEADER_BYTES);
	g_autoptr(GHashTable) index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) order = g_ptr_array_new_with_free_func(chunk_free);

	for (guint at = 0; at + sizeof(struct recording_entry) <= entries->len;) {
		struct recording_entry entry;

		memcpy(&entry, entries->data + at, sizeof(entry));
		at += (guint)sizeof(entry);
		if (entry.bytes > entries->len - at)
			break;
		if (entry.type == RECORDING_PIECE)
			take_piece(index, order, entries->data + at, entry.bytes);
		at += entry.bytes;
	}
	for (guint i = 0; i < order->len; i++)
		print_chunk(g_ptr_array_index(order, i));
	return 0;
}

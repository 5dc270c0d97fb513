/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pack.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

enum {
	PACK_LEVEL = 4,		  /* 6 takes two to three times as long for 2 % */
	PACK_CHUNK_BYTES = 49152, /* of deflate's output; a multiple of 3 */
};

enum {
	VARINT_BYTES_MAX = 10,
	COLUMN_PART = 256, /* values encoded before they are appended */
};

static unsigned
put_varint(uint8_t *buffer, uint64_t value)
{
	unsigned count = 0;

	for (; value >= 0x80; value >>= 7)
		buffer[count++] = (uint8_t)(value | 0x80);
	buffer[count++] = (uint8_t)value;
	return count;
}

void
pack_varint(GByteArray *bytes, uint64_t value)
{
	uint8_t buffer[VARINT_BYTES_MAX];

	g_byte_array_append(bytes, buffer, put_varint(buffer, value));
}

void
pack_column(GByteArray *bytes, const uint64_t *values, size_t count)
{
	uint8_t buffer[COLUMN_PART * VARINT_BYTES_MAX];

	for (size_t from = 0; from < count; from += COLUMN_PART) {
		const size_t to = MIN(count, from + COLUMN_PART);
		unsigned used = 0;

		for (size_t i = from; i < to; i++)
			used += put_varint(buffer + used, values[i]);
		g_byte_array_append(bytes, buffer, used);
	}
}

void
pack_signed(GByteArray *bytes, int64_t value)
{
	pack_varint(bytes, ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

void
pack_text(GByteArray *bytes, const char *text)
{
	size_t length = strlen(text);

	pack_varint(bytes, length);
	g_byte_array_append(bytes, (const guint8 *)text, (guint)length);
}

void
pack_section(GByteArray *pack, const char *name, const GByteArray *contents)
{
	pack_text(pack, name);
	pack_varint(pack, contents->len);
	g_byte_array_append(pack, contents->data, contents->len);
}

static uint32_t
number_of(struct pack_strings *strings, const char *text)
{
	char *valid = g_utf8_make_valid(text, -1);
	gpointer number;

	if (g_hash_table_lookup_extended(strings->numbers, valid, NULL, &number)) {
		g_free(valid);
		return GPOINTER_TO_UINT(number);
	}
	g_hash_table_insert(strings->numbers, valid, GUINT_TO_POINTER(strings->texts->len));
	g_ptr_array_add(strings->texts, valid);
	return strings->texts->len - 1;
}

void
pack_strings_init(struct pack_strings *strings)
{
	strings->numbers = g_hash_table_new(g_str_hash, g_str_equal);
	strings->seen = g_hash_table_new(NULL, NULL);
	strings->texts = g_ptr_array_new_with_free_func(g_free);
	number_of(strings, "");
}

void
pack_strings_fini(struct pack_strings *strings)
{
	g_hash_table_destroy(strings->numbers);
	g_hash_table_destroy(strings->seen);
	g_ptr_array_unref(strings->texts);
}

uint32_t
pack_strings_number(struct pack_strings *strings, const char *text)
{
	gpointer known;
	uint32_t number;

	if (!text || !*text)
		return 0;
	known = g_hash_table_lookup(strings->seen, text);
	if (known)
		return GPOINTER_TO_UINT(known);
	number = number_of(strings, text);
	g_hash_table_insert(strings->seen, (gpointer)(uintptr_t)text, GUINT_TO_POINTER(number));
	return number;
}

void
pack_strings_emit(const struct pack_strings *strings, GByteArray *contents)
{
	pack_varint(contents, strings->texts->len);
	for (guint i = 0; i < strings->texts->len; i++)
		pack_text(contents, g_ptr_array_index(strings->texts, i));
}

/* Writes whole groups of three bytes, and at the end the rest; the others stay in `bytes`. */
static int
write_base64(FILE *out, GByteArray *bytes, bool last)
{
	gsize length = last ? bytes->len : bytes->len - bytes->len % 3;
	g_autofree char *text = g_base64_encode(bytes->data, length);

	if (fputs(text, out) == EOF)
		return errno ? -errno : -EIO;
	g_byte_array_remove_range(bytes, 0, (guint)length);
	return 0;
}

/* zlib's own output goes to `waiting` until there is enough of it for base64. */
static int
write_deflated(FILE *out, z_stream *stream)
{
	g_autoptr(GByteArray) waiting = g_byte_array_new();
	g_autofree uint8_t *buffer = g_malloc(PACK_CHUNK_BYTES);
	int status, error = 0;

	do {
		stream->next_out = buffer;
		stream->avail_out = PACK_CHUNK_BYTES;
		status = deflate(stream, Z_FINISH);
		g_byte_array_append(waiting, buffer, PACK_CHUNK_BYTES - stream->avail_out);
		error = write_base64(out, waiting, status == Z_STREAM_END);
	} while (error == 0 && status == Z_OK);
	return error ? error : status == Z_STREAM_END ? 0 : -EIO;
}

int
pack_write(FILE *out, const GByteArray *pack)
{
	z_stream stream = {0};
	int error;

	/* -15: raw deflate, what DecompressionStream("deflate-raw") reads */
	if (deflateInit2(&stream, PACK_LEVEL, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	stream.next_in = pack->data;
	stream.avail_in = pack->len;
	errno = 0;
	error = fprintf(out, "%u ", pack->len) < 0 ? -EIO : write_deflated(out, &stream);
	deflateEnd(&stream);
	return error;
}

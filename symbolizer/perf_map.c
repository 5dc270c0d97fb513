/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "perf_map.h"
#include "range_index.h"

/* Larger than any real map by far; what is not a map is not read into memory. */
#define PERF_MAP_BYTES_MAX (INT64_C(1) << 30)

struct perf_map {
	GPtrArray *pieces; /* names, in the order of the file */
	struct range_index ranges;
};

/* A hex number and the blank after it; NULL where there is none. */
static const char *
perf_map_number(const char *at, const char *end, uint64_t *ret_number)
{
	const char *start;
	uint64_t number = 0;

	if (end - at > 2 && at[0] == '0' && (at[1] | 32) == 'x')
		at += 2;
	for (start = at; at < end && g_ascii_isxdigit(*at); at++)
		number = number << 4 | (uint64_t)g_ascii_xdigit_value(*at);
	if (at == start || at - start > 16 || at == end || *at != ' ')
		return NULL;
	*ret_number = number;
	return at + 1;
}

static void
perf_map_parse_line(
	struct perf_map *map, const char *at, const char *end, struct symbol_names *names)
{
	uint64_t start, size;
	g_autofree char *name = NULL;

	if (end > at && end[-1] == '\r')
		end--;
	if (!(at = perf_map_number(at, end, &start)) || !(at = perf_map_number(at, end, &size)))
		return;
	if (at == end || size > UINT64_MAX - start)
		return;
	name = g_strndup(at, (gsize)(end - at));
	range_index_add(&map->ranges, start, start + size, map->pieces->len);
	g_ptr_array_add(map->pieces, (gpointer)(uintptr_t)symbol_names_intern_symbol(names, name));
}

struct perf_map *
perf_map_parse(const char *text, size_t bytes, struct symbol_names *names)
{
	struct perf_map *map = g_new0(struct perf_map, 1);
	const char *at = text, *const end = text + bytes;

	map->pieces = g_ptr_array_new();
	range_index_init(&map->ranges);
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = newline ? newline : end;

		perf_map_parse_line(map, at, line_end, names);
		at = newline ? newline + 1 : end;
	}
	range_index_sort(&map->ranges);
	return map;
}

static int
perf_map_read(int fd, GString *text)
{
	struct stat status;
	char buffer[65536];
	ssize_t count;

	if (fstat(fd, &status) != 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	if (status.st_size > PERF_MAP_BYTES_MAX)
		return -EFBIG;
	while ((count = read(fd, buffer, sizeof buffer)) > 0 &&
		text->len <= (gsize)PERF_MAP_BYTES_MAX)
		g_string_append_len(text, buffer, count);
	return count < 0 ? -errno : 0;
}

int
perf_map_open(const char *path, struct symbol_names *names, struct perf_map **ret_map)
{
	GString *text;
	int result;
	/* O_NONBLOCK: a FIFO of that name must not hold the analyzer up. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	text = g_string_new(NULL);
	result = perf_map_read(fd, text);
	close(fd);
	if (result == 0)
		*ret_map = perf_map_parse(text->str, text->len, names);
	g_string_free(text, TRUE);
	return result;
}

void
perf_map_free(struct perf_map *map)
{
	if (!map)
		return;
	g_ptr_array_unref(map->pieces);
	range_index_fini(&map->ranges);
	g_free(map);
}

const char *
perf_map_find(const struct perf_map *map, uint64_t address)
{
	const struct range *range = range_index_last(&map->ranges, address);

	return range ? g_ptr_array_index(map->pieces, range->value) : NULL;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "stack_bounds.h"
#include <stddef.h>
#include "os/system.h"
#include "forbid.h"

/* From linux/fs.h of 6.11, which older headers lack. */
struct procmap_query {
	uint64_t size, query_flags, query_addr;
	uint64_t vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
	uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
	uint64_t vma_name_addr, build_id_addr;
};

#define PROCMAP_QUERY 0xc0686611ul /* _IOWR('f', 17, struct procmap_query) */

_Static_assert(sizeof(struct procmap_query) == 0x68, "the size is part of the request number");

static bool
ask_kernel(long maps, uint64_t sp, struct stack_bounds *ret_bounds)
{
	struct procmap_query query = {.size = sizeof(query), .query_addr = sp};
	const long result = arch_syscall6(SYS_ioctl, maps, PROCMAP_QUERY, (long)&query, 0, 0, 0);

	if (system_failed(result))
		return false;
	*ret_bounds = (struct stack_bounds){query.vma_start, query.vma_end};
	return true;
}

/* What the reading of "start-end perms ..." lines has come to. */
struct line {
	uint64_t value, start;
	enum {
		LINE_START,
		LINE_END,
		LINE_REST
	} field;
};

/* Takes one character; returns true where it completes a line whose range holds `sp`. */
static bool
take_character(struct line *line, char c, uint64_t sp, struct stack_bounds *ret_bounds)
{
	if (c == '\n') {
		*line = (struct line){0};
	} else if (line->field == LINE_REST) {
		return false;
	} else if (c == '-') {
		line->start = line->value;
		line->value = 0;
		line->field = LINE_END;
	} else if (c == ' ') {
		line->field = LINE_REST;
		if (sp < line->start || sp >= line->value)
			return false;
		*ret_bounds = (struct stack_bounds){line->start, line->value};
		return true;
	} else {
		line->value = line->value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return false;
}

static bool
read_maps(long maps, uint64_t sp, struct stack_bounds *ret_bounds)
{
	struct line line = {0};
	char bytes[512];
	long count;

	while ((count = system_read(maps, bytes, sizeof(bytes))) > 0)
		for (long i = 0; i < count; i++)
			if (take_character(&line, bytes[i], sp, ret_bounds))
				return true;
	return false;
}

/* Without /proc: pages upwards from sp, as long as they are mapped, up to a bound. */
static struct stack_bounds
probe(uint64_t sp)
{
	enum {
		PROBE_PAGES = 2048
	};
	const uint64_t low = sp & ~(uint64_t)(SYSTEM_PAGE_BYTES - 1);
	uint64_t high = low;
	unsigned char resident;

	for (unsigned i = 0; i < PROBE_PAGES; i++, high += SYSTEM_PAGE_BYTES)
		if (system_failed(arch_syscall6(
			    SYS_mincore, (long)high, SYSTEM_PAGE_BYTES, (long)&resident, 0, 0, 0)))
			break;
	return (struct stack_bounds){low, high};
}

struct stack_bounds
stack_bounds_find(uint64_t sp)
{
	struct stack_bounds bounds;
	bool found = false;
	const long maps = system_open("/proc/self/maps", O_RDONLY, 0);

	if (!system_failed(maps)) {
		found = ask_kernel(maps, sp, &bounds) || read_maps(maps, sp, &bounds);
		system_close(maps);
	}
	return found ? bounds : probe(sp);
}

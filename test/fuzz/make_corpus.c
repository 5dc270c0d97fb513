/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Writes first inputs for the fuzz targets: one of each record kind, and the entries of a small
 * recording, decompressed.
 *
 *	make_corpus RECORD-DIRECTORY RECORDING-DIRECTORY
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "fake_run.h"
#include "recording.h"

static void
save(const char *directory, const char *name, const void *bytes, size_t count)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);

	g_mkdir_with_parents(directory, 0755);
	if (!g_file_set_contents(path, bytes, (gssize)count, NULL))
		g_error("%s cannot be written", path);
}

/* ---- records ---- */

static void
make_records(const char *directory)
{
	static struct record_state state;
	uint8_t bytes[4096], *at = bytes;
	const uint64_t numbers[] = {500, 1, 2, 3, 4, 5, 6, 7, 8};
	const struct record_string strings[] = {
		{(const uint8_t *)"/usr/bin/program", 16}, {(const uint8_t *)"a\0b", 4}};

	record_state_init(&state, 0);
	at = record_emit_node(&state, at, 1, 0, 0x401000);
	at = record_emit_alloc(&state, at, 10, 1, 64, 0x7f0000001000);
	at = record_emit_alloc(&state, at, 20, 1, 64, 0x7f0000002008);
	at = record_emit_free(&state, at, 30, 0x7f0000001000, RECORD_REALLOC);
	at = record_emit_alloc(&state, at, 40, 1, 1 << 20, 0x7f0000001000);
	save(directory, "heap", bytes, (size_t)(at - bytes));
	at = record_emit_enter(&state, bytes, 50, 0x402000);
	at = record_emit_enter(&state, at, 60, 0x402000);
	at = record_emit_enter_from(&state, at, 65, RECORD_PC_NAMED | 1, 3);
	at = record_emit_exit(&state, at, 70, RECORD_JUMPED);
	at = record_emit_sample(&state, at, 80, 1, 3, RECORD_WALL);
	save(directory, "time", bytes, (size_t)(at - bytes));
	at = bytes;
	for (uint32_t type = 1; type <= RECORD_PAUSED; type++)
		at = record_emit_extended(
			&state, at, bytes + sizeof(bytes), type, numbers, 9, strings, 2);
	save(directory, "extended", bytes, (size_t)(at - bytes));
}

/* ---- a recording ---- */

static void
write_run(struct fake_run *fake, struct collector *collector)
{
	const uint32_t pid = (uint32_t)getpid();
	const uint64_t ticks = fake_run_now() - 1000 * 1000;
	struct fake_thread one = fake_thread_make(fake, 1, pid, 1);
	struct fake_thread two = fake_thread_make(fake, 1, pid, 2);
	struct fake_thread child = fake_thread_make(fake, 2, 0x3ffffff0, 1);
	const uint64_t image[PROCESS_NUMBERS] = {ticks, pid};
	const uint64_t forked[PROCESS_NUMBERS] = {ticks + 500, 7, pid, 1, 3, RECORD_FORK};
	const uint64_t module[MODULE_NUMBERS] = {ticks, 1, 0x400000, 0x400000, 0x500000};
	const uint64_t map[] = {ticks + 300, 2, 0x7f1000000000, 0x10000};
	const uint64_t unmap[] = {ticks + 310, 0x7f1000004000, 0x4000};
	const uint64_t remap[] = {ticks + 320, 1, 0x7f1000000000, 0x4000, 0x7f2000000000, 0x8000};
	const uint64_t grown[] = {ticks + 330, 1, 0x600000, varint_zigzag(0x1000)};
	const uint64_t failed[] = {ticks + 340, 0x1000};
	const uint64_t tally[] = {ticks + 350, 1, 10, 1000};
	const char *const texts[] = {"/bin/x", "x"};

	fake_extended(&one, RECORD_PROCESS, image, PROCESS_NUMBERS, texts, 2);
	fake_extended(&one, RECORD_MODULE, module, MODULE_NUMBERS, texts, 2);
	fake_node(&one, 1, 0, 0x401000);
	fake_node(&one, 2, 1, 0x402000);
	fake_alloc(&one, ticks + 10, 1, 100, 0x1000);
	fake_alloc(&two, ticks + 20, 2, 200, 0x2000);
	fake_free(&one, ticks + 30, 0x2000, 0);
	fake_retire(&one);
	fake_free(&one, ticks + 40, 0x1000, RECORD_REALLOC);
	fake_extended(&one, RECORD_REALLOC_FAILED, failed, 2, NULL, 0);
	fake_extended(&two, RECORD_MAP, map, 4, NULL, 0);
	fake_extended(&two, RECORD_UNMAP, unmap, 3, NULL, 0);
	fake_extended(&two, RECORD_REMAP, remap, 6, NULL, 0);
	fake_extended(&two, RECORD_BREAK, grown, 4, NULL, 0);
	collector_poll(collector, 0);
	fake_extended(&child, RECORD_PROCESS, forked, PROCESS_NUMBERS, texts, 2);
	fake_alloc(&child, ticks + 600, 2, 10, 0x1000);
	fake_extended(&child, RECORD_TALLY, tally, 4, NULL, 0);
	collector_poll(collector, 0);
	collector_poll(collector, 0);
}

static void
make_recording(const char *directory)
{
	const int fd = memfd_create("recording", MFD_CLOEXEC);
	struct fake_run fake;
	struct collector *collector;
	char compressed[65536], entries[65536];
	ssize_t count;
	size_t length;

	fake_run_init(&fake);
	collector = fake_collector(&fake);
	collector_record_to(collector, fd, 0);
	write_run(&fake, collector);
	run_free(collector_finish(collector));
	fake_run_fini(&fake);
	count = pread(
		fd, compressed, sizeof(compressed), sizeof(RECORDING_MAGIC) + sizeof(uint32_t));
	/* One zstd frame: the recording is small. */
	length = ZSTD_decompress(entries, sizeof(entries), compressed, (size_t)count);
	if (count <= 0 || ZSTD_isError(length))
		g_error("the recording cannot be read back");
	save(directory, "run", entries, length);
	close(fd);
}

int
main(int count, char **arguments)
{
	if (count != 3)
		return 2;
	make_records(arguments[1]);
	make_recording(arguments[2]);
	return 0;
}

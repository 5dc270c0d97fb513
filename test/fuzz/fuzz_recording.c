/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Any bytes as the entries of a recording, from the reader to the finished run. They are compressed
 * here, for behind the checksum a fuzzer would find nothing else.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "collector.h"
#include "recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static int
recording_of(const uint8_t *bytes, size_t count)
{
	const uint32_t version = RECORDING_VERSION;
	const size_t room = ZSTD_compressBound(count);
	void *compressed = malloc(room);
	const size_t length = ZSTD_compress(compressed, room, bytes, count, 1);
	const int fd = memfd_create("recording", MFD_CLOEXEC);

	if (write(fd, RECORDING_MAGIC, sizeof(RECORDING_MAGIC)) < 0 ||
		write(fd, &version, sizeof(version)) < 0 || write(fd, compressed, length) < 0)
		abort();
	lseek(fd, 0, SEEK_SET);
	free(compressed);
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	const int fd = recording_of(bytes, count);
	struct collector *collector = collector_new(NULL, -1, NULL);
	char message[COLLECTOR_MESSAGE_BYTES];

	collector_replay(collector, fd, message);
	run_free(collector_finish(collector));
	close(fd);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One ELF file, held open from the moment it is named, so that replacing or deleting its path does
 * no harm. A file that is overwritten in place is no longer what it was: elf_file_is_intact().
 *
 * One thread at a time.
 */
#ifndef THAG_SYMBOLIZER_ELF_FILE_H
#define THAG_SYMBOLIZER_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum {
	BUILD_ID_BYTES_MAX = 64
}; /* 20 is usual; a longer one is cut */

struct elf_build_id {
	size_t byte_count; /* 0: none */
	uint8_t bytes[BUILD_ID_BYTES_MAX];
};

struct elf_file {
	int fd; /* -1: closed */
	char *path;
	struct stat status; /* when it was opened */
	struct elf_build_id build_id;
	bool has_debug_info;
	char *debuglink; /* name of its separate debug file, NULL: not told */
	uint32_t debuglink_crc;
};

/* The path of a process's vdso, which is no file. This process's own is read: the same kernel's. */
#define ELF_FILE_VDSO "[vdso]"

struct elf_build_id elf_build_id_of(const uint8_t *bytes, size_t byte_count);
bool elf_build_id_equal(const struct elf_build_id *left, const struct elf_build_id *right);
/* In hex, for the caller to free. */
char *elf_build_id_text(const struct elf_build_id *build_id);

/*
 * Opens an executable or shared library (or the debug file of one). Returns 0, or a negative errno:
 * -ENOEXEC where the file is not such an ELF file. On failure nothing is held.
 */
int elf_file_open(struct elf_file *file, const char *path);
void elf_file_close(struct elf_file *file);

/* A descriptor of its own for a library that closes what it is given, or a negative errno. */
int elf_file_dup(const struct elf_file *file);

/* Whether the file was left alone since it was opened. Deleting and renaming do it no harm. */
bool elf_file_is_intact(const struct elf_file *file);
bool elf_file_is_same(const struct elf_file *file, const struct stat *status);

/* The checksum that .gnu_debuglink has of a whole file; 0 where it cannot be read. */
uint32_t elf_file_crc(const struct elf_file *file);

#endif

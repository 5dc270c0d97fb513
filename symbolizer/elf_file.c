/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <glib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>
#include "elf_file.h"

struct elf_build_id
elf_build_id_of(const uint8_t *bytes, size_t byte_count)
{
	struct elf_build_id build_id = {0};

	if (bytes && byte_count) {
		build_id.byte_count = MIN(byte_count, BUILD_ID_BYTES_MAX);
		memcpy(build_id.bytes, bytes, build_id.byte_count);
	}
	return build_id;
}

bool
elf_build_id_equal(const struct elf_build_id *left, const struct elf_build_id *right)
{
	return left->byte_count == right->byte_count &&
	       memcmp(left->bytes, right->bytes, left->byte_count) == 0;
}

char *
elf_build_id_text(const struct elf_build_id *build_id)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < build_id->byte_count; i++)
		g_string_append_printf(text, "%02x", build_id->bytes[i]);
	return g_string_free(text, FALSE);
}

/* The vdso has no length of its own; its section headers come last and tell it. */
static size_t
elf_file_vdso_bytes(const uint8_t *image)
{
	Elf64_Ehdr header;

	memcpy(&header, image, sizeof header);
	return header.e_shoff + (size_t)header.e_shnum * header.e_shentsize;
}

static int
elf_file_open_vdso(void)
{
	const uint8_t *image = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
	size_t bytes;
	int fd;

	if (!image)
		return -ENOENT;
	bytes = elf_file_vdso_bytes(image);
	if ((fd = memfd_create("vdso", MFD_CLOEXEC)) < 0)
		return -errno;
	if (write(fd, image, bytes) != (ssize_t)bytes) {
		close(fd);
		return -EIO;
	}
	return fd;
}

/* A process of hundreds of libraries needs more than the customary 1024 descriptors. */
static bool
elf_file_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max)
		return false;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static int
elf_file_open_path(const char *path)
{
	/* O_NONBLOCK: a FIFO of that name must not hold the analyzer up. */
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
	int fd;

	if (strcmp(path, ELF_FILE_VDSO) == 0)
		return elf_file_open_vdso();
	fd = open(path, flags);
	if (fd < 0 && errno == EMFILE && elf_file_raise_limit())
		fd = open(path, flags);
	return fd < 0 ? -errno : fd;
}

static bool
elf_file_find_debug_info(Elf *elf)
{
	size_t names;
	GElf_Shdr header;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return false;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
		const char *name;

		if (!gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (name && (strcmp(name, ".debug_info") == 0 || strcmp(name, ".zdebug_info") == 0))
			return true;
	}
	return false;
}

static int
elf_file_read(struct elf_file *file, Elf *elf)
{
	GElf_Ehdr header;
	const void *build_id;
	const char *debuglink;
	ssize_t build_id_bytes;
	GElf_Word crc;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header) ||
		(header.e_type != ET_EXEC && header.e_type != ET_DYN))
		return -ENOEXEC;
	build_id_bytes = dwelf_elf_gnu_build_id(elf, &build_id);
	if (build_id_bytes > 0)
		file->build_id = elf_build_id_of(build_id, (size_t)build_id_bytes);
	file->has_debug_info = elf_file_find_debug_info(elf);
	debuglink = dwelf_elf_gnu_debuglink(elf, &crc);
	if (debuglink && *debuglink) {
		file->debuglink = g_path_get_basename(debuglink);
		file->debuglink_crc = crc;
	}
	return 0;
}

static int
elf_file_read_fd(struct elf_file *file)
{
	Elf *elf;
	int result;

	if (fstat(file->fd, &file->status) != 0)
		return -errno;
	if (!S_ISREG(file->status.st_mode))
		return -ENOEXEC;
	elf_version(EV_CURRENT);
	if (!(elf = elf_begin(file->fd, ELF_C_READ, NULL)))
		return -ENOEXEC;
	result = elf_file_read(file, elf);
	elf_end(elf);
	return result;
}

int
elf_file_open(struct elf_file *file, const char *path)
{
	int result;

	*file = (struct elf_file){.fd = elf_file_open_path(path)};
	if (file->fd < 0)
		return file->fd;
	file->path = g_strdup(path);
	result = elf_file_read_fd(file);
	if (result != 0)
		elf_file_close(file);
	return result;
}

void
elf_file_close(struct elf_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	g_free(file->path);
	g_free(file->debuglink);
	*file = (struct elf_file){.fd = -1};
}

int
elf_file_dup(const struct elf_file *file)
{
	int fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0 && errno == EMFILE && elf_file_raise_limit())
		fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

bool
elf_file_is_same(const struct elf_file *file, const struct stat *status)
{
	const struct stat *own = &file->status;

	return own->st_dev == status->st_dev && own->st_ino == status->st_ino &&
	       own->st_size == status->st_size && own->st_mtim.tv_sec == status->st_mtim.tv_sec &&
	       own->st_mtim.tv_nsec == status->st_mtim.tv_nsec;
}

bool
elf_file_is_intact(const struct elf_file *file)
{
	struct stat status;

	return fstat(file->fd, &status) == 0 && elf_file_is_same(file, &status);
}

uint32_t
elf_file_crc(const struct elf_file *file)
{
	const size_t bytes = (size_t)file->status.st_size;
	void *image = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, file->fd, 0);
	uLong crc;

	if (image == MAP_FAILED)
		return 0;
	crc = crc32_z(0, image, bytes);
	munmap(image, bytes);
	return (uint32_t)crc;
}

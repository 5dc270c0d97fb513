/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The kernel, asked directly: no libc function, so no errno, no cancellation point, no lock and no
 * allocation. Everything returns what the kernel returned: a value, or a negative errno.
 */
#ifndef THAG_PRELOAD_SYSTEM_H
#define THAG_PRELOAD_SYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include "arch/arch.h"

enum {
	SYSTEM_PAGE_BYTES = 4096
};

static inline int
system_failed(long result)
{
	return (unsigned long)result > -4096UL;
}

static inline void *
system_map_file(int fd, size_t bytes)
{
	const long result =
		arch_syscall6(SYS_mmap, 0, (long)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return system_failed(result) ? NULL : (void *)result;
}

static inline void
system_unmap(void *address, size_t bytes)
{
	arch_syscall6(SYS_munmap, (long)address, (long)bytes, 0, 0, 0, 0);
}

static inline long
system_advise(void *address, size_t bytes, int advice)
{
	return arch_syscall6(SYS_madvise, (long)address, (long)bytes, advice, 0, 0, 0);
}

/*
 * Private zeroed memory, or NULL. It never becomes one mapping with a neighbour of the program's: a
 * stack's bounds are those of its mapping, and would be wrong when this memory goes.
 */
static inline void *
system_map(size_t bytes)
{
	const long result = arch_syscall6(SYS_mmap, 0, (long)bytes, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (system_failed(result))
		return NULL;
	/* What differs from the neighbour's; before it could be taken for the same. */
	system_advise((void *)result, bytes, MADV_DONTDUMP);
	if (system_failed(arch_syscall6(
		    SYS_mprotect, result, (long)bytes, PROT_READ | PROT_WRITE, 0, 0, 0))) {
		system_unmap((void *)result, bytes);
		return NULL;
	}
	return (void *)result;
}

static inline long
system_open(const char *path, int flags, int mode)
{
	return arch_syscall6(SYS_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC, mode, 0, 0);
}

static inline void
system_close(long fd)
{
	arch_syscall6(SYS_close, fd, 0, 0, 0, 0, 0);
}

static inline long
system_read(long fd, void *bytes, size_t count)
{
	return arch_syscall6(SYS_read, fd, (long)bytes, (long)count, 0, 0, 0);
}

static inline long
system_readlink(const char *path, char *bytes, size_t count)
{
	return arch_syscall6(SYS_readlinkat, AT_FDCWD, (long)path, (long)bytes, (long)count, 0, 0);
}

static inline uint32_t
system_pid(void)
{
	return (uint32_t)arch_syscall6(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static inline uint32_t
system_parent_pid(void)
{
	return (uint32_t)arch_syscall6(SYS_getppid, 0, 0, 0, 0, 0, 0);
}

static inline uint32_t
system_tid(void)
{
	return (uint32_t)arch_syscall6(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

/* Whether a thread of this process still exists. */
static inline int
system_thread_exists(uint32_t pid, uint32_t tid)
{
	return arch_syscall6(SYS_tgkill, pid, tid, 0, 0, 0, 0) != -3 /* ESRCH */;
}

/* Sleeps while `*word == value`, at most `timeout_ms`. The word may be shared between processes. */
static inline void
system_futex_wait(uint32_t *word, uint32_t value, uint32_t timeout_ms)
{
	struct timespec timeout = {timeout_ms / 1000, (long)(timeout_ms % 1000) * 1000000};

	arch_syscall6(SYS_futex, (long)word, FUTEX_WAIT, value, (long)&timeout, 0, 0);
}

static inline void
system_futex_wake(uint32_t *word, int count)
{
	arch_syscall6(SYS_futex, (long)word, FUTEX_WAKE, count, 0, 0, 0);
}

/* As Linux counts: 0x0509 is 5.9. 0: not known. */
static inline unsigned
system_release(void)
{
	struct utsname names = {0};
	unsigned part = 0, parts[2] = {0, 0};

	arch_syscall6(SYS_uname, (long)&names, 0, 0, 0, 0, 0);
	for (const char *at = names.release; part < 2; at++) {
		if (*at >= '0' && *at <= '9')
			parts[part] = parts[part] * 10 + (unsigned)(*at - '0');
		else if (*at == '.')
			part++;
		else
			break;
	}
	return parts[0] << 8 | (parts[1] & 0xff);
}

/* Nanoseconds of one of the kernel's clocks. */
static inline uint64_t
system_clock_ns(int clock)
{
	struct timespec now = {0, 0};

	arch_syscall6(SYS_clock_gettime, clock, (long)&now, 0, 0, 0, 0);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif

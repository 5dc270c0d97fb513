/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Watching processes: who has ended, and how much memory is resident.
 *
 * A process is watched by a pidfd in one epoll set, so a look costs the same however many there
 * are. Where no descriptor can be had its state is read from /proc instead. A pid that was given to
 * another process in the meantime is noticed by that one having started later than the first record
 * of ours.
 */
#ifndef THAG_WATCH_H
#define THAG_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct watch; /* of all */

struct watched {
	uint32_t pid;
	int pidfd;  /* -1: none */
	bool ended; /* set by watch_look() and watch_end() */
	void *owner;
	unsigned index; /* watch's own */
};

struct watch *watch_new(void);
void watch_free(struct watch *watch);

/*
 * Starts to watch; `watched` is the caller's and stays where it is until watch_end(). The process
 * made its first record at `monotonic_ns`. Ended at once where it is gone.
 */
void watch_begin(struct watch *watch, struct watched *watched, uint32_t pid, uint64_t monotonic_ns);

/* Stops watching: it has ended, or is to be taken for that. Does nothing the second time. */
void watch_end(struct watch *watch, struct watched *watched);

/* Sets `ended` of all that have. Returns how many did since the last look. */
unsigned watch_look(struct watch *watch);

/* Processes watched. */
unsigned watch_count(const struct watch *watch);
struct watched *watch_at(const struct watch *watch, unsigned index);

/* Resident bytes from /proc/<pid>/statm, or 0. */
uint64_t watch_resident_bytes(uint32_t pid);

/* Nanoseconds of CPU time of all its threads since it began, or 0. */
uint64_t watch_cpu_ns(uint32_t pid);

/* The most there ever were (VmHWM), or 0. Slower. */
uint64_t watch_resident_peak_bytes(uint32_t pid);

#endif

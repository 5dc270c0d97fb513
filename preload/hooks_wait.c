/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Calls that wait, and that no SA_RESTART starts again (signal(7)): while they do, the signal that
 * samples come by is held back. Functions that take a mask for the time of the call get the signal
 * in that mask too. Nothing else is changed: the program's own signals end a call as ever.
 *
 * What is written to pipes and sockets is among them because a signal would cut it short.
 */
#include <linux/io_uring.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include "atomics.h"
#include "loader.h"
#include "sampler.h"

#define EXPORT __attribute__((visibility("default")))

/* Looked up at the first call; racing look-ups find the same. */
static inline void *
real_code(void **code, const char *symbol)
{
	void *known = load_acquire(code);

	if (unlikely(!known)) {
		known = loader_find_next(symbol);
		store_release(code, known);
	}
	return known;
}

/* The program's mask for the time of the call, and the signal of samples. NULL stays NULL. */
static const sigset_t *
with_ours(const sigset_t *mask, bool held, sigset_t *ret_copy)
{
	if (!mask || !held)
		return mask;
	*ret_copy = *mask;
	sigaddset(ret_copy, SAMPLER_SIGNAL);
	return ret_copy;
}

/*
 * Makes the hook `name`: the parameters it is declared with, and the arguments it passes on, in
 * which MASK(mask) is the mask with the signal in it. A mask that an unheld call passes is as it
 * was, so that perf's samples go on being taken.
 */
#define MASK(mask) with_ours(mask, held, &copy)
#define WAITING(type, name, parameters, arguments)                                                 \
	EXPORT type name parameters                                                                \
	{                                                                                          \
		static void *code;                                                                 \
		type(*const real) parameters = (type(*) parameters)real_code(&code, #name);        \
		const bool held = sampler_hold();                                                  \
		sigset_t copy __attribute__((unused));                                             \
		const type result = real arguments;                                                \
                                                                                                   \
		if (unlikely(held))                                                                \
			sampler_release();                                                         \
		return result;                                                                     \
	}

/* ---- rings ---- */

/*
 * io_uring_enter, which libc has no function for. It looks for signals itself before it waits,
 * after having run what a tick left for the way back to user mode, and so is ended by any of them.
 */
EXPORT long
syscall(long number, ...)
{
	static void *code;
	long (*const real)(long, ...) = (long (*)(long, ...))real_code(&code, "syscall");
	long argument[6];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(arguments, long);
	va_end(arguments);
	const bool held = unlikely(number == SYS_io_uring_enter) &&
			  argument[3] & IORING_ENTER_GETEVENTS && sampler_hold_ticks();
	const long result = real(number, argument[0], argument[1], argument[2], argument[3],
		argument[4], argument[5]);

	if (unlikely(held))
		sampler_release();
	return result;
}

/* ---- descriptors ---- */

int __poll_chk(struct pollfd *files, nfds_t count, int timeout, size_t bytes);
int __ppoll_chk(struct pollfd *files, nfds_t count, const struct timespec *timeout,
	const sigset_t *mask, size_t bytes);

WAITING(int, poll, (struct pollfd * files, nfds_t count, int timeout), (files, count, timeout))
WAITING(int, __poll_chk, (struct pollfd * files, nfds_t count, int timeout, size_t bytes),
	(files, count, timeout, bytes))
WAITING(int, ppoll,
	(struct pollfd * files, nfds_t count, const struct timespec *timeout, const sigset_t *mask),
	(files, count, timeout, MASK(mask)))
WAITING(int, __ppoll_chk,
	(struct pollfd * files, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
		size_t bytes),
	(files, count, timeout, MASK(mask), bytes))
WAITING(int, select,
	(int count, fd_set *reads, fd_set *writes, fd_set *excepts, struct timeval *timeout),
	(count, reads, writes, excepts, timeout))
WAITING(int, pselect,
	(int count, fd_set *reads, fd_set *writes, fd_set *excepts, const struct timespec *timeout,
		const sigset_t *mask),
	(count, reads, writes, excepts, timeout, MASK(mask)))
WAITING(int, epoll_wait, (int epoll, struct epoll_event *events, int count, int timeout),
	(epoll, events, count, timeout))
WAITING(int, epoll_pwait,
	(int epoll, struct epoll_event *events, int count, int timeout, const sigset_t *mask),
	(epoll, events, count, timeout, MASK(mask)))
WAITING(int, epoll_pwait2,
	(int epoll, struct epoll_event *events, int count, const struct timespec *timeout,
		const sigset_t *mask),
	(epoll, events, count, timeout, MASK(mask)))

/* ---- time ---- */

WAITING(int, nanosleep, (const struct timespec *time, struct timespec *ret_rest), (time, ret_rest))
WAITING(int, clock_nanosleep,
	(clockid_t clock, int flags, const struct timespec *time, struct timespec *ret_rest),
	(clock, flags, time, ret_rest))
WAITING(int, thrd_sleep, (const struct timespec *time, struct timespec *ret_rest), (time, ret_rest))
WAITING(unsigned, sleep, (unsigned seconds), (seconds))
WAITING(int, usleep, (useconds_t microseconds), (microseconds))

/* ---- signals and semaphores ---- */

WAITING(int, pause, (void), ())
WAITING(int, sigsuspend, (const sigset_t *mask), (MASK(mask)))
WAITING(int, sigwaitinfo, (const sigset_t *set, siginfo_t *ret_info), (set, ret_info))
WAITING(int, sigtimedwait,
	(const sigset_t *set, siginfo_t *ret_info, const struct timespec *timeout),
	(set, ret_info, timeout))
WAITING(int, sem_timedwait, (sem_t * semaphore, const struct timespec *until), (semaphore, until))
WAITING(int, sem_clockwait, (sem_t * semaphore, clockid_t clock, const struct timespec *until),
	(semaphore, clock, until))
WAITING(int, semop, (int set, struct sembuf *operations, size_t count), (set, operations, count))
WAITING(int, semtimedop,
	(int set, struct sembuf *operations, size_t count, const struct timespec *timeout),
	(set, operations, count, timeout))
WAITING(int, msgsnd, (int queue, const void *message, size_t bytes, int flags),
	(queue, message, bytes, flags))
WAITING(ssize_t, msgrcv, (int queue, void *message, size_t bytes, long type, int flags),
	(queue, message, bytes, type, flags))

/* ---- bytes ---- */

ssize_t __read_chk(int file, void *bytes, size_t count, size_t room);
ssize_t __recv_chk(int socket, void *bytes, size_t count, size_t room, int flags);

WAITING(ssize_t, read, (int file, void *bytes, size_t count), (file, bytes, count))
WAITING(ssize_t, write, (int file, const void *bytes, size_t count), (file, bytes, count))
WAITING(ssize_t, readv, (int file, const struct iovec *parts, int count), (file, parts, count))
WAITING(ssize_t, writev, (int file, const struct iovec *parts, int count), (file, parts, count))
WAITING(ssize_t, recv, (int socket, void *bytes, size_t count, int flags),
	(socket, bytes, count, flags))
WAITING(ssize_t, __read_chk, (int file, void *bytes, size_t count, size_t room),
	(file, bytes, count, room))
WAITING(ssize_t, __recv_chk, (int socket, void *bytes, size_t count, size_t room, int flags),
	(socket, bytes, count, room, flags))
WAITING(ssize_t, recvfrom,
	(int socket, void *bytes, size_t count, int flags, struct sockaddr *ret_from,
		socklen_t *ret_length),
	(socket, bytes, count, flags, ret_from, ret_length))
WAITING(ssize_t, recvmsg, (int socket, struct msghdr *message, int flags), (socket, message, flags))
WAITING(ssize_t, send, (int socket, const void *bytes, size_t count, int flags),
	(socket, bytes, count, flags))
WAITING(ssize_t, sendto,
	(int socket, const void *bytes, size_t count, int flags, const struct sockaddr *to,
		socklen_t length),
	(socket, bytes, count, flags, to, length))
WAITING(ssize_t, sendmsg, (int socket, const struct msghdr *message, int flags),
	(socket, message, flags))
WAITING(int, accept, (int socket, struct sockaddr *ret_from, socklen_t *length),
	(socket, ret_from, length))
WAITING(int, accept4, (int socket, struct sockaddr *ret_from, socklen_t *length, int flags),
	(socket, ret_from, length, flags))
WAITING(int, connect, (int socket, const struct sockaddr *to, socklen_t length),
	(socket, to, length))

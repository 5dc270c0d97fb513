/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What sampling must find, and what must not notice it. What a case prints is the same with and
 * without sampling; on standard error it says what clocks saw its functions take, in lines of
 *
 *	function nanoseconds
 *
 * "all" is the CPU time of the process. Pieces of work are several ticks of the kernel long: where
 * one ends and another begins, up to a tick goes to the wrong side.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "sites.h"

static volatile unsigned sink;

static inline __attribute__((always_inline)) int64_t
clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t
clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void
say_spent(const char *name, clockid_t clock, int64_t start_ns)
{
	fprintf(stderr, "%s %ld\n", name, (long)(clock_ns(clock) - start_ns));
}

/* Mostly in user mode: a look at the clock now and then. */
static inline __attribute__((always_inline)) void
compute(int64_t ms)
{
	const int64_t end = clock_ms(CLOCK_THREAD_CPUTIME_ID) + ms;

	do
		for (unsigned i = 0; i < 100000; i++)
			sink++;
	while (clock_ms(CLOCK_THREAD_CPUTIME_ID) < end);
}

#define BURN(name)                                                                                 \
	__attribute__((unused)) static KEEP void burn_##name(int64_t ms)                           \
	{                                                                                          \
		__asm__ volatile("# burn " #name);                                                 \
		compute(ms);                                                                       \
		__asm__ volatile("");                                                              \
	}

BURN(much)
BURN(some)
BURN(little)
BURN(worker)
BURN(child)

/* What a machine under load takes may be more than what was asked for. */
static void
spend(const char *name, void (*burn)(int64_t ms), int64_t ms)
{
	const int64_t start_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	burn(ms);
	say_spent(name, CLOCK_THREAD_CPUTIME_ID, start_ns);
}

static int
shares(char **arguments)
{
	for (unsigned i = 0; i < 3; i++) {
		spend("burn_much", burn_much, 180);
		spend("burn_some", burn_some, 100);
		spend("burn_little", burn_little, 60);
	}
	say_spent("all", CLOCK_PROCESS_CPUTIME_ID, 0);
	return 0;
}

/* ---- time in the kernel ---- */

enum {
	BLOCK_BYTES = 1 << 20,
	PAGE_BYTES = 4096,
	ROUNDS = 5,
	PIECE_MS = 40, /* of CPU time */
};

static inline __attribute__((always_inline)) int64_t
piece_end(void)
{
	return clock_ms(CLOCK_THREAD_CPUTIME_ID) + PIECE_MS;
}

static inline __attribute__((always_inline)) bool
is_over(int64_t end)
{
	return clock_ms(CLOCK_THREAD_CPUTIME_ID) >= end;
}

static int zero, null;

static KEEP void
call_long(void)
{
	static char block[BLOCK_BYTES];

	for (const int64_t end = piece_end(); !is_over(end);)
		if (read(zero, block, sizeof(block)) != sizeof(block))
			puts("short read");
	__asm__ volatile("");
}

static KEEP void
call_short(void)
{
	for (const int64_t end = piece_end(); !is_over(end);) {
		for (unsigned i = 0; i < 1000; i++) {
			if (write(null, "", 1) != 1)
				puts("short write");
			syscall(SYS_getppid);
		}
	}
	__asm__ volatile("");
}

static KEEP void
touch_pages(void)
{
	for (const int64_t end = piece_end(); !is_over(end);) {
		char *pages = mmap(NULL, BLOCK_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		madvise(pages, BLOCK_BYTES, MADV_NOHUGEPAGE);
		for (unsigned i = 0; i < BLOCK_BYTES; i += PAGE_BYTES)
			pages[i] = 1;
		munmap(pages, BLOCK_BYTES);
	}
	__asm__ volatile("");
}

#define USER(name)                                                                                 \
	static KEEP void name(void)                                                                \
	{                                                                                          \
		__asm__ volatile("# " #name);                                                      \
		compute(PIECE_MS);                                                                 \
		__asm__ volatile("");                                                              \
	}

USER(after_long)
USER(after_short)
USER(after_pages)

static const struct piece {
	const char *name;
	void (*run)(void);
} pieces[] = {
	{"call_long", call_long},
	{"after_long", after_long},
	{"call_short", call_short},
	{"after_short", after_short},
	{"touch_pages", touch_pages},
	{"after_pages", after_pages},
};

enum {
	PIECES = sizeof(pieces) / sizeof(*pieces)
};

/* What happens right after a call has the call's time, where samples wait for user mode. */
static void *
alternate(void *argument)
{
	int64_t *spent_ns = argument;

	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < PIECES; i++) {
			const int64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);

			pieces[i].run();
			spent_ns[i] += clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
		}
	}
	return NULL;
}

static void
alternate_and_say(void)
{
	int64_t spent_ns[PIECES] = {0};

	alternate(spent_ns);
	for (unsigned i = 0; i < PIECES; i++)
		fprintf(stderr, "%s %ld\n", pieces[i].name, (long)spent_ns[i]);
	say_spent("all", CLOCK_PROCESS_CPUTIME_ID, 0);
}

static int
kernel(char **arguments)
{
	zero = open("/dev/zero", O_RDONLY);
	null = open("/dev/null", O_WRONLY);
	alternate_and_say();
	return 0;
}

/* In two threads, and in a forked child. */
static int
kernel_spread(char **arguments)
{
	int64_t spent_ns[2][PIECES] = {0};
	pthread_t other;

	zero = open("/dev/zero", O_RDONLY);
	null = open("/dev/null", O_WRONLY);
	pthread_create(&other, NULL, alternate, spent_ns[1]);
	alternate(spent_ns[0]);
	pthread_join(other, NULL);
	for (unsigned i = 0; i < PIECES; i++)
		fprintf(stderr, "%s %ld\n", pieces[i].name,
			(long)(spent_ns[0][i] + spent_ns[1][i]));
	const pid_t child = fork();

	if (!child) {
		alternate_and_say();
		exit(0);
	}
	waitpid(child, NULL, 0);
	say_spent("all", CLOCK_PROCESS_CPUTIME_ID, 0);
	return 0;
}

/* ---- threads and processes ---- */

enum {
	THREADS = 4
};

static void *
work(void *argument)
{
	spend("worker", burn_worker, (intptr_t)argument);
	return NULL;
}

static void *
work_and_say(void *argument)
{
	spend("worker", burn_worker, (intptr_t)argument);
	return NULL;
}

static void
run_threads(pthread_t *threads, void *(*routine)(void *), int64_t ms)
{
	for (unsigned i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, routine, (void *)(intptr_t)ms);
}

static void
join_threads(const pthread_t *threads)
{
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static int
threads(char **arguments)
{
	pthread_t running[THREADS];

	/* What was spent before there were samples. */
	say_spent("start", CLOCK_PROCESS_CPUTIME_ID, 0);
	run_threads(running, work_and_say, 100);
	join_threads(running);
	say_spent("all", CLOCK_PROCESS_CPUTIME_ID, 0);
	return 0;
}

/* Each is over before a period is. */
enum {
	SHORT_THREADS = 4000,
	SHORT_NS = 300000,
	SHORT_READS = 4,
};

static int64_t short_burn_ns, short_read_ns;

static KEEP void
burn_short(int64_t until_ns)
{
	do
		for (unsigned i = 0; i < 10000; i++)
			sink++;
	while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < until_ns);
}

static KEEP void
read_short(void)
{
	static char block[BLOCK_BYTES];

	for (unsigned i = 0; i < SHORT_READS; i++)
		if (read(zero, block, sizeof(block) / SHORT_READS) < 0)
			return;
}

static void *
work_shortly(void *argument)
{
	const int64_t start_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	burn_short(start_ns + SHORT_NS);
	const int64_t burned_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	read_short();
	short_burn_ns += burned_ns - start_ns;
	short_read_ns += clock_ns(CLOCK_THREAD_CPUTIME_ID) - burned_ns;
	return NULL;
}

static int
short_threads(char **arguments)
{
	pthread_t thread;

	zero = open("/dev/zero", O_RDONLY);
	for (unsigned i = 0; i < SHORT_THREADS; i++)
		if (pthread_create(&thread, NULL, work_shortly, NULL) || pthread_join(thread, NULL))
			return 1;
	fprintf(stderr, "burn_short %ld\nread_short %ld\n", (long)short_burn_ns,
		(long)short_read_ns);
	say_spent("all", CLOCK_PROCESS_CPUTIME_ID, 0);
	return 0;
}

/* A child of a fork, and an image that it becomes. */
static int
processes(char **arguments)
{
	spend("burn_some", burn_some, 100);
	const pid_t child = fork();

	if (!child) {
		spend("burn_child", burn_child, 100);
		execl("/proc/self/exe", "sampled", "image", (char *)NULL);
		_exit(1);
	}
	int status;

	waitpid(child, &status, 0);
	printf("%d\n", status);
	return 0;
}

static int
image(char **arguments)
{
	spend("burn_child", burn_child, 100);
	return 0;
}

static unsigned
count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static int
descriptors(char **arguments)
{
	pthread_t running[THREADS];

	run_threads(running, work, 50);
	burn_some(20);
	printf("%u\n", count_descriptors());
	join_threads(running);
	printf("%u\n", count_descriptors());
	return 0;
}

/* ---- the program's own signals ---- */

static volatile sig_atomic_t count_urgent, count_profile, count_alarm;

static void
on_urgent(int number)
{
	count_urgent++;
}

static void
on_profile(int number)
{
	count_profile++;
}

static void
on_alarm(int number)
{
	count_alarm++;
}

static void
say_mask(const char *when)
{
	sigset_t mask, pending;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	sigpending(&pending);
	printf("%s: blocked %d, pending %d, seen %d\n", when, sigismember(&mask, SIGURG),
		sigismember(&pending, SIGURG), (int)count_urgent);
}

static int
own_signals(char **arguments)
{
	const struct itimerval often = {{0, 5000}, {0, 5000}};
	struct sigaction action = {.sa_handler = on_urgent, .sa_flags = SA_RESTART}, before;
	sigset_t set;

	printf("was default: %d\n", signal(SIGURG, SIG_IGN) == SIG_DFL);
	sigaction(SIGURG, &action, &before);
	printf("was ignored: %d\n", before.sa_handler == SIG_IGN);
	sigaction(SIGURG, NULL, &before);
	printf("is ours: %d %d\n", before.sa_handler == on_urgent,
		(before.sa_flags & SA_RESTART) != 0);
	for (unsigned i = 0; i < 100; i++) {
		raise(SIGURG);
		burn_little(1);
	}
	say_mask("raised");
	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGURG);
	burn_little(20);
	say_mask("blocked");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	say_mask("unblocked");
	signal(SIGPROF, on_profile);
	setitimer(ITIMER_PROF, &often, NULL);
	/* It comes at ticks of the kernel that hit the program, however many these are. */
	while (count_profile <= 10)
		burn_some(10);
	printf("profiled: %d\n", count_profile > 10);
	return 0;
}

/* ---- waiting ---- */

static int pipe_ends[2], busy_ends[2], sockets[2], epoll;
static sem_t semaphore;

static const struct timespec short_time = {0, 30000000};

static struct timespec
soon(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += short_time.tv_nsec;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return until;
}

static int
wait_poll(void)
{
	struct pollfd one = {pipe_ends[0], POLLIN, 0};

	return poll(&one, 1, 30);
}

static int
wait_ppoll(void)
{
	struct pollfd one = {pipe_ends[0], POLLIN, 0};
	sigset_t none;

	sigemptyset(&none);
	return ppoll(&one, 1, &short_time, &none);
}

static int
wait_select(void)
{
	struct timeval time = {0, 30000};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(pipe_ends[0], &set);
	return select(pipe_ends[0] + 1, &set, NULL, NULL, &time);
}

static int
wait_epoll(void)
{
	struct epoll_event event;

	return epoll_wait(epoll, &event, 1, 30);
}

static int
wait_nanosleep(void)
{
	return nanosleep(&short_time, NULL);
}

static int
wait_clock(void)
{
	return clock_nanosleep(CLOCK_MONOTONIC, 0, &short_time, NULL);
}

static int
wait_usleep(void)
{
	return usleep(30000);
}

static int
wait_semaphore(void)
{
	const struct timespec until = soon();

	return sem_timedwait(&semaphore, &until);
}

static int
wait_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigtimedwait(&set, NULL, &short_time);
}

static int
wait_receive(void)
{
	char byte;

	return (int)recv(sockets[0], &byte, 1, 0);
}

static int
wait_read(void)
{
	char byte;

	return (int)read(sockets[0], &byte, 1);
}

static const struct wait {
	const char *name;
	int (*run)(void);
} waits[] = {
	{"poll", wait_poll},
	{"ppoll", wait_ppoll},
	{"select", wait_select},
	{"epoll_wait", wait_epoll},
	{"nanosleep", wait_nanosleep},
	{"clock_nanosleep", wait_clock},
	{"usleep", wait_usleep},
	{"sem_timedwait", wait_semaphore},
	{"sigtimedwait", wait_signal},
	{"recv", wait_receive},
	{"read", wait_read},
};

static void
say_wait(const struct wait *wait)
{
	const int64_t start = clock_ms(CLOCK_MONOTONIC);

	errno = 0;
	const int result = wait->run();

	printf("%s: %d, errno %d, in time %d\n", wait->name, result, errno,
		clock_ms(CLOCK_MONOTONIC) - start >= 20);
}

static KEEP void
wait_all(void)
{
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
			burn_little(1);
			say_wait(&waits[i]);
		}
	}
}

/* Ticks hit the preparations of these; what they send must not end the wait. */
static KEEP void
wait_busily(void)
{
	enum {
		FILES = 200,
		TIMES = 300
	};
	struct pollfd many[FILES];
	static char block[BLOCK_BYTES / 16];
	struct epoll_event event;
	unsigned wrong = 0;

	for (unsigned i = 0; i < FILES; i++)
		many[i] = (struct pollfd){pipe_ends[0], POLLIN, 0};
	for (unsigned i = 0; i < TIMES; i++) {
		wrong += poll(many, FILES, 1) != 0;
		wrong += epoll_wait(epoll, &event, 1, 1) != 0;
		wrong += nanosleep(&(struct timespec){0, 50000}, NULL) != 0;
		for (unsigned part = 0; part < 4; part++) {
			wrong += write(busy_ends[1], block, sizeof(block)) != sizeof(block);
			wrong += read(busy_ends[0], block, sizeof(block)) != sizeof(block);
		}
	}
	printf("busy waits ended early: %u\n", wrong);
}

static void
say_interrupted(const char *name, int result)
{
	printf("%s: %d, errno %d, an alarm %d\n", name, result, errno, count_alarm > 0);
	count_alarm = 0;
}

/*
 * The program's own signals end what they ended before. They come again and again: one may come
 * before the wait that it is to end.
 */
static void
be_interrupted(void)
{
	const struct itimerval often = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
	const struct sigaction action = {.sa_handler = on_alarm};
	struct timespec rest = {0, 0};
	sigset_t none;

	sigemptyset(&none);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	say_interrupted("poll", poll(NULL, 0, -1));
	say_interrupted("pause", pause());
	say_interrupted("sigsuspend", sigsuspend(&none));
	say_interrupted("nanosleep", nanosleep(&(struct timespec){100, 0}, &rest));
	setitimer(ITIMER_REAL, &never, NULL);
	printf("there is a rest: %d\n", rest.tv_sec > 50);
}

static int
waiting(char **arguments)
{
	const struct timeval time = {0, 30000};
	pthread_t running[THREADS];

	if (pipe(pipe_ends) || pipe(busy_ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		return 3;
	epoll = epoll_create1(0);
	sem_init(&semaphore, 0, 0);
	setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
	run_threads(running, work, 150);
	wait_all();
	wait_busily();
	be_interrupted();
	join_threads(running);
	return 0;
}

/* ---- wall time ---- */

static pthread_mutex_t mutex;

static KEEP void
nap(void)
{
	nanosleep(&(struct timespec){0, 300000000}, NULL);
	__asm__ volatile("");
}

static KEEP void
burn_a_while(void)
{
	compute(100);
	__asm__ volatile("");
}

static void
take(const char *name, void (*function)(void))
{
	const int64_t start_ns = clock_ns(CLOCK_MONOTONIC);

	function();
	say_spent(name, CLOCK_MONOTONIC, start_ns);
}

static KEEP void
wait_for_lock(void)
{
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	__asm__ volatile("");
}

static void *
hold_lock(void *argument)
{
	pthread_mutex_lock(&mutex);
	sem_post(&semaphore);
	take("nap", nap);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static KEEP void
wait_for_pipe(void)
{
	char byte;

	if (read(pipe_ends[0], &byte, 1) != 1)
		puts("read failed");
}

static void *
write_late(void *argument)
{
	take("nap", nap);
	if (write(pipe_ends[1], "", 1) != 1)
		puts("write failed");
	return NULL;
}

/* One that waits itself, one that waits for a lock, and one for what is written. */
static int
wall(char **arguments)
{
	pthread_t thread;

	if (pipe(pipe_ends))
		return 3;
	take("nap", nap);
	take("burn_a_while", burn_a_while);
	pthread_mutex_init(&mutex, NULL);
	sem_init(&semaphore, 0, 0);
	pthread_create(&thread, NULL, hold_lock, NULL);
	sem_wait(&semaphore);
	take("wait_for_lock", wait_for_lock);
	pthread_join(thread, NULL);
	pthread_create(&thread, NULL, write_late, NULL);
	take("wait_for_pipe", wait_for_pipe);
	pthread_join(thread, NULL);
	return 0;
}

int
main(int count, char **arguments)
{
	static const struct test_case cases[] = {
		{"shares", shares},
		{"kernel", kernel},
		{"kernel_spread", kernel_spread},
		{"threads", threads},
		{"short_threads", short_threads},
		{"processes", processes},
		{"image", image},
		{"descriptors", descriptors},
		{"own_signals", own_signals},
		{"waiting", waiting},
		{"wall", wall},
		{NULL, NULL},
	};

	return run_case(cases, arguments);
}

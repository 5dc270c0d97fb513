/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A random walk over the allocator's calls that keeps its own exact account of them.
 *
 *	account SEED [THREADS [STEPS [FORKS]]]
 *
 * Each thread allocates, resizes, fails, releases and hands blocks to other threads; barriers cut
 * the walk into phases, and between two phases the first thread forks, and allocates one block that
 * is larger than all others together, so that the peak is known whatever the threads' order was. A
 * single thread has no such block: its peak is where it was. Forked children walk on by themselves,
 * release what they inherited, and leak.
 *
 * Each process appends one line of JSON to the file that the environment variable ACCOUNT names.
 * Blocks inherited from a parent are not on a child's account: their releases are "unknown".
 */
#include "account.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	THREADS_MAX = 8,
	SLOTS = 256,
	INBOX = 64,
	SITES = 10,
	PHASES = 4,
	PEAK_PHASE = 2,
	DEPTH_MAX = 24,
	LINE_BYTES = 8192,
};
static const size_t peak_bytes = (size_t)256 << 20;

struct sum {
	uint64_t count, bytes;
};

struct worker {
	unsigned number;
	uint64_t random;
	uint64_t serial; /* allocations so far */
	struct block slots[SLOTS];
	pthread_mutex_t inbox_lock;
	struct block inbox[INBOX];
	unsigned inbox_count;
	struct sum allocated[SITES], released[SITES], temporary;
	uint64_t unknown;
};

static struct worker workers[THREADS_MAX];
static unsigned worker_count = 1, steps = 2000, forks, generation;
static pthread_barrier_t barrier;

/* Written by the first thread alone; `live_bytes` only where there is no other. */
static uint64_t live_bytes;
static struct sum peak, at_peak[SITES], before[SITES];
static pid_t parent;
static _Bool wrong;

/* ---- the account ---- */

static struct sum
live_of_site(unsigned site)
{
	struct sum sum = {0, 0};

	for (unsigned i = 0; i < worker_count; i++) {
		const struct worker *w = &workers[i];

		sum.count += w->allocated[site].count - w->released[site].count;
		sum.bytes += w->allocated[site].bytes - w->released[site].bytes;
	}
	return sum;
}

/* Only where the other threads stand still. */
static void
note_peak(void)
{
	struct sum now[SITES], total = {0, 0};

	for (unsigned i = 0; i < SITES; i++) {
		now[i] = live_of_site(i);
		total.count += now[i].count;
		total.bytes += now[i].bytes;
	}
	if (total.bytes <= peak.bytes)
		return;
	peak = total;
	memcpy(at_peak, now, sizeof(now));
}

static void
note_allocated(struct worker *w, struct block *block)
{
	block->process = generation;
	block->thread = w->number;
	block->serial = ++w->serial;
	w->allocated[block->site].count++;
	w->allocated[block->site].bytes += block->size;
	if (worker_count > 1)
		return;
	live_bytes += block->size;
	if (live_bytes > peak.bytes)
		note_peak();
}

static void
note_released(struct worker *w, const struct block *block)
{
	if (block->process != generation) {
		w->unknown++;
		return;
	}
	w->released[block->site].count++;
	w->released[block->site].bytes += block->size;
	if (worker_count == 1)
		live_bytes -= block->size;
	if (block->thread == w->number && block->serial == w->serial) {
		w->temporary.count++;
		w->temporary.bytes += block->size;
	}
}

/* ---- sites: one function each, so that a report tells them apart ---- */

struct request {
	enum {
		REQUEST_ALLOCATE,
		REQUEST_RESIZE,
		REQUEST_FAIL
	} kind;
	struct block *block;
	size_t size;
	uint64_t choice;
	unsigned depth;
};

static enum outcome
perform(const struct request *request)
{
	switch (request->kind) {
	case REQUEST_ALLOCATE:
		return acct_allocate(request->block);
	case REQUEST_RESIZE:
		return acct_resize(request->block, request->size, request->choice);
	case REQUEST_FAIL:
		break;
	}
	wrong |= !acct_fail(request->choice, request->block);
	return OUTCOME_NONE;
}

/* Stacks of many depths and shapes. */
__attribute__((noinline)) static enum outcome
deeper(const struct request *request, unsigned depth)
{
	volatile char *room = __builtin_alloca(depth % 5 * 24 + 8);
	enum outcome outcome;

	room[0] = 0;
	if (!depth)
		outcome = perform(request);
	else
		outcome = deeper(request, depth - 1);
	room[0] = 1;
	return outcome;
}

#define SITE(n)                                                                                    \
	__attribute__((noinline, noclone)) static enum outcome site_##n(                           \
		const struct request *request)                                                     \
	{                                                                                          \
		const enum outcome outcome = deeper(request, request->depth);                      \
                                                                                                   \
		__asm__ volatile("" : : "r"(n) : "memory");                                        \
		return outcome;                                                                    \
	}
SITE(0)
SITE(1)
SITE(2)
SITE(3)
SITE(4)
SITE(5)
SITE(6)
SITE(7)
SITE(8)
SITE(9)

static enum outcome (*const sites[SITES])(const struct request *) = {
	site_0, site_1, site_2, site_3, site_4, site_5, site_6, site_7, site_8, site_9};

/* ---- steps ---- */

static size_t
pick_size(struct worker *w)
{
	static const size_t limits[] = {1, 64, 64, 64, 1024, 1024, 16384, 65536, 300000};
	const unsigned kinds = sizeof(limits) / sizeof(limits[0]) - (worker_count > 1);
	const size_t limit = limits[pick(&w->random) % kinds];

	return pick(&w->random) % (limit + 1);
}

static void
make(struct worker *w, struct block *block, const struct block *wanted)
{
	const struct request request = {.kind = REQUEST_ALLOCATE,
		.block = block,
		.depth = (unsigned)(pick(&w->random) % DEPTH_MAX)};

	*block = *wanted;
	if (sites[block->site](&request) == OUTCOME_MADE)
		note_allocated(w, block);
	else
		wrong = 1;
	if (block->at && block->size)
		*(volatile char *)block->at = 1;
}

static void
allocate(struct worker *w, struct block *block)
{
	const struct block wanted = {
		.size = pick_size(w),
		.way = (unsigned)(pick(&w->random) % acct_ways),
		.site = (unsigned)(pick(&w->random) % SITES),
		.alignment = (size_t)16 << pick(&w->random) % 9,
	};

	make(w, block, &wanted);
}

static void
resize(struct worker *w, struct block *block)
{
	const struct block old = *block;
	const unsigned site = (unsigned)(pick(&w->random) % SITES);
	const struct request request = {
		.kind = REQUEST_RESIZE,
		.block = block,
		.size = pick(&w->random) % 16 ? pick_size(w) : 0,
		.choice = pick(&w->random),
		.depth = (unsigned)(pick(&w->random) % DEPTH_MAX),
	};
	const enum outcome outcome = sites[site](&request);

	if (outcome == OUTCOME_MOVED || outcome == OUTCOME_RELEASED)
		note_released(w, &old);
	block->site = site;
	if (outcome == OUTCOME_MOVED || outcome == OUTCOME_MADE)
		note_allocated(w, block);
}

static void
release(struct worker *w, struct block *block)
{
	errno = 1234;
	note_released(w, block);
	acct_release(block, pick(&w->random));
	wrong |= errno != 1234;
	block->at = NULL;
}

static void
fail(struct worker *w, struct block *block)
{
	struct block none = {0};
	const struct request request = {.kind = REQUEST_FAIL,
		.block = block->process == generation ? block : &none,
		.choice = pick(&w->random),
		.depth = (unsigned)(pick(&w->random) % DEPTH_MAX)};

	sites[pick(&w->random) % SITES](&request);
}

/* Hands the block to another thread; keeps it where that one's inbox is full. */
static void
give(struct worker *w, struct block *block)
{
	struct worker *to = &workers[pick(&w->random) % worker_count];

	pthread_mutex_lock(&to->inbox_lock);
	if (to->inbox_count < INBOX) {
		to->inbox[to->inbox_count++] = *block;
		block->at = NULL;
	}
	pthread_mutex_unlock(&to->inbox_lock);
}

static void
take(struct worker *w, struct block *empty)
{
	pthread_mutex_lock(&w->inbox_lock);
	if (w->inbox_count)
		*empty = w->inbox[--w->inbox_count];
	pthread_mutex_unlock(&w->inbox_lock);
}

static void
step(struct worker *w)
{
	struct block *block = &w->slots[pick(&w->random) % SLOTS];
	const unsigned choice = (unsigned)(pick(&w->random) % 32);

	if (choice == 0)
		fail(w, block);
	else if (!block->at && choice < 4)
		take(w, block);
	else if (!block->at)
		allocate(w, block);
	else if (choice < 10 && acct_resizes(block->way))
		resize(w, block);
	else if (choice < 14)
		give(w, block);
	else
		release(w, block);
	if (choice > 27 && !block->at) {
		allocate(w, block);
		release(w, block);
	}
}

/* ---- the line of JSON ---- */

struct line {
	char text[LINE_BYTES];
	size_t length;
};

static void
say(struct line *line, const char *text)
{
	while (*text)
		line->text[line->length++] = *text++;
}

static void
say_number(struct line *line, const char *key, uint64_t value)
{
	char digits[24], *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	say(line, "\"");
	say(line, key);
	say(line, "\":");
	say(line, at);
	say(line, ",");
}

static void
say_sums(struct line *line, const char *blocks, const char *bytes, struct sum sum)
{
	say_number(line, blocks, sum.count);
	say_number(line, bytes, sum.bytes);
}

static struct sum
add(struct sum a, struct sum b)
{
	return (struct sum){a.count + b.count, a.bytes + b.bytes};
}

static void
say_sites(struct line *line, struct sum *ret_allocated, struct sum *ret_leaked)
{
	say(line, "\"sites\":[");
	for (unsigned site = 0; site < SITES; site++) {
		struct sum allocated = {0, 0};

		for (unsigned i = 0; i < worker_count; i++)
			allocated = add(allocated, workers[i].allocated[site]);
		*ret_allocated = add(*ret_allocated, allocated);
		*ret_leaked = add(*ret_leaked, live_of_site(site));
		say(line, site ? ",{" : "{");
		say_sums(line, "allocations", "bytes", allocated);
		say_sums(line, "leaked_blocks", "leaked_bytes", live_of_site(site));
		say_sums(line, "peak_blocks", "peak_bytes", at_peak[site]);
		say_sums(line, "before_blocks", "before_bytes", before[site]);
		line->text[line->length - 1] = '}';
	}
	say(line, "],");
}

static void
write_account(void)
{
	static struct line line;
	const char *path = getenv("ACCOUNT");
	struct sum allocated = {0, 0}, leaked = {0, 0}, temporary = {0, 0};
	uint64_t unknown = 0;
	const int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) : STDOUT_FILENO;

	line.length = 0;
	for (unsigned i = 0; i < worker_count; i++) {
		temporary = add(temporary, workers[i].temporary);
		unknown += workers[i].unknown;
	}
	say(&line, "{");
	say_number(&line, "pid", (uint64_t)getpid());
	say_number(&line, "parent", (uint64_t)parent);
	say_sites(&line, &allocated, &leaked);
	say_sums(&line, "allocations", "bytes", allocated);
	say_sums(&line, "leaked_blocks", "leaked_bytes", leaked);
	say_sums(&line, "temporary", "temporary_bytes", temporary);
	say_sums(&line, "peak_blocks", "peak_bytes", peak);
	say_number(&line, "unknown", unknown);
	line.text[line.length - 1] = '}';
	say(&line, "\n");
	if (fd < 0 || write(fd, line.text, line.length) != (ssize_t)line.length)
		_exit(4);
	if (path)
		close(fd);
}

/* ---- processes ---- */

static void walk(struct worker *w);
static void fork_some(struct worker *w);

/* The child's account starts empty; what it inherited is nobody's. */
static void
begin_child(pid_t of)
{
	for (unsigned site = 0; site < SITES; site++)
		before[site] = add(before[site], live_of_site(site));
	for (unsigned i = 0; i < THREADS_MAX; i++) {
		memset(workers[i].allocated, 0, sizeof(workers[i].allocated));
		memset(workers[i].released, 0, sizeof(workers[i].released));
		workers[i].temporary = (struct sum){0, 0};
		workers[i].unknown = 0;
	}
	memset(at_peak, 0, sizeof(at_peak));
	peak = (struct sum){0, 0};
	live_bytes = 0;
	parent = of;
	generation++;
	worker_count = 1;
}

static void
run_child(struct worker *w, pid_t of, unsigned number)
{
	begin_child(of);
	w->random ^= (uint64_t)(number + 1) << 20;
	forks /= 2;
	walk(w);
	fork_some(w);
	walk(w);
	write_account();
	if (number % 2)
		exit(wrong ? 3 : 0);
	_exit(wrong ? 3 : 0);
}

static void
fork_some(struct worker *w)
{
	for (unsigned i = 0; i < forks; i++) {
		const pid_t self = getpid(), child = fork();
		int status;

		if (!child)
			run_child(w, self, i);
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		wrong |= child < 0 || status != 0;
	}
}

/* ---- threads ---- */

static void
walk(struct worker *w)
{
	for (unsigned i = 0; i < steps; i++)
		step(w);
}

static void
between_phases(struct worker *w, unsigned phase)
{
	struct block block;
	const struct block wanted = {.size = peak_bytes + w->random % 4096, .site = 7};

	if (phase == PEAK_PHASE && worker_count > 1) {
		make(w, &block, &wanted);
		note_peak();
		release(w, &block);
	}
	if (phase == PHASES / 2)
		fork_some(w);
}

static void *
work(void *argument)
{
	struct worker *w = argument;

	for (unsigned phase = 0; phase < PHASES; phase++) {
		walk(w);
		pthread_barrier_wait(&barrier);
		if (w->number == 0)
			between_phases(w, phase);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static unsigned
argument_or(char **arguments, int count, int index, unsigned otherwise)
{
	return index < count ? (unsigned)strtoul(arguments[index], NULL, 10) : otherwise;
}

int
main(int count, char **arguments)
{
	pthread_t threads[THREADS_MAX];
	const uint64_t seed = argument_or(arguments, count, 1, 1);

	worker_count = argument_or(arguments, count, 2, 1);
	steps = argument_or(arguments, count, 3, steps);
	forks = argument_or(arguments, count, 4, 0);
	if (worker_count < 1 || worker_count > THREADS_MAX)
		return 2;
	parent = getppid();
	pthread_barrier_init(&barrier, NULL, worker_count);
	for (unsigned i = 0; i < worker_count; i++) {
		workers[i].number = i;
		workers[i].random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) ^
				    (i + 1) * UINT64_C(0xd1b54a32d192ed03);
		pthread_mutex_init(&workers[i].inbox_lock, NULL);
	}
	for (unsigned i = 1; i < worker_count; i++)
		if (pthread_create(&threads[i], NULL, work, &workers[i]))
			return 2;
	work(&workers[0]);
	for (unsigned i = 1; i < worker_count; i++)
		pthread_join(threads[i], NULL);
	write_account();
	return wrong ? 3 : 0;
}

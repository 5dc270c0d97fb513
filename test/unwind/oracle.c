/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * libthag.so with an oracle: every so many captures the stack is walked once more by libunwind, and
 * the two are compared frame by frame. Linked with --wrap=unwind_capture, so that the code under
 * test is the product's own.
 *
 *	ORACLE_EVERY	compare one capture in this many (default 997)
 *	ORACLE_LOG		file that gets a line per process, and both stacks of what differs
 */
#define UNW_LOCAL_ONLY
#include <libunwind.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "modules.h"
#include "record.h"
#include "tree.h"
#include "unwind.h"

enum {
	FRAMES_MAX = 1 << 18,
	REPORTED_MAX = 20,
	REPORTED_FRAMES = 60
};

uint32_t __real_unwind_capture(
	struct unwinder *unwinder, struct writer *writer, struct frame frame, bool exact);
uint32_t __wrap_unwind_capture(
	struct unwinder *unwinder, struct writer *writer, struct frame frame, bool exact);

static uint64_t every = 997, captures, compared, different;
static const char *log_path;

__attribute__((constructor)) static void
configure(void)
{
	const char *text = getenv("ORACLE_EVERY");

	log_path = getenv("ORACLE_LOG");
	if (text)
		every = strtoull(text, NULL, 10);
}

static void
write_log(const char *text, int length)
{
	const int fd = log_path ? open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;

	if (fd < 0)
		return;
	if (write(fd, text, (size_t)length) < 0)
		abort();
	close(fd);
}

__attribute__((destructor)) static void
report(void)
{
	char line[256];

	write_log(line, snprintf(line, sizeof(line),
				"summary pid %d captures %lu compared %lu different %lu\n",
				getpid(), captures, compared, different));
}

static void
describe(const char *who, const uint64_t *pc, unsigned count)
{
	char text[64 * REPORTED_FRAMES];
	int length = snprintf(text, sizeof(text), "%s (%u):", who, count);

	for (unsigned i = 0; i < count && i < REPORTED_FRAMES; i++)
		length += snprintf(text + length, sizeof(text) - (size_t)length, " %lx", pc[i]);
	text[length++] = '\n';
	write_log(text, length);
}

/* Innermost first, down to where `pc` was called. */
static unsigned
walk_by_libunwind(uint64_t pc, uint64_t *frames)
{
	unw_context_t context;
	unw_cursor_t cursor;
	unw_word_t ip = 0;
	unsigned count = 0;
	bool inside = false;

	unw_getcontext(&context);
	unw_init_local(&cursor, &context);
	do {
		unw_get_reg(&cursor, UNW_REG_IP, &ip);
		inside |= ip == pc;
		if (inside && ip && count < FRAMES_MAX)
			frames[count++] = ip;
	} while (unw_step(&cursor) > 0);
	return count;
}

static unsigned
walk_tree(uint32_t node, uint64_t *frames)
{
	unsigned count = 0;

	for (; node && count < FRAMES_MAX; node = tree.nodes[node].parent) {
		const uint64_t pc = tree.nodes[node].pc & ~RECORD_PC_EXACT;

		/* A mark that libunwind, which ends here in silence, does not have. */
		if (pc != RECORD_PC_TRUNCATED)
			frames[count++] = pc;
	}
	return count;
}

static bool
differ(const uint64_t *a, unsigned a_count, const uint64_t *b, unsigned b_count)
{
	if (a_count != b_count)
		return true;
	for (unsigned i = 0; i < a_count; i++)
		if (a[i] != b[i])
			return true;
	return false;
}

/* What libunwind remembers by address, it remembers across dlclose too. */
static void
flush_after_unloading(void)
{
	static uint32_t flushed;
	const uint32_t generation = load_acquire(&modules_generation);

	if (exchange_acq_rel(&flushed, generation) != generation)
		unw_flush_cache(unw_local_addr_space, 0, 0);
}

static void
compare(uint32_t node, uint64_t pc)
{
	static __thread uint64_t *ours, *theirs;

	if (!ours) {
		ours = mmap(NULL, 2 * FRAMES_MAX * sizeof(uint64_t), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		theirs = ours + FRAMES_MAX;
	}
	flush_after_unloading();
	const unsigned our_count = walk_tree(node, ours);
	const unsigned their_count = walk_by_libunwind(pc, theirs);

	__atomic_fetch_add(&compared, 1, __ATOMIC_RELAXED);
	if (!differ(ours, our_count, theirs, their_count))
		return;
	if (__atomic_fetch_add(&different, 1, __ATOMIC_RELAXED) < REPORTED_MAX) {
		describe("thag     ", ours, our_count);
		describe("libunwind", theirs, their_count);
	}
}

uint32_t
__wrap_unwind_capture(
	struct unwinder *unwinder, struct writer *writer, struct frame frame, bool exact)
{
	const uint32_t node = __real_unwind_capture(unwinder, writer, frame, exact);

	if (__atomic_fetch_add(&captures, 1, __ATOMIC_RELAXED) % every == 0)
		compare(node, frame.pc);
	return node;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Records: the bytes in a chunk's payload.
 *
 * The frequent records are one tag byte and a few bytes more, coded relative to what the same chunk
 * said before; everything else is an extended record that carries its own length, so that a reader
 * skips what it does not know. The state that both sides keep (`struct record_state`) starts empty
 * in each chunk: a chunk can be read without any other. wire/README.md draws every layout.
 *
 * Tag byte, bits 0-2: enum record_kind. The rest by kind:
 *
 *	ALLOC	3 NODE_HIT  4 SIZE_SAME  5 node index bit 8  6 ADDRESS_HIT  7 ADDRESS_ODD
 *	FREE	3 REALLOC                                    6 ADDRESS_HIT  7 ADDRESS_ODD
 *	NODE	-
 *	ENTER	3 NODE_HIT  4 FROM       5 index bit 8
 *	EXIT	3 JUMPED
 *	SAMPLE	3 NODE_HIT  4 WALL       5 node index bit 8  6 KERNEL
 *
 * A "hit" names an entry of a table of recent values by its index; a miss carries the value and
 * enters it. Unlisted bits are 0; a reader refuses a chunk in which they are not.
 *
 * Time stamps are ticks: a counter that runs alike in all threads and processes of the machine,
 * with CLOCK records to convert it. Each record's time is coded as the distance from the one
 * before.
 */
#ifndef THAG_WIRE_RECORD_H
#define THAG_WIRE_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include "varint.h"

enum record_kind {
	RECORD_EXTENDED = 0, /* see enum record_type */
	RECORD_ALLOC = 1,    /* node, size, address, time: taken after the allocator returned */
	RECORD_FREE = 2,     /* address, time: taken before the allocator is called */
	RECORD_NODE = 3,   /* a call path: node = (parent, pc); before its first use by its maker */
	RECORD_ENTER = 4,  /* a traced function or a section is entered: address = function, or
			    * RECORD_PC_NAMED and its number; node: see RECORD_FROM, else 0 */
	RECORD_EXIT = 5,   /* the innermost of these is left */
	RECORD_SAMPLE = 6, /* node was running: size = how many sampling periods it stands for */
	RECORD_KINDS = 7,
};

enum record_flag {
	RECORD_NODE_HIT = 1 << 3,
	RECORD_SIZE_SAME = 1 << 4,
	RECORD_INDEX_HIGH = 1 << 5,
	RECORD_ADDRESS_HIT = 1 << 6,
	RECORD_ADDRESS_ODD = 1 << 7,
	RECORD_REALLOC = 1 << 3, /* FREE: the release half of a realloc */
	RECORD_WALL = 1 << 4,	 /* SAMPLE: of wall time, not CPU time */
	RECORD_KERNEL = 1 << 6,	 /* SAMPLE: of CPU time in the kernel, for what runs at node */
	RECORD_JUMPED = 1 << 3,	 /* EXIT: the hook was jumped to, not called: costs a little less */
	/*
	 * ENTER: a call path follows, which the function was entered from. Its time lies in the
	 * innermost open entry of its call stack as ever, but its path is this one's child: it may
	 * lead through functions that are not traced.
	 */
	RECORD_FROM = 1 << 4,
};

/*
 * Extended records: tag 0, then type, count of numbers, the numbers, count of strings, and each
 * string as length and bytes, all counts and numbers variable-length integers; preceded, after the
 * type, by the byte length of all that follows. New fields are added at the end; a reader takes
 * what is missing as 0 or empty. `number[0]` is always the time: on the wire a distance as in every
 * record, in `struct record_extended` absolute.
 */
enum record_type {
	RECORD_PROCESS = 1,	   /* first record of a process: see record_process_field */
	RECORD_CLOCK = 2,	   /* time, monotonic_ns, realtime_ns: taken together */
	RECORD_MODULE = 3,	   /* see record_module_field */
	RECORD_MODULE_GONE = 4,	   /* time, module */
	RECORD_THREAD = 5,	   /* time, tid, creator's node; string: name */
	RECORD_THREAD_END = 6,	   /* time */
	RECORD_REALLOC_FAILED = 7, /* time, address: the FREE of this thread before it is void */
	RECORD_MAP = 8,		   /* time, node, address, length: mmap */
	RECORD_UNMAP = 9,	   /* time, address, length */
	RECORD_REMAP = 10,	/* time, node, old address, old length, new address, new length */
	RECORD_BREAK = 11,	/* time, node, new program break, signed change (zigzag) */
	RECORD_LOST = 12,	/* time, count, reason (enum record_lost) */
	RECORD_TALLY = 13,	/* time, node (0: releases), count, bytes: an entry pushed out */
	RECORD_SAMPLING = 14,	/* time, rate_hz, enum record_sampling_source, 1: of wall time; 1:
				 * samples of CPU time tell user mode and kernel apart */
	RECORD_CALL_TALLY = 15, /* see record_call_tally_field */
	RECORD_COST = 16,	/* see record_cost_field */
	RECORD_SPAN_BEGIN = 17, /* time, number, instance: a section that belongs to no frame: it
				 * may end in another function, another thread; it has times, and
				 * no call path. Instances are 1, 2 ... in their process */
	RECORD_SPAN_END = 18,	/* time, number, instance */
	RECORD_MARK = 19,	/* time, number: this point was passed */
	RECORD_COUNTER = 20,	/* time, number, the bits of a double: it has this value from now */
	RECORD_TASK = 21,	/* see record_task_field */
	RECORD_CALL_BASE = 22,	/* time, node: nothing traced is open on this call stack; what is
				 * entered next was called from node */
	RECORD_CALL_STACK = 23, /* time, number: ENTER and EXIT of this thread are of this call
				 * stack from here on (0 is the thread's own; a coroutine's stack
				 * keeps its number on whatever thread of the process it runs) */
	RECORD_CALL_RANGE = 24, /* time, 1: tracing stopped (limits, options), 0: it goes on */
	RECORD_NAMED = 25,	/* see record_named_field */
	RECORD_MISUSE = 26,	/* see record_misuse_field */
	RECORD_CALL_LEFT = 27,	/* time, n: the entry of this call stack that has n open ones inside
				 * it (at least 1) is left, and these go on as if they were the
				 * callees of what it was entered from: sections that overlap. Their
				 * call paths stay */
	RECORD_PAUSED = 28,	/* time, 1: this process asked to record nothing but releases and
				 * ends from here on; 0: it goes on */
	RECORD_LATE_ENTER = 29, /* time, function, ticks: ENTER of a call that began then, written
				 * when it was clear that it is long enough */
	RECORD_CALL_PAUSE = 31, /* time, ticks: so long, until now, this thread was at the
				 * profiler's own business: no open call's time */
	RECORD_CALLS_LEFT_OUT = 30, /* time, count: so many calls inside of the innermost one that
				     * is open were not recorded, before this */
	RECORD_CALL_DEPTH = 32,	 /* time, n: so many entries are open on this call stack, and those
				  * further in are no more. After a hook was left in the middle */
	RECORD_PROCESS_END = 33, /* time: this process is about to end of itself. A few records of
				  * it may follow; of one that is killed there is none of these */
};

/*
 * What the source gave a name (include/thag.h): a place in it, known by its number. Said before the
 * number is used by whoever made it, perhaps a moment after another thread's first use: names are
 * to be looked up at the end. Two places may have one name, and are then one thing to a user.
 */
enum record_named_field {
	NAMED_TIME,
	NAMED_NUMBER, /* in its process, from 1; a fork's child knows those of its parent */
	NAMED_KIND,   /* enum record_named_kind */
	NAMED_LINE,
	NAMED_NUMBERS,
	NAMED_NAME = 0, /* strings: as in the source (cut at 1 KiB, as all three), */
	NAMED_FILE,	/* the source file as the compiler knew it, */
	NAMED_FUNCTION, /* the function around it */
	NAMED_STRINGS,
};

enum record_named_kind {
	NAMED_SECTION = 1,
	NAMED_PROFILED, /* a function that asked to be profiled; name: its own */
	NAMED_SPAN,
	NAMED_TASK,
	NAMED_MARK,
	NAMED_COUNTER,
	NAMED_END, /* a place that ends sections: of misuse alone */
};

/*
 * Tasks: work that goes on in pieces, on whatever threads. While one is resumed on a thread, what
 * is recorded there hangs below `node`: the path that made the task, and below it the task's name
 * as a frame (RECORD_PC_NAMED). Where tasks are resumed one in another, the last one has the time.
 */
enum record_task_field {
	TASK_TIME,
	TASK_NUMBER, /* its name; 0: a coroutine, named after the innermost frame of its path */
	TASK_ID,     /* in its process, 1, 2 ... */
	TASK_ACTION, /* enum record_task_action */
	TASK_NODE,   /* NEW: its call path, see above; else 0 */
	TASK_NUMBERS,
};

enum record_task_action {
	TASK_NEW = 1,
	TASK_RESUME, /* on the thread of this record, until SUSPEND or END */
	TASK_SUSPEND,
	TASK_END, /* from any thread: for good */
};

/* Where the source uses thag.h in a way that means nothing. It is counted, and the use ignored. */
enum record_misuse_field {
	MISUSE_TIME,
	MISUSE_NUMBER, /* of what was misused; for NOT_BEGUN the place that did it (NAMED_END); 0:
			* nothing that has a name */
	MISUSE_KIND,   /* enum record_misuse */
	MISUSE_COUNT,  /* how often since it was last said */
	MISUSE_NODE,   /* the call path that did it */
	MISUSE_NUMBERS,
};

enum record_misuse {
	MISUSE_NOT_BEGUN = 1, /* a section is ended that is not open in this function */
	MISUSE_NOT_ENDED,     /* a function returned before it ended a section it began by a pair */
	MISUSE_ENDED,	      /* a span or task is used after its end */
	MISUSE_RUNNING,	      /* a task is resumed that is running, here or on another thread */
	MISUSE_NOT_RUNNING,   /* a task is suspended where it is not running */
	MISUSE_KINDS,
};

/* Summary mode of tracing: sums of a call path, which are added to what was said of it before. */
enum record_call_tally_field {
	CALL_TALLY_TIME,
	CALL_TALLY_NODE,
	CALL_TALLY_COUNT,
	CALL_TALLY_TOTAL, /* these as in struct pool_call_tally */
	CALL_TALLY_MIN,
	CALL_TALLY_MAX,
	CALL_TALLY_OPEN,
	CALL_TALLY_NUMBERS,
};

/*
 * What tracing itself costs at this time, measured in the process again and again; in parts of a
 * tick. A traced call adds `pair` to whatever contains it, of which `inside` lies between its own
 * two time stamps:
 *
 *	true total = total - inside - calls inside it at any depth * pair (or jumped)
 *	true self  = self - inside - direct calls * (pair - inside)
 *
 * Sums of summary mode are without it already (struct pool_call_sums).
 */
enum record_cost_field {
	COST_TIME,
	COST_PAIR,
	COST_INSIDE,
	COST_UNCERTAINTY, /* of `pair`, half the width of the range in which it was measured */
	COST_SUMMARY,	  /* 1: of tracing in summary mode; 2: `pair` is of an allocation and
			   * its free, as memory profiling lengthens them; 3: of a call that
			   * is left out (options min_duration, max_depth) */
	COST_JUMPED,	  /* `pair` of a call whose EXIT is JUMPED */
	COST_NUMBERS,
};

enum {
	COST_FRACTION = 256 /* costs are in so many parts of a tick */
};

enum record_sampling_source {
	RECORD_SAMPLING_PERF = 1,  /* perf task-clock events */
	RECORD_SAMPLING_TIMER = 2, /* POSIX timers on the threads' CPU clocks */
	RECORD_SAMPLING_WALL = 3,  /* a monotonic timer */
};

enum record_process_field {
	PROCESS_TIME,
	PROCESS_PID,
	PROCESS_PARENT_PID,
	PROCESS_PARENT,	      /* process number of the forking process; 0: a fresh image */
	PROCESS_NODES,	      /* node ids below this are the parent's (of a fork), else 0 or 1 */
	PROCESS_ORIGIN,	      /* enum record_origin */
	PROCESS_SUMMARY,      /* 1: no ALLOC and FREE records follow, tallies do */
	PROCESS_MIN_DURATION, /* these as in struct options, 0 where nothing is asked for */
	PROCESS_START_AFTER,
	PROCESS_STOP_AFTER,
	PROCESS_MAX_CALLS,
	PROCESS_KEEP,
	PROCESS_PROFILED, /* enum options_profile; 0: not known */
	PROCESS_NUMBERS,
	PROCESS_EXE = 0,   /* strings: path of the executable, */
	PROCESS_ARGUMENTS, /* arguments, each with its final NUL (cut at 2 KiB) */
	PROCESS_STRINGS,
};

enum record_origin {
	RECORD_IMAGE = 0,
	RECORD_FORK = 1
};

enum record_module_field {
	MODULE_TIME,
	MODULE_NUMBER, /* in its process, from 1; inherited by forks */
	MODULE_BIAS,   /* difference between run-time and link-time addresses */
	MODULE_START,  /* first address mapped */
	MODULE_END,    /* first address after it */
	MODULE_NUMBERS,
	MODULE_PATH = 0, /* strings: path as the program sees it ("[vdso]" for the vdso), */
	MODULE_BUILD_ID, /* build id, raw bytes, may be empty */
	MODULE_STRINGS,
};

enum record_lost {
	RECORD_LOST_FULL = 1,	/* no chunk could be had */
	RECORD_LOST_NESTED = 2, /* a handler's call interrupted a hook */
	RECORD_LOST_OWN = 4,	/* sampling periods that hit the profiler itself, not the program */
	RECORD_LOST_STACK = 3,	/* recorded, but its stack could not be kept whole */
	RECORD_LOST_TIME = 5,	/* nanoseconds of CPU time that no sample stands for, as an int64_t:
				 * where samples stand for too much it is below 0 */
};

/*
 * Program counters in NODE records. Return addresses as they are; addresses that are exact
 * (sampled, or interrupted by a signal) carry RECORD_PC_EXACT. Values below RECORD_PC_LAST_PSEUDO
 * are no addresses but marks for a reader.
 */
#define RECORD_PC_EXACT (UINT64_C(1) << 63)
/*
 * What has a name is a frame like a function: these two bits (EXACT among them, so that paths of
 * calls and of stacks are alike) and its number. No address has the second one.
 */
#define RECORD_PC_NAMED (UINT64_C(3) << 62)
enum record_pc {
	RECORD_PC_UNKNOWN = 1,	 /* nothing could be found out */
	RECORD_PC_TRUNCATED = 2, /* outer frames could not be walked */
	RECORD_PC_FOLDED = 3,	 /* recursion beyond the bound was left out here */
	RECORD_PC_THREAD = 4,	 /* below: the stacks of a thread that was created from here */
	RECORD_PC_COROUTINE = 5, /* below: a stack that was made from here (makecontext) */
	RECORD_PC_LAST_PSEUDO = 4096,
};

enum {
	RECORD_NODES = 512,	/* entries of recent nodes (or functions), direct-mapped */
	RECORD_ADDRESSES = 256, /* entries of recent addresses, direct-mapped */
	RECORD_HOT_BYTES = 48,	/* no frequent record is longer */
	RECORD_NUMBERS_MAX = 16,
	RECORD_STRINGS_MAX = 4,
};

struct record_node {
	uint32_t node;
	uint32_t size; /* of its last allocation, 0: none that fits */
};

/* What both ends of a chunk remember. Must be all zero (record_state_init) where a chunk starts. */
struct record_state {
	uint64_t ticks;
	uint64_t address;
	uint64_t pc;
	uint32_t node;
	struct record_node nodes[RECORD_NODES];
	uint64_t functions[RECORD_NODES];
	uint64_t addresses[RECORD_ADDRESSES];
};

struct record_string {
	const uint8_t *bytes; /* into the payload, not terminated */
	uint32_t length;
};

struct record_extended {
	uint32_t type; /* enum record_type, or a number that is not known yet */
	uint32_t number_count;
	uint32_t string_count;
	uint64_t number[RECORD_NUMBERS_MAX]; /* those not sent are 0 */
	struct record_string string[RECORD_STRINGS_MAX];
};

struct record {
	enum record_kind kind;
	uint32_t flags;			 /* REALLOC, WALL, KERNEL, FROM */
	uint32_t node;			 /* ALLOC, SAMPLE; NODE: the new id; ENTER: see FROM */
	uint32_t parent;		 /* NODE: 0 for an outermost frame */
	uint64_t ticks;			 /* absolute; NODE: of the record before */
	uint64_t address;		 /* ALLOC, FREE; ENTER: function; NODE: pc */
	uint64_t size;			 /* ALLOC: bytes; SAMPLE: periods */
	struct record_extended extended; /* of EXTENDED alone */
};

/* The number of what `pc` names; 0: it names nothing. */
static inline uint32_t
record_pc_number(uint64_t pc)
{
	return (pc & RECORD_PC_NAMED) == RECORD_PC_NAMED ? (uint32_t)pc : 0;
}

static inline unsigned
record_address_index(uint64_t address)
{
	return (unsigned)((address >> 4) ^ (address >> 12)) % RECORD_ADDRESSES;
}

static inline unsigned
record_node_index(uint32_t node)
{
	return node % RECORD_NODES;
}

static inline unsigned
record_function_index(uint64_t address)
{
	return (unsigned)((address >> 4) ^ (address >> 13)) % RECORD_NODES;
}

/* Both sides: start of a chunk whose header says `base_ticks`. */
void record_state_init(struct record_state *state, uint64_t base_ticks);

/*
 * Reader: takes one record from [at, end). Returns the byte after it; NULL where the bytes are not
 * a whole valid record. The strings of `ret_record` point into the payload. Extended records of
 * unknown type are returned like all others. Never reads outside [at, end), never writes but to
 * `state` and `*ret_record`.
 */
const uint8_t *record_parse(struct record_state *state, const uint8_t *at, const uint8_t *end,
	struct record *ret_record);

/*
 * Reader: the same of a traced call in its usual form, where RECORD_HOT_BYTES can be read at `at`:
 * the EXIT, or the ENTER of a function that is in the table, not long after the record before.
 * NULL: it is anything else, and record_parse()'s; nothing is changed then.
 */
static inline const uint8_t *
record_parse_call(struct record_state *state, const uint8_t *at, struct record *ret_record)
{
	const unsigned tag = *at++;
	const bool is_exit = (tag & ~RECORD_JUMPED) == RECORD_EXIT;
	uint64_t function = 0;

	if (!is_exit) {
		if ((tag & ~RECORD_INDEX_HIGH) != (RECORD_ENTER | RECORD_NODE_HIT))
			return 0;
		function = state->functions[*at++ | (tag & RECORD_INDEX_HIGH) << 3];
	}
	/* Without a branch: whether it takes one byte or two is no thing to predict. */
	const unsigned more = at[0] >> 7, low = at[0] & 0x7f, high = at[1] & -more;

	if (high >= 0x80)
		return 0;
	ret_record->kind = is_exit ? RECORD_EXIT : RECORD_ENTER;
	ret_record->flags = is_exit ? tag & RECORD_JUMPED : 0;
	ret_record->address = function;
	ret_record->node = 0;
	ret_record->ticks = state->ticks += low | (uint64_t)high << 7;
	return at + 1 + more;
}

/*
 * Writer: appends an extended record to `at`, where `end - at` bytes are free. `numbers[0]` is the
 * absolute time. Returns the byte after it, or NULL where it does not fit (nothing is changed
 * then).
 */
uint8_t *record_emit_extended(struct record_state *state, uint8_t *at, const uint8_t *end,
	uint32_t type, const uint64_t *numbers, uint32_t number_count,
	const struct record_string *strings, uint32_t string_count);

/* Writer: the frequent records. RECORD_HOT_BYTES must be free at `at`; returns the byte after. */

static inline uint8_t *
record_emit_time(struct record_state *state, uint8_t *at, uint64_t ticks)
{
	/* A clock that went back (another core, a suspended machine) stands still instead. */
	const uint64_t distance = ticks > state->ticks ? ticks - state->ticks : 0;

	state->ticks += distance;
	return varint_emit(at, distance);
}

/* Sets the address flags in `*tag`. */
static inline uint8_t *
record_emit_address(struct record_state *state, uint8_t *at, uint8_t *tag, uint64_t address)
{
	const unsigned index = record_address_index(address);

	if (state->addresses[index] == address) {
		*tag |= RECORD_ADDRESS_HIT;
		*at++ = (uint8_t)index;
	} else {
		int64_t distance = (int64_t)(address - state->address);

		state->addresses[index] = address;
		if (distance & 15)
			*tag |= RECORD_ADDRESS_ODD;
		else
			distance >>= 4;
		at = varint_emit(at, varint_zigzag(distance));
	}
	state->address = address;
	return at;
}

static inline uint8_t *
record_emit_alloc(struct record_state *state, uint8_t *at, uint64_t ticks, uint32_t node,
	uint64_t size, uint64_t address)
{
	struct record_node *recent = &state->nodes[record_node_index(node)];
	uint8_t *tag = at++;

	*tag = RECORD_ALLOC;
	if (recent->node == node) {
		const unsigned index = record_node_index(node);

		*tag |= (uint8_t)(RECORD_NODE_HIT | (index >> 8) << 5);
		*at++ = (uint8_t)index;
		if (recent->size == size && size)
			*tag |= RECORD_SIZE_SAME;
		else
			at = varint_emit(at, size);
	} else {
		at = varint_emit(at, varint_zigzag((int32_t)(node - state->node)));
		at = varint_emit(at, size);
		recent->node = node;
	}
	recent->size = size <= UINT32_MAX ? (uint32_t)size : 0;
	state->node = node;
	at = record_emit_address(state, at, tag, address);
	return record_emit_time(state, at, ticks);
}

/* `flags`: 0 or RECORD_REALLOC. */
static inline uint8_t *
record_emit_free(
	struct record_state *state, uint8_t *at, uint64_t ticks, uint64_t address, uint32_t flags)
{
	uint8_t *tag = at++;

	*tag = (uint8_t)(RECORD_FREE | flags);
	at = record_emit_address(state, at, tag, address);
	return record_emit_time(state, at, ticks);
}

static inline uint8_t *
record_emit_node(
	struct record_state *state, uint8_t *at, uint32_t node, uint32_t parent, uint64_t pc)
{
	*at++ = RECORD_NODE;
	at = varint_emit(at, varint_zigzag((int32_t)(node - state->node)));
	at = varint_emit(at, varint_zigzag((int32_t)(node - parent)));
	at = varint_emit(at, varint_zigzag((int64_t)(pc - state->pc)));
	state->node = node;
	state->pc = pc;
	return at;
}

/* `from`: the call path of RECORD_FROM, 0: none. */
static inline uint8_t *
record_emit_enter_from(
	struct record_state *state, uint8_t *at, uint64_t ticks, uint64_t function, uint32_t from)
{
	const unsigned index = record_function_index(function);
	uint8_t *tag = at++;

	*tag = RECORD_ENTER;
	if (state->functions[index] == function) {
		*tag |= (uint8_t)(RECORD_NODE_HIT | (index >> 8) << 5);
		*at++ = (uint8_t)index;
	} else {
		at = varint_emit(at, varint_zigzag((int64_t)(function - state->pc)));
		state->functions[index] = function;
		state->pc = function;
	}
	if (from) {
		*tag |= RECORD_FROM;
		at = varint_emit(at, varint_zigzag((int32_t)(from - state->node)));
		state->node = from;
	}
	return record_emit_time(state, at, ticks);
}

static inline uint8_t *
record_emit_enter(struct record_state *state, uint8_t *at, uint64_t ticks, uint64_t function)
{
	return record_emit_enter_from(state, at, ticks, function, 0);
}

/* `flags`: 0 or RECORD_JUMPED. */
static inline uint8_t *
record_emit_exit(struct record_state *state, uint8_t *at, uint64_t ticks, uint32_t flags)
{
	*at++ = (uint8_t)(RECORD_EXIT | flags);
	return record_emit_time(state, at, ticks);
}

/* `flags`: 0, RECORD_WALL or RECORD_KERNEL; `periods` at least 1. */
static inline uint8_t *
record_emit_sample(struct record_state *state, uint8_t *at, uint64_t ticks, uint32_t node,
	uint64_t periods, uint32_t flags)
{
	struct record_node *recent = &state->nodes[record_node_index(node)];

	if (recent->node == node) {
		const unsigned index = record_node_index(node);

		*at++ = (uint8_t)(RECORD_SAMPLE | RECORD_NODE_HIT | flags | (index >> 8) << 5);
		*at++ = (uint8_t)index;
	} else {
		*at++ = (uint8_t)(RECORD_SAMPLE | flags);
		at = varint_emit(at, varint_zigzag((int32_t)(node - state->node)));
		recent->node = node;
		recent->size = 0;
	}
	state->node = node;
	at = varint_emit(at, periods);
	return record_emit_time(state, at, ticks);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unwind.h"
#include <stddef.h>
#include <string.h>
#include "cfi.h"
#include "modules.h"
#include "rule.h"
#include "rules.h"
#include "session.h"
#include "os/system.h"
#include "forbid.h"

/* Where the outermost frame has no return address, its caller reads as zero from here. */
static uint64_t no_caller;

/* ---- memory ---- */

enum {
	/* Bytes that one frame takes in all arrays together. */
	FRAME_BYTES = 2 * sizeof(uint64_t) + sizeof(struct memo_frame) + 2 * 2 * sizeof(uint64_t) +
		      sizeof(struct fresh_frame),
};

/* Lays the arrays out in `memory`. */
static void
place_arrays(struct unwinder *u, char *memory, uint32_t capacity)
{
	u->fresh = (struct fresh_frame *)memory;
	u->frames = (struct memo_frame *)(u->fresh + capacity);
	u->pc = (uint64_t *)(u->frames + capacity);
	u->slot = (uint64_t **)(u->pc + capacity);
	u->check_address = u->slot + capacity;
	u->check_value = (uint64_t *)(u->check_address + 2 * capacity);
	u->capacity = capacity;
}

/* The memo of no stack at all: frame 0, which equals none. */
static void
clear_memo(struct unwinder *u)
{
	u->top = u->matchable = 0;
	u->pc[0] = 0;
	u->slot[0] = &no_caller;
	u->frames[0] = (struct memo_frame){.sp = UINT64_MAX, .node = TREE_ROOT};
}

bool
unwind_init(struct unwinder *u)
{
	char *memory = session_map_wiped((size_t)UNWIND_FRAMES_FIRST * FRAME_BYTES);

	u->segments = session_map_wiped(sizeof(*u->segments));
	if (!memory || !u->segments)
		return false;
	place_arrays(u, memory, UNWIND_FRAMES_FIRST);
	u->generation = load_acquire(&modules_generation);
	unwind_begin(u);
	return true;
}

void
unwind_begin(struct unwinder *u)
{
	stack_view_begin(&u->view);
	clear_memo(u);
}

void
unwind_forget(struct unwinder *u)
{
	u->generation = load_acquire(&modules_generation) - 1;
}

#define COPY(array, count) memcpy(u->array, old.array, (count) * sizeof(*u->array))

/* Doubles the arrays; `fresh_count` frames are in use. */
static bool
grow(struct unwinder *u, uint32_t fresh_count)
{
	const struct unwinder old = {
		.fresh = u->fresh,
		.frames = u->frames,
		.pc = u->pc,
		.slot = u->slot,
		.check_address = u->check_address,
		.check_value = u->check_value,
	};
	const uint32_t capacity = u->capacity;
	char *memory = NULL;

	if (capacity < UNWIND_FRAMES_MAX)
		memory = session_map_wiped((size_t)capacity * 2 * FRAME_BYTES);
	if (!memory)
		return false;
	place_arrays(u, memory, capacity * 2);
	COPY(fresh, fresh_count);
	COPY(frames, u->top + 1);
	COPY(pc, u->top + 1);
	COPY(slot, u->top + 1);
	COPY(check_address, u->frames[u->top].checks);
	COPY(check_value, u->frames[u->top].checks);
	system_unmap(old.fresh, (size_t)capacity * FRAME_BYTES);
	return true;
}

/* ---- stepping ---- */

enum step {
	STEP_CALLER,
	STEP_SIGNAL,
	STEP_END,
	STEP_LOST
};

/* Where the return address is from the CFA, in bytes. */
static inline int64_t
return_offset(struct rule rule)
{
	return ARCH_RETURN_FIXED ? ARCH_RETURN_OFFSET : (int64_t)rule.ra_words * 8;
}

/* Whether the words of a frame that ends at `cfa` may be read. */
static inline bool
is_inside(struct unwinder *u, const struct frame *frame, uint64_t cfa, uint64_t slot)
{
	/* A caller's frame lies above its callee's, on the same stack. */
	if (unlikely(cfa <= frame->sp || cfa % 8))
		return false;
	if (unlikely(cfa > u->view.bounds.high) && !stack_view_reach(&u->view, cfa))
		return false;
	return ARCH_RETURN_FIXED || stack_view_holds(&u->view, slot);
}

/*
 * Whether `slot` may be where a frame at `sp` saved a register: in itself or, just before it
 * returns, right below. What lies further down is nobody's by the time it is verified.
 */
static inline bool
is_saved(const struct unwinder *u, uint64_t sp, uint64_t slot)
{
	enum {
		RED_ZONE_BYTES = 128
	};
	return slot + RED_ZONE_BYTES >= sp && stack_view_holds(&u->view, slot);
}

/* Reads the caller once the CFA is known. */
static inline enum step
read_caller(struct unwinder *u, struct frame *frame, struct fresh_frame *left, struct rule rule,
	uint64_t cfa, uint64_t bp_slot)
{
	const uint64_t slot = cfa + (uint64_t)return_offset(rule);

	if (unlikely(!is_inside(u, frame, cfa, slot)))
		return STEP_LOST;
	if (bp_slot) {
		if (unlikely(!is_saved(u, frame->sp, bp_slot)))
			return STEP_LOST;
		frame->bp = stack_view_word(&u->view, bp_slot);
	}
	left->bp_slot = bp_slot;
	frame->pc = stack_view_word(&u->view, slot);
	frame->sp = cfa;
	return STEP_CALLER;
}

/* Code without tables is taken to keep frame pointers; a zero ends the chain by convention. */
static enum step
step_by_frame_pointer(struct unwinder *u, struct frame *frame, struct fresh_frame *left)
{
	const struct rule rule = {.kind = RULE_NONE, .ra_words = ARCH_RETURN_OFFSET / 8};

	if (!frame->bp)
		return STEP_END;
	if (frame->bp < frame->sp)
		return STEP_LOST;
	return read_caller(u, frame, left, rule, frame->bp + 16, frame->bp);
}

static enum step
step_through_signal(struct unwinder *u, struct frame *frame)
{
	const uint64_t end = frame->sp + ARCH_SIGNAL_FRAME_BYTES;

	if (end < frame->sp || !stack_view_reach(&u->view, end) ||
		!stack_view_holds(&u->view, frame->sp))
		return STEP_LOST;
	const uint64_t from = frame->sp;

	*frame = arch_signal_frame(from + u->view.shift);
	stack_view_move(&u->view, from, frame->sp);
	return STEP_SIGNAL;
}

static enum step
step_by_expression(struct unwinder *u, struct frame *frame, uint64_t address)
{
	struct frame caller;

	if (!cfi_step(address, frame, &u->view, &caller) || caller.sp <= frame->sp)
		return STEP_LOST;
	*frame = caller;
	return STEP_CALLER;
}

static __attribute__((noinline)) enum step
step_slow(struct unwinder *u, struct frame *frame, struct fresh_frame *left, struct rule rule,
	uint64_t address)
{
	switch (rule.kind) {
	case RULE_NONE:
		return step_by_frame_pointer(u, frame, left);
	case RULE_DEREF_BP: {
		const uint64_t at = frame->bp + (uint64_t)((int64_t)rule.cfa_words * 8);

		if (!stack_view_reach(&u->view, at + 8) || !is_saved(u, frame->sp, at))
			return STEP_LOST;
		const uint64_t cfa = stack_view_word(&u->view, at);
		const int64_t bp_offset = (int64_t)rule.bp_words * 8;
		uint64_t bp_slot = 0;

		if (rule.flags & RULE_BP_AT_BP)
			bp_slot = frame->bp + (uint64_t)bp_offset;
		else if (rule.flags & RULE_BP_AT_CFA)
			bp_slot = cfa + (uint64_t)bp_offset;
		return read_caller(u, frame, left, rule, cfa, bp_slot);
	}
	case RULE_SIGNAL:
		return step_through_signal(u, frame);
	case RULE_EXPRESSION:
		return step_by_expression(u, frame, address);
	default:
		return STEP_END;
	}
}

/* Moves `frame` to its caller. `address` is where its rule was looked up. */
static inline enum step
step(struct unwinder *u, struct frame *frame, struct fresh_frame *left, struct rule rule,
	uint64_t address)
{
	uint64_t cfa, bp_slot = 0;

	if (likely(rule.kind == RULE_SP))
		cfa = frame->sp + (uint64_t)((int64_t)rule.cfa_words * 8);
	else if (rule.kind == RULE_BP)
		cfa = frame->bp + (uint64_t)((int64_t)rule.cfa_words * 8);
	else {
		/* A copy, so that the frame itself can stay in registers. */
		struct frame copy = *frame;
		const enum step result = step_slow(u, &copy, left, rule, address);

		*frame = copy;
		return result;
	}
	if (rule.flags & RULE_BP_AT_CFA)
		bp_slot = cfa + (uint64_t)((int64_t)rule.bp_words * 8);
	else if (unlikely(rule.flags & RULE_BP_AT_BP))
		bp_slot = frame->bp + (uint64_t)((int64_t)rule.bp_words * 8);
	return read_caller(u, frame, left, rule, cfa, bp_slot);
}

/* ---- the memo ---- */

/*
 * Compares the words that the frames outside `from` were read from with what was there. Returns the
 * innermost frame that may be met: everything that stepping out of it would read is as it was.
 *
 * From the outermost frame inwards, once for the whole walk: where something has changed, the walk
 * then knows how far out it has to go, instead of trying at each frame.
 */
static inline __attribute__((always_inline)) uint32_t
verify(const struct unwinder *u, uint32_t from)
{
	const uint64_t *pc = u->pc;
	uint64_t *const *slot = u->slot;
	uint32_t k = 0;

	/* Four at a time without a branch between: the loads are independent. */
	for (; k + 4 <= from; k += 4)
		if (unlikely((*slot[k] ^ pc[k]) | (*slot[k + 1] ^ pc[k + 1]) |
			     (*slot[k + 2] ^ pc[k + 2]) | (*slot[k + 3] ^ pc[k + 3])))
			break;
	while (k < from && *slot[k] == pc[k])
		k++;
	for (uint32_t i = 0; i < u->frames[k].checks; i++) {
		if (likely(*u->check_address[i] == u->check_value[i]))
			continue;
		while (k > 0 && u->frames[k].checks > i)
			k--;
	}
	return k;
}

/* Reads of verify() stay inside the own stack: the outermost slot is the highest. */
static inline bool
is_safe_to_verify(const struct unwinder *u)
{
	return u->slot[0] == &no_caller ? u->top == 0 || u->frames[1].sp <= u->view.own.high
					: (uint64_t)u->slot[0] < u->view.own.high;
}

/* Whether the view has this word, and it is what it was. */
static bool
is_kept(const struct unwinder *u, const uint64_t *slot, uint64_t word)
{
	return stack_view_holds(&u->view, (uint64_t)slot) &&
	       stack_view_word(&u->view, (uint64_t)slot) == word;
}

/* The same as verify() on a stack that is not the own one: of any word it first asks whether. */
static uint32_t
verify_elsewhere(struct unwinder *u, uint32_t from)
{
	const uint64_t end =
		u->slot[0] == &no_caller ? u->frames[u->top != 0].sp : (uint64_t)u->slot[0] + 8;
	uint32_t k = 0;

	/* Where it lies near. Elsewhere it is another stack's, mostly. */
	if (!from || end - u->frames[from].sp > UNWIND_NEAR_BYTES)
		return 0;
	stack_view_reach(&u->view, end);
	while (k < from && ((!k && u->slot[0] == &no_caller) || is_kept(u, u->slot[k], u->pc[k])))
		k++;
	for (uint32_t i = 0; i < u->frames[k].checks; i++)
		while (k && u->frames[k].checks > i &&
			!is_kept(u, u->check_address[i], u->check_value[i]))
			k--;
	return k;
}

/* Makes frame 0 the end of the stack just walked. */
static void
set_end(struct unwinder *u, uint64_t *slot, uint32_t node)
{
	u->pc[0] = 0;
	u->slot[0] = slot;
	u->frames[0] = (struct memo_frame){.sp = UINT64_MAX, .node = node};
}

/* Notes what leaving `fresh` depends on, beside its return address. Returns the new count of
 * checks. */
static inline uint32_t
add_checks(struct unwinder *u, const struct fresh_frame *fresh, struct rule rule,
	const struct memo_frame *outer)
{
	uint32_t checks = outer->checks;

	if (fresh->bp_slot && outer->live) {
		u->check_address[checks] = (uint64_t *)fresh->bp_slot;
		u->check_value[checks++] = outer->bp;
	}
	if (unlikely(rule.kind == RULE_DEREF_BP)) {
		u->check_address[checks] =
			(uint64_t *)(fresh->bp + (uint64_t)((int64_t)rule.cfa_words * 8));
		u->check_value[checks++] = outer->sp;
	}
	return checks;
}

/* I2: bp is live where a frame's rule uses it, or leaves it to an outer one that does. */
static inline bool
is_live(const struct fresh_frame *fresh, struct rule rule, bool outer_live)
{
	return rule.kind != RULE_SP || rule.flags & RULE_BP_AT_BP ||
	       (outer_live && !fresh->bp_slot);
}

/*
 * Takes over `count` fresh frames above memo frame `match`. Signal frames among them bound what may
 * be matched later (I4): the frame that a signal interrupted may be, the one below the handler not;
 * nor one whose table is an expression, because what that read is not verified.
 */
static uint32_t
merge(struct unwinder *u, struct writer *writer, uint32_t match, uint32_t count)
{
	/* In registers: the compiler has to think that any store may change them. */
	struct memo_frame *const frames = u->frames;
	uint64_t *const pc = u->pc, **const slot = u->slot;
	struct memo_frame outer = frames[match];
	uint32_t matchable = match, k = match;
	bool open = true;

	for (const struct fresh_frame *fresh = u->fresh + count; fresh-- != u->fresh;) {
		const struct rule rule = rule_unpack(fresh->rule);
		const struct memo_frame frame = {
			.sp = fresh->sp,
			.bp = fresh->bp,
			.node = tree_child(&u->cache, writer, outer.node, fresh->pc),
			.checks = add_checks(u, fresh, rule, &outer),
			.live = is_live(fresh, rule, outer.live),
		};

		k++;
		pc[k] = fresh->pc;
		slot[k] = (uint64_t *)fresh->slot;
		frames[k] = outer = frame;
		open = open && rule.kind != RULE_SIGNAL && rule.kind != RULE_EXPRESSION;
		if (open)
			matchable = k;
	}
	u->top = k;
	u->matchable = matchable;
	return outer.node;
}

/* ---- inner parts of stacks seen before ---- */

static inline uint64_t
word_at(const uint64_t *address, uint64_t shift)
{
	return *(const uint64_t *)((uint64_t)address + shift);
}

/* Whether the words that stepping through the segment read are what they were. */
static inline bool
segment_stands(const struct segment *segment, uint64_t shift)
{
	uint64_t differ = word_at(segment->outer_slot, shift) ^ segment->outer_pc;

	for (uint32_t i = 0; i + 1 < segment->count; i++)
		differ |= word_at(segment->frame[i].slot, shift) ^ segment->frame[i].pc;
	for (uint32_t i = 0; i < segment->check_count; i++)
		differ |= word_at(segment->check[i].address, shift) ^ segment->check[i].value;
	return !differ;
}

/* Whether the segment begins at `frame` and ends at a frame that the memo has verified. */
static inline bool
segment_fits(const struct unwinder *u, const struct segment *segment, const struct frame *frame,
	uint64_t exact, uint32_t match, uint64_t shift)
{
	const uint32_t k = segment->outer;

	if (segment->sp != frame->sp || segment->pc != (frame->pc | exact) || k > match ||
		!segment->count || segment->generation != u->generation)
		return false;

	const struct memo_frame *outer = &u->frames[k];
	const struct memo_frame *inner = &segment->frame[segment->count - 1].frame;

	return outer->node == segment->outer_node && outer->sp == segment->outer_sp &&
	       outer->checks == segment->outer_checks && u->pc[k] == segment->outer_pc &&
	       (!outer->live || outer->bp == segment->outer_bp) &&
	       (!inner->live || inner->bp == frame->bp) && segment_stands(segment, shift);
}

/* Makes the segment the memo's inner part, as merge() would. */
static inline uint32_t
take_segment(struct unwinder *u, struct segment *segment)
{
	uint32_t k = segment->outer, checks = u->frames[k].checks;

	segment->failures = 0;
	u->slot[k] = segment->outer_slot;
	for (uint32_t i = 0; i < segment->count; i++) {
		k++;
		u->pc[k] = segment->frame[i].pc;
		u->slot[k] = segment->frame[i].slot;
		u->frames[k] = segment->frame[i].frame;
	}
	for (uint32_t i = 0; i < segment->check_count; i++, checks++) {
		u->check_address[checks] = segment->check[i].address;
		u->check_value[checks] = segment->check[i].value;
	}
	u->top = u->matchable = k;
	return u->frames[k].node;
}

/* Remembers in `segment` (or not, if NULL) what merge() has just put above memo frame `outer`. */
static void
keep_segment(struct unwinder *u, struct segment *segment, uint32_t outer)
{
	const uint32_t count = u->top - outer, first_check = u->frames[outer].checks;
	const uint32_t check_count = u->frames[u->top].checks - first_check;
	const uint64_t low = u->frames[u->top].sp + (uint64_t)ARCH_RETURN_OFFSET;

	if (!segment)
		return;
	segment->count = 0;
	if (!outer || u->matchable != u->top || count > SEGMENT_FRAMES ||
		check_count > SEGMENT_CHECKS || u->pc[outer] & RECORD_PC_EXACT)
		return;
	for (uint32_t i = 0; i < check_count; i++) {
		const uint64_t address = (uint64_t)u->check_address[first_check + i];

		if (address < low || address >= u->frames[outer].sp)
			return;
		segment->check[i].address = u->check_address[first_check + i];
		segment->check[i].value = u->check_value[first_check + i];
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t k = outer + 1 + i;

		segment->frame[i] = (struct segment_frame){u->pc[k], u->slot[k], u->frames[k]};
	}
	segment->pc = u->pc[u->top];
	segment->sp = u->frames[u->top].sp;
	segment->outer_pc = u->pc[outer];
	segment->outer_sp = u->frames[outer].sp;
	segment->outer_bp = u->frames[outer].bp;
	segment->outer_slot = u->slot[outer];
	segment->outer = outer;
	segment->outer_node = u->frames[outer].node;
	segment->outer_checks = first_check;
	segment->generation = u->generation;
	segment->check_count = (uint16_t)check_count;
	segment->count = (uint16_t)count;
}

/* ---- stacks deeper than the arrays ---- */

/* Of the frames that have no room, so many outermost ones are kept: the last part of `fresh`. */
static uint32_t
outer_kept(const struct unwinder *u)
{
	return u->capacity / 4;
}

/* Walks on from `frame`, keeping the last frames in a ring. Returns how many frames there were. */
static uint64_t
walk_outer(struct unwinder *u, struct frame frame, uint64_t exact, enum step *ret_result)
{
	struct fresh_frame *ring = &u->fresh[u->capacity - outer_kept(u)];
	enum step result = STEP_CALLER;
	uint64_t count = 0;

	while (result != STEP_END && result != STEP_LOST && frame.pc && count < UNWIND_WALK_MAX) {
		const uint64_t address = exact ? frame.pc : frame.pc - 1;
		struct fresh_frame *left = &ring[count++ % outer_kept(u)];

		left->pc = frame.pc | exact;
		result = step(u, &frame, left, rule_unpack(rules_find(address)), address);
		exact = result == STEP_SIGNAL ? RECORD_PC_EXACT : 0;
	}
	*ret_result = count < UNWIND_WALK_MAX ? result : STEP_LOST;
	return count;
}

/* The node of a stack whose inner frames fill `fresh`: outermost ones, a mark, inner ones. */
static uint32_t
capture_too_deep(struct unwinder *u, struct writer *writer, struct frame frame, uint64_t exact)
{
	const uint32_t kept = outer_kept(u), inner = u->capacity - kept;
	uint32_t node = u->origin;
	enum step result;
	const uint64_t count = walk_outer(u, frame, exact, &result);

	if (result == STEP_LOST)
		node = tree_child(&u->cache, writer, node, RECORD_PC_TRUNCATED);
	for (uint64_t i = 1; i <= count && i <= kept; i++)
		node = tree_child(&u->cache, writer, node, u->fresh[inner + (count - i) % kept].pc);
	if (count > kept)
		node = tree_child(&u->cache, writer, node, RECORD_PC_FOLDED);
	for (uint32_t i = inner; i-- > 0;)
		node = tree_child(&u->cache, writer, node, u->fresh[i].pc);
	return node;
}

/* ---- capture ---- */

static __attribute__((noinline)) void
refresh(struct unwinder *u, struct writer *writer)
{
	if (u->sequence != writer->sequence) {
		u->sequence = writer->sequence;
		modules_check(writer);
	}
	const uint32_t generation = load_acquire(&modules_generation);

	if (u->generation == generation)
		return;
	u->generation = generation;
	memset(&u->cache, 0, sizeof(u->cache));
	clear_memo(u);
}

/* The walk has ended without meeting the memo: makes a new frame 0. */
static __attribute__((noinline)) void
end_walk(struct unwinder *u, struct writer *writer, enum step result, uint64_t slot)
{
	uint32_t node = u->origin;

	if (result == STEP_LOST)
		node = tree_child(&u->cache, writer, node, RECORD_PC_TRUNCATED);
	u->top = u->matchable = 0;
	set_end(u, result == STEP_CALLER ? (uint64_t *)slot : &no_caller, node);
}

/*
 * Makes room for one more frame above `*match` + `count`. Where there is no more memory the memo is
 * given up first. Returns false when the fresh frames alone fill their part of the arrays.
 */
static __attribute__((noinline)) bool
make_room(struct unwinder *u, uint32_t count, uint32_t *match)
{
	if (grow(u, count))
		return true;
	clear_memo(u);
	*match = 0;
	return count < u->capacity - outer_kept(u);
}

/* Whether the memo's frame `k` is where the walk stands. */
static inline bool
equals(const struct unwinder *u, uint32_t k, const struct frame *frame, uint64_t exact)
{
	return u->frames[k].sp == frame->sp && u->pc[k] == (frame->pc | exact) &&
	       (!u->frames[k].live || u->frames[k].bp == frame->bp);
}

/*
 * Steps from `frame`, that `slot` was read for, outwards until a frame is met that equals memo
 * frame `match` or one outside it. Returns the node; keeps the segment.
 */
static __attribute__((noinline)) uint32_t
capture_by_stepping(struct unwinder *u, struct writer *writer, struct frame frame, uint64_t exact,
	uint32_t match, uint64_t tag)
{
	uint64_t slot = frame.sp + (uint64_t)ARCH_RETURN_OFFSET;
	uint32_t count = 0;

	stack_view_use(&u->view, frame.sp);
	do {
		if (unlikely(match + count + 2 >= u->capacity - outer_kept(u)) &&
			!make_room(u, count, &match))
			return capture_too_deep(u, writer, frame, exact);

		struct fresh_frame *left = &u->fresh[count++];
		const uint64_t address = exact ? frame.pc : frame.pc - 1;
		const uint64_t word = rules_find(address);
		const struct rule rule = rule_unpack(word);

		*left = (struct fresh_frame){frame.pc | exact, frame.sp, frame.bp, slot, word, 0};
		const enum step result = step(u, &frame, left, rule, address);

		slot = frame.sp + (uint64_t)return_offset(rule);
		exact = rule.kind == RULE_SIGNAL ? RECORD_PC_EXACT : 0;
		if (unlikely(result == STEP_END || result == STEP_LOST || !frame.pc)) {
			end_walk(u, writer, result, slot);
			match = 0;
			break;
		}
		while (u->frames[match].sp < frame.sp)
			match--;
	} while (!equals(u, match, &frame, exact));
	if (match)
		u->slot[match] = (uint64_t *)slot;

	const uint32_t node = merge(u, writer, match, count);
	struct segment *found = segment_find(u->segments, tag);

	keep_segment(u, segment_place(u->segments, tag, found), match);
	return node;
}

enum {
	NO_TAG = 1 /* of a stack that no segment is looked for */
};

/* Of the segments that the memo goes on to from frame `match`; if that fails, by stepping. */
static inline __attribute__((always_inline)) uint32_t
capture_inner(struct unwinder *u, struct writer *writer, struct frame frame, uint64_t exact,
	uint32_t match, uint64_t shift)
{
	const uint64_t tag = segment_tag(frame.pc, frame.sp, u->frames[match].node,
		match ? word_at(u->slot[match], shift) : 0);
	struct segment *const segment = segment_find(u->segments, tag);

	if (likely(segment != NULL) && segment_fits(u, segment, &frame, exact, match, shift))
		return take_segment(u, segment);
	return capture_by_stepping(u, writer, frame, exact, match, tag);
}

/* On a stack that is not the thread's own. */
static __attribute__((noinline)) uint32_t
capture_elsewhere(struct unwinder *u, struct writer *writer, struct frame frame, uint64_t exact)
{
	uint32_t match = u->matchable;

	stack_view_enter(&u->view, frame.sp, exact ? frame.sp : frame.sp - 8);
	while (u->frames[match].sp < frame.sp)
		match--;
	match = verify_elsewhere(u, match);
	if (equals(u, match, &frame, exact))
		return u->frames[match].node;
	/* Of a frame at the end of a page that was interrupted there may be nothing below it. */
	if (!stack_view_holds(&u->view, frame.sp - 8) ||
		!stack_view_holds(&u->view, (uint64_t)u->slot[match]))
		return capture_by_stepping(u, writer, frame, exact, match, NO_TAG);
	return capture_inner(u, writer, frame, exact, match, u->view.shift);
}

uint32_t
unwind_capture(struct unwinder *u, struct writer *writer, struct frame frame, bool is_exact)
{
	if (unlikely(u->generation != load_relaxed(&modules_generation) ||
		     u->sequence != writer->sequence))
		refresh(u, writer);

	const uint64_t exact = is_exact ? RECORD_PC_EXACT : 0;

	if (unlikely(!stack_view_is_own(&u->view, frame.sp)))
		return capture_elsewhere(u, writer, frame, exact);
	uint32_t match = is_safe_to_verify(u) ? u->matchable : 0;

	while (u->frames[match].sp < frame.sp)
		match--;
	match = verify(u, match);
	if (equals(u, match, &frame, exact))
		return u->frames[match].node; /* frames remembered inside it may serve again */
	return capture_inner(u, writer, frame, exact, match, 0);
}

bool
unwind_stands(struct unwinder *u, uint32_t k, uint32_t node)
{
	if (k > u->matchable || u->frames[k].node != node ||
		u->generation != load_relaxed(&modules_generation))
		return false;
	if (k && !stack_view_is_own(&u->view, u->frames[k].sp - 8)) {
		stack_view_enter(&u->view, u->frames[k].sp, (uint64_t)u->slot[k]);
		return verify_elsewhere(u, k) == k;
	}
	return is_safe_to_verify(u) && verify(u, k) == k;
}

void
unwind_set_origin(struct unwinder *u, uint32_t node)
{
	u->origin = node;
	clear_memo(u);
}

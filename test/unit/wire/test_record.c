/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What was emitted is what is parsed; what is cut or spoilt is refused, and never read beyond. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

enum {
	SEEDS = 500,
	RECORDS = 200,
	BYTES = 1 << 16,
};

static uint64_t seed;

static uint64_t
random_next(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return seed >> 16;
}

/* Small and large numbers alike. */
static uint64_t
random_number(void)
{
	return random_next() * 0x9e3779b97f4a7c15u >> (random_next() % 64);
}

static uint64_t
random_address(void)
{
	return random_next() % 4 ? 0x7f0000000000 + (random_next() % 600) * 16 : random_number();
}

struct expectation {
	struct record record;
	uint64_t numbers[RECORD_NUMBERS_MAX];
	uint32_t number_count, string_count;
	uint8_t strings[RECORD_STRINGS_MAX][64];
	uint32_t lengths[RECORD_STRINGS_MAX];
};

static uint8_t *
emit_extended(struct record_state *state, uint8_t *at, const uint8_t *end, uint64_t ticks,
	struct expectation *expected)
{
	struct record_string strings[RECORD_STRINGS_MAX];

	expected->record.extended.type = (uint32_t)(random_next() % 30);
	expected->number_count = 1 + (uint32_t)(random_next() % RECORD_NUMBERS_MAX);
	expected->string_count = (uint32_t)(random_next() % (RECORD_STRINGS_MAX + 1));
	expected->numbers[0] = ticks;
	for (uint32_t i = 1; i < expected->number_count; i++)
		expected->numbers[i] = random_number();
	for (uint32_t i = 0; i < expected->string_count; i++) {
		expected->lengths[i] = (uint32_t)(random_next() % 64);
		memset(expected->strings[i], (int)(random_next() & 255), expected->lengths[i]);
		strings[i] = (struct record_string){expected->strings[i], expected->lengths[i]};
	}
	return record_emit_extended(state, at, end, expected->record.extended.type,
		expected->numbers, expected->number_count, strings, expected->string_count);
}

static uint8_t *
emit_random(struct record_state *state, uint8_t *at, const uint8_t *end, uint64_t ticks,
	struct expectation *expected)
{
	struct record *record = &expected->record;

	record->kind = (enum record_kind)(random_next() % RECORD_KINDS);
	record->ticks = record->kind == RECORD_NODE ? state->ticks : ticks;
	record->address = random_address();
	record->node = (uint32_t)(random_next() % 4 ? random_next() % 700 : random_next());
	switch (record->kind) {
	case RECORD_ALLOC:
		record->size = random_next() % 2 ? random_next() % 5 * 16 : random_number();
		return record_emit_alloc(
			state, at, ticks, record->node, record->size, record->address);
	case RECORD_FREE:
		record->flags = random_next() % 2 ? RECORD_REALLOC : 0;
		return record_emit_free(state, at, ticks, record->address, record->flags);
	case RECORD_NODE:
		record->parent = (uint32_t)random_number();
		return record_emit_node(state, at, record->node, record->parent, record->address);
	case RECORD_ENTER:
		record->node = random_next() % 2 ? record->node : 0;
		record->flags = record->node ? RECORD_FROM : 0;
		return record_emit_enter_from(state, at, ticks, record->address, record->node);
	case RECORD_EXIT:
		record->flags = random_next() % 2 ? RECORD_JUMPED : 0;
		return record_emit_exit(state, at, ticks, record->flags);
	case RECORD_SAMPLE:
		record->flags =
			(const uint32_t[]){0, RECORD_WALL, RECORD_KERNEL}[random_next() % 3];
		record->size = 1 + random_next() % 1000;
		return record_emit_sample(
			state, at, ticks, record->node, record->size, record->flags);
	default:
		return emit_extended(state, at, end, ticks, expected);
	}
}

static void
check_extended(const struct expectation *expected, const struct record_extended *got)
{
	cr_assert_eq(got->type, expected->record.extended.type);
	cr_assert_eq(got->number_count, expected->number_count);
	cr_assert_eq(got->string_count, expected->string_count);
	for (uint32_t i = 0; i < RECORD_NUMBERS_MAX; i++)
		cr_assert_eq(got->number[i], i < expected->number_count ? expected->numbers[i] : 0);
	for (uint32_t i = 0; i < expected->string_count; i++) {
		cr_assert_eq(got->string[i].length, expected->lengths[i]);
		cr_assert(
			!memcmp(got->string[i].bytes, expected->strings[i], expected->lengths[i]));
	}
}

static void
check(const struct expectation *expected, const struct record *got)
{
	const struct record *want = &expected->record;

	cr_assert_eq(got->kind, want->kind);
	cr_assert_eq(got->ticks, want->ticks);
	cr_assert_eq(got->flags, want->flags);
	if (want->kind == RECORD_EXTENDED)
		check_extended(expected, &got->extended);
	if (want->kind == RECORD_ALLOC || want->kind == RECORD_FREE || want->kind == RECORD_NODE ||
		want->kind == RECORD_ENTER)
		cr_assert_eq(got->address, want->address);
	if (want->kind == RECORD_ALLOC || want->kind == RECORD_SAMPLE)
		cr_assert_eq(got->size, want->size);
	if (want->kind == RECORD_ALLOC || want->kind == RECORD_SAMPLE || want->kind == RECORD_ENTER)
		cr_assert_eq(got->node, want->node);
	if (want->kind == RECORD_NODE) {
		cr_assert_eq(got->node, want->node);
		cr_assert_eq(got->parent, want->parent);
	}
}

/* Emits RECORDS records; gives their bytes. */
static size_t
emit_chunk(uint8_t *bytes, struct expectation *expected, uint64_t base)
{
	struct record_state *state = malloc(sizeof(*state));
	uint8_t *at = bytes;
	uint64_t ticks = base;

	record_state_init(state, base);
	for (unsigned i = 0; i < RECORDS; i++) {
		uint8_t *const before = at;

		ticks += random_next() % 8 ? random_next() % 200 : random_next() % (1u << 30);
		expected[i] = (struct expectation){0};
		at = emit_random(state, at, bytes + BYTES, ticks, &expected[i]);
		cr_assert(at);
		if (expected[i].record.kind != RECORD_EXTENDED)
			cr_assert_leq(at - before, RECORD_HOT_BYTES);
	}
	free(state);
	return (size_t)(at - bytes);
}

/* Where the short way of calls takes the record it gives the same; else it changes nothing. */
static bool
parse_the_short_way(const struct record_state *before, const uint8_t *at,
	const struct record_state *after, const uint8_t *after_at, const struct record *want)
{
	static struct record_state state;
	struct record record = {0};

	memcpy(&state, before, sizeof(state));
	at = record_parse_call(&state, at, &record);
	if (!at) {
		cr_assert(!memcmp(&state, before, sizeof(state)));
		return false;
	}
	cr_assert_eq(at, after_at);
	cr_assert(!memcmp(&state, after, sizeof(state)));
	cr_assert_eq(record.kind, want->kind);
	cr_assert_eq(record.flags, want->flags);
	cr_assert_eq(record.ticks, want->ticks);
	if (want->kind == RECORD_ENTER) {
		cr_assert_eq(record.address, want->address);
		cr_assert_eq(record.node, want->node);
	}
	return true;
}

Test(record, the_short_way_of_calls_gives_what_the_long_one_does)
{
	static uint8_t bytes[BYTES];
	static struct expectation expected[RECORDS];
	static struct record_state before, state;
	unsigned taken[RECORD_KINDS] = {0};

	for (uint64_t i = 1; i <= SEEDS; i++) {
		const uint8_t *at = bytes, *end;
		struct record record;

		seed = i;
		end = bytes + emit_chunk(bytes, expected, i << 30);
		record_state_init(&state, i << 30);
		while (end - at >= RECORD_HOT_BYTES) {
			const uint8_t *const start = at;

			memcpy(&before, &state, sizeof(state));
			at = record_parse(&state, at, end, &record);
			cr_assert(at);
			taken[record.kind] +=
				parse_the_short_way(&before, start, &state, at, &record);
		}
	}
	for (unsigned kind = 0; kind < RECORD_KINDS; kind++)
		cr_assert_eq(taken[kind] > SEEDS / 10, kind == RECORD_ENTER || kind == RECORD_EXIT,
			"kind %u: %u", kind, taken[kind]);
}

Test(record, what_was_emitted_is_parsed)
{
	static uint8_t bytes[BYTES];
	static struct expectation expected[RECORDS];
	static struct record_state state;

	for (uint64_t i = 1; i <= SEEDS; i++) {
		const uint8_t *at = bytes, *end;

		seed = i;
		end = bytes + emit_chunk(bytes, expected, i << 30);
		record_state_init(&state, i << 30);
		for (unsigned r = 0; r < RECORDS; r++) {
			struct record record;

			at = record_parse(&state, at, end, &record);
			cr_assert(at, "seed %u record %u", (unsigned)i, r);
			check(&expected[r], &record);
		}
		cr_assert_eq(at, end);
	}
}

/* On the heap and exactly as long, so that a sanitizer sees a read beyond. */
static void
parse_all(const uint8_t *bytes, size_t count)
{
	static struct record_state state;
	uint8_t *copy = malloc(count ? count : 1);
	const uint8_t *at = copy;
	struct record record;

	memcpy(copy, bytes, count);
	record_state_init(&state, 0);
	while (at && at < copy + count) {
		const uint8_t *next = record_parse(&state, at, copy + count, &record);

		cr_assert(!next || (next > at && next <= copy + count));
		at = next;
	}
	free(copy);
}

Test(record, cut_anywhere_is_never_read_beyond)
{
	static uint8_t bytes[BYTES];
	static struct expectation expected[RECORDS];

	for (seed = 1; seed < 4; seed++) {
		const size_t count = emit_chunk(bytes, expected, 0);

		for (size_t cut = 0; cut <= count; cut++)
			parse_all(bytes, cut);
	}
}

Test(record, a_record_that_is_cut_is_refused)
{
	static uint8_t bytes[BYTES];
	static struct expectation expected[RECORDS];
	static struct record_state state, copy;
	struct record record;
	size_t count;

	seed = 99;
	count = emit_chunk(bytes, expected, 0);
	record_state_init(&state, 0);
	for (const uint8_t *at = bytes; at < bytes + count;) {
		const uint8_t *next;

		copy = state;
		next = record_parse(&copy, at, bytes + count, &record);
		for (const uint8_t *cut = at; cut < next; cut++) {
			struct record_state *fresh = malloc(sizeof(*fresh));

			*fresh = state;
			cr_assert_null(record_parse(fresh, at, cut, &record));
			free(fresh);
		}
		state = copy;
		at = next;
	}
}

Test(record, spoilt_bytes_are_parsed_or_refused_but_never_read_beyond)
{
	static uint8_t bytes[BYTES];
	static struct expectation expected[RECORDS];

	for (seed = 1; seed < 1u << 20; seed += 4099) {
		const uint64_t first = seed;
		const size_t count = emit_chunk(bytes, expected, 0);

		for (unsigned i = 0; i < 20; i++)
			bytes[random_next() % count] = (uint8_t)random_next();
		parse_all(bytes, count);
		seed = first;
	}
}

Test(record, bits_that_mean_nothing_are_refused)
{
	const struct {
		uint8_t tag;
		const char *why;
	} rows[] = {
		{7, "no such kind"},
		{RECORD_EXTENDED | 8, "extended records have no flags"},
		{RECORD_NODE | 8, "nor have nodes"},
		{RECORD_EXIT | 128, "nor have exits"},
		{RECORD_FREE | 16, "a free has no size"},
		{RECORD_ALLOC | RECORD_SIZE_SAME, "same as what"},
		{RECORD_ALLOC | RECORD_INDEX_HIGH, "an index without a hit"},
		{RECORD_FREE | RECORD_ADDRESS_HIT | RECORD_ADDRESS_ODD, "a hit is neither"},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint8_t bytes[16] = {rows[i].tag, 1, 1, 1, 1, 1, 1, 1};
		static struct record_state state;
		struct record record;

		record_state_init(&state, 0);
		cr_assert_null(record_parse(&state, bytes, bytes + sizeof(bytes), &record), "%s",
			rows[i].why);
	}
}

Test(record, what_is_named_is_told_from_addresses_and_marks)
{
	cr_assert_eq(record_pc_number(RECORD_PC_NAMED | 7), 7);
	cr_assert_eq(record_pc_number(RECORD_PC_NAMED | 7 | RECORD_PC_EXACT), 7);
	cr_assert_eq(record_pc_number(0x7fffffffffff | RECORD_PC_EXACT), 0);
	cr_assert_eq(record_pc_number(0x401000), 0);
	cr_assert_eq(record_pc_number(RECORD_PC_THREAD), 0);
}

Test(record, unknown_types_are_returned_and_skipped)
{
	static struct record_state state;
	uint8_t bytes[64];
	const uint64_t numbers[] = {50, 1, 2};
	struct record record;
	uint8_t *end;
	const uint8_t *at;

	record_state_init(&state, 40);
	end = record_emit_extended(
		&state, bytes, bytes + sizeof(bytes), 12345, numbers, 3, NULL, 0);
	end = record_emit_exit(&state, end, 60, 0);
	record_state_init(&state, 40);
	at = record_parse(&state, bytes, end, &record);
	cr_assert_eq(record.extended.type, 12345);
	cr_assert_eq(record.ticks, 50);
	at = record_parse(&state, at, end, &record);
	cr_assert_eq(at, end);
	cr_assert_eq(record.ticks, 60);
}

Test(record, what_does_not_fit_is_not_emitted_and_changes_nothing)
{
	static struct record_state state, before;
	uint8_t bytes[64];
	const struct record_string string = {(const uint8_t *)"0123456789", 10};
	const uint64_t numbers[] = {50, 1, 2};

	record_state_init(&state, 40);
	before = state;
	for (unsigned room = 0; room < 19; room++)
		cr_assert_null(record_emit_extended(
			&state, bytes, bytes + room, 3, numbers, 3, &string, 1));
	cr_assert(!memcmp(&state, &before, sizeof(state)));
	cr_assert(record_emit_extended(&state, bytes, bytes + 19, 3, numbers, 3, &string, 1));
}

Test(record, a_clock_that_goes_back_stands_still)
{
	static struct record_state state;
	uint8_t bytes[64], *end;
	struct record record;
	const uint8_t *at;

	record_state_init(&state, 100);
	end = record_emit_exit(&state, bytes, 120, 0);
	end = record_emit_exit(&state, end, 90, 0);
	record_state_init(&state, 100);
	at = record_parse(&state, bytes, end, &record);
	record_parse(&state, at, end, &record);
	cr_assert_eq(record.ticks, 120);
}

/* ---- integers ---- */

Test(varint, every_width_comes_back)
{
	for (unsigned bits = 0; bits <= 64; bits++) {
		const uint64_t highest = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
		const uint64_t values[] = {highest, highest / 2 + 1, highest - (bits > 1)};

		for (unsigned i = 0; i < 3; i++) {
			uint8_t bytes[VARINT_MAX_BYTES];
			const uint8_t *end = varint_emit(bytes, values[i]);
			uint64_t value = 0;

			cr_assert_eq(varint_parse(bytes, end, &value), end);
			cr_assert_eq(value, values[i]);
			cr_assert_null(varint_parse(bytes, end - 1, &value));
			cr_assert_eq(
				varint_unzigzag(varint_zigzag((int64_t)value)), (int64_t)value);
		}
	}
}

Test(varint, wider_than_64_bits_is_refused)
{
	const uint8_t wide[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
	const uint8_t endless[] = {
		0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
	uint64_t value = 7;

	cr_assert_null(varint_parse(wide, wide + sizeof(wide), &value));
	cr_assert_null(varint_parse(endless, endless + sizeof(endless), &value));
	cr_assert_eq(value, 7);
}

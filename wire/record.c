/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reading records, and writing the extended ones: see record.h for the format. */
#include "record.h"

void
record_state_init(struct record_state *state, uint64_t base_ticks)
{
	uint64_t *words = (uint64_t *)state;

	_Static_assert(sizeof(*state) % sizeof(uint64_t) == 0, "cleared by words");
	for (unsigned i = 0; i < sizeof(*state) / sizeof(uint64_t); i++)
		words[i] = 0;
	state->ticks = base_ticks;
}

/* ---- reading ---- */

/* Bits of the tag byte that each kind may set, beside the kind itself. */
static const uint8_t allowed_flags[8] = {
	[RECORD_ALLOC] = RECORD_NODE_HIT | RECORD_SIZE_SAME | RECORD_INDEX_HIGH |
			 RECORD_ADDRESS_HIT | RECORD_ADDRESS_ODD,
	[RECORD_FREE] = RECORD_REALLOC | RECORD_ADDRESS_HIT | RECORD_ADDRESS_ODD,
	[RECORD_ENTER] = RECORD_NODE_HIT | RECORD_FROM | RECORD_INDEX_HIGH,
	[RECORD_EXIT] = RECORD_JUMPED,
	[RECORD_SAMPLE] = RECORD_NODE_HIT | RECORD_WALL | RECORD_INDEX_HIGH,
};

static const uint8_t *
parse_time(struct record_state *state, const uint8_t *at, const uint8_t *end, struct record *record)
{
	uint64_t distance;

	at = varint_parse(at, end, &distance);
	if (!at)
		return 0;
	state->ticks += distance;
	record->ticks = state->ticks;
	return at;
}

/* Index of a hit: 8 bits of a byte, the ninth in the tag. */
static const uint8_t *
parse_index(uint8_t tag, const uint8_t *at, const uint8_t *end, unsigned *ret_index)
{
	if (at == end)
		return 0;
	*ret_index = *at | (tag & RECORD_INDEX_HIGH ? 256u : 0u);
	return at + 1;
}

/* A node relative to the one before; refuses ids that do not fit. */
static const uint8_t *
parse_node_distance(
	struct record_state *state, const uint8_t *at, const uint8_t *end, uint32_t *ret_node)
{
	uint64_t folded;

	at = varint_parse(at, end, &folded);
	if (!at || folded > UINT32_MAX)
		return 0;
	*ret_node = state->node + (uint32_t)varint_unzigzag(folded);
	return at;
}

/* Node of an ALLOC or SAMPLE; `*ret_recent` is its entry in the table of recent ones. */
static const uint8_t *
parse_node(struct record_state *state, uint8_t tag, const uint8_t *at, const uint8_t *end,
	struct record_node **ret_recent, uint32_t *ret_node)
{
	uint32_t node;

	if (tag & RECORD_NODE_HIT) {
		unsigned index = 0;

		at = parse_index(tag, at, end, &index);
		if (!at)
			return 0;
		*ret_recent = &state->nodes[index];
		node = (*ret_recent)->node;
	} else {
		if (tag & RECORD_INDEX_HIGH)
			return 0;
		at = parse_node_distance(state, at, end, &node);
		if (!at)
			return 0;
		*ret_recent = &state->nodes[record_node_index(node)];
		(*ret_recent)->node = node;
		(*ret_recent)->size = 0;
	}
	state->node = node;
	*ret_node = node;
	return at;
}

static const uint8_t *
parse_address(struct record_state *state, uint8_t tag, const uint8_t *at, const uint8_t *end,
	uint64_t *ret_address)
{
	uint64_t address;

	if (tag & RECORD_ADDRESS_HIT) {
		if (at == end || tag & RECORD_ADDRESS_ODD)
			return 0;
		address = state->addresses[*at++];
	} else {
		uint64_t folded;

		at = varint_parse(at, end, &folded);
		if (!at)
			return 0;
		const uint64_t distance = (uint64_t)varint_unzigzag(folded);

		address = state->address + (tag & RECORD_ADDRESS_ODD ? distance : distance << 4);
		state->addresses[record_address_index(address)] = address;
	}
	state->address = address;
	*ret_address = address;
	return at;
}

static const uint8_t *
parse_alloc(struct record_state *state, uint8_t tag, const uint8_t *at, const uint8_t *end,
	struct record *record)
{
	struct record_node *recent;

	if ((tag & RECORD_SIZE_SAME) && !(tag & RECORD_NODE_HIT))
		return 0;
	at = parse_node(state, tag, at, end, &recent, &record->node);
	if (!at)
		return 0;
	record->size = recent->size;
	if (!(tag & RECORD_SIZE_SAME)) {
		at = varint_parse(at, end, &record->size);
		if (!at)
			return 0;
		recent->size = record->size <= UINT32_MAX ? (uint32_t)record->size : 0;
	}
	at = parse_address(state, tag, at, end, &record->address);
	return at ? parse_time(state, at, end, record) : 0;
}

static const uint8_t *
parse_free(struct record_state *state, uint8_t tag, const uint8_t *at, const uint8_t *end,
	struct record *record)
{
	record->flags = tag & RECORD_REALLOC;
	at = parse_address(state, tag, at, end, &record->address);
	return at ? parse_time(state, at, end, record) : 0;
}

static const uint8_t *
parse_node_record(
	struct record_state *state, const uint8_t *at, const uint8_t *end, struct record *record)
{
	uint64_t parent, pc;

	at = parse_node_distance(state, at, end, &record->node);
	if (!at)
		return 0;
	at = varint_parse(at, end, &parent);
	if (!at || parent > UINT32_MAX)
		return 0;
	at = varint_parse(at, end, &pc);
	if (!at)
		return 0;
	record->parent = record->node - (uint32_t)varint_unzigzag(parent);
	record->address = state->pc + (uint64_t)varint_unzigzag(pc);
	record->ticks = state->ticks;
	state->node = record->node;
	state->pc = record->address;
	return at;
}

static const uint8_t *
parse_enter(struct record_state *state, uint8_t tag, const uint8_t *at, const uint8_t *end,
	struct record *record)
{
	if (tag & RECORD_NODE_HIT) {
		unsigned index = 0;

		at = parse_index(tag, at, end, &index);
		if (!at)
			return 0;
		record->address = state->functions[index];
	} else {
		uint64_t folded;

		if (tag & RECORD_INDEX_HIGH)
			return 0;
		at = varint_parse(at, end, &folded);
		if (!at)
			return 0;
		record->address = state->pc + (uint64_t)varint_unzigzag(folded);
		state->pc = record->address;
		state->functions[record_function_index(record->address)] = record->address;
	}
	record->flags = tag & RECORD_FROM;
	record->node = 0;
	if (tag & RECORD_FROM) {
		at = parse_node_distance(state, at, end, &record->node);
		if (!at)
			return 0;
		state->node = record->node;
	}
	return parse_time(state, at, end, record);
}

static const uint8_t *
parse_sample(struct record_state *state, uint8_t tag, const uint8_t *at, const uint8_t *end,
	struct record *record)
{
	struct record_node *recent;

	record->flags = tag & RECORD_WALL;
	at = parse_node(state, tag, at, end, &recent, &record->node);
	if (!at)
		return 0;
	at = varint_parse(at, end, &record->size);
	if (!at || !record->size)
		return 0;
	return parse_time(state, at, end, record);
}

static const uint8_t *
parse_numbers(const uint8_t *at, const uint8_t *end, struct record_extended *extended)
{
	uint64_t count;

	at = varint_parse(at, end, &count);
	if (!at || count > RECORD_NUMBERS_MAX)
		return 0;
	for (uint64_t i = 0; i < RECORD_NUMBERS_MAX; i++) {
		extended->number[i] = 0;
		if (i < count) {
			at = varint_parse(at, end, &extended->number[i]);
			if (!at)
				return 0;
		}
	}
	extended->number_count = (uint32_t)count;
	return at;
}

static const uint8_t *
parse_strings(const uint8_t *at, const uint8_t *end, struct record_extended *extended)
{
	uint64_t count, length;

	at = varint_parse(at, end, &count);
	if (!at || count > RECORD_STRINGS_MAX)
		return 0;
	for (uint64_t i = 0; i < RECORD_STRINGS_MAX; i++) {
		extended->string[i] = (struct record_string){0, 0};
		if (i >= count)
			continue;
		at = varint_parse(at, end, &length);
		if (!at || length > (uint64_t)(end - at))
			return 0;
		extended->string[i] = (struct record_string){at, (uint32_t)length};
		at += length;
	}
	extended->string_count = (uint32_t)count;
	return at;
}

/* A type that is not known keeps its time alone: only the first number is sure to mean that. */
static const uint8_t *
parse_extended(
	struct record_state *state, const uint8_t *at, const uint8_t *end, struct record *record)
{
	struct record_extended *extended = &record->extended;
	uint64_t type, length;

	at = varint_parse(at, end, &type);
	if (!at || type > UINT32_MAX)
		return 0;
	at = varint_parse(at, end, &length);
	if (!at || length > (uint64_t)(end - at))
		return 0;
	end = at + length;
	extended->type = (uint32_t)type;
	at = parse_numbers(at, end, extended);
	if (!at || !parse_strings(at, end, extended))
		return 0;
	state->ticks += extended->number[0];
	extended->number[0] = state->ticks;
	record->ticks = state->ticks;
	return end;
}

const uint8_t *
record_parse(struct record_state *state, const uint8_t *at, const uint8_t *end,
	struct record *ret_record)
{
	if (at == end)
		return 0;
	const uint8_t tag = *at++;
	const enum record_kind kind = tag & 7;

	if (tag & ~7 & ~allowed_flags[kind])
		return 0;
	ret_record->kind = kind;
	ret_record->flags = 0;
	switch (kind) {
	case RECORD_ALLOC:
		return parse_alloc(state, tag, at, end, ret_record);
	case RECORD_FREE:
		return parse_free(state, tag, at, end, ret_record);
	case RECORD_NODE:
		return parse_node_record(state, at, end, ret_record);
	case RECORD_ENTER:
		return parse_enter(state, tag, at, end, ret_record);
	case RECORD_EXIT:
		ret_record->flags = tag & RECORD_JUMPED;
		return parse_time(state, at, end, ret_record);
	case RECORD_SAMPLE:
		return parse_sample(state, tag, at, end, ret_record);
	case RECORD_EXTENDED:
		return parse_extended(state, at, end, ret_record);
	case RECORD_KINDS:
		break;
	}
	return 0;
}

/* ---- writing extended records ---- */

static unsigned
varint_bytes(uint64_t value)
{
	unsigned bytes = 1;

	for (; value >= 0x80; value >>= 7)
		bytes++;
	return bytes;
}

uint8_t *
record_emit_extended(struct record_state *state, uint8_t *at, const uint8_t *end, uint32_t type,
	const uint64_t *numbers, uint32_t number_count, const struct record_string *strings,
	uint32_t string_count)
{
	const uint64_t distance = numbers[0] > state->ticks ? numbers[0] - state->ticks : 0;
	uint64_t length = varint_bytes(number_count) + varint_bytes(string_count);

	for (uint32_t i = 0; i < number_count; i++)
		length += varint_bytes(i ? numbers[i] : distance);
	for (uint32_t i = 0; i < string_count; i++)
		length += varint_bytes(strings[i].length) + strings[i].length;
	if ((uint64_t)(end - at) < 1 + varint_bytes(type) + varint_bytes(length) + length)
		return 0;

	state->ticks += distance;
	*at++ = RECORD_EXTENDED;
	at = varint_emit(at, type);
	at = varint_emit(at, length);
	at = varint_emit(at, number_count);
	for (uint32_t i = 0; i < number_count; i++)
		at = varint_emit(at, i ? numbers[i] : distance);
	at = varint_emit(at, string_count);
	for (uint32_t i = 0; i < string_count; i++) {
		at = varint_emit(at, strings[i].length);
		for (uint32_t b = 0; b < strings[i].length; b++)
			*at++ = strings[i].bytes[b];
	}
	return at;
}

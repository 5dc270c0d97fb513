/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "names.h"
#include <stddef.h>
#include <string.h>
#include "forbid.h"

enum {
	TEXT_BYTES_MAX = 1024
};

_Static_assert((int)NAMED_SECTION == THAG_KIND_SECTION_ &&
		       (int)NAMED_PROFILED == THAG_KIND_PROFILED_ &&
		       (int)NAMED_SPAN == THAG_KIND_SPAN_ && (int)NAMED_TASK == THAG_KIND_TASK_ &&
		       (int)NAMED_MARK == THAG_KIND_MARK_ &&
		       (int)NAMED_COUNTER == THAG_KIND_COUNTER_ && (int)NAMED_END == THAG_KIND_END_,
	"kinds are told to the reader as the header has them");

static uint32_t name_count;

static struct record_string
text(const char *string)
{
	return (struct record_string){
		(const uint8_t *)string, string ? (uint32_t)strnlen(string, TEXT_BYTES_MAX) : 0};
}

/* Two threads that come at once announce two numbers, of which the place keeps one. */
__attribute__((noinline)) uint32_t
names_announce(struct writer *writer, struct thag_place_ *place)
{
	const uint32_t number = add_relaxed(&name_count, 1) + 1;
	uint32_t known = 0;
	uint64_t numbers[NAMED_NUMBERS] = {
		[NAMED_NUMBER] = number,
		[NAMED_KIND] = place->kind,
		[NAMED_LINE] = place->line,
	};
	const struct record_string strings[NAMED_STRINGS] = {
		[NAMED_NAME] = text(place->name),
		[NAMED_FILE] = text(place->file),
		[NAMED_FUNCTION] = text(place->function),
	};

	writer_emit(writer, RECORD_NAMED, numbers, NAMED_NUMBERS, strings, NAMED_STRINGS);
	return cas_acq_rel(&place->number, &known, number) ? number : known;
}

void
names_misuse(struct writer *writer, uint32_t number, enum record_misuse kind, uint32_t node)
{
	uint64_t numbers[MISUSE_NUMBERS] = {
		[MISUSE_NUMBER] = number,
		[MISUSE_KIND] = kind,
		[MISUSE_COUNT] = 1,
		[MISUSE_NODE] = node,
	};

	writer_emit(writer, RECORD_MISUSE, numbers, MISUSE_NUMBERS, NULL, 0);
}

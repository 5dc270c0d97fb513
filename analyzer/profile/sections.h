/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sections, put together from what a profile holds: one row for each name, whatever the places and
 * call paths it was entered at. docs/sections.md says what the numbers mean.
 *
 *	g_autoptr(GArray) sections = profile_sections(profile, &(struct section_choice){NULL});
 */
#ifndef THAG_PROFILE_SECTIONS_H
#define THAG_PROFILE_SECTIONS_H

#include "profile.h"

struct profile_section {
	const char *name;
	uint32_t kind;	   /* NAMED_SECTION, NAMED_PROFILED or NAMED_SPAN */
	uint32_t place;	   /* its first one by file and line; index of profile->named.places */
	uint32_t places;   /* how many it has */
	uint32_t function; /* of its frames; 0: a span, which has none */
	/* total_ns: recursion counted once; of spans self is not known and 0. None where times were
	 * not recorded. */
	struct call_sums times;
	bool distributed; /* the percentiles are known */
	uint64_t p50_ns, p90_ns, p99_ns;
	/* Of the heap, all that happened inside, recursion counted once. Of spans nothing. */
	struct memory_sums memory;
	struct sample_tally samples[SAMPLE_KINDS]; /* inside */
};

/* Which rows to take, by index; NULL: all. */
struct section_choice {
	const uint8_t *calls, *memory, *samples;
	const uint8_t *processes; /* of spans */
	bool no_spans;		  /* they have no call path by which they could be chosen */
};

/* By name and kind; those without anything are left out. g_array_unref() it. */
GArray *profile_sections(const struct profile *profile, const struct section_choice *choice);

/* The one of this name; of several kinds the first of a section, a profiled function, a span. */
const struct profile_section *profile_section_find(const GArray *sections, const char *name);

/* "parse.c:12", "parse.c:12 and 2 more", or "". g_free() it. */
char *profile_section_place(const struct profile *profile, const struct profile_section *section);

#endif

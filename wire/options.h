/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a run is asked to do, as every part of thag sees it.
 *
 * The values come from the environment (read by the preload when it is alone, by thag-run
 * otherwise) and from thag-run's command line. Whoever makes the pool parses them once and leaves
 * them in its header, so all processes of a run agree. One table (options_table.c) names every
 * option: its environment variable, its command-line name and its help text; the manual is checked
 * against it.
 *
 * The parsers are pure: no libc call, no allocation, and `struct options` holds no pointer.
 */
#ifndef THAG_WIRE_OPTIONS_H
#define THAG_WIRE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum {
	OPTIONS_DIRECTORY_BYTES = 2048, /* with the final NUL */
	OPTIONS_MESSAGE_BYTES = 256,	/* with the final NUL */
	OPTIONS_SAMPLE_HZ_DEFAULT = 1000,
	OPTIONS_SAMPLE_HZ_MAX = 10000,
	OPTIONS_PATTERNS_BYTES = 1024, /* of a list, with the final NUL */
};

enum options_profile {
	OPTIONS_NONE = 0,
	OPTIONS_TIME = 1 << 0,
	OPTIONS_MEMORY = 1 << 1,
	OPTIONS_BOTH = OPTIONS_TIME | OPTIONS_MEMORY,
};

enum options_debug {
	OPTIONS_DEBUG_NONE,
	OPTIONS_DEBUG_QUIET,
	OPTIONS_DEBUG_ANNOUNCE
};

enum options_sampler {
	OPTIONS_SAMPLER_AUTO,  /* perf events where they are allowed, else timers */
	OPTIONS_SAMPLER_TIMER, /* POSIX timers on the threads' CPU clocks */
};

enum options_on_full {
	OPTIONS_ON_FULL_WAIT, /* the program waits for a living reader: nothing is lost */
	OPTIONS_ON_FULL_DROP, /* events are dropped and counted */
};

enum options_keep {
	OPTIONS_KEEP_FIRST,
	OPTIONS_KEEP_LAST,
	OPTIONS_KEEP_UNSAID, /* as the first */
};

/* Lists of patterns (pattern.h) with semicolons between them. */
enum options_patterns {
	OPTIONS_INCLUDE, /* functions; an empty list means all */
	OPTIONS_EXCLUDE,
	OPTIONS_INCLUDE_MODULE,
	OPTIONS_EXCLUDE_MODULE,
	OPTIONS_PATTERN_LISTS,
};

struct options {
	uint32_t profile;			 /* enum options_profile, a set */
	uint32_t detail;			 /* 1: every event; 0: sums per call path */
	uint32_t debug;				 /* enum options_debug */
	uint32_t on_full;			 /* enum options_on_full */
	uint64_t min_size_bytes;		 /* smaller allocations are not recorded */
	uint32_t sample_hz;			 /* samples per second and thread; 0: no sampling */
	uint32_t sampler;			 /* enum options_sampler */
	uint32_t wall;				 /* 1: samples by wall time instead of CPU time */
	char directory[OPTIONS_DIRECTORY_BYTES]; /* where results go */
	char record[OPTIONS_DIRECTORY_BYTES];	 /* the file of a recording; "": none */
	uint64_t record_max_bytes;		 /* 0: no limit */
	uint32_t record_only;			 /* 1: the recording alone, no results */
	uint32_t marked;			 /* 1: only what the source marked, see thag.h */
	uint32_t origins; /* 1: stacks of threads and coroutines hang below what made them */

	/* Which calls are traced, and when; the times also hold for samples. */
	char patterns[OPTIONS_PATTERN_LISTS][OPTIONS_PATTERNS_BYTES];
	uint64_t min_duration_ns;		/* shorter calls are left out */
	uint64_t start_after_ns, stop_after_ns; /* since the start of the run; 0: at once, never */
	uint64_t max_calls;			/* of the run, in detail mode; 0: no limit */
	uint32_t max_depth;			/* 0: no limit */
	uint32_t keep;				/* enum options_keep: of max_calls */
};

/* One row of the option table. It has a variable, a flag, or both. */
struct option_row {
	const char *variable; /* environment variable, e.g. "THAG_ON_FULL"; NULL: none */
	const char *flag;     /* of thag-run without the dashes, e.g. "on-full"; NULL: none */
	char letter;	      /* short form of the flag, e.g. 'o'; 0: none */
	const char *argument; /* what the value is called in help texts; NULL: the flag has none */
	const char *help;     /* one line */
	/*
	 * Sets the option from text, which is NULL for a flag without argument. Returns 0, or -1
	 * with `message` saying what is wrong with the value and what it may be. Flags that choose
	 * a profile add theirs to the set.
	 */
	int (*parse)(
		struct options *options, const char *text, char message[OPTIONS_MESSAGE_BYTES]);
};

extern const struct option_row options_table[];
extern const size_t options_table_count;

/* The values that hold where nothing is said: both profiles in detail, directory ".". */
void options_init(struct options *options);

/*
 * Applies every variable of the table that `get` knows; an empty one says nothing. Returns 0, or -1
 * with `message` saying which variable is wrong and what it may be; `options` is then undefined and
 * the run must not start.
 */
int options_from_environment(struct options *options,
	const char *(*get)(const char *name, void *context), void *context,
	char message[OPTIONS_MESSAGE_BYTES]);

/*
 * Whether all of the options together mean something. Returns 0, or -1 with `message` saying what
 * does not go with what; the run must not start then.
 */
int options_check(const struct options *options, char message[OPTIONS_MESSAGE_BYTES]);

#endif

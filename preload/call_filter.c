/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "call_filter.h"
#include <stddef.h>
#include <string.h>
#include "mangled.h"
#include "pattern.h"
#include "pool.h"
#include "symbols.h"
#include "os/system.h"
#include "forbid.h"

uint64_t *call_filter_verdicts;
static const struct options *asked;
static struct loader_object own;

bool
call_filter_init(const struct options *options)
{
	bool any = false;

	for (unsigned i = 0; i < OPTIONS_PATTERN_LISTS; i++)
		any = any || options->patterns[i][0];
	if (!any)
		return true;
	symbols_init();
	if (!loader_find((uint64_t)&call_filter_init, &own))
		return false;
	asked = options;
	call_filter_verdicts = system_map(CALL_FILTER_VERDICTS * sizeof(uint64_t));
	return call_filter_verdicts != NULL;
}

/* What a decision needs, in memory of its own: stacks may be small. */
struct room {
	struct pattern_space space;
	char name[MANGLED_MAX];
};

struct question {
	enum options_patterns list;
	struct room *room;
};

static bool
is_of_symbols(const char *pattern, size_t length)
{
	for (size_t i = 0; i + 1 < length; i++)
		if (pattern[i] == '_' && pattern[i + 1] == 'Z')
			return true;
	return false;
}

static bool
is_in_those(const struct question *question, bool of_symbols, const char *name, size_t length)
{
	const char *rest = asked->patterns[question->list];
	size_t count;

	for (const char *at; (at = pattern_next(&rest, &count));)
		if ((!of_symbols || is_of_symbols(at, count)) &&
			pattern_matches(at, count, name, length, &question->room->space))
			return true;
	return false;
}

static bool
is_in(const struct question *question, const char *name, size_t length)
{
	return is_in_those(question, false, name, length);
}

/* ---- functions ---- */

/*
 * The symbol without what compilers add to clones, or its name in C++: parameters are in the
 * symbol, and *map* means no function that only takes one.
 */
static bool
is_name_in(void *context, const char *symbol)
{
	const struct question *question = context;
	const size_t whole = strnlen(symbol, MANGLED_MAX);
	const char *dot = memchr(symbol, '.', whole);
	const size_t length = dot && dot > symbol ? (size_t)(dot - symbol) : whole;
	char *name = question->room->name;
	const size_t name_length = mangled_name(symbol, length, name);

	if (!name_length)
		return is_in(question, symbol, length);
	return is_in(question, name, name_length) || is_in_those(question, true, symbol, length);
}

static bool
is_function_in(struct question question, const struct loader_object *object, uint64_t function)
{
	return asked->patterns[question.list][0] &&
	       symbols_visit(object, function, is_name_in, &question);
}

/* ---- modules ---- */

/* By its path, or by its file name where the pattern is of that. */
static bool
is_module_in(struct question question, const struct loader_object *object)
{
	const char *path = symbols_module_path(object);
	const size_t length = strlen(path);
	size_t name = length;

	while (name && path[name - 1] != '/')
		name--;
	return is_in(&question, path, length) || is_in(&question, path + name, length - name);
}

/* ---- verdicts ---- */

static bool
is_asked_for(enum options_patterns list)
{
	return asked->patterns[list][0];
}

static bool
decide(struct room *room, uint64_t function)
{
	struct loader_object object;

	/* What is called to measure what calls cost. */
	if (function >= own.start && function < own.end)
		return true;
	if (!loader_find(function, &object))
		return !is_asked_for(OPTIONS_INCLUDE) && !is_asked_for(OPTIONS_INCLUDE_MODULE);
	if (is_asked_for(OPTIONS_INCLUDE_MODULE) &&
		!is_module_in((struct question){OPTIONS_INCLUDE_MODULE, room}, &object))
		return false;
	if (is_asked_for(OPTIONS_INCLUDE) &&
		!is_function_in((struct question){OPTIONS_INCLUDE, room}, &object, function))
		return false;
	return !is_module_in((struct question){OPTIONS_EXCLUDE_MODULE, room}, &object) &&
	       !is_function_in((struct question){OPTIONS_EXCLUDE, room}, &object, function);
}

__attribute__((noinline)) bool
call_filter_ask_slow(uint64_t function)
{
	/* Before the look-up: an unloading in between makes the verdict void. */
	const uint64_t word = call_filter_word(function);
	struct room *room = system_map(sizeof(*room));
	bool wanted;

	if (!room)
		return true;
	wanted = decide(room, function);
	system_unmap(room, sizeof(*room));
	store_relaxed(call_filter_place(function), word | wanted);
	return wanted;
}

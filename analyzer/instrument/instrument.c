/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See instrument.h. */
#include "instrument.h"

#include <stdint.h>
#include <string.h>
#include "flags.h"
#include "marks.h"
#include "placing.h"

static int
parse_as(const char *language, const struct functions_source *source,
	struct functions *ret_functions, char **ret_why)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	struct functions_source own = *source;

	g_strv_builder_add_many(builder, "-x", language, NULL);
	for (const char *const *flag = source->flags; *flag; flag++)
		g_strv_builder_add(builder, *flag);
	g_auto(GStrv) flags = g_strv_builder_end(builder);

	own.flags = (const char *const *)flags;
	own.is_cxx = strstr(language, "++") != NULL;
	return functions_find(&own, ret_functions, ret_why);
}

/*
 * What may be both, a header say, is C unless C++ has fewer errors in it, or the flags are none for
 * C (-std=c++17).
 */
static int
parse_as_either(
	const struct functions_source *source, struct functions *ret_functions, char **ret_why)
{
	g_autofree char *why = NULL;
	struct functions cxx;

	if (parse_as("c", source, ret_functions, &why))
		return parse_as("c++", source, ret_functions, ret_why);
	if (!ret_functions->errors || parse_as("c++", source, &cxx, &why))
		return 0;
	const bool is_cxx = cxx.errors < ret_functions->errors;

	functions_fini(is_cxx ? ret_functions : &cxx);
	if (is_cxx)
		*ret_functions = cxx;
	return 0;
}

static int
parse(struct functions_source *source, struct functions *ret_functions, char **ret_why)
{
	if (flags_leave_open(source->flags, source->path))
		return parse_as_either(source, ret_functions, ret_why);
	source->is_cxx = flags_say_cxx(source->flags, source->path);
	return functions_find(source, ret_functions, ret_why);
}

static enum skip
choose(const struct instrument_wishes *wishes, const struct function *f)
{
	if (f->skip)
		return f->skip;
	switch (choice_judge(&wishes->choice, f->name, f->qualified_name, f->lines)) {
	case CHOICE_NOT_WANTED:
		return SKIP_NOT_CHOSEN;
	case CHOICE_TOO_SHORT:
		return SKIP_SHORT;
	case CHOICE_TAKEN:
		break;
	}
	return SKIP_NOT;
}

/* Returns where the first declaration begins that something was put into; SIZE_MAX: none. */
static size_t
add_statements(const struct instrument_wishes *wishes, struct instrument_result *result)
{
	g_autofree char *statement = marks_statement(wishes->options);
	size_t first = SIZE_MAX;

	for (guint i = 0; i < result->functions.list->len; i++) {
		struct function *f = &g_array_index(result->functions.list, struct function, i);

		f->skip = choose(wishes, f);
		result->counts[f->skip]++;
		if (f->skip)
			continue;
		edits_insert(&result->edits, f->body, statement);
		first = MIN(first, f->outer);
	}
	return first;
}

static void
add_include(const char *bytes, size_t length, size_t limit, struct instrument_result *result)
{
	const struct placing placing = placing_find(bytes, length, limit);
	g_autofree char *text = placing_text(&placing, bytes, length);

	if (!text)
		return;
	edits_insert(&result->edits, placing.offset, text);
	result->line_added = placing.form == PLACING_LINE;
}

/* The source without any marks, as taking out leaves it; the caller's. */
static char *
without_marks(const char *bytes, size_t length, size_t *ret_length)
{
	struct edits edits;

	edits_init(&edits);
	marks_remove(bytes, length, &edits);
	char *text = edits_apply(&edits, bytes, length, ret_length);

	edits_fini(&edits);
	return text;
}

/* Marks that were in the source before go, too: it is compared without them. */
static bool
can_be_restored(const char *bytes, size_t length, const struct edits *edits)
{
	size_t new_length, restored_length, old_length;
	g_autofree char *new = edits_apply(edits, bytes, length, &new_length);
	g_autofree char *restored = without_marks(new, new_length, &restored_length);
	g_autofree char *old = without_marks(bytes, length, &old_length);

	return restored_length == old_length && !memcmp(restored, old, old_length);
}

/* NULL: the source can be instrumented. */
static char *
find_objection(const struct instrument_wishes *wishes, const char *bytes, size_t length,
	const struct instrument_result *result)
{
	const struct functions *functions = &result->functions;

	if (functions->first_syntax_outside && functions->may_miss_some && !wishes->partial)
		return g_strdup(functions->first_syntax_outside);
	if (!can_be_restored(bytes, length, &result->edits))
		return g_strdup("could not be restored afterwards");
	return NULL;
}

int
instrument_source(const char *path, const char *bytes, size_t length, const char *const *flags,
	const struct instrument_wishes *wishes, struct instrument_result *ret_result,
	char **ret_why)
{
	struct functions_source source = {
		.path = path,
		.bytes = bytes,
		.length = length,
		.flags = flags,
		.lambdas = wishes->lambdas,
	};
	struct instrument_result result = {0};

	if (parse(&source, &result.functions, ret_why))
		return -1;
	edits_init(&result.edits);
	const size_t first = add_statements(wishes, &result);

	if (first != SIZE_MAX && !wishes->no_include)
		add_include(bytes, length, first, &result);
	edits_sort(&result.edits);
	char *objection = find_objection(wishes, bytes, length, &result);

	if (objection) {
		*ret_why = objection;
		instrument_result_fini(&result);
		return -1;
	}
	*ret_result = result;
	return 0;
}

void
instrument_result_fini(struct instrument_result *result)
{
	edits_fini(&result->edits);
	functions_fini(&result->functions);
}

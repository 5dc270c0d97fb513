/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See account.h. */
#include "account.h"

#include "match.h"

const char *const account_kind_names[ACCOUNT_KINDS] = {
	[ACCOUNT_EVENTS] = "",
	[ACCOUNT_CPU] = "cpu",
	[ACCOUNT_WALL] = "wall",
	[ACCOUNT_INSTRUCTIONS] = "instructions",
};

const unsigned account_kind_sets[ACCOUNT_KINDS] = {
	[ACCOUNT_EVENTS] = GATE_SET_EXACT,
	[ACCOUNT_CPU] = 1u << GATE_CPU,
	[ACCOUNT_WALL] = 1u << GATE_WALL,
	[ACCOUNT_INSTRUCTIONS] = 1u << GATE_INSTRUCTIONS,
};

enum account_kind
account_kind_of(enum gate_metric metric)
{
	enum account_kind kind = ACCOUNT_EVENTS;

	while ((int)metric >= GATE_EVENT_METRICS && kind + 1 < ACCOUNT_KINDS &&
		!gate_set_has(account_kind_sets[kind], metric))
		kind++;
	return kind;
}

void
account_free(struct account *account)
{
	if (!account)
		return;
	selection_fini(&account->all);
	profile_free(account->profile);
	if (account->samples)
		g_array_unref(account->samples);
	g_free(account->module_names);
	g_free(account);
}

static const char **
name_modules(const struct profile *profile)
{
	const char **names = g_new(const char *, profile->modules->len);

	for (guint i = 0; i < profile->modules->len; i++) {
		g_autofree char *name = match_module(profile, profile_module(profile, i)->path);

		names[i] = g_intern_string(*name ? name : "[unknown]");
	}
	return names;
}

/* The profile is not changed any more from here on. */
static struct account *
account_new(struct profile *profile, unsigned set)
{
	const struct filter everything = {.function = NULL};
	struct account *account = g_new0(struct account, 1);

	account->profile = profile;
	account->set = set;
	account->module_names = name_modules(profile);
	selection_init(&account->all, profile, &everything, NULL);
	return account;
}

struct account *
account_take(struct profile *profile, unsigned set)
{
	struct account *account = account_new(profile, set);

	for (unsigned i = 0; i < GATE_PATH_METRICS; i++) {
		if (gate_set_has(set, i))
			account->total[i] = selection_whole(&account->all, gate_metrics[i].column);
	}
	return account;
}

struct account_frame
account_frame(const struct account *account, uint32_t node)
{
	const struct profile *profile = account->profile;
	const struct profile_frame *frame = profile_node_frame(profile, node);
	const struct profile_function *function = profile_function(profile, frame->function);

	return (struct account_frame){
		.function = function->name,
		.module = account->module_names[function->module],
		.file = profile_file(profile, frame->file),
		.line = frame->line,
	};
}

/* ---- from a profile ---- */

/* By node: whether it or a caller matches. Parents come first. */
static bool *
find_suppressed(const struct profile *profile, const struct suppressions *suppressions)
{
	bool *suppressed = g_new0(bool, profile->nodes.count);

	for (uint32_t i = 1; i < profile->nodes.count; i++) {
		const struct profile_frame *frame = profile_node_frame(profile, i);
		const struct profile_function *function =
			profile_function(profile, frame->function);

		suppressed[i] = suppressed[profile->nodes.parent[i]] ||
				suppressions_match(suppressions, function->name,
					profile_module(profile, function->module)->path,
					profile_file(profile, frame->file));
	}
	return suppressed;
}

/* The profile is ours alone still. */
static struct tally
suppress(struct profile *profile, const struct suppressions *suppressions)
{
	g_autofree bool *suppressed = find_suppressed(profile, suppressions);
	struct tally sum = {0};

	for (uint32_t row = 0; row < profile->memory.count; row++) {
		struct tally *leaked = &profile->memory.sums[row].leaked;

		if (profile->memory.category[row] != MEMORY_HEAP ||
			!suppressed[profile->memory.node[row]])
			continue;
		sum.count += leaked->count;
		sum.bytes += leaked->bytes;
		*leaked = (struct tally){0};
	}
	return sum;
}

/* What a summary does not know is not in it, nor calls of what is not instrumented. */
static unsigned
set_of_profile(const struct profile *profile)
{
	const unsigned in_summary = 1u << GATE_ALLOCATIONS | 1u << GATE_ALLOCATED;
	const unsigned heap = profile->run.summary ? in_summary : (1u << GATE_CALLS) - 1;

	return heap | (profile->calls->len ? 1u << GATE_CALLS | 1u << GATE_TIME : 0);
}

struct account *
account_from_profile(struct profile *profile, const struct suppressions *suppressions)
{
	const struct tally suppressed =
		suppressions ? suppress(profile, suppressions) : (struct tally){0};
	struct account *account = account_take(profile, set_of_profile(profile));

	/* The run's own figure: what the call paths say must agree with it. */
	if (gate_set_has(account->set, GATE_PEAK))
		account->total[GATE_PEAK] = profile->run.peak_bytes;
	account->suppressed_bytes = suppressed.bytes;
	account->suppressed_blocks = suppressed.count;
	return account;
}

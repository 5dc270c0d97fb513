/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See attribution.h. */
#include "attribution.h"

#include <string.h>

#include "names.h"
#include "slower.h"

enum {
	PAIRED_MAX = 4000,
};

const char *const attribution_kind_names[] = {
	[ATTRIBUTION_NEW] = "new",
	[ATTRIBUTION_GONE] = "gone",
	[ATTRIBUTION_CHANGED] = "changed",
	[ATTRIBUTION_MOVED] = "moved",
};

/* ---- the frames of an entry ---- */

uint32_t
attribution_site(const struct attribution_entry *entry)
{
	const struct account *account = entry->account;
	uint32_t node = entry->witness;

	while (account_parent(account, node) &&
		name_is_allocator(account_frame(account, node).function))
		node = account_parent(account, node);
	return node;
}

char *
attribution_frame(const struct account_frame *frame)
{
	/* "libz.so+0x1a0" is no name to be made shorter. */
	g_autofree char *name = strstr(frame->function, "+0x") ? g_strdup(frame->function)
							       : name_short(frame->function, true);
	g_autofree char *file = g_path_get_basename(frame->file);

	if (*frame->file && frame->line)
		return g_strdup_printf("%s %s:%u", name, file, frame->line);
	if (!strcmp(frame->module, "[small]"))
		return g_steal_pointer(&name);
	return g_strdup_printf("%s (%s)", name, frame->module);
}

char *
attribution_reviewed(const struct attribution_entry *entry)
{
	if (!entry->reviewed)
		return NULL;
	const struct account_frame frame = account_frame(entry->account, entry->reviewed);

	return attribution_frame(&frame);
}

char *
attribution_path(const struct attribution_entry *entry, unsigned frames)
{
	GString *text = g_string_new(NULL);
	unsigned count = 0;

	for (uint32_t node = attribution_site(entry); node;
		node = account_parent(entry->account, node)) {
		if (frames && count == frames) {
			g_string_append(text, " < ...");
			break;
		}
		const struct account_frame frame = account_frame(entry->account, node);
		g_autofree char *words = attribution_frame(&frame);

		g_string_append_printf(text, "%s%s", count++ ? " < " : "", words);
	}
	return g_string_free(text->len ? text : g_string_assign(text, "(no call path)"), FALSE);
}

char *
attribution_function_text(const struct attribution_function *function, enum gate_metric metric)
{
	const enum gate_unit unit = gate_metrics[metric].unit;
	g_autofree char *name = name_short(function->function, true);
	g_autofree char *before = gate_format(unit, function->before);
	g_autofree char *after = gate_format(unit, function->after);
	g_autofree char *change = gate_format_change(unit, function->after - function->before);
	g_autofree char *error = gate_format(unit, function->error);

	return g_strdup_printf(
		"%s itself: %s -> %s, %s, give or take %s", name, before, after, change, error);
}

/* ---- finding them ---- */

/* From the site outwards: the first touched line, else the first frame in a touched file. */
static void
find_reviewed(struct attribution_entry *entry, const struct review *review)
{
	for (uint32_t node = entry->witness; node; node = account_parent(entry->account, node)) {
		const struct account_frame frame = account_frame(entry->account, node);
		const enum review_match match = review_find(review, frame.file, frame.line);

		if (match > entry->match) {
			entry->match = match;
			entry->reviewed = node;
		}
		if (match == REVIEW_LINE)
			return;
	}
}

struct search {
	const struct comparison *comparison;
	const struct review *review;
	unsigned column;
	uint64_t *self[DIFF_SIDES]; /* by node of the side */
	struct attribution *attribution;
};

static void
add_entry(const struct search *search, uint32_t path)
{
	const struct comparison *comparison = search->comparison;
	const struct diff_values values = diff_self(comparison->diff, search->column, path);
	struct attribution_entry entry = {
		.before = (uint64_t)values.a,
		.after = (uint64_t)values.b,
	};
	const enum diff_side side = values.b > values.a ? DIFF_B : DIFF_A;

	if (values.a == values.b)
		return;
	entry.kind = !values.a	 ? ATTRIBUTION_NEW
		     : !values.b ? ATTRIBUTION_GONE
				 : ATTRIBUTION_CHANGED;
	entry.account = comparison->account[side];
	entry.witness = comparison_witness(comparison, path, side, search->self);
	entry.rank = slower_rank(search->attribution->functions,
		comparison->diff->frames[comparison->diff->frame[path]].function_number, path);
	find_reviewed(&entry, search->review);
	search->attribution->explained += attribution_change(&entry);
	g_array_append_val(search->attribution->entries, entry);
}

/* Do the two do the same for the same function? */
static bool
is_move(const struct attribution_entry *gone, const struct attribution_entry *new)
{
	if (gone->kind != ATTRIBUTION_GONE || gone->before != new->after)
		return false;
	const uint32_t from = attribution_site(gone), to = attribution_site(new);

	if (!from || !to)
		return false;
	const struct account_frame was = account_frame(gone->account, from);
	const struct account_frame is = account_frame(new->account, to);

	return !strcmp(was.function, is.function) && !strcmp(was.module, is.module);
}

static void
pair_moved(struct attribution *attribution)
{
	GArray *entries = attribution->entries;

	/* Each is held against each: of very many, which is which is no help to anybody. */
	if (entries->len > PAIRED_MAX)
		return;

	for (guint i = 0; i < entries->len; i++) {
		struct attribution_entry *new =
			&g_array_index(entries, struct attribution_entry, i);

		for (guint j = 0; new->kind == ATTRIBUTION_NEW &&j < entries->len; j++) {
			struct attribution_entry *gone =
				&g_array_index(entries, struct attribution_entry, j);

			if (!is_move(gone, new))
				continue;
			new->kind = gone->kind = ATTRIBUTION_MOVED;
			new->has_partner = gone->has_partner = true;
			new->partner = gone->witness;
			gone->partner = new->witness;
		}
	}
}

static int
place_in_list(const struct attribution_entry *entry)
{
	if (entry->kind == ATTRIBUTION_MOVED)
		return 1;
	return attribution_change(entry) > 0 ? 0 : 2;
}

static int
compare_entries(gconstpointer a, gconstpointer b)
{
	const struct attribution_entry *x = a, *y = b;
	const int64_t left = ABS(attribution_change(x)), right = ABS(attribution_change(y));

	if (place_in_list(x) != place_in_list(y))
		return place_in_list(x) - place_in_list(y);
	if (x->rank != y->rank && place_in_list(x) == 0)
		return x->rank < y->rank ? -1 : 1;
	if (left != right)
		return left > right ? -1 : 1;
	const uint32_t from = attribution_site(x), to = attribution_site(y);

	return strcmp(
		account_frame(x->account, from).function, account_frame(y->account, to).function);
}

struct attribution *
attribution_find(const struct comparison *comparison, enum gate_metric metric, int64_t total_before,
	int64_t total_after, double measured, const struct review *review)
{
	struct attribution *attribution = g_new0(struct attribution, 1);
	const struct search search = {
		.comparison = comparison,
		.review = review,
		.column = comparison_column(comparison, metric),
		.self = {account_self(comparison->account[DIFF_A], metric),
			account_self(comparison->account[DIFF_B], metric)},
		.attribution = attribution,
	};

	attribution->metric = metric;
	attribution->change = total_after - total_before;
	attribution->entries = g_array_new(FALSE, FALSE, sizeof(struct attribution_entry));
	attribution->functions = slower_functions(comparison, metric, measured);
	for (uint32_t path = 0; path < comparison->diff->node_count; path++)
		add_entry(&search, path);
	attribution->residual = attribution->change - attribution->explained;
	pair_moved(attribution);
	g_array_sort(attribution->entries, compare_entries);
	g_free(search.self[DIFF_A]);
	g_free(search.self[DIFF_B]);
	return attribution;
}

void
attribution_free(struct attribution *attribution)
{
	if (!attribution)
		return;
	g_array_unref(attribution->entries);
	if (attribution->functions)
		g_array_unref(attribution->functions);
	g_free(attribution);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See attribution.h. */
#include "attribution.h"

#include <string.h>

#include "call_paths_union.h"
#include "names.h"

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

const struct account_node *
attribution_site(const struct attribution_entry *entry)
{
	uint32_t node = entry->witness;

	while (account_node(entry->account, node)->parent &&
		name_is_allocator(account_node(entry->account, node)->function))
		node = account_node(entry->account, node)->parent;
	return account_node(entry->account, node);
}

const struct account_node *
attribution_reviewed(const struct attribution_entry *entry)
{
	return entry->reviewed ? account_node(entry->account, entry->reviewed) : NULL;
}

char *
attribution_frame(const struct account_node *node)
{
	g_autofree char *name = name_short(node->function, true);
	g_autofree char *file = g_path_get_basename(node->file);

	if (*node->file && node->line)
		return g_strdup_printf("%s %s:%u", name, file, node->line);
	return g_strdup_printf("%s (%s)", name, node->module);
}

char *
attribution_path(const struct attribution_entry *entry, unsigned frames)
{
	const struct account_node *site = attribution_site(entry);
	GString *text = g_string_new(NULL);
	unsigned count = 0;

	for (const struct account_node *node = site; *node->function;
		node = account_node(entry->account, node->parent)) {
		if (frames && count == frames) {
			g_string_append(text, " < ...");
			break;
		}
		g_autofree char *frame = attribution_frame(node);

		g_string_append_printf(text, "%s%s", count++ ? " < " : "", frame);
	}
	return g_string_free(text, FALSE);
}

/* ---- finding them ---- */

/* From the site outwards: the first touched line, else the first frame in a touched file. */
static void
find_reviewed(struct attribution_entry *entry, const struct review *review)
{
	for (uint32_t node = entry->witness; node;
		node = account_node(entry->account, node)->parent) {
		const struct account_node *frame = account_node(entry->account, node);
		const enum review_match match = review_find(review, frame->file, frame->line);

		if (match > entry->match) {
			entry->match = match;
			entry->reviewed = node;
		}
		if (match == REVIEW_LINE)
			return;
	}
}

static void
add_entry(struct attribution *attribution, const struct call_paths_union *paths, uint32_t path,
	const struct review *review)
{
	const enum gate_metric metric = attribution->metric;
	struct attribution_entry entry = {
		.before = call_paths_union_self(paths, path, UNION_BEFORE, metric),
		.after = call_paths_union_self(paths, path, UNION_AFTER, metric),
	};
	const unsigned side = entry.after > entry.before ? UNION_AFTER : UNION_BEFORE;

	if (entry.before == entry.after)
		return;
	entry.kind = !entry.before  ? ATTRIBUTION_NEW
		     : !entry.after ? ATTRIBUTION_GONE
				    : ATTRIBUTION_CHANGED;
	entry.account = paths->account[side];
	entry.witness = path ? call_paths_union_witness(paths, path, side, metric) : 0;
	find_reviewed(&entry, review);
	attribution->explained += attribution_change(&entry);
	g_array_append_val(attribution->entries, entry);
}

/* Do the two do the same for the same function? */
static bool
is_move(const struct attribution_entry *gone, const struct attribution_entry *new)
{
	const struct account_node *from = attribution_site(gone), *to = attribution_site(new);

	return gone->kind == ATTRIBUTION_GONE && gone->before == new->after &&
	       from->function == to->function && from->module == to->module;
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
	if (left != right)
		return left > right ? -1 : 1;
	return strcmp(attribution_site(x)->function, attribution_site(y)->function);
}

struct attribution *
attribution_find(const struct account *before, const struct account *after, enum gate_metric metric,
	int64_t total_before, int64_t total_after, const struct review *review)
{
	struct attribution *attribution = g_new0(struct attribution, 1);
	struct call_paths_union paths;

	attribution->metric = metric;
	attribution->change = total_after - total_before;
	attribution->entries = g_array_new(FALSE, FALSE, sizeof(struct attribution_entry));
	call_paths_union_init(&paths, before, after);
	for (uint32_t path = 0; path < paths.paths->len; path++)
		add_entry(attribution, &paths, path, review);
	call_paths_union_fini(&paths);
	attribution->residual = attribution->change - attribution->explained;
	pair_moved(attribution);
	g_array_sort(attribution->entries, compare_entries);
	return attribution;
}

void
attribution_free(struct attribution *attribution)
{
	if (!attribution)
		return;
	g_array_unref(attribution->entries);
	g_free(attribution);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The program's own mappings: ranges of addresses, each with the call path that mapped it.
 *
 * munmap takes any range: it may cut a mapping in two, take a part of each of several, or name what
 * nobody mapped; mmap with MAP_FIXED replaces what was there. So the ranges are pieces in a tree,
 * disjoint, ordered by start; the pieces of one mapping share its account. Bytes count as freed as
 * they go, the mapping itself when its last piece goes. The program break is a mapping like others
 * that grows and shrinks at its end.
 */
#include "state.h"

struct mapping {
	uint32_t site;
	uint32_t serial;
	uint64_t ticks;
	unsigned pieces;
};

/* [start, end) */
struct piece {
	uint64_t start, end;
	struct mapping *mapping;
};

static int
compare_starts(gconstpointer a, gconstpointer b, gpointer unused)
{
	const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static void
piece_free(gpointer data)
{
	struct piece *piece = data;

	if (!--piece->mapping->pieces)
		g_free(piece->mapping);
	g_free(piece);
}

GTree *
mappings_new(void)
{
	/* The key is the piece's first field. */
	return g_tree_new_full(compare_starts, NULL, NULL, piece_free);
}

static void
add_piece(GTree *tree, struct mapping *mapping, uint64_t start, uint64_t end)
{
	struct piece *piece;

	if (start >= end)
		return;
	piece = g_new(struct piece, 1);
	*piece = (struct piece){start, end, mapping};
	mapping->pieces++;
	g_tree_insert(tree, &piece->start, piece);
}

/* The lowest piece that overlaps [start, end), or NULL. */
static struct piece *
find_overlap(GTree *tree, uint64_t start, uint64_t end)
{
	GTreeNode *after = g_tree_upper_bound(tree, &start);
	GTreeNode *before = after ? g_tree_node_previous(after) : g_tree_node_last(tree);
	struct piece *piece = before ? g_tree_node_value(before) : NULL;

	if (piece && piece->end > start)
		return piece;
	piece = after ? g_tree_node_value(after) : NULL;
	return piece && piece->start < end ? piece : NULL;
}

static void
account_gone(
	struct model_thread *thread, const struct mapping *mapping, uint64_t bytes, uint64_t ticks)
{
	struct site_state *site = site_at(&thread->model->sites, mapping->site);
	const bool last = mapping->pieces == 1;

	account_remove(thread->process, site, PEAK_MAPPED, (struct tally){last, bytes});
	if (!last)
		return;
	account_lifetime(site, ticks > mapping->ticks ? ticks - mapping->ticks : 0);
	if (mapping->serial == thread->serial[PEAK_MAPPED] &&
		site->thread == (thread->public->number & SITE_THREAD_MASK)) {
		site->temporary.count++;
		site->temporary.bytes += bytes;
	}
}

void
mapping_remove(struct model_thread *thread, uint64_t ticks, uint64_t address, uint64_t length)
{
	GTree *tree = thread->process->mappings;
	const uint64_t end = length > UINT64_MAX - address ? UINT64_MAX : address + length;
	struct piece *piece;

	if (!length)
		return;
	while ((piece = find_overlap(tree, address, end))) {
		const struct piece old = *piece;
		const uint64_t from = MAX(old.start, address), to = MIN(old.end, end);

		add_piece(tree, old.mapping, to, old.end);
		if (old.start < from) {
			/* The key stays, so the piece may shrink in place; it still counts. */
			piece->end = from;
			old.mapping->pieces++;
			account_gone(thread, old.mapping, to - from, ticks);
			old.mapping->pieces--;
		} else {
			account_gone(thread, old.mapping, to - from, ticks);
			g_tree_remove(tree, &old.start);
		}
	}
}

void
mapping_add(struct model_thread *thread, uint64_t ticks, uint32_t node, uint64_t address,
	uint64_t length, enum memory_category category)
{
	struct model_process *process = thread->process;
	struct mapping *mapping;

	mapping_remove(thread, ticks, address, length);
	thread->serial[PEAK_MAPPED]++;
	if (!length || length > UINT64_MAX - address)
		return;
	mapping = g_new0(struct mapping, 1);
	mapping->site = site_map_find_or_add(&thread->sites, &thread->model->sites, node, category);
	mapping->serial = thread->serial[PEAK_MAPPED];
	mapping->ticks = ticks;
	account_add(
		process, site_at(&thread->model->sites, mapping->site), PEAK_MAPPED, length, ticks);
	add_piece(process->mappings, mapping, address, address + length);
}

struct mappings_moves {
	const struct span_move *moves;
	uint32_t count;
};

/* Of a mapping in pieces the first one moves it: where it is then, nothing moves from. */
static gboolean
move_piece(gpointer key, gpointer value, gpointer context)
{
	struct mapping *mapping = ((struct piece *)value)->mapping;
	const struct mappings_moves *moves = context;

	if (mapping->site < moves->count && moves->moves[mapping->site].to)
		mapping->site = moves->moves[mapping->site].to - 1;
	return FALSE;
}

void
mappings_move(GTree *mappings, const struct span_move *moves, uint32_t count)
{
	g_tree_foreach(mappings, move_piece, &(struct mappings_moves){moves, count});
}

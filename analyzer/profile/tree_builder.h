/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The call tree of a profile while it grows, before its nodes have their final numbers. */
#ifndef THAG_PROFILE_TREE_BUILDER_H
#define THAG_PROFILE_TREE_BUILDER_H

#include "id_map.h"
#include "profile.h"

struct tree_builder {
	GArray *parents; /* uint32_t by provisional number; 0: the root */
	GArray *frames;	 /* uint32_t */
	struct id_map children;
};

void tree_builder_init(struct tree_builder *tree);
void tree_builder_fini(struct tree_builder *tree);

/* The provisional number of the child of `parent` with `frame`, new or not. */
uint32_t tree_builder_child(struct tree_builder *tree, uint32_t parent, uint32_t frame);

/*
 * Writes the tree into the profile's nodes, in preorder, siblings by frame, with `frame_number`
 * giving each frame's final number. Returns the final number of each provisional one; g_free() it.
 */
uint32_t *tree_builder_number(
	struct tree_builder *tree, const uint32_t *frame_number, struct profile *profile);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the source named, from the model to the profile: part of profile_build.c. */
#ifndef THAG_PROFILE_NAMED_BUILD_H
#define THAG_PROFILE_NAMED_BUILD_H

#include "call_paths.h"

/* Asks for the call paths that tasks and misuse name. */
void named_build_want(struct call_paths *paths, const struct process *process);

/*
 * The node below `parent` (a number in the tree) of what has this number in the process. A function
 * that asked to be profiled is its own frame, which is `parent`, where that can be told.
 */
uint32_t named_build_place_node(struct call_paths *paths, uint32_t parent, uint32_t number);

/* Adds the process's rows; its threads must be in the profile. */
void named_build_add(struct call_paths *paths, const struct process *process, uint32_t index);

/* Gives nodes their final numbers; the calls must have theirs. */
void named_build_number(struct profile *profile, const uint32_t *number);

#endif

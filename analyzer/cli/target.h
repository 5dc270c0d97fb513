/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The program that thag-run is asked to profile: where it is, and whether it can be.
 *
 * Everything that would make a run useless is found out here, before anything is started, and said
 * with what to do about it.
 */
#ifndef THAG_CLI_TARGET_H
#define THAG_CLI_TARGET_H

#include <glib.h>

enum {
	EXIT_OURS = 125,	   /* thag itself failed, or refuses */
	EXIT_NOT_EXECUTABLE = 126, /* as a shell has it */
	EXIT_NOT_FOUND = 127,	   /* as a shell has it */
};

struct target {
	char *path;	   /* what to execute: found by PATH where the name has no slash */
	gboolean jemalloc; /* is linked with it: its own calls are to be recorded too */
	char *warning;	   /* it can be profiled, but for this; NULL: nothing to say */
};

/*
 * Finds `name` as a shell would and looks at it and, of a script, at its interpreter. Returns 0, or
 * the exit status (enum above) with `*ret_why` set, the caller's to free.
 */
int target_find(const char *name, struct target *ret_target, char **ret_why);

void target_fini(struct target *target);

#endif

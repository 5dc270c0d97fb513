/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The tracing hooks by names of their own, for those inside the library who call them. */
#ifndef THAG_PRELOAD_HOOKS_CALLS_H
#define THAG_PRELOAD_HOOKS_CALLS_H

void hook_enter(void *function, void *call_site);
void hook_exit(void *function, void *call_site);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Code that a process made at run time (a JIT): it lies in no module, and has names only where the
 * process wrote them for perf into /tmp/perf-<pid>.map, as `node --perf-basic-prof` and
 * `java -XX:+DumpPerfMapAtExit` do.
 */
#ifndef THAG_PROFILE_GENERATED_CODE_H
#define THAG_PROFILE_GENERATED_CODE_H

#include "model.h"
#include "symbolizer.h"

/*
 * A module of all addresses of the process, to be asked where no other holds one. NULL where there
 * is no map that this process (which ran from `start_realtime_ns` on) can have written. Owned by
 * the caller: generated_code_free().
 */
struct module *generated_code_new(
	struct symbolizer *symbolizer, uint32_t pid, uint64_t start_realtime_ns);
void generated_code_free(struct module *module);

#endif

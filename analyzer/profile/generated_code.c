/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <glib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generated_code.h"

#define MAP_PATH "/tmp/perf-%u.map"

/* Neither another user's nor one that an earlier process of the same number left behind. */
static bool
may_be_its(const char *path, uint64_t start_realtime_ns)
{
	struct stat status;

	if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return false;
	if (status.st_uid != geteuid() && status.st_uid != 0 && geteuid() != 0)
		return false;
	return (uint64_t)status.st_mtim.tv_sec >= start_realtime_ns / 1000000000;
}

struct module *
generated_code_new(struct symbolizer *symbolizer, uint32_t pid, uint64_t start_realtime_ns)
{
	g_autofree char *path = g_strdup_printf(MAP_PATH, pid);
	struct module *module;
	int64_t number;

	if (!may_be_its(path, start_realtime_ns))
		return NULL;
	number = symbolizer_add_map(symbolizer, path);
	if (number < 0)
		return NULL;
	module = g_new0(struct module, 1);
	module->path = g_steal_pointer(&path);
	module->end = module->end_ns = UINT64_MAX;
	module->symbols = (uint32_t)number;
	return module;
}

void
generated_code_free(struct module *module)
{
	if (!module)
		return;
	g_free(module->path);
	g_free(module);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * thag doctor: what this machine allows a profile to be, and what follows from it.
 *
 * A list of findings, each a line of what is so and, where that is not the best there is, one of
 * what to do about it. Only what makes profiles impossible is an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <gnu/libc-version.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "clock.h"
#include "command.h"
#include "library.h"
#include "pool.h"
#include "pool_file.h"
#include "symbolizer.h"
#include "target.h"

enum verdict {
	VERDICT_GOOD,
	VERDICT_LESS, /* profiles are possible, but not the best */
	VERDICT_BAD,  /* no profile is possible */
	VERDICTS,
};

struct finding {
	enum verdict verdict;
	char *fact;
	char *advice; /* NULL: nothing to be done */
};

static struct finding
find(enum verdict verdict, char *fact, char *advice)
{
	return (struct finding){verdict, fact, advice};
}

/* ---- programs and libraries ---- */

static struct finding
look_at_library(void)
{
	char *why = NULL;
	char *path = library_find(&why);

	return path ? find(VERDICT_GOOD, path, NULL)
		    : find(VERDICT_BAD, why, g_strdup("build or install thag anew"));
}

static struct finding
look_at_system(void)
{
	struct utsname name;

	uname(&name);
	char *fact = g_strdup_printf("%s %s on %s, glibc %s", name.sysname, name.release,
		name.machine, gnu_get_libc_version());

	return find(VERDICT_GOOD, fact, NULL);
}

/* ---- memory ---- */

static struct finding
look_at_pool(void)
{
	struct options options;
	struct pool_file file;
	char *why = NULL;

	options_init(&options);
	if (pool_file_create(&options, &file, &why))
		return find(VERDICT_BAD, why,
			g_strdup("make room there; in a container: give it a larger --shm-size"));
	g_autofree char *directory = g_path_get_dirname(file.path);
	struct statvfs volume;
	const bool known = !fstatvfs(file.fd, &volume);
	const uint64_t room = known ? (uint64_t)volume.f_bavail * volume.f_frsize : 0;
	g_autofree char *size = g_format_size_full(room, G_FORMAT_SIZE_IEC_UNITS);
	char *fact = g_strdup_printf("events pass through %s, %s free", directory, size);

	pool_file_fini(&file);
	if (strcmp(directory, "/dev/shm") != 0)
		return find(VERDICT_LESS, fact,
			g_strdup("/dev/shm has no room: profiling writes to a disk then"));
	if (room < pool_file_bytes())
		return find(VERDICT_LESS, fact,
			g_strdup("when the analyzer falls behind, less than 512 MiB of events "
				 "can wait for it: programs wait sooner"));
	return find(VERDICT_GOOD, fact, NULL);
}

static struct finding
look_at_limits(void)
{
	struct rlimit space, file;

	getrlimit(RLIMIT_AS, &space);
	getrlimit(RLIMIT_FSIZE, &file);
	if (file.rlim_max < pool_file_bytes())
		return find(VERDICT_BAD, g_strdup("file sizes are limited below 513 MiB"),
			g_strdup("ulimit -f unlimited"));
	if (space.rlim_cur != RLIM_INFINITY)
		return find(VERDICT_LESS,
			g_strdup_printf("address space is limited to %" G_GUINT64_FORMAT " MiB",
				(guint64)(space.rlim_cur >> 20)),
			g_strdup("profiled programs need 513 MiB of it more: ulimit -v unlimited"));
	return find(VERDICT_GOOD, g_strdup("no limit on address space or file size"), NULL);
}

/* ---- time ---- */

static struct finding
look_at_clock(void)
{
	if (clock_has_counter())
		return find(
			VERDICT_GOOD, g_strdup("the processor's own counter is the clock"), NULL);
	return find(VERDICT_LESS, g_strdup("the processor has no counter that can be relied on"),
		g_strdup("CLOCK_MONOTONIC is the clock: each event takes some 20 ns more"));
}

/* As the sampler asks for it. Returns 0 or a negative errno. */
static int
try_perf(void)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.sample_period = 1000000,
		.disabled = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	const long fd =
		syscall(SYS_perf_event_open, &attributes, 0, -1, -1, (long)PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -errno;
	close((int)fd);
	return 0;
}

static struct finding
look_at_perf(void)
{
	g_autofree char *paranoid = NULL;
	const int error = try_perf();

	g_file_get_contents("/proc/sys/kernel/perf_event_paranoid", &paranoid, NULL, NULL);
	const char *level = paranoid ? g_strstrip(paranoid) : "not there";

	if (!error)
		return find(VERDICT_GOOD,
			g_strdup_printf(
				"samples come from perf events (perf_event_paranoid: %s)", level),
			NULL);
	return find(VERDICT_LESS,
		g_strdup_printf("perf events are not allowed: %s (perf_event_paranoid: %s)",
			g_strerror(-error), level),
		g_strdup("samples come from timers: no more than one a tick of the kernel (100 to "
			 "1000 a second); better: sysctl kernel.perf_event_paranoid=2, in a "
			 "container: --cap-add PERFMON"));
}

/* ---- names ---- */

struct libc {
	char *path;
	uint64_t address; /* of a function, as linked */
};

static bool
find_libc(struct libc *ret_libc)
{
	g_autofree char *maps = NULL;
	uint64_t bias = 0;
	const uint64_t wanted = (uint64_t)(uintptr_t)&gnu_get_libc_version;

	if (!g_file_get_contents("/proc/self/maps", &maps, NULL, NULL))
		return false;
	g_auto(GStrv) lines = g_strsplit(maps, "\n", -1);

	for (char **line = lines; *line; line++) {
		guint64 start, end, offset;
		int path = 0;

		if (sscanf(*line,
			    "%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER
			    "x %*s %" G_GINT64_MODIFIER "x %*s %*s %n",
			    &start, &end, &offset, &path) < 3 ||
			!path)
			continue;
		if (!offset)
			bias = start;
		if (wanted < start || wanted >= end)
			continue;
		*ret_libc = (struct libc){g_strdup(*line + path), wanted - bias};
		return true;
	}
	return false;
}

static struct finding
look_at_debug_information(void)
{
	const struct symbolizer_options options = {.threads = 1};
	struct libc libc;

	if (!find_libc(&libc))
		return find(VERDICT_LESS, g_strdup("libc's file cannot be found"), NULL);
	struct symbolizer *symbolizer = symbolizer_new(&options);
	const struct symbolizer_module module = {.path = libc.path};
	const uint32_t number = symbolizer_add_module(symbolizer, &module);

	symbolizer_want(symbolizer, number, libc.address);
	symbolizer_resolve_all(symbolizer);
	const struct symbol_chain chain = symbolizer_find(symbolizer, number, libc.address);
	const enum symbol_precision precision = chain.symbols[0].precision;

	symbolizer_free(symbolizer);
	char *fact = g_strdup_printf("%s has %s", libc.path,
		precision == SYMBOL_LINE ? "debug information" : "no debug information");

	g_free(libc.path);
	return precision == SYMBOL_LINE
		       ? find(VERDICT_GOOD, fact, NULL)
		       : find(VERDICT_LESS, fact,
				 g_strdup("system libraries show exported functions alone, without "
					  "lines; Debian: apt-get install libc6-dbg"));
}

static struct finding
look_at_debuginfod(void)
{
	const char *urls = g_getenv("DEBUGINFOD_URLS");

	return find(VERDICT_GOOD,
		urls && *urls ? g_strdup_printf("DEBUGINFOD_URLS is set (%s): no server is asked, "
						"only local files are read",
					urls)
			      : g_strdup("no server is asked for debug information"),
		NULL);
}

static struct finding
look_at_ptrace(void)
{
	return find(VERDICT_GOOD,
		g_strdup("neither ptrace nor any privilege is needed: containers, seccomp and "
			 "yama are fine"),
		NULL);
}

/* ---- the list ---- */

static const struct {
	const char *name;
	struct finding (*look)(void);
} checks[] = {
	{"system", look_at_system},
	{"library", look_at_library},
	{"shared memory", look_at_pool},
	{"limits", look_at_limits},
	{"clock", look_at_clock},
	{"sampling", look_at_perf},
	{"names", look_at_debug_information},
	{"debuginfod", look_at_debuginfod},
	{"privileges", look_at_ptrace},
};

static enum verdict
print_check(size_t index)
{
	static const char *const marks[VERDICTS] = {"ok  ", "less", "BAD "};
	struct finding finding = checks[index].look();

	printf("%s  %-14s %s\n", marks[finding.verdict], checks[index].name, finding.fact);
	if (finding.advice)
		printf("      %-14s -> %s\n", "", finding.advice);
	g_free(finding.fact);
	g_free(finding.advice);
	return finding.verdict;
}

int
doctor_main(int count, char **arguments)
{
	unsigned verdicts[VERDICTS] = {0};

	if (count > 1) {
		const bool help = !strcmp(arguments[1], "--help") || !strcmp(arguments[1], "-h");

		fprintf(help ? stdout : stderr,
			"%s: says what this machine allows a profile to be; no arguments\n",
			arguments[0]);
		return help ? 0 : EXIT_OURS;
	}
	printf("thag %s\n\n", THAG_VERSION);
	for (size_t i = 0; i < G_N_ELEMENTS(checks); i++)
		verdicts[print_check(i)]++;
	if (verdicts[VERDICT_BAD])
		puts("\nThis machine cannot profile: see BAD.");
	else if (verdicts[VERDICT_LESS])
		puts("\nThis machine can profile, with less than the best where it says so.");
	else
		puts("\nThis machine can profile, at its best.");
	return verdicts[VERDICT_BAD] ? 1 : 0;
}

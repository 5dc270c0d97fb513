/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See fingerprint.h. */
#include "fingerprint.h"

#include <glib.h>
#include <gnu/libc-version.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The value of the first line of /proc/cpuinfo with that key, "" where there is none. */
static char *
cpu_line(const char *text, const char *key)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 200);

	for (char **line = lines; *line; line++) {
		const char *colon = strchr(*line, ':');

		if (g_str_has_prefix(*line, key) && colon)
			return g_strstrip(g_strdup(colon + 1));
	}
	return g_strdup("");
}

json_t *
fingerprint_here(void)
{
	g_autofree char *text = NULL;
	struct utsname system;

	if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL))
		text = g_strdup("");
	uname(&system);
	g_autofree char *model = cpu_line(text, "model name");
	g_autofree char *part = cpu_line(text, "CPU part");
	g_autofree char *microcode = cpu_line(text, "microcode");
	g_autofree char *libc = g_strconcat("glibc ", gnu_get_libc_version(), NULL);

	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s}", "machine", system.machine, "cpu",
		*model ? model : part, "microcode", microcode, "cpus",
		(int)sysconf(_SC_NPROCESSORS_ONLN), "kernel", system.release, "libc", libc, "thag",
		THAG_VERSION);
}

static char *
value_text(const json_t *value)
{
	if (json_is_string(value))
		return g_strdup(json_string_value(value));
	if (json_is_integer(value))
		return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return g_strdup("not known");
}

char *
fingerprint_difference(const json_t *there, const json_t *here)
{
	GString *text = g_string_new(NULL);
	json_t *mutable_here = (json_t *)(uintptr_t)here;
	const char *key;
	json_t *value;

	json_object_foreach(mutable_here, key, value)
	{
		const json_t *other = json_object_get(there, key);

		if (other && json_equal(value, other))
			continue;
		g_autofree char *mine = value_text(value), *theirs = value_text(other);

		g_string_append_printf(text, "%s%s: '%s' there, '%s' here", text->len ? "; " : "",
			key, theirs, mine);
	}
	const bool same = !text->len;
	char *difference = g_string_free(text, same);

	return same ? NULL : difference;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See target.h. */
#include "target.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "elf_probe.h"

enum {
	SCRIPT_LINE_BYTES = 256, /* of "#!...", as much as the kernel reads */
	SCRIPT_DEPTH_MAX = 5,	 /* interpreters that are scripts themselves: the kernel's limit */
};

static const char *default_path = "/usr/local/bin:/usr/bin:/bin";

/* What this program is itself: the preload library is built alike. */
#if defined(__x86_64__)
enum {
	OWN_MACHINE = EM_X86_64
};
#elif defined(__aarch64__)
enum {
	OWN_MACHINE = EM_AARCH64
};
#else
#error "thag knows x86-64 and aarch64"
#endif
enum {
	OWN_CLASS = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32
};

G_GNUC_PRINTF(3, 4)
static int
refuse(int status, char **ret_why, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	*ret_why = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	return status;
}

/* ---- where it is ---- */

static bool
is_executable_file(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISREG(status.st_mode) && !access(path, X_OK);
}

/*
 * The first executable of that name on PATH; else, like a shell, the first file that is there but
 * may not be executed, so that the complaint is about the right thing. NULL: neither.
 */
static char *
search_path(const char *name)
{
	const char *path = g_getenv("PATH");
	g_auto(GStrv) directories = g_strsplit(path ? path : default_path, ":", -1);
	char *fallback = NULL;

	for (char **directory = directories; *directory; directory++) {
		char *candidate = g_build_filename(**directory ? *directory : ".", name, NULL);

		if (is_executable_file(candidate)) {
			g_free(fallback);
			return candidate;
		}
		if (!fallback && g_file_test(candidate, G_FILE_TEST_IS_REGULAR))
			fallback = candidate;
		else
			g_free(candidate);
	}
	return fallback;
}

static int
refuse_absent(const char *name, char **ret_why)
{
	g_autofree char *here = g_build_filename(".", name, NULL);

	if (!strchr(name, '/') && is_executable_file(here))
		return refuse(EXIT_NOT_FOUND, ret_why,
			"%s: not found on PATH; for the one in this directory, say ./%s", name,
			name);
	return refuse(EXIT_NOT_FOUND, ret_why, "%s: no such program%s", name,
		strchr(name, '/') ? "" : " on PATH");
}

/* ---- what it is ---- */

static int
check_privileges(const char *path, int fd, char **ret_why)
{
	const char *advice = "the loader ignores LD_PRELOAD for it; profile a copy without that, "
			     "as a user who may do what it does";
	struct statvfs volume;
	struct stat status;

	if (fstat(fd, &status) || (!fstatvfs(fd, &volume) && (volume.f_flag & ST_NOSUID)))
		return 0;
	if ((status.st_mode & S_ISUID) && status.st_uid != getuid())
		return refuse(EXIT_OURS, ret_why, "%s is setuid: %s", path, advice);
	if ((status.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
		status.st_gid != getgid())
		return refuse(EXIT_OURS, ret_why, "%s is setgid: %s", path, advice);
	if (getuid() && fgetxattr(fd, "security.capability", NULL, 0) > 0)
		return refuse(EXIT_OURS, ret_why, "%s has file capabilities: %s", path, advice);
	return 0;
}

static int
check_elf(const char *path, const struct elf_probe *probe, struct target *target, char **ret_why)
{
	if (probe->kind == ELF_BROKEN)
		return refuse(EXIT_NOT_EXECUTABLE, ret_why,
			"%s: a damaged ELF file; build or copy it again", path);
	if (probe->kind == ELF_OTHER)
		return refuse(EXIT_NOT_EXECUTABLE, ret_why,
			"%s: an object file or core dump, not a program; link it first", path);
	if (probe->class != OWN_CLASS || probe->machine != OWN_MACHINE)
		return refuse(EXIT_OURS, ret_why,
			"%s is a program for %s, this thag profiles %s ones; use a thag built for "
			"it",
			path, elf_machine_name(probe->class, probe->machine),
			elf_machine_name(OWN_CLASS, OWN_MACHINE));
	if (probe->kind == ELF_STATIC)
		return refuse(EXIT_OURS, ret_why,
			"%s is statically linked: there is no loader that could load libthag.so; "
			"link it dynamically (without -static)",
			path);
	target->jemalloc = probe->jemalloc;
	if (probe->own_malloc)
		target->warning = g_strdup_printf(
			"%s brings its own malloc: %s; link the allocator as a shared library to "
			"see all",
			path,
			probe->malloc_alive
				? "its allocations and its libraries' are not seen, only mmap and "
				  "brk"
				: "its own allocations may not be seen, its libraries' are");
	return 0;
}

/* The interpreter in "#! interpreter [argument]"; NULL: that is no such line. */
static char *
script_interpreter(int fd)
{
	char line[SCRIPT_LINE_BYTES + 1];
	const ssize_t length = pread(fd, line, SCRIPT_LINE_BYTES, 0);

	if (length < 3 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[length] = 0;
	line[strcspn(line, "\n")] = 0;
	g_strstrip(line + 2);
	line[2 + strcspn(line + 2, " \t")] = 0;
	return line[2] ? g_strdup(line + 2) : NULL;
}

static int check_file(const char *path, unsigned depth, struct target *target, char **ret_why);

static int
check_interpreter(const char *script, const char *interpreter, unsigned depth,
	struct target *target, char **ret_why)
{
	if (depth == SCRIPT_DEPTH_MAX)
		return refuse(EXIT_NOT_EXECUTABLE, ret_why,
			"%s: its interpreters are scripts of scripts, more than %d deep", script,
			SCRIPT_DEPTH_MAX);
	if (!is_executable_file(interpreter))
		return refuse(EXIT_NOT_EXECUTABLE, ret_why,
			"%s: its interpreter %s is not there or not executable; correct its "
			"first line",
			script, interpreter);
	return check_file(interpreter, depth + 1, target, ret_why);
}

static int
check_open_file(const char *path, int fd, unsigned depth, struct target *target, char **ret_why)
{
	struct elf_probe probe;
	const int error = elf_probe_file(fd, &probe);

	if (error)
		return refuse(EXIT_NOT_EXECUTABLE, ret_why, "%s: cannot be read: %s", path,
			g_strerror(-error));
	if (probe.kind == ELF_NOT) {
		g_autofree char *interpreter = script_interpreter(fd);

		/* Without "#!" execvp() gives it to the shell. */
		return interpreter ? check_interpreter(path, interpreter, depth, target, ret_why)
				   : 0;
	}
	const int status = check_privileges(path, fd, ret_why);

	return status ? status : check_elf(path, &probe, target, ret_why);
}

static int
check_file(const char *path, unsigned depth, struct target *target, char **ret_why)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	/* Executable but not readable: the kernel makes such a process undumpable, not secure. */
	if (fd < 0)
		return 0;
	const int status = check_open_file(path, fd, depth, target, ret_why);

	close(fd);
	return status;
}

int
target_find(const char *name, struct target *ret_target, char **ret_why)
{
	struct target target = {
		.path = strchr(name, '/') ? g_strdup(name) : search_path(name),
	};
	struct stat file;
	int status = 0;

	if (!target.path || !*name || stat(target.path, &file))
		status = refuse_absent(name, ret_why);
	else if (S_ISDIR(file.st_mode))
		status = refuse(EXIT_NOT_EXECUTABLE, ret_why,
			"%s is a directory; name the program in it", target.path);
	else if (!is_executable_file(target.path))
		status = refuse(EXIT_NOT_EXECUTABLE, ret_why,
			"%s: not executable; chmod +x it, or name its interpreter first",
			target.path);
	else
		status = check_file(target.path, 0, &target, ret_why);
	if (status)
		target_fini(&target);
	else
		*ret_target = target;
	return status;
}

void
target_fini(struct target *target)
{
	g_free(target->path);
	g_free(target->warning);
}

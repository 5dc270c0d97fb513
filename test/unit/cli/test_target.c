/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What can be profiled, and what is said of what cannot. Files are made where they are not at hand.
 */
#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "elf_probe.h"
#include "target.h"

static char directory[] = "/tmp/thag-target-XXXXXX";

static void
make_directory(void)
{
	cr_assert_not_null(g_mkdtemp(directory));
}

static void
remove_directory(void)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", directory);

	cr_assert_eq(system(command), 0);
}

TestSuite(target, .init = make_directory, .fini = remove_directory);

static char *
make_file(const char *name, const void *bytes, size_t length, int mode)
{
	char *path = g_build_filename(directory, name, NULL);

	cr_assert(g_file_set_contents(path, bytes, (gssize)length, NULL));
	cr_assert_eq(chmod(path, (mode_t)mode), 0);
	return path;
}

static char *
make_script(const char *name, const char *text)
{
	return make_file(name, text, strlen(text), 0755);
}

static void
expect_refused(const char *name, int status, const char *part)
{
	struct target target;
	char *why = NULL;

	cr_expect_eq(target_find(name, &target, &why), status, "%s", name);
	cr_assert_not_null(why, "%s", name);
	cr_expect(strstr(why, part), "%s", why);
	g_free(why);
}

static void
expect_accepted(const char *name)
{
	struct target target;
	char *why = NULL;

	cr_assert_eq(target_find(name, &target, &why), 0, "%s: %s", name, why);
	target_fini(&target);
}

Test(target, a_name_without_slash_is_looked_for_on_path)
{
	struct target target;
	char *why = NULL;

	cr_assert_eq(target_find("sh", &target, &why), 0);
	cr_expect(g_str_has_suffix(target.path, "/sh"));
	cr_expect_null(target.warning);
	target_fini(&target);
	expect_refused("no-such-program-here", EXIT_NOT_FOUND, "no such program on PATH");
	expect_refused("", EXIT_NOT_FOUND, "no such program");
	expect_refused("/no/such/file", EXIT_NOT_FOUND, "/no/such/file: no such program");
}

Test(target, what_is_there_but_cannot_be_executed_is_126)
{
	g_autofree char *plain = make_file("plain", "text", 4, 0644);

	expect_refused(directory, EXIT_NOT_EXECUTABLE, "is a directory");
	expect_refused(plain, EXIT_NOT_EXECUTABLE, "not executable; chmod +x");
	setenv("PATH", directory, 1);
	expect_refused("plain", EXIT_NOT_EXECUTABLE, "not executable; chmod +x");
}

Test(target, the_interpreter_of_a_script_is_what_counts)
{
	g_autofree char *good = make_script("good", "#! /bin/sh -e\nexit 0\n");
	g_autofree char *bare = make_script("bare", "exit 0\n");
	g_autofree char *lost = make_script("lost", "#!/no/such/interpreter\n");
	g_autofree char *loop_line = g_strdup_printf("#!%s/loop\n", directory);
	g_autofree char *loop = make_script("loop", loop_line);

	expect_accepted(good);
	expect_accepted(bare);
	expect_refused(lost, EXIT_NOT_EXECUTABLE, "/no/such/interpreter is not there");
	expect_refused(loop, EXIT_NOT_EXECUTABLE, "scripts of scripts");
}

/* An ELF program as small as it gets: a header and its program headers. */
struct program {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
};

static struct program
make_program(void)
{
	struct program program = {
		.header =
			{
				.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					ELFDATA2LSB, EV_CURRENT},
				.e_type = ET_EXEC,
				.e_version = EV_CURRENT,
				.e_ehsize = sizeof(Elf64_Ehdr),
				.e_phoff = sizeof(Elf64_Ehdr),
				.e_phentsize = sizeof(Elf64_Phdr),
				.e_phnum = 1,
				.e_shentsize = sizeof(Elf64_Shdr),
			},
		.segment = {.p_type = PT_INTERP},
	};

#if defined(__x86_64__)
	program.header.e_machine = EM_X86_64;
#else
	program.header.e_machine = EM_AARCH64;
#endif
	return program;
}

Test(target, a_program_for_another_machine_is_named)
{
	struct program program = make_program();

	program.header.e_machine = EM_RISCV;
	g_autofree char *path = make_file("riscv", &program, sizeof(program), 0755);

	expect_refused(path, EXIT_OURS, "is a program for RISC-V");
}

Test(target, a_static_program_has_no_loader_to_preload)
{
	struct program program = make_program();

	program.segment.p_type = PT_LOAD;
	g_autofree char *path = make_file("static", &program, sizeof(program), 0755);

	expect_refused(path, EXIT_OURS, "is statically linked");
}

Test(target, the_loader_itself_is_a_program_too)
{
	static const char *const loaders[] = {
		"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"};

	for (size_t i = 0; i < G_N_ELEMENTS(loaders); i++) {
		if (!access(loaders[i], X_OK))
			expect_accepted(loaders[i]);
	}
}

Test(target, damaged_and_unlinked_files_are_told_apart)
{
	struct program program = make_program();
	g_autofree char *cut = make_file("cut", &program, 40, 0755);

	program.header.e_type = ET_REL;
	g_autofree char *object = make_file("object", &program, sizeof(program), 0755);

	expect_refused(cut, EXIT_NOT_EXECUTABLE, "damaged ELF file");
	expect_refused(object, EXIT_NOT_EXECUTABLE, "object file");
}

Test(target, setuid_of_another_user_is_refused)
{
	struct program program = make_program();
	g_autofree char *path = make_file("setuid", &program, sizeof(program), 0755);

	/* Only root can make such a file; who cannot uses one of the system's. */
	if (!getuid()) {
		cr_assert_eq(chown(path, 65534, 0), 0);
		cr_assert_eq(chmod(path, 04755), 0);
		expect_refused(path, EXIT_OURS, "is setuid");
	} else if (!access("/usr/bin/su", X_OK)) {
		expect_refused("/usr/bin/su", EXIT_OURS, "is setuid");
	}
}

static char *
read_own_file(size_t *length)
{
	char *bytes;

	cr_assert(g_file_get_contents("/proc/self/exe", &bytes, length, NULL));
	return bytes;
}

Test(elf_probe, any_prefix_of_a_program_gives_an_answer)
{
	size_t length;
	g_autofree char *bytes = read_own_file(&length);
	struct elf_probe probe;

	for (size_t cut = 0; cut < length; cut += cut < 4096 ? 1 : 997) {
		g_autofree char *part = g_memdup2(bytes, cut ? cut : 1);

		cr_assert_eq(elf_probe_bytes(part, cut, &probe), 0);
	}
	cr_assert_eq(elf_probe_bytes(bytes, length, &probe), 0);
	cr_expect_eq(probe.kind, ELF_DYNAMIC);
	cr_expect_not(probe.own_malloc);
}

Test(elf_probe, noise_in_a_program_gives_an_answer)
{
	size_t length;
	g_autofree char *bytes = read_own_file(&length);
	g_autofree char *tables = g_memdup2(bytes, length);
	g_autoptr(GRand) random = g_rand_new_with_seed(42);
	struct elf_probe probe;

	for (unsigned round = 0; round < 3000; round++) {
		memcpy(tables, bytes, length);
		for (unsigned i = 0; i < 8; i++) {
			const gint32 places[] = {64, 1024, (gint32)length};
			const gint32 place = places[g_rand_int_range(random, 0, 3)];

			tables[g_rand_int_range(random, 4, place)] =
				(char)g_rand_int_range(random, 0, 256);
		}
		/* Section headers are at the end. */
		for (unsigned i = 0; i < 8; i++)
			tables[length - 1 - (size_t)g_rand_int_range(random, 0, 2048)] =
				(char)g_rand_int_range(random, 0, 256);
		cr_assert_eq(elf_probe_bytes(tables, length, &probe), 0);
	}
}

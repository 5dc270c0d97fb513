/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <gelf.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fixture.h"

static char *directory;
static char *complaint;

static void
fixture_remove(void)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", directory);

	if (system(command) != 0)
		perror(directory);
}

const char *
fixture_directory(void)
{
	if (!directory) {
		directory = g_dir_make_tmp("thag-symbols-XXXXXX", NULL);
		cr_assert(directory != NULL);
		atexit(fixture_remove);
	}
	return directory;
}

const char *
fixture_path(const char *name)
{
	return g_build_filename(fixture_directory(), name, NULL);
}

void
fixture_run(const char *format, ...)
{
	va_list arguments;
	g_autofree char *command = NULL, *script = NULL, *program = NULL;
	g_auto(GStrv) words = NULL;

	va_start(arguments, format);
	command = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	words = g_strsplit(command, " ", 2);
	program = g_find_program_in_path(words[0]);
	if (!program)
		cr_skip_test("%s is not installed", words[0]);
	script = g_strdup_printf(
		"cd '%s' && SRC='%s' && %s", fixture_directory(), SYMBOLS_PROGRAMS, command);
	cr_assert(system(script) == 0, "failed: %s", command);
}

static bool
label_find(Elf *elf, const char *label, uint64_t *ret_address)
{
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
		GElf_Shdr header;
		Elf_Data *data = elf_getdata(section, NULL);
		GElf_Sym symbol;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB)
			continue;
		for (int i = 1; gelf_getsym(data, i, &symbol); i++)
			if (strcmp(elf_strptr(elf, header.sh_link, symbol.st_name), label) == 0) {
				*ret_address = symbol.st_value;
				return true;
			}
	}
	return false;
}

uint64_t
fixture_label(const char *file, const char *label)
{
	uint64_t address = 0;
	const int fd = open(fixture_path(file), O_RDONLY | O_CLOEXEC);
	Elf *elf;

	cr_assert(fd >= 0, "%s", file);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	cr_assert(label_find(elf, label, &address), "%s has no %s", file, label);
	elf_end(elf);
	close(fd);
	return address;
}

uint32_t
fixture_line(const char *source, const char *name)
{
	g_autofree char *path = g_build_filename(SYMBOLS_PROGRAMS, source, NULL);
	g_autofree char *mark = g_strdup_printf("line: %s", name);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	cr_assert(g_file_get_contents(path, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (uint32_t i = 0; lines[i]; i++) {
		const char *found = strstr(lines[i], mark);

		if (found && !g_ascii_isalnum(found[strlen(mark)]) && found[strlen(mark)] != '_')
			return i + 1;
	}
	cr_assert(false, "%s has no line %s", source, name);
	return 0;
}

struct symbolizer *
fixture_symbolizer(void)
{
	const struct symbolizer_options options = {.debug_directories = fixture_path("debug")};

	return symbolizer_new(&options);
}

struct symbol_chain
fixture_resolve(const char *name, uint64_t address)
{
	struct symbolizer *symbolizer = fixture_symbolizer();
	const struct symbolizer_module description = {.path = fixture_path(name)};
	const uint32_t module = symbolizer_add_module(symbolizer, &description);
	const char *said;

	symbolizer_want(symbolizer, module, address);
	symbolizer_resolve_all(symbolizer);
	said = symbolizer_complaint(symbolizer, module);
	g_free(complaint);
	complaint = g_strdup(said ? said : "");
	return symbolizer_find(symbolizer, module, address);
}

const char *
fixture_complaint(void)
{
	return complaint;
}

static void
expect_line(const struct symbol *symbol, const char *source, const char *name)
{
	g_autofree char *path = g_build_filename(SYMBOLS_PROGRAMS, source, NULL);

	cr_assert(symbol->file != NULL, "%s has no file", symbol->function);
	cr_assert_str_eq(symbol->file, path);
	cr_assert_eq(symbol->line, fixture_line(source, name), "%s: line %u, not that of %s",
		symbol->function, symbol->line, name);
}

void
fixture_expect(
	struct symbol_chain chain, const char *source, const struct expected_symbol *expected)
{
	uint32_t count = 0;

	while (count < EXPECTED_MAX && expected[count].function)
		count++;
	cr_assert_eq(chain.count, count, "%u symbols, not %u, the first is %s", chain.count, count,
		chain.symbols[0].function);
	for (uint32_t i = 0; i < count; i++) {
		cr_assert_str_eq(chain.symbols[i].function, expected[i].function);
		cr_assert_eq(chain.symbols[i].precision, SYMBOL_LINE);
		cr_assert_eq(chain.symbols[i].inlined, i + 1 < count);
		if (expected[i].line)
			expect_line(&chain.symbols[i], source, expected[i].line);
	}
}

void
fixture_expect_name(
	struct symbol_chain chain, const char *function, enum symbol_precision precision)
{
	cr_assert_eq(chain.count, 1);
	cr_assert_str_eq(chain.symbols[0].function, function);
	cr_assert_eq(chain.symbols[0].precision, precision);
	if (precision != SYMBOL_LINE)
		cr_assert_null(chain.symbols[0].file);
}

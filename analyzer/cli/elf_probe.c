/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See elf_probe.h. libelf checks the bounds of what it hands out; what it says is not believed
 * beyond that: symbol names may be missing, entry sizes 0. */
#include "elf_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <glib.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What the program headers say of how the file is started. */
struct segments {
	bool interpreter;
	bool dynamic;
	bool soname;
};

static bool
dynamic_has_soname(Elf *elf, const GElf_Phdr *header)
{
	Elf_Data *data =
		elf_getdata_rawchunk(elf, (int64_t)header->p_offset, header->p_filesz, ELF_T_DYN);
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
		if (entry.d_tag == DT_SONAME)
			return true;
	}
	return false;
}

static int
read_segments(Elf *elf, const GElf_Ehdr *header, struct segments *ret_segments)
{
	struct segments segments = {false, false, false};
	size_t count;

	/* Of headers beyond the end of the file libelf says that there are none. */
	if (elf_getphdrnum(elf, &count) || (header->e_phnum != PN_XNUM && count < header->e_phnum))
		return -1;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(elf, (int)i, &segment))
			return -1;
		if (segment.p_type == PT_INTERP)
			segments.interpreter = true;
		if (segment.p_type == PT_DYNAMIC) {
			segments.dynamic = true;
			segments.soname = dynamic_has_soname(elf, &segment);
		}
	}
	*ret_segments = segments;
	return 0;
}

/*
 * A position-independent static program has a dynamic section but no interpreter; so has the
 * loader itself, which does preload and is told apart by its soname.
 */
static enum elf_kind
kind_of(const GElf_Ehdr *header, const struct segments *segments)
{
	if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
		return ELF_OTHER;
	if (segments->interpreter || (segments->dynamic && segments->soname))
		return ELF_DYNAMIC;
	return ELF_STATIC;
}

static bool
is_malloc(Elf *elf, const GElf_Shdr *header, const GElf_Sym *symbol)
{
	if (symbol->st_shndx == SHN_UNDEF || GELF_ST_TYPE(symbol->st_info) != STT_FUNC)
		return false;
	const char *name = elf_strptr(elf, header->sh_link, symbol->st_name);

	return name && !strcmp(name, "malloc");
}

static bool
table_defines_malloc(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	for (int i = 0; data && i < ELF_PROBE_SYMBOLS_MAX; i++) {
		if (!gelf_getsym(data, i, &symbol))
			break;
		if (is_malloc(elf, header, &symbol))
			return true;
	}
	return false;
}

static void
look_for_malloc(Elf *elf, struct elf_probe *probe)
{
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header) || header.sh_entsize == 0)
			continue;
		if (header.sh_type == SHT_DYNSYM && table_defines_malloc(elf, section, &header))
			probe->own_malloc = probe->malloc_alive = true;
		if (header.sh_type == SHT_SYMTAB && table_defines_malloc(elf, section, &header))
			probe->own_malloc = true;
	}
}

static bool
needs_jemalloc(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
		const char *name = entry.d_tag == DT_NEEDED
					   ? elf_strptr(elf, header->sh_link, entry.d_un.d_val)
					   : NULL;

		if (name && g_str_has_prefix(name, "libjemalloc"))
			return true;
	}
	return false;
}

static void
look_for_jemalloc(Elf *elf, struct elf_probe *probe)
{
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNAMIC &&
			header.sh_entsize && needs_jemalloc(elf, section, &header))
			probe->jemalloc = true;
	}
}

static void
probe_elf(Elf *elf, struct elf_probe *probe)
{
	struct segments segments;
	GElf_Ehdr header;

	if (elf_kind(elf) != ELF_K_ELF)
		return;
	probe->kind = ELF_BROKEN;
	if (!gelf_getehdr(elf, &header))
		return;
	probe->class = header.e_ident[EI_CLASS];
	probe->data = header.e_ident[EI_DATA];
	probe->machine = header.e_machine;
	if (read_segments(elf, &header, &segments))
		return;
	probe->kind = kind_of(&header, &segments);
	if (probe->kind == ELF_DYNAMIC) {
		look_for_malloc(elf, probe);
		look_for_jemalloc(elf, probe);
	}
}

int
elf_probe_file(int fd, struct elf_probe *ret_probe)
{
	struct elf_probe probe = {.kind = ELF_NOT};
	char magic[SELFMAG] = "";
	const ssize_t length = pread(fd, magic, sizeof(magic), 0);

	if (length < 0)
		return -errno;
	if (length == SELFMAG && !memcmp(magic, ELFMAG, SELFMAG)) {
		elf_version(EV_CURRENT);
		Elf *elf = elf_begin(fd, ELF_C_READ, NULL);

		probe.kind = ELF_BROKEN;
		if (elf)
			probe_elf(elf, &probe);
		elf_end(elf);
	}
	*ret_probe = probe;
	return 0;
}

int
elf_probe_bytes(char *bytes, size_t length, struct elf_probe *ret_probe)
{
	struct elf_probe probe = {.kind = ELF_NOT};

	if (length >= SELFMAG && !memcmp(bytes, ELFMAG, SELFMAG)) {
		elf_version(EV_CURRENT);
		Elf *elf = elf_memory(bytes, length);

		probe.kind = ELF_BROKEN;
		if (elf)
			probe_elf(elf, &probe);
		elf_end(elf);
	}
	*ret_probe = probe;
	return 0;
}

const char *
elf_machine_name(uint8_t class, uint16_t machine)
{
	static _Thread_local char other[32];

	switch (machine) {
	case EM_X86_64:
		return class == ELFCLASS32 ? "x32" : "x86-64";
	case EM_386:
		return "32-bit x86";
	case EM_AARCH64:
		return "aarch64";
	case EM_ARM:
		return "32-bit ARM";
	case EM_RISCV:
		return class == ELFCLASS32 ? "32-bit RISC-V" : "RISC-V";
	case EM_PPC64:
		return "POWER";
	case EM_S390:
		return "s390";
	case EM_MIPS:
		return "MIPS";
	default:
		snprintf(other, sizeof(other), "machine %u", machine);
		return other;
	}
}

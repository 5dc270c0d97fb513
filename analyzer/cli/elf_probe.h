/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What an executable file is, as far as it decides whether libthag.so can be loaded with it.
 *
 * The file is input like any other: cut short or made of noise it gives an answer, never a crash.
 * One thread per call; nothing is kept.
 */
#ifndef THAG_CLI_ELF_PROBE_H
#define THAG_CLI_ELF_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum elf_kind {
	ELF_NOT,     /* no ELF file: a script or something else */
	ELF_BROKEN,  /* begins as one, but its headers lead nowhere */
	ELF_OTHER,   /* not a program: an object file, a core dump */
	ELF_STATIC,  /* a program without a dynamic loader */
	ELF_DYNAMIC, /* a program, or the loader itself */
};

struct elf_probe {
	enum elf_kind kind;
	uint8_t class;	   /* ELFCLASS32, ELFCLASS64 */
	uint8_t data;	   /* ELFDATA2LSB, ELFDATA2MSB */
	uint16_t machine;  /* EM_X86_64 ... */
	bool own_malloc;   /* defines malloc itself ... */
	bool malloc_alive; /* ... and offers it to its libraries: theirs are not seen either */
	bool jemalloc;	   /* is linked with jemalloc, the shared library */
};

enum {
	/* Symbols looked through for malloc at most: a table longer than this is noise. */
	ELF_PROBE_SYMBOLS_MAX = 50 * 1000 * 1000,
};

/*
 * Looks at the open file `fd`, which stays the caller's; its offset is not used. Returns 0, or a
 * negative errno where it cannot be read.
 */
int elf_probe_file(int fd, struct elf_probe *ret_probe);

/* The same of bytes in memory, e.g. what a fuzzer made; `bytes` may be written to. */
int elf_probe_bytes(char *bytes, size_t length, struct elf_probe *ret_probe);

/* "x86-64", "32-bit ARM" ...; "machine 243" where there is no name for it. Borrowed for ever, or
 * until the next call by this thread. */
const char *elf_machine_name(uint8_t class, uint16_t machine);

#endif

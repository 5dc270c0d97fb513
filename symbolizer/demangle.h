/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* From a linker's name to a reader's: C++ (Itanium ABI) and Rust (v0 and legacy), by libiberty. */
#ifndef THAG_SYMBOLIZER_DEMANGLE_H
#define THAG_SYMBOLIZER_DEMANGLE_H

/*
 * Returns the name demangled, with the types of its arguments, or NULL where it is not mangled or
 * not well formed. The caller frees it with free(). Any thread.
 */
char *demangle_name(const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What libclang's C interface does not tell of a function's declaration but prints. */
#ifndef THAG_INSTRUMENT_DECLARATION_H
#define THAG_INSTRUMENT_DECLARATION_H

#include <clang-c/Index.h>
#include <stdbool.h>

struct declaration {
	char *own;   /* this declaration without its body, macros expanded */
	char *first; /* the first of the same function */
};

void declaration_init(struct declaration *declaration, CXCursor function);
void declaration_fini(struct declaration *declaration);

/* constexpr or consteval. */
bool declaration_is_constant(const struct declaration *declaration);

/* Whether it or the first one has this attribute, GNU's or standard C++'s. */
bool declaration_has_attribute(const struct declaration *declaration, const char *name);

/* The name with spaces and types around it, as in space::type::name; the caller's. */
char *declaration_qualified_name(CXCursor cursor);

/* Just the name; the caller's. */
char *declaration_name(CXCursor cursor);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The functions that a source defines, as libclang sees them, and which of them cannot take a
 * statement.
 *
 * A source seldom parses without an error when its flags are not at hand. Then less is believed: a
 * function whose head met a syntax error, or whose braces the parser and the bytes see differently,
 * is not to be touched; and what went wrong outside of functions is told, for functions may be
 * missing there.
 *
 * May be called by several threads at once.
 */
#ifndef THAG_INSTRUMENT_FUNCTIONS_H
#define THAG_INSTRUMENT_FUNCTIONS_H

#include <glib.h>
#include <stdbool.h>

/* Why a function is left alone. */
enum skip {
	SKIP_NOT,
	SKIP_MACRO,
	SKIP_ALREADY,
	SKIP_CONSTANT,
	SKIP_NAKED,
	SKIP_FORBIDDEN,
	SKIP_RESOLVER,
	SKIP_INLINE,
	SKIP_COROUTINE,
	SKIP_TAIL_CALL,
	SKIP_LAMBDA,
	SKIP_HEAD,
	SKIP_BRACES,
	SKIP_NOT_CHOSEN,
	SKIP_SHORT,
	SKIPS,
};

/* For a report: "3 constexpr". */
extern const char *const skip_names[SKIPS];

struct function {
	char *name, *qualified_name;
	size_t outer; /* where the outermost declaration around it begins */
	size_t start; /* of its own declaration */
	size_t body;  /* behind its opening brace; 0 with SKIP_MACRO */
	size_t end;   /* behind its closing brace */
	unsigned line;
	unsigned lines; /* from brace to brace, both included */
	enum skip skip;
};

struct functions {
	GArray *list;		    /* of struct function, in the order of the source */
	unsigned errors;	    /* in the source and its headers */
	unsigned errors_outside;    /* of these, those in the source, but in no function ... */
	char *first_error;	    /* "3:10: 'x.h' file not found"; NULL without errors */
	char *first_syntax_outside; /* ... the first of syntax */
	bool may_miss_some;	    /* there were such errors, and there are bodies */
};

struct functions_source {
	const char *path; /* as libclang is to call it; need not be there */
	const char *bytes;
	size_t length;
	const char *const *flags; /* NULL-terminated */
	bool is_cxx;
	bool lambdas; /* are to be taken, too */
};

/* 0, or -1 with the reason, the caller's: libclang could make nothing of it. */
int functions_find(
	const struct functions_source *source, struct functions *ret_functions, char **ret_why);

void functions_fini(struct functions *functions);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Regular expressions become a small program for a machine that follows all ways at once:
 *
 *	a(b|c)*		0 BYTE a   1 SPLIT 2 7   2 SPLIT 3 5   3 BYTE b   4 JUMP 6   5 BYTE c
 *			6 JUMP 1   7 MATCH
 *
 * It is compiled for each match anew: patterns are short, and nobody has to keep it.
 */
#include "pattern.h"

struct text {
	const char *at, *end;
};

enum {
	NESTING_MAX = 32,
};

enum operation {
	BYTE,
	ANY,
	SET,   /* [...]: of the pattern's bytes [first, second) */
	CLASS, /* \d and the like */
	START,
	END,
	SPLIT,
	JUMP,
	MATCH,
};

struct program {
	const char *pattern;
	struct text rest; /* not compiled yet */
	const char *complaint;
	unsigned count, nesting;
	struct pattern_instruction *code; /* PATTERN_INSTRUCTIONS_MAX of them */
};

/* ---- sets of bytes ---- */

/* The byte after the set that begins at `at` ('['), NULL: it has no end. */
static const char *
set_end(const char *at, const char *end)
{
	at++;
	if (at < end && (*at == '!' || *at == '^'))
		at++;
	if (at < end && *at == ']')
		at++;
	while (at < end && *at != ']')
		at += *at == '\\' && at + 1 < end ? 2 : 1;
	return at < end ? at + 1 : NULL;
}

static unsigned char
take_member(const char **at, const char *end)
{
	if (**at == '\\' && *at + 1 < end)
		(*at)++;
	return (unsigned char)*(*at)++;
}

/* [at, end) is a whole set. */
static bool
set_holds(const char *at, const char *end, unsigned char byte)
{
	bool inverse = false, found = false;

	at++;
	end--;
	if (*at == '!' || *at == '^') {
		inverse = true;
		at++;
	}
	while (at < end) {
		const unsigned char low = take_member(&at, end);
		unsigned char high = low;

		if (at + 1 < end && *at == '-') {
			at++;
			high = take_member(&at, end);
		}
		found = found || (low <= byte && byte <= high);
	}
	return found != inverse;
}

static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_';
}

static bool
class_holds(char class, char byte)
{
	switch (class) {
	case 'd':
		return byte >= '0' && byte <= '9';
	case 'w':
		return is_word(byte);
	case 'W':
		return !is_word(byte);
	default:
		return byte == ' ' || (byte >= '\t' && byte <= '\r');
	}
}

/* ---- globs ---- */

/* What stands at `pattern`: returns the byte after it where it means `byte`, else NULL. */
static const char *
match_one(const char *pattern, const char *end, char byte)
{
	if (*pattern == '?')
		return pattern + 1;
	if (*pattern == '[') {
		const char *after = set_end(pattern, end);

		return after && set_holds(pattern, after, (unsigned char)byte) ? after : NULL;
	}
	if (*pattern == '\\' && pattern + 1 < end)
		pattern++;
	return *pattern == byte ? pattern + 1 : NULL;
}

static bool
glob_matches(struct text glob, struct text name)
{
	const char *after_star = NULL, *retry = NULL;

	while (name.at < name.end) {
		const char *after = NULL;

		if (glob.at < glob.end && *glob.at == '*') {
			after_star = ++glob.at;
			retry = name.at;
			continue;
		}
		if (glob.at < glob.end)
			after = match_one(glob.at, glob.end, *name.at);
		if (after) {
			glob.at = after;
			name.at++;
		} else if (after_star) {
			glob.at = after_star;
			name.at = ++retry;
		} else {
			return false;
		}
	}
	while (glob.at < glob.end && *glob.at == '*')
		glob.at++;
	return glob.at == glob.end;
}

static const char *
glob_complaint(struct text glob)
{
	while (glob.at < glob.end) {
		if (*glob.at == '[') {
			glob.at = set_end(glob.at, glob.end);
			if (!glob.at)
				return "misses a ]";
		} else {
			glob.at += *glob.at == '\\' ? 2 : 1;
		}
	}
	return glob.at > glob.end ? "ends with a \\" : NULL;
}

/* ---- regular expressions: to a program ---- */

static void
emit(struct program *program, enum operation operation, char byte, unsigned first, unsigned second)
{
	if (program->count == PATTERN_INSTRUCTIONS_MAX) {
		program->complaint = "is too long";
		return;
	}
	program->code[program->count++] = (struct pattern_instruction){
		(uint8_t)operation, byte, (uint16_t)first, (uint16_t)second};
}

/* Puts a SPLIT before what was compiled from `at` on. */
static void
insert_split(struct program *program, unsigned at)
{
	emit(program, SPLIT, 0, 0, 0);
	if (program->complaint)
		return;
	for (unsigned i = program->count - 1; i > at; i--) {
		struct pattern_instruction *one = &program->code[i];

		*one = program->code[i - 1];
		if (one->operation != SPLIT && one->operation != JUMP)
			continue;
		one->first += one->first >= at;
		one->second += one->operation == SPLIT && one->second >= at;
	}
	program->code[at] = (struct pattern_instruction){SPLIT, 0, (uint16_t)(at + 1), 0};
}

static void compile_choice(struct program *program);

static void
compile_group(struct program *program)
{
	if (++program->nesting > NESTING_MAX) {
		program->complaint = "is nested too deep";
		return;
	}
	compile_choice(program);
	program->nesting--;
	if (program->complaint)
		return;
	if (program->rest.at == program->rest.end)
		program->complaint = "misses a )";
	else
		program->rest.at++;
}

static void
compile_escape(struct program *program)
{
	char byte;

	if (program->rest.at == program->rest.end) {
		program->complaint = "ends with a \\";
		return;
	}
	byte = *program->rest.at++;
	if (byte == 'd' || byte == 'w' || byte == 's' || byte == 'W')
		emit(program, CLASS, byte, 0, 0);
	else
		emit(program, BYTE, byte, 0, 0);
}

static void
compile_set(struct program *program)
{
	const char *from = program->rest.at - 1, *to = set_end(from, program->rest.end);

	if (!to) {
		program->complaint = "misses a ]";
		return;
	}
	emit(program, SET, 0, (unsigned)(from - program->pattern),
		(unsigned)(to - program->pattern));
	program->rest.at = to;
}

static void
compile_atom(struct program *program)
{
	const char byte = *program->rest.at++;

	switch (byte) {
	case '(':
		compile_group(program);
		break;
	case '[':
		compile_set(program);
		break;
	case '\\':
		compile_escape(program);
		break;
	case '.':
		emit(program, ANY, 0, 0, 0);
		break;
	case '^':
		emit(program, START, 0, 0, 0);
		break;
	case '$':
		emit(program, END, 0, 0, 0);
		break;
	case '*':
	case '+':
	case '?':
		program->complaint = "repeats nothing";
		break;
	case '{':
		program->complaint = "has a {, which means nothing here: write \\{";
		break;
	default:
		emit(program, BYTE, byte, 0, 0);
	}
}

/* What was compiled from `from` on is repeated. */
static void
compile_repetition(struct program *program, unsigned from)
{
	const char byte = *program->rest.at++;

	if (byte == '+') {
		emit(program, SPLIT, 0, from, program->count + 1);
		return;
	}
	insert_split(program, from);
	if (byte == '*')
		emit(program, JUMP, 0, from, 0);
	program->code[from].second = (uint16_t)program->count;
}

static void
compile_sequence(struct program *program)
{
	struct text *rest = &program->rest;

	while (!program->complaint && rest->at < rest->end && *rest->at != '|' &&
		!(*rest->at == ')' && program->nesting)) {
		const unsigned from = program->count;

		compile_atom(program);
		while (!program->complaint && rest->at < rest->end &&
			(*rest->at == '*' || *rest->at == '+' || *rest->at == '?'))
			compile_repetition(program, from);
	}
}

static void
compile_choice(struct program *program)
{
	const unsigned from = program->count;

	compile_sequence(program);
	if (program->complaint || program->rest.at == program->rest.end || *program->rest.at != '|')
		return;
	program->rest.at++;
	insert_split(program, from);
	const unsigned jump = program->count;

	emit(program, JUMP, 0, 0, 0);
	if (program->complaint)
		return;
	program->code[from].second = (uint16_t)program->count;
	compile_choice(program);
	program->code[jump].first = (uint16_t)program->count;
}

static struct program
compile(const char *pattern, size_t length, struct pattern_space *space)
{
	struct program program = {
		.pattern = pattern, .rest = {pattern, pattern + length}, .code = space->code};

	compile_choice(&program);
	if (!program.complaint)
		emit(&program, MATCH, 0, 0, 0);
	return program;
}

/* ---- regular expressions: the machine ---- */

/* Instructions that wait for the next byte. */
struct ways {
	unsigned count;
	uint16_t *at;
};

struct machine {
	const struct program *program;
	struct text name;
	const char *start;
	struct pattern_space *space;
};

/* Goes on from an instruction to all that can be reached without a byte. Returns whether that is
 * the end. */
static bool
follow(struct machine *machine, struct ways *ways, unsigned from)
{
	unsigned depth = 0;

	machine->space->stack[depth++] = (uint16_t)from;
	while (depth) {
		const unsigned at = machine->space->stack[--depth];
		const struct pattern_instruction *one = &machine->program->code[at];

		if (machine->space->seen[at])
			continue;
		machine->space->seen[at] = 1;
		if (one->operation == MATCH)
			return true;
		if (one->operation == SPLIT)
			machine->space->stack[depth++] = one->second;
		if (one->operation == SPLIT || one->operation == JUMP)
			machine->space->stack[depth++] = one->first;
		else if (one->operation != START && one->operation != END)
			ways->at[ways->count++] = (uint16_t)at;
		else if (machine->name.at ==
			 (one->operation == START ? machine->start : machine->name.end))
			machine->space->stack[depth++] = (uint16_t)(at + 1);
	}
	return false;
}

static bool
passes(const struct program *program, const struct pattern_instruction *one, char byte)
{
	switch (one->operation) {
	case BYTE:
		return one->byte == byte;
	case SET:
		return set_holds(program->pattern + one->first, program->pattern + one->second,
			(unsigned char)byte);
	case CLASS:
		return class_holds(one->byte, byte);
	default:
		return true;
	}
}

static void
forget_seen(struct machine *machine)
{
	for (unsigned i = 0; i < machine->program->count; i++)
		machine->space->seen[i] = 0;
}

static bool
search(const struct program *program, struct text name, struct pattern_space *space)
{
	struct machine machine = {program, name, name.at, space};
	struct ways ways[2] = {{0, space->ways[0]}, {0, space->ways[1]}};
	unsigned current = 0;

	forget_seen(&machine);
	for (;; machine.name.at++) {
		struct ways *now = &ways[current], *next = &ways[1 - current];

		/* A match may begin anywhere. `seen` holds what `now` was made with. */
		if (follow(&machine, now, 0))
			return true;
		if (machine.name.at == name.end)
			return false;
		forget_seen(&machine);
		next->count = 0;
		const char byte = *machine.name.at++;

		for (unsigned i = 0; i < now->count; i++)
			if (passes(program, &program->code[now->at[i]], byte) &&
				follow(&machine, next, now->at[i] + 1u))
				return true;
		machine.name.at--;
		current = 1 - current;
	}
}

/* ---- both ---- */

static bool
is_regular(const char *pattern, size_t length)
{
	return length > 2 && pattern[0] == '/' && pattern[length - 1] == '/';
}

const char *
pattern_complaint(const char *pattern, size_t length)
{
	struct pattern_space space;

	if (length > PATTERN_MAX)
		return "is too long";
	if (!is_regular(pattern, length))
		return glob_complaint((struct text){pattern, pattern + length});
	return compile(pattern + 1, length - 2, &space).complaint;
}

bool
pattern_matches(const char *pattern, size_t length, const char *name, size_t name_length,
	struct pattern_space *space)
{
	const struct text text = {name, name + name_length};
	struct program program;

	if (length > PATTERN_MAX)
		return false;
	if (!is_regular(pattern, length))
		return glob_matches((struct text){pattern, pattern + length}, text);
	program = compile(pattern + 1, length - 2, space);
	return !program.complaint && search(&program, text, space);
}

/* ---- lists ---- */

const char *
pattern_next(const char **rest, size_t *ret_length)
{
	const char *at = *rest, *end;

	while (*at == ';')
		at++;
	for (end = at; *end && *end != ';';)
		end++;
	*rest = end;
	*ret_length = (size_t)(end - at);
	return at == end ? 0 : at;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A chain of inlined functions with known places in it. A symbolizer's tests find the addresses by
 * the labels, and the expected lines by the comments "line: NAME".
 */
#define MARK(name) __asm__ volatile(".globl " #name "\n" #name ":\n\tnop" ::: "memory")

int chain_outer(int x);
int chain_plain(int x);
void chain_assembler(void);

static inline __attribute__((always_inline)) int
chain_leaf(int x)
{
	x ^= x << 3;
	MARK(at_leaf); /* line: at_leaf */
	return x * 7;
}

static inline __attribute__((always_inline)) int
chain_middle(int x)
{
	MARK(at_middle);	      /* line: at_middle */
	return chain_leaf(x + 1) + 2; /* line: call_leaf */
}

__attribute__((noinline)) int
chain_outer(int x)
{
	MARK(at_outer);			/* line: at_outer */
	return chain_middle(x * 5) - 1; /* line: call_middle */
}

static __attribute__((noinline, used)) int
chain_static(int x)
{
	MARK(at_static); /* line: at_static */
	return x + 11;
}

__attribute__((noinline)) int
chain_plain(int x)
{
	MARK(at_plain); /* line: at_plain */
	return chain_static(x) / 3;
}

/* As hand-written code has it: neither type, nor size, nor debug information. */
__asm__(".text\n"
	"\t.globl chain_assembler\n"
	"chain_assembler:\n"
	"\tnop\n"
	"at_assembler:\n"
	"\tnop\n"
	"\tret\n");

#ifdef CHAIN_MAIN
int
main(int argument_count, char **arguments)
{
	chain_assembler();
	return chain_outer(argument_count) + chain_plain(argument_count);
}
#endif
